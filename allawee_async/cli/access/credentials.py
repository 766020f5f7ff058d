"""The API key: from a file, the environment or the system keyring, and never from an argument."""

from __future__ import annotations

import getpass
import os
import re
import stat
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import attrs

from allawee_async.cli.errors import UsageError, warn
from allawee_async.redaction import SecretBytes, SecretText

VARIABLE: Final = "ALLAWEE_API_KEY"
STDIN: Final = Path("-")

KINDS: Final = {
    "test": "test key",
    "live": "LIVE key",
    "sandbox": "key of the embedded sandbox",
    "unknown": "key that is neither sk.test. nor sk.live.",
}
"""What each kind of key is called."""

Source = Literal["file", "stdin", "environment", "keyring", "sandbox"]

_LONGEST_FILE: Final = 4096
_USABLE: Final = re.compile(r"[\x21-\x7e]+")
_FORM: Final = re.compile(r"sk\.(test|live)\.[\x21-\x7e]+")
_FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_NO_KEY: Final = "no API key"
_HOW: Final = (
    f"use --api-key-file FILE, set {VARIABLE}, or run `allawee login`; "
    "to try things out without a key, add --sandbox"
)


class NoKeyError(UsageError):
    """There is no key anywhere."""


@attrs.frozen
class FoundKey:
    """An API key, and where it came from.

    Attributes:
        key: The key; `repr` hides it.
        source: Which kind of place it came from.
        place: The place, as a person is told it.
    """

    key: SecretText
    source: Source
    place: str


def find_key(file: Path | None, *, base_url: str | None, environ: Mapping[str, str]) -> FoundKey:
    """Return the key of the file, else that of the environment, else that of the keyring.

    Args:
        file: The file that was named, `-` for stdin, or None.
        base_url: The host that was named; the keyring has a key for each host.
        environ: The environment.

    Raises:
        CommandError: There is no key, or what there is cannot be read or be one.
        ConfigurationError: The host cannot be one.
    """
    if file is not None:
        text = read_secret_file(file, "API key")
        return _found(text, "stdin" if file == STDIN else "file", place_of(file))
    given = SecretText(environ.get(VARIABLE, ""))
    if given.strip():
        return _found(given, "environment", f"the variable {VARIABLE}")
    from allawee_async.cli.access import key_store

    try:
        key = key_store.read(host_of(base_url, environ))
    except key_store.NoKeyStoreError:
        key = None  # then it is only one of the ways that is not there
    if key is None:
        raise NoKeyError(_NO_KEY, advice=_HOW)
    return _found(key, "keyring", f"the system keyring ({key_store.name()})")


def place_of(file: Path) -> str:
    """Return what a file is called where a person is told of it."""
    return "stdin" if file == STDIN else f"the file {file}"


def kind_of(key: str) -> Literal["test", "live", "unknown"]:
    """Return what the beginning of a key tells."""
    form = _FORM.fullmatch(key)
    if form is None:
        return "unknown"
    return "live" if form[1] == "live" else "test"


def host_of(base_url: str | None, environ: Mapping[str, str]) -> str:
    """Return the host of the API; under this name the keyring has its key.

    Raises:
        ConfigurationError: It cannot be one.
    """
    from allawee_async.transport.config import Hosts

    return Hosts.choose(base_url, None, environ).base_url


def ask_hidden(question: str) -> SecretText:
    """Ask on the terminal for a secret, which is not shown while it is typed.

    Raises:
        CommandError: Nobody is there to answer.
    """
    try:
        with warnings.catch_warnings():
            # It would go on without a terminal, and show what is typed.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return SecretText(getpass.getpass(question))
    except (EOFError, getpass.GetPassWarning):
        raise UsageError(
            "there is no terminal to ask on; name a file, or set a variable (see --help)"
        ) from None


def read_secret_file(file: Path, what: str) -> SecretText:
    """Return what a file with a secret holds; warn if others may read it.

    Args:
        file: The file; `-` is stdin, where a person is asked without showing what is typed.
        what: What it is to hold: "API key".

    Raises:
        CommandError: It cannot be read, or is too long or no text.
    """
    if file == STDIN and sys.stdin is not None and sys.stdin.isatty():
        return ask_hidden(f"{what}: ")
    content = read_input(
        file, _LONGEST_FILE, f"cannot read the {what} from {file}", warns_if_shared=True
    )
    try:
        text = SecretText(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        text = SecretText()
    if len(content) > _LONGEST_FILE or (content and not text):
        raise UsageError(f"{place_of(file)} holds no {what}: it is not a short text")
    return text


def read_input(
    file: Path, most: int, failure: str, *, warns_if_shared: bool = False
) -> SecretBytes:
    """Return what is in a file, or what comes on stdin; nothing if that is closed.

    Args:
        file: The file; `-` is stdin.
        most: How many bytes it may have. Of what is longer, one byte more is returned.
        failure: What an error says, up to the reason: "cannot read the body from stdin".
        warns_if_shared: Warn if others on this computer may read the file.

    Raises:
        CommandError: It cannot be read.
    """
    try:
        if file == STDIN:
            return (
                SecretBytes() if sys.stdin is None else SecretBytes(sys.stdin.buffer.read(most + 1))
            )
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            is_shared = os.name == "posix" and stat.S_ISREG(mode) and mode & _FOR_OTHERS
            if warns_if_shared and is_shared:
                warn(f"others on this computer may read {file}; run: chmod 600 {file}")
            return SecretBytes(opened.read(most + 1))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{failure}: {reason}") from None


def _found(text: SecretText, source: Source, place: str) -> FoundKey:
    key = SecretText(text.strip())
    if not key:
        raise UsageError(f"{place} holds {_NO_KEY}", advice=_HOW)
    if not _USABLE.fullmatch(key):
        raise UsageError(
            f"{place} holds no API key alone: it must be one line of visible ASCII characters"
        )
    return FoundKey(key, source, place)
