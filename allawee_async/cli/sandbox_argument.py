"""`--sandbox` with and without a file: option parsers know no option that may have a value."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_OPTION: Final = "--sandbox"
_WITH_FILE: Final = "--sandbox-file"
_ENDINGS: Final = (".db", ".sqlite", ".sqlite3", ".sandbox")
_END_OF_OPTIONS: Final = "--"


def spelled_out(arguments: Sequence[str], exists: Callable[[str], bool]) -> list[str]:
    """Return the arguments with `--sandbox FILE` and `--sandbox=FILE` as `--sandbox-file FILE`.

    The word after `--sandbox` is a file if it has a path separator or the ending of a database, or
    if such a file exists. Otherwise it belongs to the command: `cards get --sandbox c.123`.

    Args:
        arguments: The arguments as they were typed.
        exists: Whether there is a file of this name.
    """
    spelled: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == _END_OF_OPTIONS:
            return [*spelled, word, *words]
        if word.startswith(f"{_OPTION}="):
            spelled += [_WITH_FILE, word.removeprefix(f"{_OPTION}=")]
        elif word == _OPTION:
            following = next(words, None)
            if following is None:
                spelled.append(word)
            elif _is_file(following, exists):
                spelled += [_WITH_FILE, following]
            else:
                # The word may itself be `--`, or another option.
                return [*spelled, word, *spelled_out([following, *words], exists)]
        else:
            spelled.append(word)
    return spelled


def file_advice(arguments: Sequence[str], message: str) -> str:
    """Return what to add to a message that complains of a word which may have meant a file.

    Args:
        arguments: The arguments as they were typed.
        message: What the option parser told.
    """
    for option, word in pairwise(arguments):
        may_be_one = "." in word or "extra argument" in message
        if option == _OPTION and may_be_one and word in message and not word.startswith("-"):
            return f"; to keep a sandbox in a file of this name, write {_OPTION}={word}"
    return ""


def _is_file(word: str, exists: Callable[[str], bool]) -> bool:
    if word.startswith("-"):
        return False
    return "/" in word or "\\" in word or word.lower().endswith(_ENDINGS) or exists(word)
