"""The parameters of a method, as the arguments and options of its command; pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, get_origin, get_type_hints

import attrs

from allawee_async.cli.operations.wording import kebab
from allawee_async.models.schema import Kind, Shape, members_of, shape_of
from allawee_async.query.filters import Expression, Field
from allawee_async.query.parameters import ListParams

if TYPE_CHECKING:
    import inspect

    from allawee_async.models.common import Model

SECRETS: Final = frozenset({"pan", "cvv", "pin", "signing_key"})
"""The parameters that methods hide from tracebacks, so the command line hides them as well."""


class Form(StrEnum):
    """How a value is written on the command line."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - it names a form
    WHOLE = "whole number"
    FLAG = "flag"
    TEXTS = "texts"
    NAMES = "names"
    BODY = "body"
    TEXT_OR_BODY = "text or body"


@attrs.frozen(kw_only=True)
class Parameter:
    """One argument or option of a command.

    Attributes:
        name: The Python name of the method's parameter.
        form: How its value is written.
        required: Whether the call cannot do without.
        is_argument: Whether it is a part of the path, and so has no option's name.
        help: What the docstring says of it.
        choices: The values that the documents name; others are sent as well.
        model: What a body is, if a model says so.
    """

    name: str
    form: Form
    required: bool
    is_argument: bool = False
    help: str = ""
    choices: tuple[str, ...] = ()
    model: type[Model] | None = None

    @property
    def option(self) -> str:
        """The option's name on the command line: `--fx-hash`."""
        return f"--{kebab(self.name)}"

    @property
    def is_body(self) -> bool:
        """Whether the value may be a JSON object."""
        return self.form in (Form.BODY, Form.TEXT_OR_BODY)


def parameters_of(signature: inspect.Signature) -> list[Parameter]:
    """Return the parameters of a method, in order; those of lists one by one.

    Args:
        signature: With annotations that are evaluated.
    """
    found: list[Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            found += [_parameter(*hint) for hint in get_type_hints(ListParams).items()]
            continue
        found.append(
            _parameter(
                parameter.name,
                parameter.annotation,
                required=parameter.default is parameter.empty,
                is_argument=parameter.kind is parameter.POSITIONAL_OR_KEYWORD,
            )
        )
    return found


def _parameter(
    name: str, annotation: Any, *, required: bool = False, is_argument: bool = False
) -> Parameter:
    shape = _shape(annotation)
    return Parameter(
        name=name,
        form=Form.SECRET if name in SECRETS else _form(annotation, shape),
        required=required,
        is_argument=is_argument,
        choices=shape.choices,
        model=shape.model,
    )


def _shape(annotation: Any) -> Shape:
    """Return what an annotation means; filters and names of fields are texts here."""
    members = members_of(annotation)
    return Shape(kind=Kind.TEXT) if {Expression, Field} & {*members} else shape_of(annotation)


def _form(annotation: Any, shape: Shape) -> Form:
    members = members_of(annotation)
    if any(get_origin(member) is Mapping for member in members):
        return Form.TEXT_OR_BODY if str in members else Form.BODY
    if Field in members:
        return Form.NAMES
    if Expression in members or shape.kind is Kind.LIST:
        return Form.TEXTS
    forms = {Kind.TEXT: Form.TEXT, Kind.CHOICE: Form.TEXT, Kind.WHOLE_NUMBER: Form.WHOLE}
    forms[Kind.TRUTH] = Form.FLAG
    return forms[shape.kind]
