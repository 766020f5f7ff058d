"""A bounded log of the requests that a sandbox has received, without keys and other secrets."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import attrs
import msgspec

from allawee_async.sandbox.core.values import MASK, SECRET_FIELDS, from_bytes, to_bytes
from allawee_async.sandbox.rules.values import BODY_KEPT

# A text that was cut off may end within a value, so the closing quote may be missing.
_SECRET_FIELD = re.compile(
    rf'("(?:{"|".join(SECRET_FIELDS)})"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[0-9.]+)',
    re.IGNORECASE | re.DOTALL,
)
_SECRET_TEXT = re.compile(
    r"sk\.(?:test|live)\.[0-9A-Za-z_.-]*"  # secret keys
    r"|whk\.[0-9A-Za-z]+"  # signing keys that the sandbox made up
    r"|[0-9](?:[ -]?[0-9]){10,}"  # numbers of people have 11 digits, those of cards 13 to 19
)
_HARMLESS_LENGTH = 12  # the network's own reference of a purchase
_LONGEST = 16 * 1024  # indenting makes a text longer
_JSON_PIECE = re.compile(r'\{\}|\[\]|"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_DEEPEST = 20  # what is nested deeper is not indented further
_CUT_NUMBER = re.compile(r"[0-9][0-9 -]*\Z")


def masked_text(text: str) -> str:
    """Return a text, JSON or not, with `***` in place of what looks like a secret."""
    return _SECRET_TEXT.sub(_replacement, _SECRET_FIELD.sub(rf'\1"{MASK}"', text))


def beginning(body: bytes, size: int) -> str:
    """Return the beginning of a body as text for people, without secrets.

    Args:
        body: The first bytes of it.
        size: How many bytes it has, if they are not all there.
    """
    if len(body) < size:
        text = _CUT_NUMBER.sub("", body.decode(errors="ignore"))
        text = _indented(text) if text.startswith(("{", "[")) else text
        return masked_text(text)[:_LONGEST] + "…"
    try:
        text = msgspec.json.format(to_bytes(from_bytes(body)), indent=2).decode()
    except ValueError:
        text = body.decode(errors="replace")
    return masked_text(text)[:_LONGEST]


def _indented(text: str) -> str:
    """Return the beginning of a JSON text with a line for each value."""
    lines, depth = [""], 0
    for piece in _JSON_PIECE.findall(text):
        if piece in ("}", "]"):
            depth -= 1
            lines.append("  " * min(depth, _DEEPEST))
        lines[-1] += ": " if piece == ":" else piece
        if piece in ("{", "["):
            depth += 1
        if piece in ("{", "[", ","):
            lines.append("  " * min(depth, _DEEPEST))
    return "\n".join(lines)


def _replacement(found: re.Match[str]) -> str:
    digits = found[0].replace(" ", "").replace("-", "")
    is_harmless = digits.isdecimal() and len(digits) == _HARMLESS_LENGTH
    return found[0] if is_harmless else MASK


_BODIES_KEPT = 200


@attrs.define
class LoggedRequest:
    """One request.

    Attributes:
        host: `api` or `secure`.
        method: Its method.
        path: Its path as it was sent.
        query: The names and values of its query.
        request_id: What its answer carries as `x-request-id`.
        status: The status of the answer; None while there is none, and for ever if the line was
            cut.
        faults: The names of the faults that hit it.
        is_of_page: Whether it was made by a button of the sandbox's own page.
        at: When it came, by the computer's clock.
        seconds: How long it took until its answer went out; None while there is none.
        answer_size: The bytes of the answer's body.
        body_size: The bytes of the request's own body.
    """

    host: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    request_id: str
    status: int | None = None
    faults: tuple[str, ...] = ()
    is_of_page: bool = False
    at: datetime = attrs.Factory(lambda: datetime.now(UTC))
    seconds: float | None = None
    answer_size: int = 0
    body_size: int = 0
    _answer: bytes = attrs.field(default=b"", repr=False)
    _body: bytes = attrs.field(default=b"", repr=False)

    @property
    def answer(self) -> str | None:
        """The beginning of the answer's body without secrets; None if there is none, or no more."""
        return beginning(self._answer, self.answer_size) if self._answer else None

    @property
    def body(self) -> str | None:
        """The beginning of its body without secrets; None if there is none, or no more."""
        return beginning(self._body, self.body_size) if self._body else None

    def mentions(self, text: str) -> bool:
        """Return whether its line, its query or what is kept of its bodies has a text."""
        bodies = (self._body + self._answer).decode(errors="ignore")
        line = f"{self.method} {self.path} {self.status} {self.request_id}"
        return text.casefold() in f"{line} {self.query} {self.faults} {bodies}".casefold()

    def take(self, body: bytes) -> None:
        """Take note of the request's body."""
        self.body_size = len(body)
        self._body = body[:BODY_KEPT]

    def close(self, status: int, body: bytes) -> None:
        """Take note of the answer."""
        self.status = status
        self.seconds = (datetime.now(UTC) - self.at).total_seconds()
        self.answer_size = len(body)
        self._answer = body[:BODY_KEPT]

    def forget_bodies(self) -> None:
        """Keep the bodies of request and answer no longer."""
        self._answer = self._body = b""


class RequestLog(list[LoggedRequest]):
    """The latest requests, oldest first; the very latest with the beginnings of bodies.

    Args:
        size: How many requests are kept.

    Raises:
        ValueError: It is negative.
    """

    def __init__(self, size: int) -> None:
        if size < 0:
            raise ValueError("the number of requests that are kept cannot be negative")
        super().__init__()
        self._size = size

    def append(self, entry: LoggedRequest) -> None:
        """Add the newest request, dropping the oldest one when the log is full."""
        super().append(entry)
        if len(self) > self._size:
            del self[0]
        if len(self) > _BODIES_KEPT:
            self[-_BODIES_KEPT - 1].forget_bodies()

    def latest(self, count: int) -> list[LoggedRequest]:
        """Return so many requests at most, newest first."""
        return self[: -count - 1 : -1]

    def previous_query(self, method: str, path: str) -> tuple[tuple[str, str], ...] | None:
        """Return the query of the latest request with this method and path, or None."""
        asked = (entry for entry in reversed(self) if (entry.method, entry.path) == (method, path))
        return next((entry.query for entry in asked), None)
