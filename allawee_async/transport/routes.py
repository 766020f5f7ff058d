"""What goes over the wire, without sending anything: routes, paths, queries, bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Final
from urllib.parse import quote, unquote

import attrs

from allawee_async.codec.json import dumps
from allawee_async.codec.writing import write_mapping
from allawee_async.errors import ConfigurationError
from allawee_async.redaction import SecretBytes
from allawee_async.types import FreeForm

_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")  # nothing to encode
_PARAMETER: Final = re.compile(r"(?<=/):[^/]*")
_DOTS: Final = frozenset({"", ".", ".."})
_SENT_TWICE_SAFELY: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def may_resend(method: str) -> bool:
    """Return whether a request may be sent again by its method alone (RFC 9110, 9.2.2)."""
    return method in _SENT_TWICE_SAFELY


class EffectKind(StrEnum):
    """What cannot be taken back: money that moves, an end, an answer that comes only once."""

    MONEY = "money"
    END = "end"
    TOLD_ONCE = "told once"


@attrs.frozen
class Effect:
    """What a call does that cannot be taken back.

    Attributes:
        kind: Of which kind it is.
        text: What a question says of it, behind the name of the call: `pays money out`.
        only_with: The parameter without which it does no such thing.
    """

    kind: EffectKind
    text: str
    only_with: str | None = attrs.field(default=None, kw_only=True)


moves_money = partial(Effect, EffectKind.MONEY)
ends = partial(Effect, EffectKind.END)
tells_once = partial(Effect, EffectKind.TOLD_ONCE)


@attrs.frozen
class Route:
    """One endpoint: what the library has to know of it, in one place.

    Attributes:
        method: The HTTP method.
        template: The path; a part with a colon is a parameter (`/customers/:id`).
        secure: Whether it lives on the host for card numbers and PINs.
        tells_secret: Whether its answer holds a secret, which no error may keep.
        bare: Whether the documents show its answer without the envelope.
        resend: Whether sending it twice does no harm.
        effect: What it does that cannot be taken back.
    """

    method: str
    template: str
    secure: bool = attrs.field(default=False, kw_only=True)
    tells_secret: bool = attrs.field(default=False, kw_only=True)
    bare: bool = attrs.field(default=False, kw_only=True)
    resend: bool = attrs.field(
        default=attrs.Factory(lambda route: may_resend(route.method), takes_self=True),
        kw_only=True,
    )
    effect: Effect | None = attrs.field(default=None, kw_only=True)

    def path(self, *values: str) -> str:
        """Return the path with its parameters filled in, each encoded as one segment.

        Raises:
            ConfigurationError: A parameter is empty or would lead to another path.
        """
        if not values:
            return self.template
        return _blank(self.template) % tuple(map(_segment, values))


@cache
def _blank(template: str) -> str:
    """Return a path with `%s` in the place of each parameter."""
    return _PARAMETER.sub("%s", template.replace("%", "%%"))


def _segment(value: object) -> str:
    if isinstance(value, str) and _PLAIN_ID.fullmatch(value):
        return value
    if not isinstance(value, str):
        raise ConfigurationError(f"an id is a text, not {type(value).__name__}")
    if not _DOTS.isdisjoint(value.replace("\\", "/").split("/")):
        raise ConfigurationError("an id must not be empty or lead elsewhere ('.', '..', '//')")
    return _encoded(value)


def checked_method(method: object) -> str:
    """Return an HTTP method in capitals.

    Raises:
        ConfigurationError: It is none.
    """
    if not isinstance(method, str) or not (method.isascii() and method.isalpha()):
        raise ConfigurationError("method must be an HTTP method such as GET")
    return method.upper()


def checked_path(path: object) -> str:
    """Return a path that a caller wrote, encoded; a key must not leave for another host by it.

    Raises:
        ConfigurationError: It is no path below the host.
    """
    if not isinstance(path, str) or not path.startswith("/") or _leads_astray(path[1:]):
        raise ConfigurationError(
            "path must start with one '/' and have no empty parts and no '..': /customers/cus.1"
        )
    if "?" in path or "#" in path:
        raise ConfigurationError("give the query as query={...}, not inside the path")
    return _encoded(path, "/:@!$&'()*+,;=~%")


def _leads_astray(path: str) -> bool:
    """Return whether a path has parts that servers collapse, as written or once decoded."""
    return any(
        not _DOTS.isdisjoint(form.replace("\\", "/").split("/")) for form in (path, unquote(path))
    )


def _encoded(text: str, safe: str = "") -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise ConfigurationError("the text has a lone surrogate and cannot be sent") from None


def query_string(query: Mapping[str, str]) -> str:
    """Return a query string with a leading `?`, or nothing for an empty query."""
    if not query:
        return ""
    return "?" + "&".join([f"{_encoded(name)}={_encoded(text)}" for name, text in query.items()])


def query_texts(query: FreeForm) -> dict[str, str]:
    """Return a caller's query with every value as text; what is None is left out.

    Raises:
        ConfigurationError: A value has no obvious text.
    """
    texts: dict[str, str] = {}
    for name, value in write_mapping(query).items():
        match value:
            case None:
                continue
            case bool():
                texts[name] = "true" if value else "false"
            case str() | int() | float():
                texts[name] = str(value)
            case _:
                raise ConfigurationError(f"the query parameter {name} must be a plain value")
    return texts


def json_bytes(body: FreeForm) -> bytes:
    """Return a request body as JSON.

    Raises:
        ConfigurationError: Something in it has no form in JSON.
    """
    try:
        return SecretBytes(dumps(write_mapping(body)))
    except (TypeError, ValueError) as error:  # which quotes no value
        problem = ConfigurationError(f"the request body has no form in JSON: {error}")
    raise problem  # out here, so that it does not drag along the frames that hold the values
