"""The verbs: all there is to know of each method of the client, read once, for everybody.

The command line, the OpenAPI description and the tools for agents are made from it. It is read from
the methods themselves: their signatures, their routes and, where they are shown, their docstrings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Final

import attrs

from allawee_async.models.base import Model
from allawee_async.query.parameters import list_query
from allawee_async.resources import Resources, nouns_of
from allawee_async.resources.signatures import Parameter as Parameter  # noqa: PLC0414
from allawee_async.resources.signatures import ParameterKind as ParameterKind  # noqa: PLC0414
from allawee_async.resources.signatures import Returns as Returns  # noqa: PLC0414
from allawee_async.resources.signatures import answer_of, parameters_of, signature_of
from allawee_async.transport.routes import Effect, Route

FIND: Final = "find"
"""The verb that is no endpoint: it looks through a list."""


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
    noun: Any = noun_at(path)
    names = (*noun.ROUTES, FIND) if hasattr(noun, FIND) else (*noun.ROUTES,)
    return tuple(_verb(path, noun, name, names) for name in names)


def verb_of(method: object) -> Verb | None:
    """Return what is known of a method of a client; None, if it is none."""
    noun, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
    found = (verb for verb in all_verbs() if verb.name == name)
    return next((verb for verb in found if isinstance(noun, type(noun_at(verb.noun)))), None)


def all_verbs(parent: type = Resources, path: str = "") -> Iterator[Verb]:
    """Yield every verb that there is, noun by noun."""
    for noun, _ in nouns_of(parent, path):
        yield from verbs_of(noun)
        yield from all_verbs(type(noun_at(noun)), f"{noun}.")


def _verb(path: str, noun: Any, name: str, siblings: tuple[str, ...]) -> Verb:
    method = getattr(noun, name)
    signature = signature_of(method)
    returns, model = answer_of(signature)
    return Verb(
        noun=path,
        name=name,
        route=noun.ROUTES["list" if name == FIND else name],
        parameters=tuple(parameters_of(signature)),
        returns=returns,
        model=model or noun._listing.model,  # noqa: SLF001 - it is ours
        siblings=siblings,
        method=method,
    )
