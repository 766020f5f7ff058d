"""From the words of the docstrings, which speak of Python, to those of the command line; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from allawee_async.models.schema import camel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from allawee_async.resources.verbs import Parameter

_IN_PYTHON_ONLY: Final = (
    r"; sends nothing until the result is used",
    r", as (?:`\w+`|a model) or as a mapping in wire names",
    r", as `\w+` or in wire names",
    r"; masked in all errors",
    r"; no error and no log shows it",
    r", or None if there is none",
    r"; see the class",
    r": see `extra`",
    r" The items are then plain mappings in wire names\.",
    r" One that is cut down to some of its fields comes as a plain mapping\.",
)
_INSTEAD: Final[tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]] = (
    (r"``", "`"),
    (r"in wire names", "by the names of the API"),
    (r"`allawee\.([\w.]+)`", lambda found: f"`allawee {_words(found[1])}`"),
    (r"`find\(reference=…\)`", "`find --reference …`"),
    (
        r"`RequestAccepted\.wait` and `with_options\(wait_for_accepted=…\)` do so by themselves",
        "--wait of a command does so by itself",
    ),
    (r"The id that a 202 told: `RequestAccepted\.request_id`", "The id that a queued call told"),
    (r"`details` names? (it|them)", r"the error names \1"),
    (r"If `outcome_unknown` is true", "If it is not known whether it took effect"),
    (r"masked in `repr`; never log, print or store them", "masked unless --reveal is given"),
    (r"`repr` masks it", "masked unless --reveal is given"),
    (r"\bAn amount is no int in minor units", "An amount is no whole number of minor units"),
    (r'`\["([^`]*)"\]`', lambda found: ", ".join(f"`{word}`" for word in found[1].split('", "'))),
    (r"(?<=\d)_(?=\d{3})", ""),
)


def kebab(name: str) -> str:
    """Return a Python name as the command line writes it: `create_payout`, `from_`."""
    return name.strip("_").replace("_", "-")


def option_of(parameter: Parameter) -> str:
    """Return the option's name on the command line: `--fx-hash`."""
    return f"--{kebab(parameter.name)}"


def command_words(call: str) -> str:
    """Return the words of a command for the path of a method: `tools banks short-list`."""
    return _words(call)


def first_sentence(text: str) -> str:
    """Return the beginning of a docstring, for a list of commands: without the full stop."""
    return re.split(r"[.;](?:\s|$)", spoken(text), maxsplit=1)[0]


def spoken(text: str, *, options: Collection[str] = (), verbs: Collection[str] = ()) -> str:
    """Return a docstring's words for people who do not see Python.

    Args:
        text: What the docstring says.
        options: The Python names of the command's options, which become `--fx-hash`.
        verbs: The Python names of the verbs beside it, which become `roll-secret`.
    """
    for pattern in _IN_PYTHON_ONLY:
        text = re.sub(pattern, "", text)
    for pattern, words in _INSTEAD:
        text = re.sub(pattern, words, text)

    def named(found: re.Match[str]) -> str:
        name = found[1]
        if name in options:
            return f"--{kebab(name)}"
        noun, _, verb = name.rpartition(".")
        if verb in verbs or (noun and "_" in verb):
            return f"`{_words(name)}`"
        return f"`{camel(name)}`" if "_" in name else found[0]

    return re.sub(r"`([a-z_.\d]+)`", named, text)


def _words(path: str) -> str:
    return " ".join(kebab(word) for word in path.split("."))
