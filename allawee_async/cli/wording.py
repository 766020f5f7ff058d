"""Words: numbers with their nouns, names that there are not, and Python's names as commands."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allawee_async.resources.verbs import Verb


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 customer` or `2,000 customers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the names that one is much like, or nothing if there are none."""
    close = get_close_matches(name, [*known], n=2)
    return f"did you mean {' or '.join(close)}? " if close else ""


def known_names(name: str, known: Iterable[str]) -> str:
    """Return what there is instead of a name that there is not, the most alike first."""
    names = [*known]
    return f"{did_you_mean(name, names)}known: {', '.join(names)}"


def kebab(name: str) -> str:
    """Return a Python name as the command line writes it: `create_payout`, `from_`."""
    return name.strip("_").replace("_", "-")


def command_words(path: str) -> str:
    """Return the words of a command for the path of a method: `tools banks short-list`."""
    return " ".join(kebab(word) for word in path.split("."))


def words_of(resource: str) -> str:
    """Return what is counted: `payment requests`, `banks`."""
    return resource.rpartition(".")[2].replace("_", " ")


def listed(verb: Verb) -> str:
    """Return what a list lists, in words: `customers`, `logs`."""
    return words_of(verb.noun if verb.name == "list" else verb.name)
