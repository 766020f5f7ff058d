"""What is shown of an object: its wire mapping, with the secrets in it as `***`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.codec.converter import to_dict
from allawee_async.codec.writing import write_mapping
from allawee_async.models.base import Model
from allawee_async.models.schema import masked

if TYPE_CHECKING:
    from allawee_async.types import FreeForm, JSONObject


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
