"""Options of a command that stand before its name: `allawee --sandbox customers list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FLAGS: Final = frozenset({"--sandbox", "--reveal", "--yes", "-y", "--wait"})
VALUED: Final = frozenset(
    {
        *("--sandbox-file", "--sandbox-customers", "--api-key-file", "--base-url", "--secure-url"),
        *("--timeout", "--output", "-o", "--columns"),
    }
)
_END_OF_OPTIONS: Final = "--"


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
