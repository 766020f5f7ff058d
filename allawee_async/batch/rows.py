"""The rows of a batch, checked before the first is sent: by what the verb itself would refuse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any, Final, NoReturn, cast

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.models.base import Model
from allawee_async.models.schema import camel
from allawee_async.resources.base import Findable
from allawee_async.resources.verbs import Parameter, ParameterKind, Verb, verb_of
from allawee_async.transport.request import Request

_TAKES: Final[Mapping[ParameterKind, tuple[tuple[type, ...], str]]] = {
    ParameterKind.TEXT: ((str,), "a text"),
    ParameterKind.SECRET: ((str,), "a text"),
    ParameterKind.WHOLE: ((int,), "a whole number"),
    ParameterKind.FLAG: ((bool,), "true or false"),
    ParameterKind.TIME: ((date, str), "a date or a moment"),
    ParameterKind.TEXTS: ((list, tuple), "a list of texts"),
    ParameterKind.NAMES: ((list, tuple, str), "a list of names"),
    ParameterKind.BODY: ((Mapping, Model, list, tuple), "an object"),
    ParameterKind.TEXT_OR_BODY: ((str, Mapping, Model), "a text or an object"),
}
_BANK_DIGITS, _ACCOUNT_DIGITS = (3, 6), 10
_ZEROS: Final = "zeros in front are lost where a spreadsheet takes it for a number"
_WEIGHTS: Final = (3, 7, 3)
_MOST_SHOWN: Final = 10


@attrs.frozen
class RowProblem:
    """What is wrong with a row.

    Attributes:
        number: Which row it is; the first is 1.
        reference: Its reference, if it has one.
        text: What is wrong, and what would be right.
    """

    number: int
    reference: str | None
    text: str

    def __str__(self) -> str:
        """Say which row it is, and what is wrong with it."""
        name = f" ({self.reference})" if self.reference else ""
        return f"row {self.number}{name}: {self.text}"


class BatchRowsError(ConfigurationError):
    """Some rows cannot be sent as they are; nothing was sent.

    Attributes:
        problems: All of them, in the order of the rows.
    """

    def __init__(self, problems: tuple[RowProblem, ...]) -> None:
        lines = [str(problem) for problem in problems[:_MOST_SHOWN]]
        if len(problems) > _MOST_SHOWN:
            lines.append(f"and {len(problems) - _MOST_SHOWN:,} more")
        super().__init__("nothing was sent: " + "; ".join(lines))
        self.problems = problems

    def __reduce__(self) -> tuple[type[BatchRowsError], tuple[tuple[RowProblem, ...]]]:
        """Pickle what it was made of."""
        return BatchRowsError, (self.problems,)


@attrs.frozen(repr=False)
class BatchRow:
    """A row that can be sent.

    Attributes:
        number: Which one it is; the first is 1.
        reference: Its reference.
        values: The arguments, by name.
        digest: Tells whether another row would send the same; secrets do not count.
        amount: The amount in minor units, if there is one.
        currency: The currency of the amount, if the row says so.
    """

    number: int
    reference: str
    values: Mapping[str, Any] = attrs.field(repr=False)
    digest: str
    amount: int | None
    currency: str | None


@attrs.frozen
class Plan:
    """Rows that were checked.

    Attributes:
        verb: What is done with each.
        rows: The rows.
        total: What they come to, by currency, in minor units; `""` where no row says which.
        warnings: What is odd about some of them, and is sent all the same.
    """

    verb: Verb
    rows: tuple[BatchRow, ...]
    total: Mapping[str, int]
    warnings: tuple[RowProblem, ...]


class _Recorded(Exception):  # noqa: N818 - no error: it carries what would have been sent
    def __init__(self, request: Request) -> None:
        self.request = request


class _Recorder:
    """Stands for a session, and sends nothing."""

    async def send(self, request: Request) -> NoReturn:
        raise _Recorded(request)


def check_rows(
    verb: Callable[..., Awaitable[object]], rows: Iterable[Mapping[str, object]]
) -> Plan:
    """Check all rows of a batch without sending anything.

    Args:
        verb: A method of a client that takes a `reference`, for instance
            `allawee.payments.create_payout`.
        rows: Its arguments, by name; each row with a `reference` of its own.

    Returns:
        The rows, what they come to, and what is odd about them: an account number that does not
        fit the check digit of its bank.

    Raises:
        BatchRowsError: Some rows cannot be sent; it tells all of them.
        ConfigurationError: The verb takes no reference, or its objects cannot be looked up by one.
    """
    found, noun = batch_verb(verb)
    checks = _Checks(found, type(noun)(cast("Any", _Recorder())))
    for number, row in enumerate(rows, 1):
        checks.add(number, row)
    if checks.problems:
        raise BatchRowsError(tuple(checks.problems))
    return Plan(found, tuple(checks.rows), totals(checks.rows), tuple(checks.warnings))


def batch_verb(method: object) -> tuple[Verb, Findable[Any]]:
    """Return what is known of a method that a batch can use, and the noun that finds what it made.

    Raises:
        ConfigurationError: It takes no reference, or its objects cannot be looked up by one.
    """
    verb = verb_of(method)
    noun = cast("Findable[Any] | None", getattr(method, "__self__", None))
    takes = () if verb is None else [parameter.name for parameter in verb.parameters]
    if verb is not None and isinstance(noun, Findable) and "reference" in takes:
        return verb, noun
    raise ConfigurationError(
        "a batch needs a method of a client that takes a reference, by which `find` finds what it "
        "made: allawee.payments.create_payout, allawee.customers.create, …"
    )


def totals(rows: Iterable[BatchRow]) -> dict[str, int]:
    """Return what rows come to, by currency."""
    sums: dict[str, int] = {}
    for row in rows:
        if row.amount is not None:
            sums[row.currency or ""] = sums.get(row.currency or "", 0) + row.amount
    return sums


class _Checks:
    """Checks row by row, and collects what is wrong."""

    def __init__(self, verb: Verb, noun: Any) -> None:
        self.rows: list[BatchRow] = []
        self.problems: list[RowProblem] = []
        self.warnings: list[RowProblem] = []
        self._method = getattr(noun, verb.name)
        self._parameters = {parameter.name: parameter for parameter in verb.parameters}
        self._seen: dict[str, int] = {}

    def add(self, number: int, row: object) -> None:
        """Check a row."""
        reference: str | None = None
        try:
            values = self._given(row)
            reference = self._reference(number, values)
            self.rows.append(self._row(number, reference, values))
        except ConfigurationError as error:
            self.problems.append(RowProblem(number, reference, str(error)))
        else:
            if odd := odd_account_number(values.get("options")):
                self.warnings.append(RowProblem(number, reference, odd))

    def _given(self, row: object) -> dict[str, Any]:
        if not isinstance(row, Mapping):
            raise ConfigurationError(f"a row is a mapping of arguments, not {type(row).__name__}")
        arguments = cast("Mapping[str, Any]", row)
        values = {name: value for name, value in arguments.items() if value is not None}
        if unknown := sorted(str(name) for name in values if name not in self._parameters):
            there = ", ".join(self._parameters)
            raise ConfigurationError(f"no such argument: {', '.join(unknown)}; there is {there}")
        for name, parameter in self._parameters.items():
            if name in values:
                _check_kind(parameter, values[name])
            elif parameter.required:
                raise ConfigurationError(f"{name} is missing")
        return values

    def _reference(self, number: int, values: Mapping[str, Any]) -> str:
        reference = values.get("reference")
        if not isinstance(reference, str) or not reference.strip():
            raise ConfigurationError("each row needs a reference of its own, which is not empty")
        if (first := self._seen.setdefault(reference, number)) != number:
            raise ConfigurationError(f"row {first} has the reference {reference!r} already")
        return reference

    def _row(self, number: int, reference: str, values: dict[str, Any]) -> BatchRow:
        money = [name for name, parameter in self._parameters.items() if parameter.shape.money]
        return BatchRow(
            number=number,
            reference=reference,
            values=values,
            digest=self._digest(values),
            amount=next((values[name] for name in money if name in values), None),
            currency=values.get("currency"),
        )

    def _digest(self, values: Mapping[str, Any]) -> str:
        """Let the method itself check the values, up to the moment when it would send them."""
        try:
            self._method(**values).send(None)
        except _Recorded as recorded:
            request = recorded.request
            sent = f"{request.method} {request.path}\n".encode() + (request.body or b"")
            for secret in request.secrets:
                sent = sent.replace(secret.encode(), b"***")
            return sha256(sent).hexdigest()[:32]
        raise ConfigurationError("this method sends more than one request, so it fits no batch")


def _check_kind(parameter: Parameter, value: object) -> None:
    types, name = _TAKES[parameter.kind]
    is_odd_flag = isinstance(value, bool) and parameter.kind is not ParameterKind.FLAG
    if is_odd_flag or not isinstance(value, types):
        hint = " in minor units (kobo, cents)" if parameter.shape.money else ""
        raise ConfigurationError(
            f"{parameter.name} must be {name}{hint}, not {type(value).__name__}"
        )


def odd_account_number(options: object) -> str | None:
    """Return what is odd about the account that gets the money, if anything is.

    The last digit of a Nigerian account number (NUBAN, Central Bank of Nigeria, 2010) checks the
    nine before it and the three of the bank. Codes of six digits have a rule that few banks follow.
    """
    code, number = _option(options, "bank_code"), _option(options, "account_number")
    if code is None or number is None or not code.isdecimal():
        return None
    if len(code) not in _BANK_DIGITS:
        return f"a bank code has 3 digits or 6; {_ZEROS}"
    if len(number) != _ACCOUNT_DIGITS or not (number.isascii() and number.isdecimal()):
        return f"an account number has {_ACCOUNT_DIGITS} digits; {_ZEROS}"
    if len(code) != _BANK_DIGITS[0]:
        return None
    digits = [int(digit) for digit in code + number]
    weighted = sum(digit * _WEIGHTS[place % 3] for place, digit in enumerate(digits[:-1]))
    if -weighted % 10 == digits[-1]:
        return None
    return f"the account number does not fit the check digit of bank {code}: is it mistyped?"


def _option(options: object, name: str) -> str | None:
    if isinstance(options, Mapping):
        fields = cast("Mapping[str, object]", options)
        found = fields.get(name, fields.get(camel(name)))
    else:
        found = getattr(options, name, None)
    return found if isinstance(found, str) else None
