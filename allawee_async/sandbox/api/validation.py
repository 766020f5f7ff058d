"""Reading request bodies: what is wrong with each field, in the words of the API's framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from allawee_async.sandbox.api.messages import RefusalError, invalid_fields, malformed_body
from allawee_async.sandbox.core.values import Json, JsonObject, is_nested_deeper
from allawee_async.sandbox.rules.requests import MAX_NESTING

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_AMOUNT = 10**15


def read_body(body: bytes) -> JsonObject:
    """Return the JSON object in a request body; an empty body is an empty object.

    Raises:
        RefusalError: It is not JSON, not an object, or nested too deeply.
    """
    try:
        value: Json = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise RefusalError(malformed_body("The body is not valid JSON.")) from None
    if not isinstance(value, dict):
        raise RefusalError(invalid_fields(["body must be an object"]))
    if is_nested_deeper(value, MAX_NESTING):
        raise RefusalError(malformed_body(f"The body is nested more than {MAX_NESTING} levels."))
    return value


class Checks:
    """Collects one message for each invalid field of an object, so that all are told at once."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def refuse_if_any(self) -> None:
        """Raise what was found.

        Raises:
            RefusalError: At least one check has failed.
        """
        if self.messages:
            raise RefusalError(invalid_fields(self.messages))

    def text(self, parent: JsonObject, name: str, path: str = "", *, required: bool = True) -> None:
        """Check that a field is a text; a required one must be there and not be empty."""
        value = parent.get(name)
        if value is None and not required:
            return
        if not isinstance(value, str):
            self.messages.append(f"{path}{name} must be a string")
        elif required and not value.strip():
            self.messages.append(f"{path}{name} should not be empty")

    def choice(
        self,
        parent: JsonObject,
        name: str,
        allowed: Collection[str],
        path: str = "",
        *,
        required: bool = True,
    ) -> None:
        """Check that a field is one of the allowed texts."""
        value = parent.get(name)
        if value is None and not required:
            return
        if not isinstance(value, str) or value not in allowed:
            self.messages.append(
                f"{path}{name} must be one of the following values: {', '.join(sorted(allowed))}"
            )

    def whole(
        self,
        parent: JsonObject,
        name: str,
        path: str = "",
        *,
        least: int = 0,
        most: int = MAX_AMOUNT,
        required: bool = True,
    ) -> None:
        """Check that a field is a whole number within bounds, such as an amount."""
        value = parent.get(name)
        if value is None and not required:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            self.messages.append(f"{path}{name} must be an integer number")
        elif value < least:
            self.messages.append(f"{path}{name} must not be less than {least}")
        elif value > most:
            self.messages.append(f"{path}{name} must not be greater than {most}")

    def id(self, parent: JsonObject, name: str, path: str = "", *, required: bool = False) -> None:
        """Check that a field is an id; the older documents print `{}` where an optional one is."""
        if required or parent.get(name) != {}:
            self.text(parent, name, path, required=required)

    def flag(self, parent: JsonObject, name: str, path: str = "", *, required: bool = True) -> None:
        """Check that a field is true or false."""
        value = parent.get(name)
        if not isinstance(value, bool) and (value is not None or required):
            self.messages.append(f"{path}{name} must be a boolean value")

    def texts(
        self, parent: JsonObject, name: str, path: str = "", *, required: bool = True
    ) -> None:
        """Check that a field is a list of texts, none of them empty."""
        value = parent.get(name)
        if value is None and not required:
            return
        if not isinstance(value, list):
            self.messages.append(f"{path}{name} must be an array")
        elif not all(isinstance(entry, str) and entry for entry in value):
            self.messages.append(f"each value in {path}{name} must be a string")

    def object(
        self, parent: JsonObject, name: str, path: str = "", *, required: bool = True
    ) -> JsonObject | None:
        """Check that a field is an object, and return it, or None when it is not."""
        value = parent.get(name)
        if isinstance(value, dict):
            return value
        if value is None and not required:
            return None
        self.messages.append(f"{path}{name} must be an object")
        return None
