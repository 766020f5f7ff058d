"""The shapes of plain JSON, for annotations."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    JSONValue: TypeAlias = (
        str | int | float | bool | list["JSONValue"] | dict[str, "JSONValue"] | None
    )
else:  # a recursive alias cannot be resolved by typing.get_type_hints in other modules
    JSONValue = object

JSONObject: TypeAlias = dict[str, JSONValue]
"""A JSON object as `orjson.loads` returns it."""

FreeForm: TypeAlias = Mapping[str, object]
"""A mapping whose content is the caller's own: `metadata`, or a body in wire names."""

Strings: TypeAlias = Sequence[str]
"""Several texts: a list or a tuple, as the caller likes."""
