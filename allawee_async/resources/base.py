"""What all resources share: one call, one list, one lookup by reference, checked amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, cached_property, wraps
from inspect import iscoroutinefunction
from types import MethodType
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
    get_args,
    overload,
)

import attrs

from allawee_async.codec.converter import decode, reader
from allawee_async.errors import ConfigurationError, DecodeError, RequestAccepted
from allawee_async.models.base import Model
from allawee_async.models.schema import Shape, camel, fields_of, paths_of
from allawee_async.pagination.pager import AsyncPager
from allawee_async.pagination.pages import Listing, OnInvalid, as_object
from allawee_async.query.filters import F
from allawee_async.query.parameters import Fields, ListParams, list_query
from allawee_async.redaction import SecretObject, secret_text, secret_texts
from allawee_async.resources.signatures import Returns, answer_of, parameters_of, signature_of
from allawee_async.transport.downloads import Download
from allawee_async.transport.queued import outcome_of_accepted
from allawee_async.transport.request import Request
from allawee_async.transport.response import Reply
from allawee_async.transport.routes import Route, json_bytes, query_texts
from allawee_async.types import FreeForm, JSONObject

if TYPE_CHECKING:
    from allawee_async.transport.session import SessionManager

M = TypeVar("M", bound=Model)
V = TypeVar("V", bound="Callable[..., Any]")


class Resource:
    """The verbs of one noun of the API.

    Attributes:
        ROUTES: The endpoint of each verb, as its decorator tells it.
    """

    ROUTES: ClassVar[Mapping[str, Route]] = {}
    _listing: ClassVar[Listing] = Listing(path="", query={}, model=None)

    def __init_subclass__(cls) -> None:
        """Collect the routes of the verbs."""
        super().__init_subclass__()
        routes = {name: verb.route for name, verb in vars(cls).items() if hasattr(verb, "route")}
        cls.ROUTES = {**cls.ROUTES, **routes}  # pyright: ignore[reportConstantRedefinition]

    def __init__(self, session: SessionManager) -> None:
        self._session = session

    if not TYPE_CHECKING:  # to a type checker, every name would exist

        def __getattr__(self, name: str) -> Never:
            raise no_attribute(self, name, type(self))

    def _download(self, verb: str, *ids: str) -> Download:
        """Return the file of a verb, without sending anything."""
        route = self.ROUTES[verb]
        path = route.path(*ids)
        return Download(
            self._session,
            Request(method=route.method, path=path, secure=route.secure, resend=route.resend),
        )

    async def _call(self, verb: route, form: _Form, ids: Sequence[str], sent: SecretObject) -> Any:
        """Send the call of a verb and return its model, or the models of a list.

        An answer about another object than the one that is named, by its id in the path or by its
        reference in the body, is refused.

        A model without required fields stands for an answer that no document shows; so an empty
        answer is such a model without anything in it.
        """
        takes_body = verb.method in ("POST", "PUT")
        path, query = verb.path(*ids), query_texts(sent) if sent and not takes_body else {}
        if form.is_list:  # no document shows one; it is read to its end, should there be pages
            listing = Listing(path=path, query=query, model=form.model, loose=True)
            return tuple(await self._pager(listing).to_list())
        expected, reference = None, sent.get("reference")
        if ids:
            expected = (self._listing.cursor_field, ids[0])
        elif takes_body and isinstance(reference, str):
            expected = ("reference", reference)
        request = Request(
            method=verb.method,
            path=path,
            query=query,
            body=json_bytes(sent) if takes_body and (sent or verb.has_body) else None,
            secure=verb.secure,
            resend=verb.resend,
            tells_secret=verb.tells_secret,
            secrets=secret_texts(sent) if sent else (),
            expected=expected,
            read=form.read,
        )
        try:
            reply = await self._session.send(request)
        except RequestAccepted as accepted:
            return await outcome_of_accepted(
                accepted, request, self._session, lambda late: _decoded(verb, late, form)
            )
        return _decoded(verb, reply, form)

    def _pager(self, listing: Listing, on_invalid: OnInvalid | None = None) -> AsyncPager[Any]:
        """Return the pager of a list.

        Args:
            listing: What is asked for, and what its items are.
            on_invalid: Called with the error of each item that cannot be read; None raises it.
        """
        return AsyncPager(listing.read_by(self._session, on_invalid))


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


def no_attribute(owner: object, name: str, parent: type) -> AttributeError:
    """Return the error for an attribute that is not there, which says what there is.

    Args:
        owner: What was asked for it.
        name: Its name.
        parent: Its class, or the one above that has the nouns.
    """
    message = f"{type(owner).__name__!r} object has no attribute {name!r}"
    if not name.startswith("_"):
        there = [each for each in dir(type(owner)) if not each.startswith("_") and each != "ROUTES"]
        known = [*there, *_calls_below(owner, parent)]
        stem = name.rstrip("s")
        near = [
            each
            for each in known
            if stem in each.rpartition(".")[2] or each == _ALSO_CALLED.get(stem)
        ]
        near = sorted(near, key=len)[:3] or get_close_matches(name, known)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        message = f"{message}: {hint}there is {', '.join(there)}"
    return AttributeError(message, name=name, obj=owner)


def _calls_below(owner: object, parent: type[object], path: str = "") -> Iterator[str]:
    for name, attribute in vars(parent).items():
        if isinstance(attribute, cached_property):
            noun: Resource = getattr(owner, name)
            yield from (f"{path}{name}.{verb}" for verb in noun.ROUTES)
            yield from _calls_below(noun, type(noun), f"{path}{name}.")


class Listable(Resource, Generic[M]):
    """A resource that can be listed."""

    def __init_subclass__(
        cls, *, path: str | None = None, loose: bool = False, cursor_field: str = "id"
    ) -> None:
        """Tell what is listed.

        Args:
            path: Where; None leaves all to the parent.
            loose: Whether no document shows the list; see `Listing`.
            cursor_field: The wire name of the field that cursors are taken from.
        """
        if path is not None:
            cls.ROUTES = {"list": Route("GET", path)}
            model = get_args(cast("Any", cls).__orig_bases__[0])[0]
            cls._listing = Listing(
                path=path, query={}, model=model, cursor_field=cursor_field, loose=loose
            )
        super().__init_subclass__()

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
        listing = self._listing
        query = list_query(select=select, cursor_field=listing.cursor_field, **params)
        model = None if query.get("select") else listing.model
        return self._pager(attrs.evolve(listing, query=query, model=model), on_invalid)


def session_of(resource: Resource) -> SessionManager:
    """Return what a resource sends its calls with."""
    return resource._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - it is ours


def _decoded(route: Route, reply: Reply, form: _Form) -> Any:
    if reply.model is not None:
        return reply.model
    model = form.model
    data: object = None
    try:
        data = reply.raw if form.is_shown else as_object(reply.data)
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


def _by_reference(find: V) -> V:
    """Say how one searches, where `find` is called with another field than the reference."""

    @wraps(find)
    async def checked(noun: Any, *others: Any, **given: Any) -> Any:
        for name in given.keys() - {"reference"}:
            fields = paths_of(noun._listing.model)  # noqa: SLF001
            known = [path for path, field in fields if field.wire == camel(name)]
            raise TypeError(
                f"find takes reference=… alone, not {name!r}: search by what an object holds with "
                f"list(filter=F.{(known or [name])[0]} == …)"
            )
        return await find(noun, *others, **given)

    return cast("V", checked)


class Findable(Listable[M]):
    """A resource that can be looked up by its `reference`."""

    @_by_reference
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
            PaginationError: It announced more and told no way to get there.
        """
        if not (isinstance(cast("object", reference), str) and reference):
            raise ConfigurationError("reference must be a text that is not empty")
        found = await self.list(filter=F.reference == reference, limit=2).to_list(2)
        if any(getattr(item, "reference", None) not in (None, reference) for item in found):
            raise DecodeError("an object with another reference was found", path="data")
        if len(found) > 1:
            raise DecodeError("several objects with one reference were found", path="data")
        return found[0] if found else None


def check_amount(name: str, value: object) -> None:
    """Refuse an amount that cannot be sent.

    Args:
        name: The argument that it came in, for the message.
        value: The amount in the currency's minor unit: 10_000 are 100 NGN or 100 USD.

    Raises:
        ConfigurationError: It is no whole number (a float, a boolean, a text), or is negative.
    """
    for told in _faults_of_amount(name, value):
        raise ConfigurationError(told)


def _faults_of_amount(name: str, value: object) -> Iterator[str]:
    if type(value) is not int:
        kind = "None" if value is None else type(value).__name__
        yield f"{name} must be an int in minor units (kobo, cents), not {kind}: 100 NGN are 10_000"
    elif value < 0:
        yield f"{name} is an amount in minor units and cannot be negative"


def faults_of(path: str, value: object, shape: Shape) -> Iterator[str]:
    """Yield what is wrong with a body: amounts that are none, and Python's names in a mapping.

    A mapping goes out as it is, and the API would pass over them: a customer would have no claims.
    Nothing is raised here, where a traceback would show the values.
    """
    if shape.money and value is not None:
        yield from _faults_of_amount(path, value)
    elif shape.item is not None and isinstance(value, list | tuple):
        for index, each in enumerate(cast("Sequence[object]", value)):
            yield from faults_of(f"{path}[{index}]", each, shape.item)
    elif shape.model is not None:
        yield from _faults_of_object(path, value, shape.model)


def _faults_of_object(path: str, value: object, model: type[Model]) -> Iterator[str]:
    fields = fields_of(model)
    if isinstance(value, Model):
        value = {wire: getattr(value, field.attribute, None) for wire, field in fields.items()}
    for name, inner in cast("FreeForm", value if isinstance(value, Mapping) else {}).items():
        wire = camel(str(name))
        if name in fields:
            yield from faults_of(f"{path}.{name}", inner, fields[name])
        elif wire in fields:
            yield (
                f"{path}.{name} is {path}.{wire} in a mapping, which goes out as it is; "
                f"{model.__name__}({name}=…) takes Python's names"
            )


class _Form:
    """What has to be known of a verb to send it, read from its signature once.

    Attributes:
        ids: The parameters that fill the path, in order.
        fields: Those of the body or the query, and what each is called on the wire.
        required: Those of them that must be given.
        secrets: Those of them that nothing may show.
        amounts: Those of them that are money.
        bodies: Those of them that a model describes.
        model: What is answered.
        is_shown: Whether a document shows that, so that something in it is required.
        read: Reads what is answered usually.
        is_list: Whether a list of such is.
    """

    def __init__(self, function: Any) -> None:
        signature = signature_of(MethodType(function, Resource))
        returns, model = answer_of(signature)
        parameters = [*parameters_of(signature)]
        named = [one for one in parameters if not one.is_argument]
        self.ids = [one.name for one in parameters if one.is_argument]
        self.fields = {one.name: camel(one.name) for one in named}
        self.required = {one.name for one in named if one.required}
        self.secrets = {one.name for one in named if one.shape.secret}
        self.amounts = {one.name for one in named if one.shape.money}
        self.bodies = {one.name: one.shape for one in named if one.is_body}
        self.model: type[Model] = model or Model
        self.is_shown = any(field.required for field in fields_of(self.model).values())
        self.read = reader(self.model).usual if self.is_shown else None
        self.is_list = returns is Returns.LIST

    def hide(self, given: dict[str, Any]) -> None:
        """Put what shows nothing in the place of the secrets: a traceback shows its frames."""
        for name in self.secrets & given.keys():
            if given[name] is not None or name in self.required:
                given[name] = secret_text(given[name])
        for name, value in given.items():
            if isinstance(value, dict):  # of claims, identity numbers among them
                given[name] = SecretObject(cast("dict[str, Any]", value))

    def fits(self, ids: tuple[Any, ...], given: dict[str, Any]) -> bool:
        """Whether it is a call with all that is needed, ids by place, and nothing else."""
        if not given:  # what is usual, in the shortest way
            return len(ids) == len(self.ids) and not self.required
        return len(ids) == len(self.ids) and self.required <= given.keys() <= self.fields.keys()

    def checked(self, given: dict[str, Any]) -> SecretObject:
        """Return what is sent, by its names on the wire, without what is None.

        Raises:
            ConfigurationError: A secret is empty or no text, an amount is no whole number, or a
                mapping has Python's names.
        """
        sent = SecretObject()
        for name, value in given.items():
            if name in self.amounts and (value is not None or name in self.required):
                check_amount(name, value)
            elif name in self.secrets and value == "":
                raise ConfigurationError(f"{name} must be a text that is not empty")
            if value is not None:
                sent[self.fields[name]] = value
        for name, shape in self.bodies.items():
            for told in faults_of(name, given.get(name), shape):
                raise ConfigurationError(told)
        return sent


_form_of: Final = cache(_Form)


@attrs.frozen(kw_only=True)
class route(Route):  # noqa: N801 - a decorator
    """An endpoint, which makes a method of a resource its verb: `@route("GET", "/cards/:id")`.

    An `async def` needs no body, for its signature says it all: what is given by place fills the
    path; all else goes, but for None and in the wire's names, into the body, or with GET into the
    query; and the answer is read as what the annotation says. A `Secret` is shown nowhere,
    `MinorUnits` are checked.

    Attributes:
        has_body: Whether an empty object is sent where there is nothing to say.
        prepare: Checks the arguments and puts others in their places, before they are written.
    """

    has_body: bool = True
    prepare: Callable[[dict[str, Any]], None] | None = None

    def __call__(self, function: V) -> V:
        """Return the verb."""
        verb: Any = self._sender(function) if iscoroutinefunction(function) else function
        verb.route = self
        return cast("V", verb)

    def _sender(self, function: Any) -> Any:
        @wraps(function)
        async def send(noun: Any, *ids: Any, **given: Any) -> Any:
            form = _form_of(function)
            if given:
                form.hide(given)
            if not form.fits(ids, given):
                placed = _placed(function, form, (noun, *ids), given)
                if isinstance(placed, TypeError):
                    ids, given = (), {}
                    raise placed
                ids = placed
            if self.prepare is not None:
                self.prepare(given)
            sent = form.checked(given) if given else SecretObject()
            given.clear()  # as above
            return await noun._call(self, form, ids, sent)  # noqa: SLF001

        made: Any = send
        made.__code__ = made.__code__.replace(  # a traceback then names the verb
            co_name=function.__name__, co_qualname=function.__qualname__
        )
        return made


def _placed(
    function: Any, form: _Form, ids: tuple[Any, ...], given: dict[str, Any]
) -> tuple[Any, ...] | TypeError:
    """Return the ids, of which some were given by name; else the error of a call like this."""
    try:
        function(*ids, **given).close()
    except TypeError as error:
        given.clear()
        return error.with_traceback(None)
    return (*ids[1:], *(given.pop(name) for name in form.ids[len(ids) - 1 :]))
