"""The arguments and options of a verb's command, as Typer takes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

import attrs
import typer

from allawee_async.cli.batch.options import takes_files
from allawee_async.cli.operations.help_texts import option_of, parameter_help
from allawee_async.cli.operations.output import OutputOptions
from allawee_async.cli.options import options_of
from allawee_async.cli.options import parameter as keyword
from allawee_async.models.schema import paths_of
from allawee_async.resources.verbs import Parameter, ParameterKind, Returns, Verb, verbs_of

_METAVARS: Final = {
    ParameterKind.TEXT: "TEXT",
    ParameterKind.SECRET: "@FILE",
    ParameterKind.WHOLE: "NUMBER",
    ParameterKind.NUMBER: "NUMBER",
    ParameterKind.TIME: "TIME",
    ParameterKind.TEXTS: "TEXT",
    ParameterKind.NAMES: "NAMES",
    ParameterKind.BODY: "JSON",
    ParameterKind.TEXT_OR_BODY: "TEXT|JSON",
}
_REPEATED: Final = (
    ParameterKind.TEXTS,
    ParameterKind.NAMES,
    ParameterKind.BODY,
    ParameterKind.TEXT_OR_BODY,
)


def own_parameters(verb: Verb) -> Iterator[inspect.Parameter]:
    """Yield what the method takes."""
    for parameter in verb.parameters:
        text = parameter_help(verb, parameter)
        if parameter.is_argument:
            shown = parameter.name.upper()
            yield keyword(parameter.name, Annotated[str, typer.Argument(metavar=shown, help=text)])
        elif parameter.kind is ParameterKind.FLAG:
            yield keyword(
                parameter.name,
                Annotated[bool | None, typer.Option(_flag(parameter), help=text)],
                default=None,
            )
        else:
            yield _option(parameter, text)


def times_of(verb: Verb) -> Verb:
    """Return the list beside a verb with nothing but the times that its entries can be of."""
    (listing,) = [one for one in verbs_of(verb.noun) if one.name == "list"]
    times = [one for one in listing.parameters if one.kind is ParameterKind.TIME]
    return attrs.evolve(listing, parameters=tuple(times))


def _option(parameter: Parameter, text: str) -> inspect.Parameter:
    needed = (
        parameter.required and parameter.kind is not ParameterKind.SECRET
    )  # which can be asked for
    option = typer.Option(
        option_of(parameter),
        help=text,
        metavar=_METAVARS[parameter.kind],
        autocompletion=_completion(parameter.shape.choices) if parameter.shape.choices else None,
    )
    kind: Any = list[str] if parameter.kind in _REPEATED else str
    if needed:
        return keyword(parameter.name, Annotated[kind, option])
    return keyword(parameter.name, Annotated[kind | None, option], default=None)


def output_parameters(verb: Verb) -> Iterator[inspect.Parameter]:
    """Yield the options of `OutputOptions` that go with what a verb does and answers."""
    is_list = verb.returns in (Returns.PAGES, Returns.LIST)
    is_file = verb.returns is Returns.FILE
    suits = {
        "output": not is_file,
        "columns": is_list,
        "reveal": not is_file,
        "no_pager": is_list,
        "yes": verb.effect is not None or takes_files(verb),
        "wait": verb.writes,
        "max_items": verb.returns is Returns.PAGES,
        "out": is_file,
        "overwrite": is_file,
    }
    yield from (one for one in options_of(OutputOptions) if suits[one.name])


def field_parameters(verb: Verb) -> Iterator[inspect.Parameter]:
    """Yield an option for each field of the objects that a method takes."""
    for parameter in verb.parameters:
        for path, shape in paths_of(parameter.shape.model):
            option = typer.Option(
                f"{option_of(parameter)}.{path}",
                autocompletion=_completion(shape.choices) if shape.choices else None,
            )
            name = f"{parameter.name}__{path.replace('.', '__')}"
            yield keyword(name, Annotated[str | None, option], default=None)


def _flag(parameter: Parameter) -> str:
    if parameter.name == "count_total":  # the API knows no way to say no to it
        return option_of(parameter)
    return f"{option_of(parameter)}/--no-{option_of(parameter)[2:]}"


def _completion(choices: tuple[str, ...]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete
