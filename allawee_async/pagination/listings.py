"""Listings: what a list is, without a client; a value that any machine can make a list of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from allawee_async.codec.converter import decode_items, decode_mappings
from allawee_async.models.base import Model
from allawee_async.pagination.pages import OnInvalid, Source
from allawee_async.transport.request import Request
from allawee_async.types import JSONObject, JSONValue

if TYPE_CHECKING:
    from allawee_async.transport.response import Reply
    from allawee_async.transport.session import SessionManager


@attrs.frozen(kw_only=True)
class Listing:
    """A list, by where it is and what is asked for.

    Attributes:
        path: The encoded path.
        query: The query of the first page.
        model: What an item is; None for plain mappings.
        cursor_field: The wire name of the field that cursors are taken from.
        loose: Whether no document shows the list: then one object counts as a list of one, an
            entry that is no object is kept as `extra["value"]`, and a page is the last unless the
            answer says otherwise.
    """

    path: str
    query: Mapping[str, str] = attrs.field(repr=False, hash=False)
    model: type[Model] | None
    cursor_field: str = "id"
    loose: bool = False

    def read_by(self, session: SessionManager, on_invalid: OnInvalid | None) -> Source[Any]:
        """Return the list as a session reads it.

        Args:
            session: Sends the requests.
            on_invalid: Called with the error of each item that cannot be read; None raises it.
        """

        async def fetch(query: Mapping[str, str]) -> Reply:
            request = Request(method="GET", path=self.path, query=query, resend=True)
            reply = await session.send(request)
            if self.loose:
                reply.raw = _as_list(reply.data)
            return reply

        return Source(
            fetch=fetch,
            decode=self._items,
            query=self.query,
            cursor_field=self.cursor_field,
            ends_unless_told=self.loose,
            on_invalid=on_invalid,
            model=self.model,
            address=f"{session.hosts.base_url}{self.path}",
            key_kind=repr(session.keys),
        )

    def _items(self, data: Any) -> Sequence[Any]:
        return decode_mappings(data) if self.model is None else decode_items(data, self.model)


def as_object(value: JSONValue) -> JSONObject:
    """Return what is no object as one; nothing is an empty one."""
    if isinstance(value, dict):
        return value
    return {} if value is None else {"value": value}


def _as_list(data: JSONValue) -> list[JSONValue]:
    if isinstance(data, list):
        return [as_object(item) for item in data]
    return [] if data is None else [as_object(data)]
