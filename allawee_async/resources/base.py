"""What all resources share: one call, one list, one lookup by reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, Unpack, overload

from allawee_async.accepted import follow
from allawee_async.calls import Call
from allawee_async.converter import decode, decode_list
from allawee_async.errors import ConfigurationError, DecodeError, RequestAccepted
from allawee_async.list_params import ListParams, list_query
from allawee_async.models.common import Model
from allawee_async.pages import Source
from allawee_async.pagination import AsyncPager
from allawee_async.query import F
from allawee_async.wire import json_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from allawee_async.list_params import Fields
    from allawee_async.replies import Reply
    from allawee_async.session import SessionManager
    from allawee_async.types import JSONObject
    from allawee_async.wire import Route

M = TypeVar("M", bound=Model)


class Resource:
    """The verbs of one noun of the API.

    Attributes:
        ROUTES: The endpoint of each verb: all that is known of it stands here.
    """

    ROUTES: ClassVar[Mapping[str, Route]]

    def __init__(self, session: SessionManager) -> None:
        self._session = session

    def _send(
        self,
        route: Route,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JSONObject | None = None,
    ) -> Awaitable[Reply]:
        call = Call(
            method=route.method,
            path=path,
            query=query or {},
            body=None if body is None else json_bytes(body),
            secure=route.secure,
            resend=route.resend,
        )
        return self._session.send(call)

    async def _call(
        self, verb: str, *ids: str, model: type[M], body: JSONObject | None = None
    ) -> M:
        """Send the call of a verb and return its model."""
        route = self.ROUTES[verb]
        try:
            reply = await self._send(route, route.path(*ids), body=body)
        except RequestAccepted as accepted:
            follow(accepted, self._session, lambda data: decode(data, model))
            raise
        return self._decoded(route, reply, model)

    def _decoded(self, route: Route, reply: Reply, model: type[M]) -> M:
        try:
            return decode(reply.data, model)
        except DecodeError as error:
            step = "." if error.path else ""
            error.path = f"data{step}{error.path}"
            error.status, error.request_id = reply.status, reply.request_id
            error.attempts, error.method = reply.attempts, route.method
            error.outcome_unknown = route.method != "GET"
            raise


class Listable(Resource, Generic[M]):
    """A resource that can be listed."""

    _model: ClassVar[type[Model]]
    _cursor_field: ClassVar[str] = "id"

    @overload
    def list(self, *, select: None = None, **params: Unpack[ListParams]) -> AsyncPager[M]: ...

    @overload
    def list(self, *, select: Fields, **params: Unpack[ListParams]) -> AsyncPager[JSONObject]: ...

    def list(
        self, *, select: Fields | None = None, **params: Unpack[ListParams]
    ) -> AsyncPager[M] | AsyncPager[JSONObject]:
        """List the objects, newest first; sends nothing until the result is used.

        Args:
            select: Top-level fields to include, or with a minus to leave out. The items are then
                plain mappings in wire names.
            **params: `limit` (page size), `after`, `before`, `filter`, `or_`, `nor`, `and_`,
                `sort`, `expand`, `count_total`, `page`, `last_id`; see `list_query`.

        Returns:
            A pager: iterate over it, await it for the first page, or call `to_list()`.

        Raises:
            ConfigurationError: A parameter makes no sense.
        """
        query = list_query(select=select, cursor_field=self._cursor_field, **params)
        return self._pager(query, mappings=bool(query.get("select")))

    def _pager(self, query: dict[str, str], *, mappings: bool) -> AsyncPager[Any]:
        route, model = self.ROUTES["list"], self._model

        async def fetch(page_query: Mapping[str, str]) -> Reply:
            return await self._send(route, route.path(), query=page_query)

        def models(raw: Any) -> tuple[Any, ...]:
            return decode_list(raw, model)

        source: Source[Any] = Source(
            fetch=fetch,
            decode=_mappings if mappings else models,
            query=query,
            cursor_field=self._cursor_field,
        )
        return AsyncPager(source)


def _is_filled_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _mappings(raw: Any) -> tuple[Any, ...]:
    for index, item in enumerate(raw):
        if not isinstance(item, dict):
            raise DecodeError("expected an object, found something else", path=f"[{index}]")
    return tuple(raw)


class Findable(Listable[M]):
    """A resource that can be looked up by its `reference`."""

    async def find(self, *, reference: str) -> M | None:
        """Look up the one object with a reference, for instance after a write that was cut off.

        Args:
            reference: The reference that you gave when you created the object.

        Returns:
            The object, or None if there is none.

        Raises:
            ConfigurationError: The reference is empty.
            DecodeError: The API answered with something that does not carry this reference, or
                with several objects; it would be unsafe to pick one.
        """
        if not _is_filled_text(reference):
            raise ConfigurationError("reference must be a text that is not empty")
        page = await self.list(filter=F.reference == reference, limit=2)
        for item in page.items:
            found = getattr(item, "reference", None)
            if found is not None and found != reference:
                raise DecodeError("an object with another reference was found", path="data")
        if len(page.items) > 1:
            raise DecodeError("several objects with one reference were found", path="data")
        return page.items[0] if page.items else None
