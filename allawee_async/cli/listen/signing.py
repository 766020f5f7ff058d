"""`allawee webhooks sign` and `verify`; where a signing key and a body come from."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import attrs
import typer

from allawee_async.cli.access import credentials
from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.cli.listen.log import facts_of
from allawee_async.cli.options import option
from allawee_async.cli.output.writers import ReportOutput, print_report
from allawee_async.errors import DecodeError, SignatureError
from allawee_async.redaction import SecretBytes, SecretText
from allawee_async.webhooks import signature
from allawee_async.webhooks.events import Event
from allawee_async.webhooks.signature import key_bytes
from allawee_async.webhooks.verifier import MAX_BODY, WebhookVerifier

VARIABLE: Final = "ALLAWEE_SIGNING_KEY"

Body = Annotated[
    Path, typer.Argument(metavar="FILE", help="The body, byte for byte; stdin if left out.")
]
SigningKeyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Read the signing key from this file; else ALLAWEE_SIGNING_KEY."
    ),
]


def find_signing_key(file: Path | None, environ: Mapping[str, str]) -> SecretText | None:
    """Return the key of the file, else that of the environment, else None.

    Raises:
        CommandError: The file cannot be read, or holds none.
    """
    if file is None:
        return _usable(environ.get(VARIABLE, ""))
    key = _usable(credentials.read_secret_file(file, "signing key"))
    if key is None:
        raise UsageError(f"{credentials.place_of(file)} holds no signing key")
    return key


def signing_key(file: Path | None, environ: Mapping[str, str]) -> SecretText:
    """Return the key of the file, else that of the environment, else the one that is typed.

    Raises:
        CommandError: There is none.
    """
    key = find_signing_key(file, environ) or _usable(credentials.ask_hidden("Signing key: "))
    if key is None:
        raise UsageError(f"no signing key; use --signing-key-file FILE or set {VARIABLE}")
    return key


def _usable(key: str) -> SecretText | None:
    """Return a key as the verifier takes it: without what files put around it; None if empty."""
    secret = key_bytes(key)
    return SecretText(secret.decode()) if secret and not secret.isspace() else None


def read_body(file: Path) -> SecretBytes:
    """Return a body, byte for byte.

    Raises:
        CommandError: It cannot be read, or is longer than any that is accepted.
    """
    body = credentials.read_input(
        file, MAX_BODY, f"cannot read the body from {credentials.place_of(file)}"
    )
    if len(body) > MAX_BODY:
        raise CommandError(f"the body is longer than {MAX_BODY:,} bytes, and so is no delivery")
    return body


def sign(body: Body = Path("-"), *, signing_key_file: SigningKeyFile = None) -> None:
    """Sign a body as Allawee signs its webhooks, and print the signature.

    Every byte counts, a line end as well: with a pipe, use printf and not echo. Without a file or
    ALLAWEE_SIGNING_KEY it asks for the signing key, without showing it.
    """
    raw = read_body(body)
    typer.echo(signature.sign(raw, signing_key(signing_key_file, os.environ)))


@attrs.frozen(kw_only=True)
class VerifyOptions:
    """What a body is held against: an option for each attribute."""

    signature: str = option(
        "The value of the header Allawee-Signature.", default=attrs.NOTHING, metavar="HEX"
    )
    max_age: float | None = option("Refuse what was sent longer ago.", min=0.001, metavar="SECONDS")
    signing_key_file: SigningKeyFile = None
    output: ReportOutput = None


def verify(body: Body = Path("-"), *, options: VerifyOptions) -> None:
    """Tell whether a signature fits a body, and what the body says.

    It ends with exit code 1 if it does not fit, or if the body is no event. Without a file or
    ALLAWEE_SIGNING_KEY it asks for the signing key, without showing it.
    """
    raw = read_body(body)
    key = signing_key(options.signing_key_file, os.environ)
    verifier = WebhookVerifier(key, max_age=options.max_age)
    event: Event | None = None
    reason: str | None = None
    try:
        event = verifier.parse(raw, options.signature)
    except SignatureError as error:
        reason = error.message
    except DecodeError as error:
        reason = f"the signature is right, but the body is no event: {error}"
    sent_at = None if event is None else event.sent_at
    age = None if sent_at is None else round((datetime.now(UTC) - sent_at).total_seconds(), 3)
    facts = {} if event is None else {**facts_of(event), "ageSeconds": age}
    verdict = "valid" if reason is None else f"not valid: {reason}"
    shown = {name: str(value) for name, value in facts.items() if value is not None}
    print_report(
        {"valid": reason is None, "reason": reason, "event": facts or None},
        {"signature": verdict, **shown},
        options.output,
    )
    if reason is not None:
        raise CommandError(f"the delivery is not valid: {reason}")
