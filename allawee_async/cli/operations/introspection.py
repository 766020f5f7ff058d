"""The verbs of a noun, as its class tells them: what a command needs to know of a method."""

from __future__ import annotations

import inspect
import sys
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

import attrs

from allawee_async import models, types
from allawee_async.cli.operations.docstrings import Docstring, parse
from allawee_async.cli.operations.parameters import Parameter, parameters_of
from allawee_async.cli.operations.wording import command_words, kebab
from allawee_async.models.common import Model
from allawee_async.pagination.pager import AsyncPager
from allawee_async.query.parameters import Fields, ListParams, list_query
from allawee_async.resources import Resources
from allawee_async.transport.downloads import Download

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from allawee_async.transport.routes import Route

FIND: Final = "find"


@attrs.frozen(kw_only=True)
class Verb:
    """One method of a noun.

    Attributes:
        noun: The attribute path of the noun on the client: `tools.banks`.
        name: The name of the method.
        route: Its endpoint.
        parameters: What it takes.
        docs: What its docstring says.
        answer: What comes back: "object", "list" (all at once), "pages" or "file".
        model: What the object is, or each object of the list.
        siblings: The names of all methods of the noun.
    """

    noun: str
    name: str
    route: Route
    parameters: tuple[Parameter, ...]
    docs: Docstring
    answer: str
    model: type[Model] | None
    siblings: tuple[str, ...]

    @property
    def call(self) -> str:
        """The path of the method on the client: `tools.banks.list`."""
        return f"{self.noun}.{self.name}"

    @property
    def words(self) -> str:
        """What is written after `allawee`: `tools banks list`."""
        return command_words(self.call)

    @property
    def command(self) -> str:
        """The name of the command in its group."""
        return kebab(self.name)

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.route.method != "GET"

    @property
    def has_pages(self) -> bool:
        """Whether its answer is a list that is read page by page."""
        return self.answer == "pages"

    @property
    def is_confidential(self) -> bool:
        """Whether its answer may hold a secret under any name."""
        return self.route.secure or self.route.tells_secret


class _Unconnected(Resources):
    """The nouns of a client that nobody can call, to look at their methods."""

    _session: Any = None


def noun_at(path: str) -> object:
    """Return a noun whose methods can be looked at, not called."""
    return attrgetter(path)(_Unconnected())


def verbs_of(path: str) -> list[Verb]:
    """Return the verbs of a noun in the order of its routes, then `find`."""
    noun = noun_at(path)
    routes: Mapping[str, Route] = getattr(noun, "ROUTES", {})
    names = [*routes, FIND] if hasattr(noun, FIND) else [*routes]
    return [_verb(path, noun, name, names) for name in names]


def _verb(path: str, noun: object, name: str, siblings: list[str]) -> Verb:
    method = getattr(noun, name)
    signature = _evaluated(method)
    docs = parse(method.__doc__)
    answer, model = _answer(signature.return_annotation)
    return Verb(
        noun=path,
        name=name,
        route=noun.ROUTES["list" if name == FIND else name],  # type: ignore[attr-defined]
        parameters=tuple(_documented(parameters_of(signature), docs)),
        docs=docs,
        answer=answer,
        model=model or _model_of(type(noun)),
        siblings=tuple(siblings),
    )


def _documented(parameters: list[Parameter], docs: Docstring) -> Iterator[Parameter]:
    of_lists = parse(list_query.__doc__).args
    for parameter in parameters:
        text = docs.args.get(parameter.name) or of_lists.get(parameter.name, "")
        yield attrs.evolve(parameter, help=text)


def _evaluated(method: Any) -> inspect.Signature:
    """Return a signature whose annotations are types; modules import these for checkers only."""
    module = vars(sys.modules[method.__func__.__module__])
    return inspect.signature(method, eval_str=True, globals=module, locals=_NAMES)


class _Names(dict[str, Any]):
    """The names that annotations of methods use."""

    def __missing__(self, name: str) -> Any:
        for module in (models, types):
            found = getattr(module, name, None)
            if found is not None:
                return found
        raise KeyError(name)


_NAMES: Final = _Names(
    AsyncPager=AsyncPager, Download=Download, Fields=Fields, ListParams=ListParams
)


def _answer(annotation: Any) -> tuple[str, type[Model] | None]:
    members = [annotation, *get_args(annotation)]
    if annotation is Download:
        return "file", None
    pager = next((member for member in members if get_origin(member) is AsyncPager), None)
    if pager is not None:
        return "pages", _model_in(get_args(pager))
    return ("list" if get_origin(annotation) is tuple else "object"), _model_in(members)


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
