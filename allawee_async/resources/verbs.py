"""The verbs: all there is to know of each method of the client, read once, for everybody.

The command line, the OpenAPI description and the tools for agents are made from it. It is read from
the methods themselves: their signatures, their routes and, where they are shown, their docstrings.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin, get_type_hints

import attrs

from allawee_async import models, types
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, Shape, members_of, shape_of
from allawee_async.pagination.pager import AsyncPager
from allawee_async.pagination.pages import OnInvalid
from allawee_async.query.filters import Expression, Field
from allawee_async.query.parameters import Fields, ListParams, list_query
from allawee_async.resources import Resources, nouns_of
from allawee_async.transport.downloads import Download

if TYPE_CHECKING:
    from collections.abc import Iterator

    from allawee_async.transport.routes import Effect, Route

FIND: Final = "find"
"""The verb that is no endpoint: it looks through a list."""


class ParameterKind(StrEnum):
    """What a parameter takes."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - it names a kind
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "flag"
    TIME = "time"
    TEXTS = "texts"
    NAMES = "names"
    BODY = "body"
    TEXT_OR_BODY = "text or body"


class Returns(StrEnum):
    """How an answer comes: one object, a list at once, a list page by page, or a file."""

    OBJECT = "object"
    LIST = "list"
    PAGES = "pages"
    FILE = "file"


@attrs.frozen(kw_only=True)
class Parameter:
    """One parameter of a method.

    Attributes:
        name: Its Python name.
        kind: What it takes.
        required: Whether the call cannot do without.
        is_argument: Whether it is a part of the path, and given by its place.
        is_money: Whether it is an amount in minor units.
        shape: What its annotation means.
    """

    name: str
    kind: ParameterKind
    shape: Shape
    required: bool = False
    is_argument: bool = False
    is_money: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that the documents name; others are sent as well."""
        return self.shape.choices

    @property
    def model(self) -> type[Model] | None:
        """What a body is, if a model says so."""
        return self.shape.model

    @property
    def is_body(self) -> bool:
        """Whether the value may be a JSON object."""
        return self.kind in (ParameterKind.BODY, ParameterKind.TEXT_OR_BODY)


@attrs.frozen
class Docs:
    """What a docstring says; nothing, where Python runs without docstrings.

    Attributes:
        paragraphs: What stands before the sections; the first is the summary.
        arguments: What is said of each parameter.
        returns: What comes back.
        raises: Each error and when it is raised, in order.
    """

    paragraphs: tuple[str, ...] = ()
    arguments: Mapping[str, str] = attrs.Factory(dict[str, str])
    returns: str = ""
    raises: tuple[tuple[str, str], ...] = ()


@attrs.frozen(kw_only=True)
class Verb:
    """One method of a noun.

    Attributes:
        noun: The attribute path of the noun on the client: `tools.banks`.
        name: The name of the method.
        route: Its endpoint: whether it may be resent, and what it does that cannot be taken back.
        parameters: What it takes.
        returns: How its answer comes.
        model: What the object is, or each object of the list.
        siblings: The names of all methods of the noun.
        method: The method itself, of a noun that nobody can call.
    """

    noun: str
    name: str
    route: Route
    parameters: tuple[Parameter, ...]
    returns: Returns
    model: type[Model] | None
    siblings: tuple[str, ...]
    method: Any = attrs.field(repr=False)

    @property
    def call(self) -> str:
        """The path of the method on the client: `tools.banks.list`."""
        return f"{self.noun}.{self.name}"

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.route.method != "GET"

    @property
    def effect(self) -> Effect | None:
        """What it does that cannot be taken back."""
        return self.route.effect

    @property
    def is_confidential(self) -> bool:
        """Whether its answer may hold a secret under any name."""
        return self.route.secure or self.route.tells_secret

    @cached_property
    def docs(self) -> Docs:
        """What its docstring says."""
        docs = docs_of(self.method)
        if "**params" not in docs.arguments:
            return docs
        return attrs.evolve(docs, arguments={**docs_of(list_query).arguments, **docs.arguments})


def docs_of(function: Any) -> Docs:
    """Return what a docstring says; where that is from (`Source:`) is left out.

    Nothing, where Python runs without docstrings, or without the extra `cli`, which reads them.
    """
    try:
        from docstring_parser import DocstringStyle, parse  # noqa: PLC0415 - only help needs it
    except ModuleNotFoundError:
        return Docs()

    found = parse(function.__doc__ or "", DocstringStyle.GOOGLE)
    text = found.description or ""
    return Docs(
        paragraphs=tuple(_joined(block) for block in text.split("\n\n") if block),
        arguments={one.arg_name: _joined(one.description) for one in found.params},
        returns=_joined(found.returns.description) if found.returns else "",
        raises=tuple((str(one.type_name), _joined(one.description)) for one in found.raises),
    )


def _joined(text: str | None) -> str:
    return " ".join((text or "").split())


class _Unconnected(Resources):
    """The nouns of a client that nobody can call, to look at their methods."""

    _session: Any = None


def noun_at(path: str) -> object:
    """Return a noun whose methods can be looked at, not called."""
    return attrgetter(path)(_Unconnected())


@cache
def verbs_of(path: str) -> tuple[Verb, ...]:
    """Return the verbs of a noun in the order of its routes, then `find`."""
    noun = noun_at(path)
    routes: Mapping[str, Route] = getattr(noun, "ROUTES", {})
    names = (*routes, FIND) if hasattr(noun, FIND) else (*routes,)
    return tuple(_verb(path, noun, name, names) for name in names)


def verb_of(method: object) -> Verb | None:
    """Return what is known of a method of a client; None, if it is none."""
    noun, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
    return next(
        (verb for verb in all_verbs() if verb.name == name and _is_like(noun, verb.noun)), None
    )


def _is_like(noun: object, path: str) -> bool:
    return isinstance(noun, type(noun_at(path)))


def all_verbs(parent: type = Resources, path: str = "") -> Iterator[Verb]:
    """Yield every verb that there is, noun by noun."""
    for noun, _ in nouns_of(parent, path):
        yield from verbs_of(noun)
        yield from all_verbs(type(noun_at(noun)), f"{noun}.")


def _verb(path: str, noun: Any, name: str, siblings: tuple[str, ...]) -> Verb:
    method = getattr(noun, name)
    signature = signature_of(method)
    returns, model = _answer(signature.return_annotation)
    return Verb(
        noun=path,
        name=name,
        route=noun.ROUTES["list" if name == FIND else name],
        parameters=tuple(parameters_of(signature)),
        returns=returns,
        model=model or _model_of(noun.__class__),
        siblings=siblings,
        method=method,
    )


class _Names(dict[str, Any]):
    """The names that annotations of methods use; modules import these for checkers only."""

    def __missing__(self, name: str) -> Any:
        for module in (models, types):
            found = getattr(module, name, None)
            if found is not None:
                return found
        raise KeyError(name)


_NAMES: Final = _Names(
    AsyncPager=AsyncPager,
    Download=Download,
    Fields=Fields,
    ListParams=ListParams,
    OnInvalid=OnInvalid,
    datetime=datetime,
)


def signature_of(function: Any) -> inspect.Signature:
    """Return the signature of a method or class, with the types that its annotations name."""
    module = vars(sys.modules[function.__module__])
    return inspect.signature(function, eval_str=True, globals=module, locals=_NAMES)


def _answer(annotation: Any) -> tuple[Returns, type[Model] | None]:
    members = [annotation, *get_args(annotation)]
    if annotation is Download:
        return Returns.FILE, None
    pager = next((member for member in members if get_origin(member) is AsyncPager), None)
    if pager is not None:
        return Returns.PAGES, _model_in(get_args(pager))
    returns = Returns.LIST if get_origin(annotation) is tuple else Returns.OBJECT
    return returns, _model_in(members)


def _model_in(members: Any) -> type[Model] | None:
    found = (one for one in members if isinstance(one, type) and issubclass(one, Model))
    return next(found, None)


def _model_of(noun: type) -> type[Model] | None:
    """Return the model of a noun that can be listed, from `class Customers(Findable[Customer])`."""
    for base in getattr(noun, "__orig_bases__", ()):
        model = _model_in(get_args(base))
        if model is not None:
            return model
    return None


def parameters_of(signature: inspect.Signature) -> Iterator[Parameter]:
    """Yield the parameters of a signature in order, those of lists one by one."""
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            for name, annotation in get_type_hints(ListParams).items():
                yield _parameter(name, annotation)
        elif OnInvalid not in members_of(parameter.annotation):  # a function has no text
            yield attrs.evolve(
                _parameter(parameter.name, parameter.annotation),
                required=parameter.default is parameter.empty,
                is_argument=parameter.kind is parameter.POSITIONAL_OR_KEYWORD,
            )


def _parameter(name: str, annotation: Any) -> Parameter:
    members = members_of(annotation)
    marks = [mark for one in members if get_origin(one) is Annotated for mark in one.__metadata__]
    if marks:
        annotation = get_args(members[0])[0]
    if {Expression, Field, datetime} & {*members}:
        shape = Shape(kind=Kind.TEXT)
    else:
        shape = shape_of(annotation)
    return Parameter(
        name=name,
        kind=ParameterKind.SECRET if types.SECRET in marks else _kind(members, shape),
        is_money=types.MINOR_UNITS in marks,
        shape=shape,
    )


def _kind(members: list[Any], shape: Shape) -> ParameterKind:
    if any(get_origin(member) is Mapping for member in members):
        return ParameterKind.TEXT_OR_BODY if str in members else ParameterKind.BODY
    if datetime in members:
        return ParameterKind.TIME
    if Field in members:
        return ParameterKind.NAMES
    if Expression in members or shape.kind is Kind.LIST:
        return ParameterKind.TEXTS
    kinds = {
        Kind.WHOLE_NUMBER: ParameterKind.WHOLE,
        Kind.NUMBER: ParameterKind.NUMBER,
        Kind.TRUTH: ParameterKind.FLAG,
    }
    return kinds.get(shape.kind, ParameterKind.TEXT)
