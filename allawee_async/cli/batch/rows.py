"""The rows of a file as the arguments of calls, all of them checked before the first is sent."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import attrs

from allawee_async.batch import BatchRowsError, Plan, check_rows
from allawee_async.cli.batch.options import Amounts
from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.cli.operations.help_texts import option_of
from allawee_async.cli.operations.values import arguments_of
from allawee_async.cli.wording import counted, did_you_mean, kebab
from allawee_async.models.schema import camel
from allawee_async.redaction import SecretText, printable
from allawee_async.resources.verbs import Parameter, ParameterKind, Verb

if TYPE_CHECKING:
    from allawee_async.cli.batch.files import Row

_SHOWN: Final = 10
_MINOR_DIGITS: Final = 2


@attrs.frozen(kw_only=True)
class Reading:
    """How the columns of a file become arguments.

    Attributes:
        columns: The options, such as `amount` or `options.accountNumber`, by the columns that are
            not named after them.
        ignored: The columns that are left out.
        amounts: Whether amounts are major units, `1500.50`, or minor ones.
        fixed: What was typed for all rows, by Python name.
    """

    columns: Mapping[str, str]
    ignored: frozenset[str] = frozenset()
    amounts: Amounts = Amounts.MINOR
    fixed: Mapping[str, Any] = attrs.Factory(dict[str, Any])


def plan_of(verb: Verb, rows: Sequence[Row], reading: Reading) -> Plan:
    """Return the calls that rows ask for, all of them checked.

    Raises:
        CommandError: Columns are for nothing, or rows cannot be sent; the first of them are told.
    """
    columns = dict.fromkeys(column for row in rows for column in row.cells)
    places: dict[str, tuple[Parameter, str] | None] = {}
    unused: list[str] = []
    for column in columns:
        try:
            places[column] = _place_of(verb, column, reading)
        except CommandError as error:
            unused.append(str(error))
    if unused:
        raise UsageError("; ".join(unused[:_SHOWN]))
    calls: list[dict[str, Any]] = []
    wrong: list[str] = []
    for row in rows:
        try:
            calls.append(_call_of(verb, row.cells, reading, places))
        except CommandError as error:
            wrong.append(f"{row.place}: {error}")
    if not wrong:
        try:
            return check_rows(verb.method, calls)
        except BatchRowsError as error:
            wrong = [f"{rows[one.number - 1].place}: {one.text}" for one in error.problems]
    more = f"; and {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
    raise UsageError(
        f"{counted(len(wrong), 'row')} cannot be sent, so nothing was: "
        f"{'; '.join(map(printable, wrong[:_SHOWN]))}{more}"
    )


def _call_of(
    verb: Verb,
    cells: Mapping[str, str],
    reading: Reading,
    places: Mapping[str, tuple[Parameter, str] | None],
) -> dict[str, Any]:
    given: dict[str, Any] = dict(reading.fixed)
    secrets: dict[str, SecretText] = {}
    for column, text in cells.items():
        place = places[column]
        if place is None:
            continue
        parameter, path = place
        if parameter.kind is ParameterKind.SECRET:
            secrets[parameter.name] = SecretText(text)
        elif parameter.is_body or parameter.kind is ParameterKind.TEXTS:
            if parameter.is_body and not path and text.startswith("@"):
                # What stands in a file may come from anybody, and must not read other files.
                raise CommandError(f"{option_of(parameter)} must be JSON")
            typed = f".{path}={text}" if path else text
            given[parameter.name] = [*(given.get(parameter.name) or ()), typed]
        elif parameter.shape.money and reading.amounts is Amounts.MAJOR:
            given[parameter.name] = _minor(option_of(parameter), text)
        elif parameter.shape.money and "." in text:
            raise CommandError(
                f"{option_of(parameter)} takes minor units, 150050 for 1500.50; --amounts major "
                "takes the latter"
            )
        else:
            given[parameter.name] = text
    plain = [one for one in verb.parameters if one.kind is not ParameterKind.SECRET]
    values = {**arguments_of(plain, given), **secrets}
    return {name: value for name, value in values.items() if value is not None}


def _place_of(verb: Verb, column: str, reading: Reading) -> tuple[Parameter, str] | None:
    """Return the parameter that a column is for, and the dotted path inside of it.

    Raises:
        CommandError: There is none.
    """
    if column in reading.ignored:
        return None
    head, _, path = reading.columns.get(column, column).removeprefix("--").partition(".")
    for parameter in verb.parameters:
        names = (parameter.name, kebab(parameter.name), camel(parameter.name))
        if head in names and (not path or parameter.is_body):
            if reading.fixed.get(parameter.name) and not parameter.is_body:
                raise UsageError(
                    f"the column {column!r} and {option_of(parameter)} say the same: leave one out"
                )
            return parameter, path
    close = did_you_mean(column, [kebab(one.name) for one in verb.parameters])
    raise UsageError(
        f"the column {column!r} is no option of this command; {close}use "
        f"--map {shlex.quote(f'OPTION={column}')}, or --ignore {shlex.quote(column)} to leave it "
        "out"
    )


def _minor(option: str, text: str) -> str:
    """Return an amount in major units as one in minor units, exactly.

    Raises:
        CommandError: It is none, or has a part of a minor unit.
    """
    try:
        amount = Decimal(text).scaleb(_MINOR_DIGITS)
    except InvalidOperation:
        amount = Decimal("NaN")
    is_plain = text.isascii() and text.replace(".", "", 1).isdigit()
    if not is_plain or amount != amount.to_integral_value():
        raise CommandError(
            f"{option} takes an amount such as 1500 or 1500.50, without signs and commas"
        )
    return str(int(amount))
