"""What is shown of an object: its wire mapping, with the secrets in it as `***`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.codec.converter import to_dict
from allawee_async.codec.writing import write_mapping
from allawee_async.models.common import Model
from allawee_async.models.schema import Kind, fields_of
from allawee_async.redaction import MASK, without_named_secrets

if TYPE_CHECKING:
    from allawee_async.types import FreeForm, JSONObject, JSONValue


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
    if not reveal:
        _hide(record, type(item) if isinstance(item, Model) else model, confidential=confidential)
    return record


def _hide(record: JSONObject, model: type[Model] | None, *, confidential: bool = False) -> None:
    """Put `***` in the place of the secrets of an object."""
    fields = fields_of(model)
    for name, value in record.items():
        shape = fields.get(name)
        if value is None:
            continue
        if shape is None:
            record[name] = MASK if confidential else without_named_secrets(name, value)
        elif shape.secret:
            record[name] = MASK
        elif shape.kind is Kind.FREE:
            record[name] = without_named_secrets(name, value)
        elif shape.model is not None:
            _hide_inside(value, shape.model)


def _hide_inside(value: JSONValue, model: type[Model]) -> None:
    for inner in value if isinstance(value, list) else [value]:
        if isinstance(inner, dict):
            _hide(inner, model)
