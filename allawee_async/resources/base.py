"""What all resources share: one call, one list, one lookup by reference, checked amounts."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Generic,
    Never,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from allawee_async.codec.converter import decode
from allawee_async.errors import ConfigurationError, DecodeError, RequestAccepted
from allawee_async.models.base import Model
from allawee_async.models.schema import fields_of
from allawee_async.pagination.listings import Listing, as_object
from allawee_async.pagination.pager import AsyncPager
from allawee_async.query.filters import F
from allawee_async.query.parameters import ListParams, list_query
from allawee_async.redaction import secret_texts
from allawee_async.transport.downloads import Download
from allawee_async.transport.queued import outcome_of_accepted
from allawee_async.transport.request import Request
from allawee_async.transport.routes import body_of, json_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from allawee_async.models.cards import CardControls
    from allawee_async.pagination.pages import OnInvalid
    from allawee_async.query.parameters import Fields
    from allawee_async.redaction import SecretObject
    from allawee_async.transport.response import Reply
    from allawee_async.transport.routes import Route
    from allawee_async.transport.session import SessionManager
    from allawee_async.types import FreeForm, JSONObject, JSONValue

M = TypeVar("M", bound=Model)


class Resource:
    """The verbs of one noun of the API.

    Attributes:
        ROUTES: The endpoint of each verb: all that is known of it stands here.
    """

    ROUTES: ClassVar[Mapping[str, Route]]
    _cursor_field: ClassVar[str] = "id"

    def __init__(self, session: SessionManager) -> None:
        self._session = session

    if not TYPE_CHECKING:  # to a type checker, every name would exist

        def __getattr__(self, name: str) -> Never:
            known = [each for each in dir(type(self)) if not each.startswith("_")]
            raise no_attribute(self, name, [each for each in known if each != "ROUTES"])

    def _prepared(
        self,
        route: Route,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JSONObject | None = None,
        expected: tuple[str, str] | None = None,
    ) -> Request:
        return Request(
            method=route.method,
            path=path,
            query=query or {},
            body=None if body is None else json_bytes(body),
            secure=route.secure,
            resend=route.resend,
            tells_secret=route.tells_secret,
            secrets=() if body is None else secret_texts(body),
            expected=expected,
        )

    def _download(self, verb: str, *ids: str) -> Download:
        """Return the file of a verb, without sending anything."""
        route = self.ROUTES[verb]
        path = route.path(*ids)
        return Download(
            self._session,
            Request(method=route.method, path=path, secure=route.secure, resend=route.resend),
        )

    async def _call(
        self,
        verb: str,
        *ids: str,
        model: type[M],
        query: Mapping[str, str] | None = None,
        body: JSONObject | None = None,
    ) -> M:
        """Send the call of a verb and return its model.

        An answer about another object than the one that is named, by its id in the path or by its
        reference in the body, is refused.

        A model without required fields stands for an answer that no document shows; so an empty
        answer is such a model without anything in it.
        """
        route = self.ROUTES[verb]
        reference = (body or {}).get("reference")
        expected = None
        if ids:
            expected = (self._cursor_field, ids[0])
        elif isinstance(reference, str):
            expected = ("reference", reference)
        path = route.path(*ids)
        request = self._prepared(route, path, query=query, body=body, expected=expected)
        try:
            reply = await self._session.send(request)
        except RequestAccepted as accepted:
            return await outcome_of_accepted(
                accepted, request, self._session, lambda late: _decoded(route, late, model)
            )
        return _decoded(route, reply, model)

    async def _all(
        self, verb: str, *ids: str, model: type[M], query: Mapping[str, str] | None = None
    ) -> tuple[M, ...]:
        """Read a list that no document shows, to its end, if the API should cut it into pages.

        One object in place of a list counts as a list of one.
        """
        pager: AsyncPager[M] = self._pager(verb, *ids, model=model, query=query or {}, loose=True)
        return tuple(await pager.to_list())

    def _pager(
        self,
        verb: str,
        *ids: str,
        model: type[Model] | None,
        query: Mapping[str, str],
        cursor_field: str = "id",
        loose: bool = False,
        on_invalid: OnInvalid | None = None,
    ) -> AsyncPager[Any]:
        """Return the pager of a list; without a model its items are plain mappings.

        Args:
            verb: The verb, a key of `ROUTES`.
            *ids: What the path needs.
            model: What an item is; None for plain mappings.
            query: The query of the first page.
            cursor_field: The wire name of the field that cursors are taken from.
            loose: Whether no document shows the list: then one object counts as a list of one, an
                entry that is no object is kept as `extra["value"]`, and a page is the last unless
                the answer says otherwise.
            on_invalid: Called with the error of each item that cannot be read; None raises it.
        """
        listing = Listing(
            path=self.ROUTES[verb].path(*ids),
            query=query,
            model=model,
            cursor_field=cursor_field,
            loose=loose,
        )
        return AsyncPager(listing.read_by(self._session, on_invalid), listing)


_ALSO_CALLED: Final = {
    "freeze": "block",
    "unfreeze": "unblock",
    "close": "terminate",
    "transfer": "payments.create_payout",
    "withdrawal": "payments.create_payout",
    "wallet": "accounts",
    "transaction": "card_transactions",
    "authorization": "card_authorizations",
    "user": "customers",
}
"""What other APIs call it, without an s at the end."""


def no_attribute(owner: object, name: str, known: Collection[str]) -> AttributeError:
    """Return the error for an attribute that is not there, which says what there is.

    Args:
        owner: What was asked for it.
        name: Its name.
        known: What there is in its place; of a noun in another, with a dot.
    """
    kind = type(owner).__name__
    message = f"{kind!r} object has no attribute {name!r}"
    if not name.startswith("_"):
        stem = name.rstrip("s")
        near = [each for each in known if stem in each or each == _ALSO_CALLED.get(stem)]
        near = sorted(near, key=len)[:3] or get_close_matches(name, known)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        there = ", ".join(sorted(each for each in known if "." not in each))
        message = f"{message}: {hint}there is {there}"
    return AttributeError(message, name=name, obj=owner)


class Listable(Resource, Generic[M]):
    """A resource that can be listed."""

    _model: ClassVar[type[Model]]
    _loose: ClassVar[bool] = False

    @overload
    def list(
        self,
        *,
        select: None = None,
        on_invalid: OnInvalid | None = None,
        **params: Unpack[ListParams],
    ) -> AsyncPager[M]: ...

    @overload
    def list(
        self, *, select: Fields, on_invalid: OnInvalid | None = None, **params: Unpack[ListParams]
    ) -> AsyncPager[JSONObject]: ...

    def list(
        self,
        *,
        select: Fields | None = None,
        on_invalid: OnInvalid | None = None,
        **params: Unpack[ListParams],
    ) -> AsyncPager[M] | AsyncPager[JSONObject]:
        """List the objects, newest first.

        Args:
            select: Top-level fields to include, or with a minus to leave out.
            on_invalid: Called with the `DecodeError` of each item that cannot be read, which is
                then left out; None raises it where the item stands.
            **params: `limit` (page size), `after`, `before`, `filter`, `or_`, `nor`, `and_`,
                `sort`, `expand`, `count_total`, `page`, `last_id`, `created_since`,
                `created_until`, `updated_since`; see `list_query`.

        Returns:
            A pager, which sends nothing until it is used: iterate over it, await it for the first
            page, or call `to_list()`. With `select` its items are plain mappings in wire names, and
            so is a relation that `expand` cuts down to some of its fields.

        Raises:
            ConfigurationError: A parameter makes no sense.
        """
        query = list_query(select=select, cursor_field=self._cursor_field, **params)
        return self._pager(
            "list",
            model=None if query.get("select") else self._model,
            query=query,
            cursor_field=self._cursor_field,
            loose=self._loose,
            on_invalid=on_invalid,
        )


def session_of(resource: Resource) -> SessionManager:
    """Return what a resource sends its calls with."""
    return resource._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - it is ours


def _decoded(route: Route, reply: Reply, model: type[M]) -> M:
    data: object = None
    try:
        data = reply.raw if _has_required_fields(cast("Any", model)) else as_object(reply.data)
        if reply.message is not None and isinstance(data, dict) and "message" in fields_of(model):
            data = {"message": reply.message, **data}
        return decode(data, model)
    except DecodeError as error:
        step = "." if error.path else ""
        error.path = f"data{step}{error.path}"
        error.status, error.request_id = reply.status, reply.request_id
        error.attempts, error.method = reply.attempts, route.method
        error.outcome_unknown = route.method != "GET"
        if route.secure or route.tells_secret:
            error.body = None
        del data  # a traceback with local variables would show it; so would the frames below
        raise error.with_traceback(None) from None


@cache
def _has_required_fields(model: Any) -> bool:
    return any(field.required for field in fields_of(model).values())


def _is_filled_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


class Findable(Listable[M]):
    """A resource that can be looked up by its `reference`."""

    async def find(self, *, reference: str) -> M | None:
        """Look up the one object with a reference.

        It tells whether a write that was cut off took effect.

        Args:
            reference: The reference that you gave when you created the object.

        Returns:
            The object; None if there is none.

        Raises:
            ConfigurationError: The reference is empty.
            DecodeError: The API answered with something that does not carry this reference, or
                with several objects; it would be unsafe to pick one.
        """
        if not _is_filled_text(reference):
            raise ConfigurationError("reference must be a text that is not empty")
        pager = self.list(filter=F.reference == reference, limit=2)
        found: M | None = None
        for item in (await pager.source.batch(None)).entries:
            if isinstance(item, DecodeError):
                raise item
            if getattr(item, "reference", None) not in (None, reference):
                raise DecodeError("an object with another reference was found", path="data")
            if found is not None:
                raise DecodeError("several objects with one reference were found", path="data")
            found = item
        return found


def minor_units(name: str, value: object) -> int:
    """Return an amount that can be sent.

    Args:
        name: The argument that it came in, for the message.
        value: The amount in the currency's minor unit: 10_000 are 100 NGN or 100 USD.

    Raises:
        ConfigurationError: It is no whole number (a float, a boolean, a text), or is negative.
    """
    if type(value) is not int:
        raise ConfigurationError(
            f"{name} must be an int in minor units (kobo, cents), not {_kind(value)}: "
            "100 NGN are 10_000"
        )
    if value < 0:
        raise ConfigurationError(f"{name} is an amount in minor units and cannot be negative")
    return value


def optional_minor_units(name: str, value: object) -> int | None:
    """Return an amount that can be sent, or None for None.

    Raises:
        ConfigurationError: As for `minor_units`.
    """
    return None if value is None else minor_units(name, value)


def check_spending_limits(controls: JSONValue) -> None:
    """Refuse the controls of a card, as they are sent, if an amount in them cannot be one.

    Raises:
        ConfigurationError: As for `minor_units`.
    """
    given = controls if isinstance(controls, dict) else {}
    for name in ("spendingLimits", "spending_limits"):  # mappings go out as they are
        limits = given.get(name)
        for index, limit in enumerate(limits if isinstance(limits, list) else []):
            if isinstance(limit, dict):
                optional_minor_units(f"controls.{name}[{index}].amount", limit.get("amount"))


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__


def card_body(*, controls: CardControls | FreeForm | None, **fields: object) -> SecretObject:
    """Return a request body as `body_of` does, with the amounts in `controls` checked.

    Raises:
        ConfigurationError: A spending limit is no whole number, or negative.
    """
    body = body_of(controls=controls, **fields)
    check_spending_limits(body.get("controls"))
    return body
