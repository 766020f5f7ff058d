"""Results for people: a list as a table as wide as the terminal, one object as a list of fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from allawee_async.cli.output.cells import cell, currency_of, is_money
from allawee_async.cli.output.columns import all_columns, chosen_columns, value_at
from allawee_async.cli.output.console import is_unicode, output_console
from allawee_async.models.schema import Kind, fields_of
from allawee_async.redaction import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from allawee_async.models.base import Model
    from allawee_async.types import JSONObject, JSONValue

_GAP: Final = 2
_DOTS: Final = "..."
_NARROWEST: Final = 12
_WIDEST: Final = 40
_FEWEST_COLUMNS: Final = 3
_LEFT_OUT: Final = frozenset({"object", "updatedAt"})
_IN_THE_WAY: Final = (Kind.OBJECT, Kind.LIST, Kind.MAPPING, Kind.JSON)
_FIRST: Final = ("id", "_id")
_LAST: Final = ("createdAt", "updatedAt", "object")
_LOOKED_FOR: Final[dict[str, tuple[str, ...]]] = {
    "AccountLogEntry": ("createdAt", "type", "amount", "balanceAfter", "reference", "category"),
    "Card": ("id", "details.last4", "details.cardHolderName", "status", "customer", "createdAt"),
    "Payment": (
        *("id", "amount", "status", "reference", "methodData.bankTransfer.accountName"),
        *("createdAt", "failureReason"),
    ),
}
"""What people look for in a list, by model: these columns come first, and are kept longest."""
_KEPT_LONGEST: Final = ("id", "_id", "name", "amount", "status", "createdAt", "type", "customer")


@attrs.frozen
class _Column:
    """A column and the room that it gets."""

    name: str
    heading: str
    width: int
    shrinks: bool
    is_amount: bool

    @property
    def least(self) -> int:
        return min(self.width, _NARROWEST) if self.shrinks else self.width


class TableWriter:
    """Writes tables to stdout; the first page decides on the columns and their widths."""

    def __init__(self, model: type[Model] | None, names: Sequence[str] | None) -> None:
        self._model = model
        self._names = names
        self._console = output_console()
        self._layout: list[_Column] | None = None
        self._stacked: list[str] = []
        self._is_empty = True

    def one(self, record: JSONObject) -> None:
        """Write the fields of an object below each other."""
        self._print_fields(list(_rows(_in_order(record), "", self._model, ())))

    def page(self, records: Sequence[JSONObject]) -> None:
        """Write some rows; the first ones below a heading."""
        if not records:
            return
        is_first, self._is_empty = self._is_empty, False
        if is_first:
            self._choose(records)
        if self._layout is None:
            for record in records:
                self._print_stacked(record)
            return
        self._layout = _grown(self._layout, self._model, records, self._console.width)
        table = _table(self._layout, heading=is_first)
        for record in records:
            table.add_row(*(self._fitting(record, column) for column in self._layout))
        self._console.print(table)

    def end(self) -> None:
        """Say that there was nothing, if there was nothing."""
        if self._is_empty:
            chosen_columns(self._names or (), self._model, ())
            self._console.print(Text("none", style="dim"))

    def _choose(self, records: Sequence[JSONObject]) -> None:
        if self._names is None:
            names = _usual_columns(self._model, records)
        else:
            names = chosen_columns(self._names, self._model, records)
        usual = self._names is None
        columns = [_measured(name, self._model, records, brief=usual) for name in names]
        kept = (*_looked_for(self._model), *_KEPT_LONGEST, *names) if usual else None
        self._layout = _fitted(columns, self._console.width, kept)
        self._stacked = names

    def _fitting(self, record: JSONObject, column: _Column) -> Text:
        """Return a cell; where Rich has no character to say that it is cut, dots say so."""
        text = _cell(record, column.name, self._model)
        if column.shrinks and not is_unicode(self._console) and text.cell_len > column.width:
            text.truncate(column.width - len(_DOTS))
            text.append(_DOTS)
        return text

    def _print_stacked(self, record: JSONObject) -> None:
        first, *others = self._stacked
        there = [name for name in others if value_at(record, name) is not None]
        self._console.print(_cell(record, first, self._model), overflow="fold")
        longest = max((len(name) for name in others), default=0)
        self._print_fields(
            [(name, _cell(record, name, self._model)) for name in there], longest, indent=_GAP
        )

    def _print_fields(
        self, rows: Sequence[tuple[str, Text]], longest: int = 0, *, indent: int = 0
    ) -> None:
        """Write names and values, a line each; what is too long for it goes on below itself."""
        room = self._console.width
        table = Table.grid(padding=(0, _GAP, 0, 0))
        table.add_column(
            style="bold",
            no_wrap=room > 2 * _WIDEST,
            overflow="fold",
            min_width=min(longest, room // 2),
        )
        table.add_column(overflow="fold")
        for name, text in rows:
            table.add_row(name, text)
        if rows:
            self._console.print(Padding(table, (0, 0, 0, indent), expand=False))


def _usual_columns(model: type[Model] | None, records: Sequence[JSONObject]) -> list[str]:
    """Return the columns that say most: plain fields that are there, no secrets."""
    fields = fields_of(model)
    names: list[str] = []
    for name in all_columns(model, records):
        shape = fields.get(name)
        values = [value_at(record, name) for record in records]
        if "." in name or name in _LEFT_OUT or all(value is None for value in values):
            continue
        if shape and (shape.secret or shape.kind in _IN_THE_WAY):
            continue
        if not any(isinstance(value, (dict, list)) for value in values):
            names.append(name)
    if any(is_money(name, model) for name in names) and "currency" in names:
        names.remove("currency")  # it stands beside the money
    wanted = [
        name
        for name in _looked_for(model)
        if any(value_at(record, name) is not None for record in records)
    ]
    return [*dict.fromkeys([*wanted, *names])] or all_columns(model, records)


def _looked_for(model: type[Model] | None) -> tuple[str, ...]:
    return () if model is None else _LOOKED_FOR.get(model.__name__, ())


def _measured(
    name: str, model: type[Model] | None, records: Sequence[JSONObject], *, brief: bool
) -> _Column:
    heading = name.rpartition(".")[2] if brief else name
    cells = [_cell(record, name, model) for record in records]
    width = max(len(heading), *(text.cell_len for text in cells))
    is_amount = is_money(name, model)
    shrinks = not is_amount and all(not text.style for text in cells)
    return _Column(name, heading, min(width, _WIDEST) if shrinks else width, shrinks, is_amount)


def _fitted(columns: list[_Column], room: int, order: Sequence[str] | None) -> list[_Column] | None:
    """Return the columns that there is room for, or None if there is not enough for a table.

    Args:
        columns: The columns.
        room: How wide the table may be.
        order: The names in the order in which columns are kept; None lets none be dropped.
    """
    kept = list(columns)
    while order and len(kept) > 1 and _total(kept) > room:
        kept.remove(max(kept, key=lambda column: order.index(column.name)))
    if _total(kept) > room or len(kept) < min(_FEWEST_COLUMNS, len(columns)):
        return None
    spare = room - _total(kept)
    fitted: list[_Column] = []
    for column in kept:
        wider = min(spare, column.width - column.least)
        spare -= wider
        fitted.append(attrs.evolve(column, width=column.least + wider))
    return fitted


def _grown(
    layout: list[_Column], model: type[Model] | None, records: Sequence[JSONObject], room: int
) -> list[_Column]:
    """Return the layout with room for the amounts and states of a later page, if there is any."""
    spare = room - sum(column.width for column in layout) - _GAP * (len(layout) - 1)
    grown: list[_Column] = []
    for column in layout:
        width = 0 if column.shrinks else _measured(column.name, model, records, brief=True).width
        wider = max(0, min(spare, width - column.width))
        spare -= wider
        grown.append(attrs.evolve(column, width=column.width + wider))
    return grown


def _total(columns: list[_Column]) -> int:
    return sum(column.least for column in columns) + _GAP * (len(columns) - 1)


def _table(layout: list[_Column], *, heading: bool) -> Table:
    table = Table(
        box=None,
        padding=(0, _GAP, 0, 0),
        pad_edge=False,
        header_style="bold",
        show_header=heading,
    )
    for column in layout:
        table.add_column(
            column.heading,
            width=column.width,
            justify="right" if column.is_amount else "left",
            no_wrap=column.shrinks,
            overflow="ellipsis" if column.shrinks else "fold",
        )
    return table


def _cell(record: JSONObject, path: str, model: type[Model] | None) -> Text:
    value = value_at(record, path)
    if isinstance(value, dict):
        value = value.get("id") or str(value)
    above, _, name = path.rpartition(".")
    around = (value_at(record, above), record) if above else (record,)
    return cell(name, value, currency_of(path, model, around), brief=True)


def _in_order(record: JSONObject) -> JSONObject:
    """Return an object with its id first and its timestamps last, as all lists have them."""
    first = [name for name in _FIRST if name in record]
    last = [name for name in _LAST if name in record]
    others = [name for name in record if name not in (*first, *last)]
    return {name: record[name] for name in (*first, *others, *last)}


def _rows(
    value: JSONValue, path: str, model: type[Model] | None, around: tuple[JSONObject, ...]
) -> Iterator[tuple[str, Text]]:
    """Yield the name and the text of each plain value inside an object."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _rows(inner, f"{path}.{name}" if path else name, model, (value, *around))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _rows(item, f"{path}.{index}", model, around)
    elif path and value not in ({}, None):
        currency = currency_of(path, model, around)
        yield printable(path), cell(path.rpartition(".")[2], value, currency)
