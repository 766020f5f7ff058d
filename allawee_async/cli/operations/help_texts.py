"""The help of a command, from the docstring of its method; pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from allawee_async import errors
from allawee_async.cli.errors import ExitCode, exit_code_of
from allawee_async.cli.wording import command_words, kebab, words_of
from allawee_async.models.schema import Kind, Shape, camel, paths_of
from allawee_async.resources.base import Findable, Listable
from allawee_async.resources.verbs import FIND, Parameter, ParameterKind, Returns, Verb

PAGE_SIZE: Final = 100
"""How many entries the command line asks for at a time; the API's 20 would be slow."""

_OPTIONS: Final = {
    "created_since": "since",
    "created_until": "until",
    "updated_since": "changed-since",
}
_TIMES: Final = "2026-11-27, yesterday, 3h (ago), 7d, or an ISO timestamp."
_CONDITIONS: Final = "Such as `status:active`, `amount>=50000`, `name~ade`, `type|in|main,sub`."
_AS_FOR_ANY: Final = "As for any read."
_OF_PYTHON: Final = ("ConfigurationError", "DecodeError")


def summary(verb: Verb) -> str:
    """Return the line of a command in the help of its group."""
    return first_sentence(_spoken(verb, "".join(_paragraphs(verb)[:1])))


def description(verb: Verb) -> str:
    """Return what a command does and answers."""
    paragraphs = [_spoken(verb, text) for text in _paragraphs(verb)]
    if verb.returns is Returns.OBJECT and verb.docs.returns:
        answer = first_sentence(_spoken(verb, verb.docs.returns))
        paragraphs.append(f"Answer: {answer[:1].lower()}{answer[1:]}.")
    return "\n\n".join(paragraphs)


def parameter_help(verb: Verb, parameter: Parameter) -> str:
    """Return the help of one argument or option."""
    text = _spoken(verb, verb.docs.arguments.get(parameter.name, ""))
    match parameter.kind:
        case _ if parameter.name == "limit":
            return text.replace("the API's default is 20", f"{PAGE_SIZE} if left out")
        case _ if parameter.name == "filter":
            return f"{text} {_CONDITIONS} May be repeated."
        case ParameterKind.SECRET:
            else_asked = "; else it is asked for" if parameter.required else ""
            return f"{text} It is read from @FILE, or @- for stdin{else_asked}."
        case ParameterKind.TIME:
            return f"{text} {_TIMES}"
        case ParameterKind.TEXTS | ParameterKind.NAMES:
            return f"{text} May be repeated."
        case ParameterKind.BODY | ParameterKind.TEXT_OR_BODY:
            whole = "Or JSON" if parameter.kind is ParameterKind.TEXT_OR_BODY else "JSON"
            return f"{text} {whole}, @FILE, @- for stdin; or {option_of(parameter)}.FIELD VALUE."
        case _:
            return text


def exit_codes(verb: Verb) -> list[tuple[str, str]]:
    """Return the exit codes that mean something of their own here, and what they mean."""
    codes = [
        (_exit_code(error), _spoken(verb, text))
        for error, text in verb.docs.raises
        if error not in _OF_PYTHON and text != _AS_FOR_ANY
    ]
    if verb.name == FIND:  # the method returns None
        codes.append((ExitCode.NOT_FOUND, "There is none with this reference."))
    return [(str(int(code)), text) for code, text in sorted(codes)]


def examples(verb: Verb) -> str:
    """Return whole commands that one can copy, each on lines of its own; nothing, if none is kept.

    They stand in one file beside this one, which the tests run.
    """
    start = f"allawee {command_words(verb.call)} "
    text = Path(__file__).with_name("examples.txt").read_text("utf-8")
    return "\n".join(block for block in text.strip().split("\n\n") if block.startswith(start))


def option_of(parameter: Parameter) -> str:
    """Return the option's name on the command line: `--fx-hash`."""
    return f"--{_OPTIONS.get(parameter.name) or kebab(parameter.name)}"


def fields_help(parameter: Parameter) -> list[tuple[str, str]]:
    """Return the options for the fields of an object, and what they hold."""
    paths = paths_of(parameter.shape.model)
    return [(f"{option_of(parameter)}.{path}", _meaning(shape)) for path, shape in paths]


def _paragraphs(verb: Verb) -> tuple[str, ...]:
    """Return what a verb does; of those that resources share, in words for this resource."""
    words = words_of(verb.noun)
    function = verb.method.__func__
    if function is vars(Listable)["list"]:
        return (f"List the {words}, newest first.",)
    if function is vars(Findable)["find"]:
        does = f"Look up the one {words.removesuffix('s')} with a reference."
        return does, *verb.docs.paragraphs[1:]
    return verb.docs.paragraphs


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, or what of it stands before a semicolon."""
    return re.split(r"[.;](?:\s|$)", text, maxsplit=1)[0]


def spoken(text: str, *, options: Collection[str], verbs: Collection[str]) -> str:
    """Return a text with the names in it as the command line writes them.

    `fx_hash` is the option --fx-hash, `allawee.cards.link_by_pan` a command, any other name that
    Python writes with an underscore a field: `fxQuoteHash`.

    Args:
        text: What a docstring says.
        options: The Python names of the command's options.
        verbs: The Python names of the verbs beside it.
    """

    def named(found: re.Match[str]) -> str:
        program, name = found.groups(default="")
        last = name.rpartition(".")[2]
        if name in options:
            return f"--{kebab(name)}"
        if program or last in verbs or (name != last and "_" in last):
            return f"`{command_words(program + name)}`"
        return f"`{camel(name)}`" if "_" in name else found[0]

    return re.sub(r"`(allawee\.)?([a-z_.\d]+)`", named, text)


def _spoken(verb: Verb, text: str) -> str:
    options = [one.name for one in verb.parameters if not one.is_argument]
    return spoken(text, options=options, verbs=verb.siblings)


def _exit_code(name: str) -> ExitCode:
    if name == "AllaweeError":
        return ExitCode.UNKNOWN
    error: type[Exception] = getattr(errors, name)
    return exit_code_of(error(""))


def _meaning(shape: Shape) -> str:
    if shape.choices:
        return ", ".join(shape.choices)
    if shape.item is not None:
        is_text = shape.item.kind in (Kind.TEXT, Kind.RELATION)
        return "may be repeated" if is_text else "JSON"
    return "" if shape.kind is Kind.TEXT else str(shape.kind)
