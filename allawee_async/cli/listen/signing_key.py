"""The signing key of a webhook, and bodies to sign: from files, stdin and the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from allawee_async.cli.access.credentials import (
    STDIN,
    ask_hidden,
    place_of,
    read_secret_file,
    read_stdin,
)
from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.redaction import HiddenBytes, HiddenText
from allawee_async.webhooks.verifier import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VARIABLE: Final = "ALLAWEE_SIGNING_KEY"


def find_signing_key(file: Path | None, environ: Mapping[str, str]) -> HiddenText | None:
    """Return the key of the file, else that of the environment, else None.

    Line ends and blanks around it are no part of it.

    Raises:
        CommandError: The file cannot be read, or holds none.
    """
    if file is None:
        return HiddenText(environ.get(VARIABLE, "").strip()) or None
    key = HiddenText(read_secret_file(file, "signing key").strip())
    if not key:
        raise CommandError(f"{place_of(file)} holds no signing key", ExitCode.WRONG_USE)
    return key


def signing_key(file: Path | None, environ: Mapping[str, str]) -> HiddenText:
    """Return the key of the file, else that of the environment, else the one that is typed.

    Raises:
        CommandError: There is none.
    """
    key = find_signing_key(file, environ) or HiddenText(ask_hidden("Signing key: ").strip())
    if not key:
        raise CommandError(
            f"no signing key; use --signing-key-file FILE or set {VARIABLE}", ExitCode.WRONG_USE
        )
    return key


def read_body(file: Path) -> HiddenBytes:
    """Return a body, byte for byte.

    Raises:
        CommandError: It cannot be read, or is longer than any that is accepted.
    """
    try:
        if file == STDIN:
            body = read_stdin(MAX_BODY + 1)
        else:
            with file.open("rb") as opened:
                body = HiddenBytes(opened.read(MAX_BODY + 1))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CommandError(
            f"cannot read the body from {place_of(file)}: {reason}", ExitCode.WRONG_USE
        ) from None
    if len(body) > MAX_BODY:
        raise CommandError(f"the body is longer than {MAX_BODY:,} bytes, and so is no delivery")
    return body
