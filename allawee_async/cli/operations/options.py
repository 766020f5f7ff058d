"""The arguments and options of a verb's command, as Typer takes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.commands import parameter as keyword
from allawee_async.cli.operations.help_texts import option_of, parameter_help
from allawee_async.cli.output.writers import Format
from allawee_async.models.schema import paths_of
from allawee_async.resources.verbs import Parameter, ParameterKind, Returns

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator

    from allawee_async.resources.verbs import Verb

_METAVARS: Final = {
    ParameterKind.TEXT: "TEXT",
    ParameterKind.SECRET: "@FILE",
    ParameterKind.WHOLE: "NUMBER",
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

Output = Annotated[
    Format | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="table, json, jsonl or csv; json if stdout is no terminal, else table.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns", metavar="NAMES", help="What a table or CSV shows: id,name,claims.type."
    ),
]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="Show secrets instead of ***; on a terminal only.")
]
MaxItems = Annotated[
    str | None, typer.Option("--max-items", metavar="NUMBER", help="Stop after so many; else all.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="If the API queues it (202), wait until it is done.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where to save it; - for stdout.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the file if there is one already.")
]


def own_parameters(verb: Verb) -> Iterator[inspect.Parameter]:
    """Yield what the method takes, and what goes with its kind of answer."""
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
    if verb.returns is Returns.PAGES:
        yield keyword("max_items", MaxItems, default=None)
    if verb.returns is Returns.FILE:
        yield keyword("out", Out, default=None)
        yield keyword("overwrite", Overwrite, default=False)


def _option(parameter: Parameter, text: str) -> inspect.Parameter:
    needed = (
        parameter.required and parameter.kind is not ParameterKind.SECRET
    )  # which can be asked for
    option = typer.Option(
        option_of(parameter),
        help=text,
        metavar=_METAVARS[parameter.kind],
        autocompletion=_completion(parameter.choices) if parameter.choices else None,
    )
    kind: Any = list[str] if parameter.kind in _REPEATED else str
    if needed:
        return keyword(parameter.name, Annotated[kind, option])
    return keyword(parameter.name, Annotated[kind | None, option], default=None)


def common_parameters(verb: Verb) -> Iterator[inspect.Parameter]:
    """Yield what does not depend on the method: the output, questions, the connection."""
    if verb.returns is not Returns.FILE:
        yield keyword("output", Output, default=None)
    if verb.returns in (Returns.PAGES, Returns.LIST):
        yield keyword("columns", Columns, default=None)
    if verb.returns is not Returns.FILE:
        yield keyword("reveal", Reveal, default=False)
    if verb.effect is not None:
        yield keyword("yes", Yes, default=False)
    if verb.writes:
        yield keyword("wait", Wait, default=False)
    yield keyword("connection", ConnectionOptions)


def field_parameters(verb: Verb) -> Iterator[inspect.Parameter]:
    """Yield an option for each field of the objects that a method takes."""
    for parameter in verb.parameters:
        for path, shape in paths_of(parameter.model):
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
