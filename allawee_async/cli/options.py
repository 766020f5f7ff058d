"""How options are declared, and how functions with options become commands of Typer."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

import attrs
import typer
from typer.core import TyperCommand

from allawee_async.cli.program import Debug, NoColor
from allawee_async.cli.wording import kebab

HIGHEST_PORT: Final = 65_535

_OPTION: Final = "option"
_OF_ALL: Final = (("no_color", NoColor), ("debug", Debug))


def option(help: str, *names: str, default: Any = None, **settings: Any) -> Any:
    """Return an attribute of a class of options.

    Args:
        help: What its help says.
        *names: What the option is called, if not after the attribute.
        default: What it is if left out; with `attrs.NOTHING` it may not be.
        **settings: What else `typer.Option` takes.
    """
    settings["help"] = help
    return attrs.field(default=default, metadata={_OPTION: (names, settings)})


def flag(help: str, *names: str) -> Any:
    """Return an attribute of a class of options that is true if its option is given."""
    return option(help, *names, default=False)


def port_option(help: str, default: int | None = None) -> Any:
    """Return an attribute of a class of options that is the number of a port."""
    return option(help, default=default, min=0, max=HIGHEST_PORT, metavar="PORT")


def options_of(annotation: Any) -> list[inspect.Parameter]:
    """Return a parameter for each attribute of a class of options; none for other annotations."""
    found: list[inspect.Parameter] = []
    for field in getattr(annotation, "__attrs_attrs__", ()):
        kind: Any = field.type
        if _OPTION in field.metadata:
            names, settings = field.metadata[_OPTION]
            names = names or (f"--{kebab(field.name)}",)
            kind = Annotated[kind, typer.Option(*names, **settings)]
        found.append(parameter(field.name, kind, field.default))
    return found


def parameter(name: str, annotation: Any, default: Any = attrs.NOTHING) -> inspect.Parameter:
    """Return a parameter of a command that is given by name; without a default it is required."""
    default = inspect.Parameter.empty if default is attrs.NOTHING else default
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, annotation=annotation, default=default)


def made_command(
    function: Callable[..., object],
    name: str,
    parameters: Sequence[inspect.Parameter] | None = None,
    cls: type[TyperCommand] | None = None,
    **texts: Any,
) -> Any:
    """Return Typer's command for a function: its parameters become arguments and options.

    A parameter whose type is a class of attrs becomes an option for each attribute of the class.

    Args:
        function: What the command calls.
        name: What it is called.
        parameters: What the function takes; None asks it.
        cls: Its class, if it is a special one.
        **texts: `help` and `epilog`, in place of the docstring.
    """
    if parameters is None:
        parameters = tuple(inspect.signature(function, eval_str=True).parameters.values())
    spread = {one.name: one.annotation for one in parameters if options_of(one.annotation)}
    taken = [one for each in parameters for one in options_of(each.annotation) or [each]]
    taken += [parameter(common, kind, default=False) for common, kind in _OF_ALL]

    @functools.wraps(function)
    def typed(*positional: object, **given: Any) -> None:
        for common, _ in _OF_ALL:  # their callbacks have taken note of them
            given.pop(common)
        for taker, options in spread.items():
            names = [one.name for one in options_of(options)]
            given[taker] = options(**{name: given.pop(name) for name in names})
        function(*positional, **given)

    typed.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]
    typed.__annotations__ = {one.name: one.annotation for one in taken}
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,  # plain help comes in a third of the time
        pretty_exceptions_enable=False,  # its tracebacks show local variables, so also keys
    )
    app.command(name, cls=cls, **texts)(typed)
    return typer.main.get_command(app)
