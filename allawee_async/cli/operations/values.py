"""What was typed, as the arguments of a method."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import typer

from allawee_async.cli.access.credentials import ask_hidden, read_secret_file
from allawee_async.cli.errors import UsageError
from allawee_async.cli.operations.bodies import read_body
from allawee_async.cli.operations.conditions import CONDITIONS
from allawee_async.cli.operations.confirmations import somebody_answers
from allawee_async.cli.operations.help_texts import option_of
from allawee_async.cli.output.cells import cell
from allawee_async.cli.output.columns import record_of
from allawee_async.codec.json import dumps
from allawee_async.query.times import read_time, with_date_operators
from allawee_async.redaction import SecretText
from allawee_async.resources.verbs import Parameter, ParameterKind
from allawee_async.types import FreeForm, JSONValue

_MOST_DIGITS: Final = 18
_FRACTION: Final = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")


def arguments_of(
    parameters: Sequence[Parameter], given: Mapping[str, Any], *, stdin_is_taken: bool = False
) -> dict[str, Any]:
    """Return the arguments of a call, by Python name; what was not given is None.

    Args:
        parameters: What the method takes.
        given: What was typed for each of them.
        stdin_is_taken: Whether the key is read from stdin.

    Raises:
        CommandError: A value cannot be one of its parameter, or two are to come from stdin.
    """
    readers = ["--api-key-file -"] if stdin_is_taken else []
    for one in parameters:
        typed = given.get(one.name)
        texts = [typed] if isinstance(typed, str) else typed or ()
        if one.is_body or one.kind is ParameterKind.SECRET:
            readers += [f"{option_of(one)} @-" for text in texts if text == "@-"]
    if len(readers) > 1:
        raise UsageError(
            f"stdin can be read once only, and {' and '.join(readers)} want it; give one a file"
        )
    return {
        parameter.name: _value(parameter, given.get(parameter.name)) for parameter in parameters
    }


def shown_arguments(
    parameters: Sequence[Parameter], arguments: Mapping[str, Any]
) -> dict[str, str]:
    """Return the arguments as a person reads them in a question, without secrets."""
    currency = arguments.get("currency")
    currency = currency if isinstance(currency, str) else None
    return {
        parameter.name: _shown(parameter, arguments[parameter.name], currency)
        for parameter in parameters
        if parameter.kind is not ParameterKind.SECRET and arguments[parameter.name] is not None
    }


def _shown(parameter: Parameter, value: object, currency: str | None) -> str:
    if parameter.is_body and not isinstance(value, str):
        record = record_of(cast("FreeForm", value), model=parameter.shape.model, reveal=False)
        return dumps(record).decode()
    amount_in = currency if parameter.shape.money else None
    return cell(parameter.name, cast("JSONValue", value), amount_in).plain


def whole_number(option: str, text: str, least: int = 0, *, is_money: bool = False) -> int:
    """Return a number; `100.00` and `1_000` are none, because money has minor units here.

    Raises:
        CommandError: It is none, or too small.
    """
    digits = text.removeprefix("-") if least < 0 else text
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    if not is_number or int(text) < least:
        minor = " of minor units: 10000 are 100.00" if is_money else ""
        from_on = f", {least} or more" if least or text.startswith("-") else ""
        raise UsageError(f"{option} takes a whole number{minor}{from_on}")
    return int(text)


def time_of(option: str, text: str) -> datetime:
    """Return the time that somebody wrote.

    Raises:
        CommandError: It is none.
    """
    try:
        return read_time(text, datetime.now(UTC))
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def _value(parameter: Parameter, typed: Any) -> Any:
    if parameter.kind is ParameterKind.SECRET:
        return _secret(parameter, typed)
    if typed is None:
        return None
    option = option_of(parameter)
    match parameter.kind:
        case ParameterKind.WHOLE:
            least = 1 if parameter.name == "limit" else 0
            return whole_number(option, typed, least, is_money=parameter.shape.money)
        case ParameterKind.NUMBER if _FRACTION.fullmatch(typed):
            return float(typed)
        case ParameterKind.NUMBER:
            return whole_number(option, typed)
        case ParameterKind.TIME:
            return time_of(option, typed)
        case ParameterKind.TEXTS if parameter.name in CONDITIONS:
            return [with_date_operators(text) for text in typed]
        case ParameterKind.NAMES:
            return [name for text in typed for name in _names(text)]
        case ParameterKind.BODY | ParameterKind.TEXT_OR_BODY:
            or_text = parameter.kind is ParameterKind.TEXT_OR_BODY
            return read_body(option, typed, parameter.shape.model, or_text=or_text)
        case _:  # an id that was cut out of a CSV ends in a carriage return
            return typed.strip() if parameter.is_argument else typed


def _names(text: str) -> list[str]:
    """Return the names in a text; a comma behind a colon belongs to `customer:name,email`."""
    words = text.split()
    return [name for word in words for name in ([word] if ":" in word else word.split(",")) if name]


def _secret(parameter: Parameter, typed: str | None) -> str | None:
    """Return a secret: from a file, from stdin, or asked for on the terminal."""
    option = option_of(parameter)
    if typed is None:
        if not parameter.required:
            return None
        if not somebody_answers():
            raise UsageError(f"{option} is missing: give {option} @FILE, or {option} @- for stdin")
        return SecretText(ask_hidden(f"{parameter.name}: ").strip())
    if typed.startswith("@"):
        what = parameter.name.replace("_", " ")
        return SecretText(read_secret_file(Path(typed[1:]), what).strip())
    typer.echo(
        f"note: what stands behind {option} can be seen by others on this computer, and stays in "
        f"the history of the shell; {option} @- reads it from stdin",
        err=True,
    )
    return SecretText(typed)
