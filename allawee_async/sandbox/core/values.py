"""JSON as the sandbox sees it (plain dicts and lists), timestamps and identifiers."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeAlias

import msgspec

NGN, USD = "NGN", "USD"
CURRENCIES = (NGN, USD)
MASK = "***"
SECRET_FIELDS = (
    "pan", "cvv", "pin", "otp", "key", "apiKey", "secretKey", "signingKey", "secret", "password",
    "bvn", "nin",
)  # fmt: skip
"""What no log tells, by the names of the fields."""

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"
Document: TypeAlias = "dict[str, Any]"
"""An object that the sandbox made itself, and whose fields are as it made them."""


def to_bytes(value: Json) -> bytes:
    """Return the JSON text of a value as UTF-8 bytes."""
    return msgspec.json.encode(value)


def from_bytes(text: bytes | str) -> Any:
    """Return what a JSON text says; raise `ValueError` if it is none, or far too deep."""
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def to_object(text: bytes) -> Document:
    """Return the object in a JSON text that the sandbox wrote itself."""
    value: Document = from_bytes(text)
    return value


def given(document: Document, *names: str) -> Document:
    """Return those of the named fields that a document has and that are not null."""
    return {name: document[name] for name in names if document.get(name) is not None}


def without(document: Document, *names: str) -> Document:
    """Return a document without some fields."""
    return {name: value for name, value in document.items() if name not in names}


def part(document: Document | None, name: str) -> Document:
    """Return the object in a field of a document, or an empty one."""
    value: Json = document.get(name) if document is not None else None
    return value if isinstance(value, dict) else {}


def entries(document: Document, name: str) -> list[Json]:
    """Return the list in a field of a document, or an empty one."""
    value: Json = document.get(name)
    return value if isinstance(value, list) else []


def is_nested_deeper(value: Json, limit: int) -> bool:
    """Return whether lists and objects are nested in each other more than `limit` times."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return limit <= 0 or any(is_nested_deeper(item, limit - 1) for item in inner)


def to_timestamp(moment: datetime, timespec: str = "milliseconds") -> str:
    """Return a moment the way Allawee writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).removesuffix("+00:00") + "Z"


class IdSource:
    """Makes identifiers, the same ones for the same seed.

    Args:
        seed: Any text; sources with different seeds do not meet.
    """

    def __init__(self, seed: str) -> None:
        # Identifiers of a sandbox need to be repeatable, not unpredictable.
        self._random = Random(seed)  # noqa: S311

    def reseed(self, seed: str) -> None:
        """Go on as a source with another seed."""
        self._random.seed(seed)

    def new(self, prefix: str, length: int = 17) -> str:
        """Return a prefix followed by that many letters and digits."""
        letters = b64encode(self._random.randbytes(length), altchars=b"Aa")
        return prefix + letters[:length].decode()

    def digits(self, length: int) -> str:
        """Return that many decimal digits."""
        return f"{self._random.randrange(10**length):0{length}d}"
