"""What was typed and no document knows is told, as the API takes it and just answers nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from allawee_async.cli.wording import did_you_mean, words_of
from allawee_async.models.schema import camel, field_at, fields_of, paths_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from allawee_async.models.base import Model
    from allawee_async.resources.verbs import Verb

CONDITIONS: Final = ("filter", "or_", "nor", "and_")
"""The parameters of lists that hold conditions."""

_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\])*"')
_CONDITION: Final = re.compile(
    r"(?:^|\s)-?([A-Za-z_][\w.]*)(?=[|:=!<>~])"  # a field, and what is asked of it
    r"(?:(?:\|{1,2}[eE][qQ]\|{1,2}|:)(\S+))?"  # a value that it is to be
)


def doubts(verb: Verb, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is odd about the arguments of a call, in words for a person.

    Args:
        verb: What is called: a list with conditions, or a webhook with events.
        arguments: Its arguments, by Python name.
    """
    if verb.noun == "webhooks":
        from allawee_async.webhooks.events import EVENT_CLASSES

        for name in set(arguments.get("events") or ()) - EVENT_CLASSES.keys():
            close = did_you_mean(name, EVENT_CLASSES)
            yield f"no document names the event {name!r}; {close}known: {', '.join(EVENT_CLASSES)}"
    model = verb.model
    if model is None or not fields_of(model):  # no document shows an entry
        return
    texts = [text for name in CONDITIONS for text in arguments.get(name) or ()]
    for text in texts:
        for path, value in _CONDITION.findall(_QUOTED.sub('""', text)):
            name = ".".join(camel(step) for step in path.split("."))
            field = field_at(model, name)
            if field is None and not _is_free(model, name):
                known = [path for path, _ in paths_of(model)]
                close = did_you_mean(name, known) or _ends_with(name, known)
                words = words_of(verb.noun)
                yield f"the client knows no field {path!r} of {words}; {close}".rstrip("; ")
            elif field is not None and field.choices and value and value not in field.choices:
                close = did_you_mean(value, field.choices)
                yield f"the documents name no such {path}; {close}known: {', '.join(field.choices)}"


def _is_free(model: type[Model], name: str) -> bool:
    """Return whether a name leads into what no model describes: metadata, an object by its id."""
    above, _, _ = name.rpartition(".")
    while above:
        field = field_at(model, above)
        if field is not None:
            return field.model is None
        above = above.rpartition(".")[0]
    return False


def _ends_with(name: str, known: list[str]) -> str:
    found = [path for path in known if path.rpartition(".")[2].lower() == name.lower()]
    return f"did you mean {' or '.join(found)}? " if found else ""
