"""What was typed, spelled as option parsers know it: `--sandbox FILE`, options before commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

_OPTION: Final = "--sandbox"
_WITH_FILE: Final = "--sandbox-file"
_ENDINGS: Final = (".db", ".sqlite", ".sqlite3", ".sandbox")
_END_OF_OPTIONS: Final = "--"

FLAGS: Final = frozenset({"--sandbox", "--reveal", "--yes", "-y", "--wait", "--no-pager"})
VALUED: Final = frozenset(
    {
        *("--sandbox-file", "--sandbox-customers", "--api-key-file", "--base-url", "--secure-url"),
        *("--timeout", "--rate", "--output", "-o", "--columns"),
    }
)
"""Options of commands that may stand before a command's name: without a value, and with one."""


def spelled_out(arguments: Sequence[str], exists: Callable[[str], bool]) -> list[str]:
    """Return the arguments with `--sandbox FILE` and `--sandbox=FILE` as `--sandbox-file FILE`.

    The word after `--sandbox` is a file if it has a path separator or the ending of a database, or
    if such a file exists. Otherwise it belongs to the command: `cards get --sandbox c.123`.

    Args:
        arguments: The arguments as they were typed.
        exists: Whether there is a file of this name.
    """
    spelled = list(arguments)
    end = spelled.index(_END_OF_OPTIONS) if _END_OF_OPTIONS in spelled else len(spelled)
    for place, (word, following) in enumerate(pairwise([*spelled[:end], ""])):
        if word == _OPTION and following and _is_file(following, exists):
            spelled[place] = _WITH_FILE
        elif word.startswith(f"{_OPTION}="):
            spelled[place] = word.replace(_OPTION, _WITH_FILE, 1)
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


def moved_behind(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the options in front of the command's name behind its own.

    So they are options of the command, which knows them, and not of the program.

    Args:
        arguments: The arguments as they were typed, `--sandbox FILE` spelled out already.
    """
    moved: list[str] = []
    others = list(arguments)
    place = 0
    while (
        place < len(others) and others[place].startswith("-") and others[place] != _END_OF_OPTIONS
    ):
        length = _words_of_option(others[place])
        moved += others[place : place + length]
        del others[place : place + length]
        place += 0 if length else 1
    if place == len(others):
        return list(arguments)  # there is no command to move them to
    end = others.index(_END_OF_OPTIONS) if _END_OF_OPTIONS in others else len(others)
    return [*others[:end], *moved, *others[end:]]


def _words_of_option(word: str) -> int:
    """Return how many words an option of a command has; 0 for another option."""
    if word in VALUED:
        return 2
    joined = word.partition("=")[0] in VALUED or word.startswith("-o")  # --output=csv, -ocsv
    return 1 if word in FLAGS or joined else 0
