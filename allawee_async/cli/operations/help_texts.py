"""The help of a command, from the docstring of its method; pure."""

from __future__ import annotations

import re
from typing import Final

from allawee_async import errors
from allawee_async.cli.errors import ExitCode, exit_code_of
from allawee_async.cli.operations.wording import first_sentence, option_of, spoken
from allawee_async.models.schema import Kind, Shape, paths_of
from allawee_async.resources.verbs import FIND, Parameter, ParameterKind, Returns, Verb

PAGE_SIZE: Final = 100
"""How many entries the command line asks for at a time; the API's 20 would be slow."""

_CONDITIONS: Final = "Such as `status:active`, `amount>=50000`, `name~ade`, `type|in|main,sub`."
_AS_FOR_ANY: Final = "As for any read."
_OF_PYTHON: Final = ("ConfigurationError", "DecodeError")
_UNKNOWN: Final = "AllaweeError"


def summary(verb: Verb) -> str:
    """Return the line of a command in the help of its group."""
    return first_sentence(
        _of_this_noun(verb, verb.docs.paragraphs[0] if verb.docs.paragraphs else "")
    )


def description(verb: Verb) -> str:
    """Return what a command does and answers."""
    paragraphs = [_spoken(verb, _of_this_noun(verb, text)) for text in verb.docs.paragraphs]
    if verb.returns is Returns.OBJECT and verb.docs.returns:
        answer = first_sentence(_of_this_noun(verb, verb.docs.returns))
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


def fields_help(parameter: Parameter) -> list[tuple[str, str]]:
    """Return the options for the fields of an object, and what they hold."""
    paths = paths_of(parameter.model)
    return [(f"{option_of(parameter)}.{path}", _meaning(shape)) for path, shape in paths]


def advice_if_unknown(verb: Verb) -> str | None:
    """Return what to do if it is not known whether a write took effect."""
    text = _spoken(verb, dict(verb.docs.raises).get(_UNKNOWN, ""))
    _, comma, advice = text.partition(", ")
    return advice.rstrip(".") if comma and "took effect" in text else None


def _of_this_noun(verb: Verb, text: str) -> str:
    """Return words that all nouns share as words of this one."""
    noun = words_of(verb.noun)
    text = text.replace("the objects", f"the {noun}")
    return re.sub(r"((?:the one|The)) object", rf"\1 {noun.removesuffix('s')}", text)


def words_of(noun: str) -> str:
    """Return what is counted: `payment requests`, `banks`."""
    return noun.rpartition(".")[2].replace("_", " ")


def _spoken(verb: Verb, text: str) -> str:
    names = [parameter.name for parameter in verb.parameters if not parameter.is_argument]
    return spoken(text, options=names, verbs=verb.siblings)


def _exit_code(name: str) -> ExitCode:
    if name == _UNKNOWN:
        return ExitCode.UNKNOWN
    error: type[Exception] = getattr(errors, name)
    return exit_code_of(error(""))


def _meaning(shape: Shape) -> str:
    if shape.choices:
        return ", ".join(shape.choices)
    if shape.item is not None:
        return "may be repeated" if shape.item.kind is Kind.TEXT else "JSON"
    return "" if shape.kind is Kind.TEXT else str(shape.kind)
