"""Plain types for annotations: the shapes of JSON, and what a plain value means."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, get_args

if TYPE_CHECKING:
    JSONValue: TypeAlias = (
        str | int | float | bool | list["JSONValue"] | dict[str, "JSONValue"] | None
    )
else:  # a recursive alias cannot be resolved by typing.get_type_hints in other modules
    JSONValue = object

JSONObject: TypeAlias = dict[str, JSONValue]
"""A JSON object as `json.loads` returns it."""

FreeForm: TypeAlias = Mapping[str, object]
"""A mapping whose content is the caller's own: `metadata`, or a body in wire names."""

Strings: TypeAlias = Sequence[str]
"""Several texts: a list or a tuple, as the caller likes."""
Things: TypeAlias = Sequence[str | JSONObject]
"""Names, ids or objects: a list or a tuple."""

SECRET: Final = "secret"  # noqa: S105 - it marks one
MINOR_UNITS: Final = "minor units"

Secret: TypeAlias = Annotated[str, SECRET]
"""A text that nothing may show: a PIN, a card number, a signing key."""

MinorUnits: TypeAlias = Annotated[int, MINOR_UNITS]
"""An amount of money in the currency's minor unit: 10_000 are 100 NGN or 100 USD."""


def marks_of(annotation: object) -> set[str]:
    """Return the marks of an annotation: of `Secret | None`, `SECRET`."""
    members = (annotation, *get_args(annotation))
    return {mark for one in members for mark in getattr(one, "__metadata__", ())}
