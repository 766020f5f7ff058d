"""What was typed and no document knows is told, as the API takes it and just answers nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from allawee_async.cli.output.columns import is_known, shown_paths
from allawee_async.cli.wording import did_you_mean, known_names, words_of
from allawee_async.models.schema import camel, field_at, fields_of, paths_of

if TYPE_CHECKING:
    from allawee_async.resources.verbs import Verb

CONDITIONS: Final = ("filter", "or_", "nor", "and_")
"""The parameters of lists that hold conditions."""

_EXAMPLES: Final = "status:active, amount>=50000, name~ade"
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\])*"')
_CONDITION: Final = re.compile(
    r"(?:^|\s)-?([A-Za-z_][\w.]*)(?=[|:=!<>~])"  # a field, and what is asked of it
    r"(?:(?:\|{1,2}(?:eq|ne|in|nin)\|{1,2}|!?[:=]+)([^\s<>]+))?",  # values that it may have
    re.IGNORECASE,
)


def doubts(verb: Verb, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is odd about the arguments of a call, in words for a person.

    Args:
        verb: What is called: a list with conditions, or a webhook with events.
        arguments: Its arguments, by Python name.
    """
    if verb.noun == "webhooks":
        yield from doubts_of_events(arguments.get("events") or ())
    for text in _texts(arguments):
        if not _CONDITION.search(text):
            yield f"{text!r} is no condition: write a field, an operator and a value: {_EXAMPLES}"
    model = verb.model
    if model is None or not fields_of(model):  # no document shows an entry
        return
    named = [name for option in ("sort", "expand") for name in arguments.get(option) or ()]
    asked = [path for path, _ in _conditions(arguments)]
    shown = shown_paths(model)
    fields = [path for path, _ in paths_of(model)]
    known = [*fields, *(path for path in shown if "." not in path and path not in fields)]
    for path in [*asked, *(name.removeprefix("-").partition(":")[0] for name in named)]:
        name = _wire_name(path)
        if not (is_known(name, model, in_lists=True) or name in shown):
            close = _close_to(name, known)
            told = f"the client knows no field {path!r} of {words_of(verb.noun)}; {close}"
            yield told.rstrip("; ")
    yield from unnamed_values(verb, arguments, alike=True)


def doubts_of_events(names: Iterable[str]) -> Iterator[str]:
    """Yield which events nothing is ever sent for, as far as documents tell."""
    from allawee_async.webhooks.events import EVENT_CLASSES

    for name in set(names) - EVENT_CLASSES.keys():
        yield f"no document names the event {name!r}; {known_names(name, EVENT_CLASSES)}"


def unnamed_values(verb: Verb, arguments: Mapping[str, Any], *, alike: bool) -> Iterator[str]:
    """Yield which values no document names: those that are like one that is named, or others.

    The others are odd only where a list has no entry: a value that finds something is one.
    """
    for path, values in _conditions(arguments):
        field = field_at(verb.model, _wire_name(path))
        choices = () if field is None or '"' in values else field.choices
        for value in values.split(",") if choices else ():
            if value and value not in choices and bool(did_you_mean(value, choices)) is alike:
                yield f"the documents name no such {path}; {known_names(value, choices)}"


def _conditions(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields that conditions name, with the values that they ask for."""
    for text in _texts(arguments):
        yield from _CONDITION.findall(text)


def _texts(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield all conditions, with nothing inside of their quotes."""
    for text in (text for name in CONDITIONS for text in arguments.get(name) or ()):
        yield _QUOTED.sub('""', text)


def _wire_name(path: str) -> str:
    return ".".join(camel(step) for step in path.split(".") if not step.isdecimal())


def _close_to(name: str, known: list[str]) -> str:
    """Return a question with the fields that may have been meant, whatever they are inside of."""
    last = name.rpartition(".")[2].lower()
    lasts = {path.rpartition(".")[2].lower() for path in known}
    alike = [last] if last in lasts else get_close_matches(last, lasts, n=1)
    inside = [path for path in known if path.rpartition(".")[2].lower() in alike]
    return did_you_mean(name, known) or (f"did you mean {' or '.join(inside)}? " if inside else "")
