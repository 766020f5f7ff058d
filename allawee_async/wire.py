"""What goes over the wire and what comes back, without sending anything: routes and replies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote

import attrs
import orjson

from allawee_async.encoding import write
from allawee_async.errors import (
    ConfigurationError,
)
from allawee_async.names import camel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.types import JSONObject

ENVELOPE: Final = frozenset({"code", "data", "metadata", "message", "error", "pagination"})
"""The keys of the envelope that most answers come in."""

_ACCEPTED: Final = 202
_MOST_TEXT_KEPT: Final = 2_000
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")  # nothing to encode
_DOTS: Final = frozenset({"", ".", ".."})
_SENT_TWICE_SAFELY: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def may_resend(method: str) -> bool:
    """Return whether a request may be sent again by its method alone (RFC 9110, 9.2.2)."""
    return method in _SENT_TWICE_SAFELY


@attrs.frozen
class Route:
    """One endpoint: what the library has to know of it, in one place.

    Attributes:
        method: The HTTP method.
        template: The path; a part with a colon is a parameter (`/customers/:id`).
        secure: Whether it lives on the host for card numbers and PINs.
        resend: Whether sending it twice does no harm.
    """

    method: str
    template: str
    secure: bool = attrs.field(default=False, kw_only=True)
    resend: bool = attrs.field(
        default=attrs.Factory(lambda route: may_resend(route.method), takes_self=True),
        kw_only=True,
    )

    def path(self, *values: str) -> str:
        """Return the path with its parameters filled in, each encoded as one segment.

        Raises:
            ConfigurationError: A parameter is empty or would lead to another path.
        """
        if not values:
            return self.template
        given = iter(values)
        parts = self.template.split("/")
        return "/".join(_segment(next(given)) if part[:1] == ":" else part for part in parts)


def _segment(value: object) -> str:
    if isinstance(value, str) and _PLAIN_ID.fullmatch(value):
        return value
    if not isinstance(value, str):
        raise ConfigurationError(f"an id is a text, not {type(value).__name__}")
    if not _DOTS.isdisjoint(value.replace("\\", "/").split("/")):
        raise ConfigurationError("an id is empty or contains '.', '..' or '//' as a path would")
    return quote(value, safe="")


def checked_path(path: str) -> str:
    """Return a path that a caller wrote, encoded; a key must not leave for another host by it.

    Raises:
        ConfigurationError: It is no path below the host.
    """
    if not path.startswith("/") or not _DOTS.isdisjoint(path[1:].replace("\\", "/").split("/")):
        raise ConfigurationError(
            "path must start with one '/' and have no empty parts and no '..': /customers/cus.1"
        )
    if "?" in path or "#" in path:
        raise ConfigurationError("give the query as query={...}, not inside the path")
    return quote(path, safe="/:@!$&'()*+,;=~%")


def query_string(query: Mapping[str, str]) -> str:
    """Return a query string with a leading `?`, or nothing for an empty query."""
    if not query:
        return ""
    return "?" + "&".join([f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in query.items()])


def query_texts(query: Mapping[str, object]) -> dict[str, str]:
    """Return a caller's query with every value as text; what is None is left out.

    Raises:
        ConfigurationError: A value has no obvious text.
    """
    texts: dict[str, str] = {}
    for name, value in query.items():
        match written := write(value):
            case None:
                continue
            case bool():
                texts[name] = "true" if written else "false"
            case str() | int() | float():
                texts[name] = str(written)
            case _:
                raise ConfigurationError(f"the query parameter {name} must be a plain value")
    return texts


def body_of(**fields: object) -> JSONObject:
    """Return a request body: wire names, JSON values, without what is None."""
    return {camel(name): write(value) for name, value in fields.items() if value is not None}


def json_bytes(body: Mapping[str, object]) -> bytes:
    """Return a request body as JSON.

    Raises:
        ConfigurationError: Something in it has no form in JSON.
    """
    try:
        return orjson.dumps(cast("JSONObject", write(body)))
    except TypeError:  # a number that JSON cannot hold
        raise ConfigurationError("the request body holds a number that JSON cannot") from None
