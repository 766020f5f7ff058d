"""What a method of the client takes and answers, read from its signature."""

import inspect
import sys
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, get_args, get_origin, get_type_hints

import attrs

from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, Shape, is_kind_of, members_of, shape_of
from allawee_async.pagination.pager import AsyncPager
from allawee_async.pagination.pages import OnInvalid
from allawee_async.query.filters import Expression, Field
from allawee_async.query.parameters import ListParams
from allawee_async.transport.downloads import Download


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
        shape: What its annotation means.
    """

    name: str
    kind: ParameterKind
    shape: Shape
    required: bool = False
    is_argument: bool = False

    @property
    def is_body(self) -> bool:
        """Whether the value may be a JSON object."""
        return self.kind in (ParameterKind.BODY, ParameterKind.TEXT_OR_BODY)


_KINDS: Final = {
    Kind.WHOLE_NUMBER: ParameterKind.WHOLE,
    Kind.NUMBER: ParameterKind.NUMBER,
    Kind.TRUTH: ParameterKind.FLAG,
    Kind.LIST: ParameterKind.TEXTS,
    Kind.OBJECT: ParameterKind.BODY,
    Kind.MAPPING: ParameterKind.BODY,
    Kind.RELATION: ParameterKind.TEXT_OR_BODY,
}
_OF_LISTS: Final = {
    datetime: ParameterKind.TIME,
    Field: ParameterKind.NAMES,
    Expression: ParameterKind.TEXTS,
}
"""What only the parameters of lists take."""


def signature_of(function: Any) -> inspect.Signature:
    """Return the signature of a method or class, with the types that its annotations name."""
    module = vars(sys.modules[function.__module__])
    return inspect.signature(function, eval_str=True, globals=module)


def answer_of(signature: inspect.Signature) -> tuple[Returns, type[Model] | None]:
    """Return how an answer comes, and what the object is, or each of the list.

    There is no such model, where the signature is that of all lists.
    """
    annotation = signature.return_annotation
    members = [annotation, *get_args(annotation)]
    if annotation is Download:
        return Returns.FILE, None
    pager = next((member for member in members if get_origin(member) is AsyncPager), None)
    if pager is not None:
        return Returns.PAGES, _model_in(get_args(pager))
    returns = Returns.LIST if get_origin(annotation) is tuple else Returns.OBJECT
    return returns, _model_in(members)


def _model_in(members: Any) -> type[Model] | None:
    return next((one for one in members if is_kind_of(one, Model)), None)


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
    of_lists = [kind for member, kind in _OF_LISTS.items() if member in members]
    if of_lists:
        return Parameter(name=name, kind=of_lists[0], shape=Shape(kind=Kind.TEXT))
    shape = shape_of(annotation)
    kind = ParameterKind.SECRET if shape.secret else _KINDS.get(shape.kind, ParameterKind.TEXT)
    return Parameter(name=name, kind=kind, shape=shape)
