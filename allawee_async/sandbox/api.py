"""The API as one pure step: a request comes in as values, an answer goes out as values."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import attrs

from allawee_async.sandbox import customers
from allawee_async.sandbox.query import MalformedQueryError
from allawee_async.sandbox.replies import Call, RefusalError, Reply, failure, malformed_parameter
from allawee_async.sandbox.routing import Host, Router

if TYPE_CHECKING:
    from allawee_async.sandbox.keys import KeyRing
    from allawee_async.sandbox.query import QueryPairs
    from allawee_async.sandbox.state import State

ROUTES = (*customers.ROUTES,)


@attrs.frozen
class Target:
    """The target of a request line: the path as it was sent, its decoded segments, the query."""

    path: str
    segments: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, target: str) -> Target:
        """Return the parts of a target such as `/customers?filter=status%3Aactive`."""
        path, _, query = target.partition("?")
        segments = tuple(unquote(segment) for segment in path.split("/"))
        return cls(path, segments, tuple(parse_qsl(query, keep_blank_values=True)))


class Api:
    """Answers requests out of a state, for those who have a key."""

    def __init__(self, state: State, keys: KeyRing) -> None:
        self._state = state
        self._keys = keys
        self._router = Router(ROUTES)

    def answer(
        self,
        host: Host,
        method: str,
        segments: tuple[str, ...],
        *,
        pairs: QueryPairs = (),
        authorization: str | None = None,
        body: bytes = b"",
    ) -> Reply:
        """Return the answer to a request; what it changes is changed when this returns."""
        objection = self._keys.objection_to(authorization)
        if objection is not None:
            return failure(401, "unauthorized", objection)
        try:
            handler, found = self._router.find(host, method, segments)
            return handler(self._state, Call(found, pairs, body))
        except RefusalError as refusal:
            return refusal.reply
        except MalformedQueryError as error:
            return malformed_parameter(error.parameter)
