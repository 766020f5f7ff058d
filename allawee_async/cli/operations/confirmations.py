"""Asking before a write that cannot be taken back."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.redaction import printable
from allawee_async.transport.routes import EffectKind

if TYPE_CHECKING:
    from allawee_async.cli.access.options import KeyKind
    from allawee_async.resources.verbs import Verb

_WITH: Final[dict[KeyKind, str]] = {
    "live": "with a LIVE key: this is real",
    "test": "with a test key",
    "sandbox": "in the embedded sandbox",
    "unknown": "with a key that is neither a test nor a live key: this may be real",
}


def consequence_of(verb: Verb, given: Mapping[str, object], *, reveal: bool) -> str | None:
    """Return what a call does that cannot be taken back, or None if it asks nothing.

    Simulations play with test money only; what can be undone, or harms nobody, asks nothing.
    """
    effect = verb.effect
    if effect is None or (effect.only_with and given.get(effect.only_with) is None):
        return None
    if effect.kind is EffectKind.TOLD_ONCE:
        return None if reveal else f"{effect.text}, and that stays hidden without --reveal"
    return effect.text


def somebody_answers() -> bool:
    """Return whether a question on stderr is read, and answered on stdin."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def confirm(command: str, consequence: str, given: Mapping[str, str], key: KeyKind) -> None:
    """Ask whether to go on.

    Args:
        command: The words of the command: `payments create-payout`.
        consequence: What it does that cannot be taken back.
        given: What it is about, by name, without secrets.
        key: The kind of key that it is sent with.

    Raises:
        CommandError: The answer is no, or nobody is there to give one.
        typer.Abort: The question was interrupted.
    """
    what = f"{command} {consequence}, {_WITH[key]}"
    if not somebody_answers():
        raise UsageError(f"{what}; nothing was sent: repeat it with --yes if you mean it")
    typer.echo(f"{what}.", err=True)
    width = max(map(len, given), default=0)
    for name, value in given.items():
        typer.echo(f"  {name:<{width}}  {printable(value)}", err=True)
    if not ask("Go on?"):
        raise CommandError("nothing was sent")


def ask(question: str) -> bool:
    """Ask on stderr, because results go to stdout; whatever is not yes is no.

    Raises:
        typer.Abort: There was no answer.
    """
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer:
        raise typer.Abort
    return answer.strip().lower() in ("y", "yes")


def confirm_replacing(file: Path, otherwise: str) -> None:
    """Ask whether a file that is there may be replaced.

    Raises:
        CommandError: The answer is no, or nobody is there to give one.
        typer.Abort: There was no answer.
    """
    if not somebody_answers():
        raise UsageError(f"{file} is there already; add --overwrite to replace it")
    if not ask(f"{file} is there already. Replace it?"):
        raise CommandError(otherwise)
