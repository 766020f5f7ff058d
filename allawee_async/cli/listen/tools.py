"""What `allawee webhooks sign` and `verify` do."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from allawee_async.cli.errors import CommandError
from allawee_async.cli.listen.event_facts import facts_of
from allawee_async.cli.listen.signing_key import read_body, signing_key
from allawee_async.cli.output.reports import print_report
from allawee_async.errors import DecodeError, SignatureError
from allawee_async.webhooks.signature import sign as sign_body
from allawee_async.webhooks.verifier import WebhookVerifier

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async.cli.output.reports import ReportFormat
    from allawee_async.webhooks.events import Event


def print_signature(body: Path, signing_key_file: Path | None) -> None:
    """Print the signature of a body.

    Raises:
        CommandError: The body or the key cannot be read.
    """
    raw = read_body(body)
    typer.echo(sign_body(raw, signing_key(signing_key_file, os.environ)))


def print_verdict(
    body: Path,
    signature: str,
    signing_key_file: Path | None,
    *,
    max_age: float | None,
    output: ReportFormat | None,
) -> None:
    """Print whether a signature fits a body, and what the body says.

    Raises:
        CommandError: It does not fit, the body is no event or too old, or something cannot be read.
        ConfigurationError: The age makes no sense.
    """
    raw = read_body(body)
    verifier = WebhookVerifier(signing_key(signing_key_file, os.environ), max_age=max_age)
    event: Event | None = None
    reason: str | None = None
    try:
        event = verifier.parse(raw, signature)
    except SignatureError as error:
        reason = error.message
    except DecodeError as error:
        reason = f"the signature is right, but the body is no event: {error}"
    facts = {} if event is None else facts_of(event, datetime.now(UTC))
    verdict = "valid" if reason is None else f"not valid: {reason}"
    shown = {name: str(value) for name, value in facts.items() if value is not None}
    print_report(
        {"valid": reason is None, "reason": reason, "event": dict(facts) or None},
        {"signature": verdict, **shown},
        output,
    )
    if reason is not None:
        raise CommandError(f"the delivery is not valid: {reason}")
