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
_TYPES: Final[dict[ParameterKind, Any]] = {
    ParameterKind.FLAG: bool,
    ParameterKind.TEXTS: list[str],
    ParameterKind.NAMES: list[str],
    ParameterKind.BODY: list[str],
    ParameterKind.TEXT_OR_BODY: list[str],
}


def own_parameters(verb: Verb) -> Iterator[inspect.Parameter]:
    """Yield what the method takes."""
    for parameter in verb.parameters:
        text = parameter_help(verb, parameter)
        if parameter.is_argument:
            shown = parameter.name.upper()
            yield keyword(parameter.name, Annotated[str, typer.Argument(metavar=shown, help=text)])
            continue
        option = typer.Option(
            _flag(parameter) if parameter.kind is ParameterKind.FLAG else option_of(parameter),
            help=text,
            metavar=_METAVARS.get(parameter.kind),
            autocompletion=_completion(parameter.shape.choices),
        )
        kind = _TYPES.get(parameter.kind, str)
        if parameter.required and parameter.kind is not ParameterKind.SECRET:  # which is asked for
            yield keyword(parameter.name, Annotated[kind, option])
        else:
            yield keyword(parameter.name, Annotated[kind | None, option], default=None)


def times_of(verb: Verb) -> Verb:
    """Return the list beside a verb with nothing but the times that its entries can be of."""
    (listing,) = [one for one in verbs_of(verb.noun) if one.name == "list"]
    times = [one for one in listing.parameters if one.kind is ParameterKind.TIME]
    return attrs.evolve(listing, parameters=tuple(times))


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
                f"{option_of(parameter)}.{path}", autocompletion=_completion(shape.choices)
            )
            name = f"{parameter.name}__{path.replace('.', '__')}"
            yield keyword(name, Annotated[str | None, option], default=None)


def _flag(parameter: Parameter) -> str:
    if parameter.name == "count_total":  # the API knows no way to say no to it
        return option_of(parameter)
    return f"{option_of(parameter)}/--no-{option_of(parameter)[2:]}"


def _completion(choices: tuple[str, ...]) -> Callable[[str], list[str]] | None:
    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete if choices else None
