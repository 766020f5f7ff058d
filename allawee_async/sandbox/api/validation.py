"""Reading request bodies: what is wrong with each field, in the words of the API's framework."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar, cast

from allawee_async.sandbox.api.messages import bad_request
from allawee_async.sandbox.core import values
from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.values import Document, Json, JsonObject
from allawee_async.sandbox.rules.values import MAX_NESTING

MAX_AMOUNT = 10**15

T = TypeVar("T")
_LIST, _OBJECT = cast("type[list[Json]]", list), cast("type[JsonObject]", dict)


@contextmanager
def checked(fields: JsonObject) -> Generator[RequestBody]:
    """Give fields that were sent to a block that checks them.

    What the block found wrong is told at its end, all of it at once.

    Raises:
        RefusalError: A check has failed.
    """
    read = RequestBody(fields)
    yield read
    if read.faults:
        raise bad_request(read.faults)


def read_body(body: bytes) -> AbstractContextManager[RequestBody]:
    """Give the JSON object in a request body to a block, as `checked` does; empty is an empty one.

    Raises:
        RefusalError: It is not JSON, not an object, nested too deeply, or a check has failed.
    """
    try:
        value: Json = values.from_bytes(body or b"{}")
    except ValueError:
        raise bad_request("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise bad_request(["body must be an object"])
    if values.is_nested_deeper(value, MAX_NESTING):
        raise bad_request(f"The body is nested more than {MAX_NESTING} levels.")
    return checked(value)


class RequestBody:
    """The object in a request body, or one inside it, whose fields are checked one by one.

    Each check returns the value of its field, or an empty one where there is none, or a wrong one.

    Args:
        fields: The object as it was sent.
        path: Where it is in the body, with a dot at the end.
        faults: Where to put a message for each field that is wrong.
    """

    def __init__(self, fields: JsonObject, path: str = "", faults: list[str] | None = None) -> None:
        self.fields = fields
        self.faults: list[str] = [] if faults is None else faults
        self._path = path

    def given(self, *names: str) -> Document:
        """Return those of the named fields that were sent and are not null."""
        return values.given(self.fields, *names)

    def refuse(self, name: str, message: str, *, each: bool = False) -> None:
        """Note what is wrong with a field, or with each entry of the list in it."""
        self.faults.append(f"{'each value in ' if each else ''}{self._path}{name} {message}")

    def text(self, name: str, *, required: bool = True) -> str:
        """Check that a field is a text; a required one must be there and not be empty."""
        value = self._read(name, str, "a string", required=required)
        if value is not None and required and not value.strip():
            self.refuse(name, "should not be empty")
        return value or ""

    def choice(self, name: str, allowed: Iterable[str], *, required: bool = True) -> str:
        """Check that a field is one of the allowed texts."""
        value = self.fields.get(name)
        if isinstance(value, str) and value in allowed:
            return value
        if value is not None or required:
            self._refuse_choice(name, allowed)
        return ""

    def whole(
        self, name: str, *, least: int = 0, most: int = MAX_AMOUNT, required: bool = True
    ) -> int:
        """Check that a field is a whole number within bounds, such as an amount."""
        value = self._read(name, int, "an integer number", required=required)
        if value is not None:
            self.check_bounds(name, value, least, most)
        return value or 0

    def check_bounds(self, name: str, value: float, least: int, most: int) -> None:
        """Check that the number in a field is within bounds."""
        if value < least:
            self.refuse(name, f"must not be less than {least}")
        elif value > most:
            self.refuse(name, f"must not be greater than {most}")

    def flag(self, name: str, *, required: bool = True) -> bool:
        """Check that a field is true or false."""
        return self._read(name, bool, "a boolean value", required=required) is True

    def texts(
        self,
        name: str,
        *,
        required: bool = True,
        or_objects: bool = False,
        allowed: Iterable[str] | None = None,
    ) -> list[str]:
        """Check that a field is a list of texts, none of them empty, all allowed; return these."""
        value = self._read(name, _LIST, "an array", required=required) or []
        texts = [entry for entry in value if isinstance(entry, str) and entry]
        objects = sum(isinstance(entry, dict) for entry in value) if or_objects else 0
        if len(texts) + objects < len(value):
            self.refuse(name, "must be a string", each=True)
        if allowed is not None and not set(texts) <= set(allowed):
            self._refuse_choice(name, allowed, each=True)
        return texts

    def object(self, name: str, *, required: bool = True) -> RequestBody:
        """Check that a field is an object, and return it to be checked, empty when it is none."""
        value = self._read(name, _OBJECT, "an object", required=required) or {}
        return RequestBody(value, f"{self._path}{name}.", self.faults)

    def reference(self, name: str, collection: Collection) -> Document | None:
        """Check that a field is the id of a document, and return that, or None when it is none.

        The older documents print `{}` where an id belongs, so it counts as none.
        """
        if self.fields.get(name) in (None, {}):
            return None
        return self.document(name, collection) or None

    def document(self, name: str, collection: Collection) -> Document:
        """Check that a field is the id of a document, which must be there, and return that."""
        found = collection.get(self.fields.get(name))
        if found is None:
            article = "an" if collection.noun[0] in "aeF" else "a"  # an FX quote
            self.refuse(name, f"must be the id of {article} {collection.noun}")
        return found or {}

    def _read(self, name: str, kind: type[T], called: str, *, required: bool) -> T | None:
        """Return the value of a field; None, and a fault, if it is not of the kind that is due."""
        value = cast("object", self.fields.get(name))
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        if value is not None or required:
            self.refuse(name, f"must be {called}")
        return None

    def _refuse_choice(self, name: str, allowed: Iterable[str], *, each: bool = False) -> None:
        among = ", ".join(sorted(allowed))
        self.refuse(name, f"must be one of the following values: {among}", each=each)

    def common(self) -> None:
        """Check the fields that most requests may have: `reference` and `metadata`."""
        self.text("reference", required=False)
        self.object("metadata", required=False)
