"""`allawee doctor --models`: what the API answers, compared with the models, without its values."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from allawee_async.cli.errors import UsageError
from allawee_async.cli.output.live_bar import counting
from allawee_async.codec.converter import from_dict
from allawee_async.errors import AllaweeError, DecodeError
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, Shape, fields_of
from allawee_async.redaction import mask, printable
from allawee_async.resources.verbs import FIND, Returns, Verb, all_verbs
from allawee_async.transport.response import read_response
from allawee_async.types import JSONObject, JSONValue

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient

_ENDING: Final = ".response.json"
_PAGE: Final = {"limit": 100}
_JSON: Final[dict[type, str]] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    list: "list",
    dict: "object",
}
# What of JSON stands for each kind of field.
_HOLDS: Final[dict[Kind, tuple[type, ...]]] = {
    **dict.fromkeys((Kind.TEXT, Kind.CHOICE, Kind.TIMESTAMP, Kind.DATE), (str,)),
    Kind.WHOLE_NUMBER: (int,),
    Kind.NUMBER: (int, float),
    Kind.TRUTH: (bool,),
    Kind.LIST: (list,),
    Kind.RELATION: (str, dict),
    **dict.fromkeys((Kind.OBJECT, Kind.MAPPING), (dict,)),
    Kind.JSON: tuple(_JSON),
}
_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


class Difference(StrEnum):
    """How an answer differs from what a model says."""

    NEW_FIELD = "new field"  # a model keeps it in `extra`
    NEW_VALUE = "new value"  # of an enumeration; a model keeps it
    MISSING = "missing"  # what must be there; the model refuses the object
    WRONG_TYPE = "wrong type"  # the model refuses the value, or keeps it as it came


class Comparison:
    """What was found, by kind and place, with the calls whose answers showed it.

    Attributes:
        found: The differences.
        unread: The calls that could not be read, and why.
        compared: How many objects were compared.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.unread: dict[str, str] = {}
        self.compared = 0
        self._seen: dict[type[Model], set[str]] = defaultdict(set)

    def compare(self, verb: Verb, data: JSONValue) -> None:
        """Compare the answer of a call with the model of the call."""
        model = verb.model
        for item in data if isinstance(data, list) else [data]:
            if model is None or not isinstance(item, dict):
                continue
            self.compared += 1
            told = set(self._look(verb.call, model, item, ""))
            try:
                from_dict(model, item)
            except DecodeError as error:
                if error.path not in told:
                    what = f"{model.__name__} at {error.path}: {error.message}"
                    self.found[Difference.WRONG_TYPE, what].add(verb.call)

    def never_seen(self) -> dict[str, list[str]]:
        """Return by model the fields that no object had; perhaps they are gone."""
        unseen = {
            model.__name__: sorted(fields_of(model).keys() - names)
            for model, names in self._seen.items()
        }
        return {name: fields for name, fields in sorted(unseen.items()) if fields}

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield what there is to tell a person: of what kind it is, and what it is."""
        for (kind, what), calls in sorted(self.found.items()):
            yield kind, f"{what} ({', '.join(sorted(calls))})"
        for name, fields in self.never_seen().items():
            yield "never seen", f"{name}: {', '.join(fields)}"
        for call, reason in self.unread.items():
            yield "not read", f"{call}: {reason}"

    def document(self) -> JSONObject:
        """Return all of it as JSON."""
        return {
            "compared": self.compared,
            "differences": [
                {"kind": kind, "what": what, "calls": [*sorted(calls)]}
                for (kind, what), calls in sorted(self.found.items())
            ],
            "neverSeen": {name: [*fields] for name, fields in self.never_seen().items()},
            "unread": {**self.unread},
        }

    def _look(self, call: str, model: type[Model], value: JSONObject, path: str) -> Iterator[str]:
        """Note what differs in an object; yield the paths of what the model may refuse."""
        fields = fields_of(model)
        self._seen[model] |= fields.keys() & value.keys()
        for name in value.keys() - fields.keys():
            kind = _JSON.get(type(value[name]), "nothing")
            self.found[
                Difference.NEW_FIELD, mask(printable(f"{model.__name__}.{name}: {kind}"))
            ].add(call)
        for name, field in fields.items():
            here, what = f"{path}.{name}".removeprefix("."), f"{model.__name__}.{name}"
            if (held := value.get(name)) is not None:
                yield from self._look_at_value(call, what, field, held, here)
            elif field.required:
                self.found[Difference.MISSING, what].add(call)
                yield here

    def _look_at_value(
        self, call: str, what: str, shape: Shape, value: JSONValue, path: str
    ) -> Iterator[str]:
        odd = _oddity(shape, value)
        if odd is not None:
            self.found[Difference.WRONG_TYPE, f"{what}: {odd}"].add(call)
            yield path
        elif shape.item is not None and isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._look_at_value(call, what, shape.item, item, f"{path}[{index}]")
        elif shape.model is not None and isinstance(value, dict):
            yield from self._look(call, shape.model, value, path)
        elif shape.choices and value not in shape.choices:
            self.found[Difference.NEW_VALUE, mask(printable(f"{what}: {value!r}"))].add(call)


def _oddity(shape: Shape, value: JSONValue) -> str | None:
    """Return what is wrong with a value, without the value; None if nothing is."""
    found = _JSON.get(type(value), "nothing")
    if type(value) not in _HOLDS[shape.kind]:
        return f"expected {shape.kind}, found {found}"
    if shape.kind is Kind.DATE and not _DATE.fullmatch(str(value)):
        return "expected date, found text of another form"
    return None


def compare_recorded(folder: Path) -> Comparison:
    """Compare recorded answers, one for each file, such as `cards.get.response.json`.

    What stands between the call and the ending, `card-programs.create.physical.response.json`, is
    free.

    Raises:
        CommandError: There is no such folder, or nothing to compare in it.
    """
    if not folder.is_dir():
        raise UsageError(f"--recorded: there is no directory {folder}")
    verbs = {verb.call: verb for verb in all_verbs() if verb.name != FIND}
    comparison = Comparison()
    for path in sorted(folder.glob(f"*{_ENDING}")):
        verb = verbs.get(call_of(path.name, verbs) or "")
        try:
            if verb is None or verb.returns is Returns.FILE:
                comparison.unread[path.name] = "it is named after no call"
            else:
                comparison.compare(verb, read_response(200, {}, path.read_bytes()).data)
        except AllaweeError as error:
            comparison.unread[path.name] = printable(str(error))
    if not comparison.compared:
        raise UsageError(f"--recorded: {folder} holds no answer named like cards.get{_ENDING}")
    return comparison


def call_of(name: str, calls: Any) -> str | None:
    """Return the call that a file is named after, or None."""
    words = name.removesuffix(_ENDING).removeprefix("withdrawn.").replace("-", "_").split(".")
    while words and ".".join(words) not in calls:
        words.pop()
    return ".".join(words) or None


async def compare_live(client: AllaweeClient) -> Comparison:
    """Read one page of each list and what else can be read of its first entry, and compare it.

    Nothing is changed, and no secret is asked for.
    """
    comparison = Comparison()
    first: dict[str, str] = {}
    reads = [verb for verb in all_verbs() if _is_plain_read(verb)]
    with counting("calls") as tell:
        # Lists come first: what takes an id takes that of the first entry of one.
        for count, verb in enumerate(sorted(reads, key=_arguments), 1):
            ids = [first[verb.noun]] if _arguments(verb) and first.get(verb.noun) else []
            if len(ids) == _arguments(verb):
                data = await _read(client, verb, ids, comparison)
                if verb.returns is Returns.PAGES and isinstance(data, list) and data:
                    first.setdefault(verb.noun, _id_of(data[0]))
            tell(count, len(reads))
    return comparison


async def _read(
    client: AllaweeClient, verb: Verb, ids: list[str], comparison: Comparison
) -> JSONValue:
    try:
        query = _PAGE if verb.returns is Returns.PAGES else None
        reply = await client.request("GET", verb.route.path(*ids), query=query)
        data = reply.data
    except AllaweeError as error:
        comparison.unread[verb.call] = printable(str(error))
        return None
    comparison.compare(verb, data)
    return data


def _id_of(item: JSONValue) -> str:
    found = (item.get("id") or item.get("_id")) if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


def _is_plain_read(verb: Verb) -> bool:
    """Return whether a verb reads no secret, and needs nothing but the id of one object."""
    needed = [one for one in verb.parameters if one.required]
    is_plain = not (verb.writes or verb.is_confidential or verb.name == FIND)
    ids_only = len(needed) == _arguments(verb) <= 1
    return is_plain and ids_only and verb.returns is not Returns.FILE


def _arguments(verb: Verb) -> int:
    return sum(one.is_argument for one in verb.parameters)
