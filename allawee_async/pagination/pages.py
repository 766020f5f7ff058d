"""Pages: what a list is read from, and one page of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import attrs

from allawee_async.errors import DecodeError, PaginationError
from allawee_async.models.base import Model
from allawee_async.models.schema import fields_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from allawee_async.transport.response import Reply
    from allawee_async.types import JSONObject

T = TypeVar("T")

_DEFAULT_LIMIT: Final = 20
_CURSORS: Final = ("after", "before", "lastId", "page")


@attrs.frozen(kw_only=True)
class Source(Generic[T]):
    """What a list is read from.

    Attributes:
        fetch: Sends the list request with a query.
        decode: Makes the items of a list, which is JSON text (`Raw`) or what it says; an item that
            cannot be read is its `DecodeError`.
        query: The query of the first page.
        cursor_field: The wire name of the field that cursors are taken from.
        ends_unless_told: Whether a page that does not say whether more follows is the last.
        model: What an item is; None for plain mappings.
        address: Where the list is: host and path, without the query.
        key_kind: What kind of key reads it (`test key`), never the key.
    """

    fetch: Callable[[Mapping[str, str]], Awaitable[Reply]]
    decode: Callable[[Any], Sequence[T | DecodeError]]
    query: Mapping[str, str]
    cursor_field: str = "id"
    ends_unless_told: bool = False
    model: type[Model] | None = None
    address: str = ""
    key_kind: str = ""

    def query_at(self, cursor: str | None) -> Mapping[str, str]:
        """Return the query for the page at a cursor; None is the first page."""
        if cursor is None:
            return self.query
        direction = "before" if "before" in self.query else "after"
        kept = {name: text for name, text in self.query.items() if name not in _CURSORS}
        return {**kept, direction: cursor}

    async def page(self, cursor: str | None) -> Page[T]:
        """Fetch the page at a cursor.

        Raises:
            AllaweeError: The request failed, after its retries.
            DecodeError: The page is not what the documents say.
        """
        query = self.query_at(cursor)
        reply = await self.fetch(query)
        items: list[T] = []
        try:
            found = self.decode(reply.raw)
            for item in found:
                if isinstance(item, DecodeError):
                    raise item
                items.append(item)
        except DecodeError as error:
            raise _decode_error(error.message, error.path, reply) from None
        reached = self._cursor_of(found, reply)
        if reached is not None and reached in (cursor, *map(query.get, _CURSORS)):
            raise standstill(reached)
        total = reply.metadata.get("totalCount")
        return Page(
            items=tuple(items),
            has_more=self._has_more(reply, len(items), query),
            total_count=total if type(total) is int and total >= 0 else None,
            request_id=reply.request_id,
            cursor=reached,
            source=self,
        )

    def _has_more(self, reply: Reply, found: int, query: Mapping[str, str]) -> bool:
        """Return whether there may be another page.

        Where the server does not say so, a full page may be followed by another; asking once too
        often is better than to lose what follows.
        """
        told = reply.metadata.get("hasMore")
        if isinstance(told, bool):
            return told
        return not self.ends_unless_told and found >= int(query.get("limit", _DEFAULT_LIMIT))

    def _cursor_of(self, items: Sequence[T | DecodeError], reply: Reply) -> str | None:
        if not items:
            return None
        cursor = _value_of(items[0] if "before" in self.query else items[-1], self.cursor_field)
        if isinstance(cursor, str) and cursor:
            return cursor
        last_id = reply.metadata.get("lastId")
        return last_id if isinstance(last_id, str) and last_id else None


def _value_of(item: object, wire: str) -> object:
    """Return a field of a record by its wire name, whatever has become of the record."""
    record = item.item if isinstance(item, DecodeError) else item
    if isinstance(record, dict):
        return cast("JSONObject", record).get(wire)
    if not isinstance(record, Model):
        return None
    field = fields_of(type(record)).get(wire)
    return getattr(record, field.attribute) if field else record.extra.get(wire)


def _decode_error(message: str, path: str, reply: Reply) -> DecodeError:
    error = DecodeError(
        message, path=path, body=reply.data, status=reply.status, request_id=reply.request_id
    )
    error.attempts = reply.attempts
    error.method = "GET"
    return error


def _number(items: tuple[object, ...]) -> str:
    return f"<{len(items)}>"  # with `select` the items are plain, and hide nothing of themselves


@attrs.frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: What is on it.
        has_more: Whether there may be another page behind it.
        total_count: The number of all entries, if `count_total` was asked for.
        request_id: The API's id of the request.
        cursor: Where to go on: `list(after=page.cursor)`; None for an empty page.
    """

    items: tuple[T, ...] = attrs.field(repr=_number)
    has_more: bool
    total_count: int | None = None
    request_id: str | None = None
    cursor: str | None = None
    _source: Source[T] = attrs.field(alias="source", repr=False, eq=False)

    async def next_page(self) -> Page[T] | None:
        """Fetch the page behind this one.

        Returns:
            The next page, or None if there is none.

        Raises:
            PaginationError: The server ignores the cursor.
            AllaweeError: The request failed, after its retries.
        """
        if not self.leads_on:
            return None
        page = await self._source.page(needed_cursor(self.cursor))
        return page if page.items else None

    @property
    def leads_on(self) -> bool:
        """Whether another page is worth asking for."""
        return self.has_more and bool(self.items)


def needed_cursor(cursor: str | None) -> str:
    """Return the cursor; raise `PaginationError` if the last entry has none."""
    if cursor is None:
        raise PaginationError("the last entry has no id to go on from; keep the id in select")
    return cursor


def standstill(cursor: str | None) -> PaginationError:
    """Return the error of a server that answers with a page that was there before."""
    return PaginationError(
        "the server answered with a page that was there before, so it ignores the cursor; "
        "going on would not end",
        cursor=cursor,
    )
