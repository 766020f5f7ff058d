"""Objects as they are shown: masked, and as rows with the columns that were asked for; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.wording import did_you_mean
from allawee_async.codec.converter import to_dict
from allawee_async.codec.writing import write_mapping
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, camel, fields_of, masked, paths_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from allawee_async.types import FreeForm, JSONObject, JSONValue

_FIRST: Final = ("id", "_id")


def record_of(
    item: Model | FreeForm, *, model: type[Model] | None, reveal: bool, confidential: bool = False
) -> JSONObject:
    """Return the wire mapping of an object, for people to see.

    Args:
        item: The object; a plain mapping if only some of its fields were asked for.
        model: What the object is, if a mapping is one.
        reveal: Whether its secrets are left in.
        confidential: Whether it answers a call that tells a secret: then fields that the model
            does not know are taken for secrets too.
    """
    record = to_dict(item) if isinstance(item, Model) else write_mapping(item)
    if reveal:
        return record
    return masked(record, type(item) if isinstance(item, Model) else model, doubt=confidential)


def all_columns(model: type[Model] | None, records: Sequence[JSONObject]) -> list[str]:
    """Return the dotted names of all columns: what the model knows, then what else there is.

    Args:
        model: What the records are.
        records: Some of them; they may have fields that no model knows.
    """
    known = [path for path, _ in paths_of(model)]
    found = [path for record in records for path in _unknown_paths(record, model)]
    columns = dict.fromkeys([*known, *found])
    return [*(name for name in _FIRST if name in columns), *(c for c in columns if c not in _FIRST)]


def chosen_columns(
    names: Sequence[str], model: type[Model] | None, records: Sequence[JSONObject]
) -> list[str]:
    """Return the columns that were asked for, by their wire names.

    Args:
        names: What was asked for; `created_at` and `createdAt` are the same.
        model: What the records are.
        records: Some of them.

    Raises:
        CommandError: There is no such column.
    """
    return [_chosen(name, model, records) for name in names]


def value_at(record: JSONObject, path: str) -> JSONValue:
    """Return what stands under a dotted name, or None."""
    value: JSONValue = record
    for step in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _chosen(name: str, model: type[Model] | None, records: Sequence[JSONObject]) -> str:
    for path in (name, ".".join(camel(step) for step in name.split("."))):
        if _is_known(path, model) or any(_has(record, path) for record in records):
            return path
    raise CommandError(
        f"unknown column {name!r}; {_advice(name, all_columns(model, records))}", ExitCode.WRONG_USE
    )


def _advice(name: str, known: Sequence[str]) -> str:
    if not known:
        return "none are known, as there are no rows"
    heads = dict.fromkeys(path.partition(".")[0] for path in known)
    return f"{did_you_mean(name, known)}known: {', '.join(heads)}"


def _is_known(path: str, model: type[Model] | None) -> bool:
    """Return whether a model has a field; what is below a relation or free-form may be there."""
    head, _, rest = path.partition(".")
    shape = fields_of(model).get(head)
    if shape is None:
        return False
    if not rest:
        return True
    if shape.model is not None:
        return _is_known(rest, shape.model)
    return shape.kind in (Kind.RELATION, Kind.MAPPING, Kind.JSON)


def _has(record: JSONObject, path: str) -> bool:
    above, _, last = path.rpartition(".")
    holder = value_at(record, above) if above else record
    return isinstance(holder, dict) and last in holder


def _unknown_paths(
    record: JSONObject, model: type[Model] | None, prefix: str = ""
) -> Iterator[str]:
    fields = fields_of(model)
    for name, value in record.items():
        shape = fields.get(name)
        if shape is None:
            yield f"{prefix}{name}"
        elif shape.kind is Kind.OBJECT and isinstance(value, dict):
            yield from _unknown_paths(value, shape.model, f"{prefix}{name}.")
