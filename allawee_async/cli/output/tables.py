"""Results for people: a list as a table as wide as the terminal, one object as a list of fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from allawee_async.cli.output.cells import cell, currency_of, is_money, money
from allawee_async.cli.output.columns import (
    TableColumn,
    chosen_columns,
    in_order,
    usual_columns,
    value_at,
)
from allawee_async.cli.output.console import is_unicode, output_console
from allawee_async.codec.json import dumps
from allawee_async.models.base import Model
from allawee_async.redaction import printable
from allawee_async.types import JSONObject, JSONValue

_GAP: Final = 2
_DOTS: Final = "..."
_NARROWEST: Final = 14
_NARROWEST_REASON: Final = 24
_FEWEST_COLUMNS: Final = 3
_ROOMY: Final = 80
_NO_TOTAL: Final = ("balanceBefore", "balanceAfter", "cap")
_TOTAL: Final = "total"
_CAME_TO_NOTHING: Final = ("failed", "declined", "reversed", "cancelled")


@attrs.frozen
class _PlacedColumn:
    """A column and the room that it gets."""

    column: TableColumn
    width: int
    shrinks: bool
    is_amount: bool

    @property
    def least(self) -> int:
        if not self.shrinks:
            return self.width
        is_reason = self.column.heading.endswith("Reason")  # a code, which says little if it is cut
        return min(self.width, _NARROWEST_REASON if is_reason else _NARROWEST)


class TableWriter:
    """Writes tables to stdout; the first page decides on the columns and their widths."""

    def __init__(self, model: type[Model] | None, names: Sequence[str] | None) -> None:
        self._model = model
        self._names = names
        self._console = output_console()
        self._columns: list[TableColumn] = []
        self._layout: list[_PlacedColumn] | None = None  # None is too narrow for a table
        self._minor = True
        self._rows = self._left_out = 0
        self._totals: dict[str, dict[str, int]] = {}

    def one(self, record: JSONObject) -> None:
        """Write the fields of an object below each other."""
        ordered = {name: record[name] for name in in_order(record, self._model)}
        self.fields(list(_rows(ordered, "", self._model, ())))

    def page(self, records: Sequence[JSONObject]) -> None:
        """Write some rows; the first ones below a heading."""
        if not records:
            return
        is_first = not self._rows
        self._rows += len(records)
        if is_first:
            self._choose(records)
        self._add_up(records)
        if self._layout is None:
            for record in records:
                self._print_stacked(record)
        else:
            rows = [[self._cell(record, one.column) for one in self._layout] for record in records]
            self._print_rows(rows, heading=is_first)

    def end(self, count: str | None = None, /) -> None:
        """Write the totals, and how many there are; say that there was nothing, if so."""
        if not self._rows:
            chosen_columns(self._names or (), self._model, ())
            self._console.print(Text("none", style="dim"))
            return
        for currency in sorted(self._totals) if self._rows > 1 else ():
            self._print_total(currency)
        if self._totals and self._left_out:
            count = f"{count or ''}; totals leave out {self._left_out:,} that came to nothing"
        if count:
            self._console.print(Text(count.removeprefix("; "), style="dim"))

    def _choose(self, records: Sequence[JSONObject]) -> None:
        """Choose the columns: all of them; else with less words for money; else fewer of them."""
        if self._names is None:
            ranked = usual_columns(self._model, records)
            chosen = in_order([column.paths[0] for column in ranked], self._model)
            self._columns = sorted(ranked, key=lambda column: chosen.index(column.paths[0]))
        else:
            names = chosen_columns(self._names, self._model, records)
            self._columns = ranked = [TableColumn(name, (name,)) for name in names]
        room, fewest = self._console.width, min(_FEWEST_COLUMNS, len(ranked))
        placed = [self._measured(column, records) for column in self._columns]
        if _total([attrs.evolve(one, shrinks=False) for one in placed]) > room:
            self._minor = False
            placed = [self._measured(column, records) for column in self._columns]
        while self._names is None and len(placed) > fewest and _total(placed) > room:
            placed.remove(max(placed, key=lambda one: ranked.index(one.column)))
        if _total(placed) > room:
            self._minor = True
        else:
            self._columns = [one.column for one in placed]
            widest = [one.width for one in placed]
            least = [attrs.evolve(one, width=one.least) for one in placed]
            self._layout = _widened(least, widest, room)

    def _measured(self, column: TableColumn, records: Sequence[JSONObject]) -> _PlacedColumn:
        cells = [self._cell(record, column) for record in records]
        width = max(len(column.heading), *(text.cell_len for text in cells))
        is_amount = any(is_money(path, self._model) for path in column.paths)
        shrinks = not is_amount and all(not text.style for text in cells)
        return _PlacedColumn(column, width, shrinks, is_amount)

    def _cell(self, record: JSONObject, column: TableColumn) -> Text:
        path, value, currency = self._found(record, column)
        if isinstance(value, dict):
            value = value.get("id") or dumps(value).decode()
        return cell(path.rpartition(".")[2], value, currency, brief=True, minor=self._minor)

    def _found(self, record: JSONObject, column: TableColumn) -> tuple[str, JSONValue, str | None]:
        """Return where a value is, the value, and its currency; what was debited is negative."""
        path = column.path_in(record)
        above, _, name = path.rpartition(".")
        around = (value_at(record, above), record) if above else (record,)
        value, currency = value_at(record, path), currency_of(path, self._model, around)
        if name == "amount" and record.get("type") == "debit" and type(value) is int:
            value = -abs(value)
        return path, value, currency

    def _add_up(self, records: Sequence[JSONObject]) -> None:
        for record in records:
            if "createdAt" not in record:  # a price that nobody has paid yet
                continue
            nothing = record.get("status") in _CAME_TO_NOTHING
            self._left_out += nothing
            for column in () if nothing else self._columns:
                path, value, currency = self._found(record, column)
                if type(value) is int and currency and path not in _NO_TOTAL:
                    sums = self._totals.setdefault(currency, {})
                    sums[column.heading] = sums.get(column.heading, 0) + value

    def _print_total(self, currency: str) -> None:
        """Write what a currency comes to, under its columns."""
        totals = {
            heading: Text(money(total, printable(currency), minor=self._minor), style="bold")
            for heading, total in self._totals[currency].items()
        }
        if self._layout is None:
            self.fields([(f"{_TOTAL} {name}", text) for name, text in totals.items()])
            return
        row = [totals.get(one.column.heading, Text()) for one in self._layout]
        label = next((text for text in row if not text), Text())
        label.append(_TOTAL, style="bold")
        self._print_rows([row])

    def _print_rows(self, rows: list[list[Text]], *, heading: bool = False) -> None:
        """Write rows; what may not be cut gets of the room that is left what it needs."""
        layout = self._layout or []
        needed = [max(row[place].cell_len for row in rows) for place in range(len(layout))]
        for place, one in enumerate(layout):
            if one.shrinks:
                needed[place] = min(needed[place], len(_TOTAL))
        self._layout = layout = _widened(layout, needed, self._console.width)
        table = Table(
            box=None,
            padding=(0, _GAP, 0, 0),
            pad_edge=False,
            header_style="bold",
            show_header=heading,
        )
        for one in layout:
            table.add_column(
                one.column.heading,
                width=one.width,
                justify="right" if one.is_amount else "left",
                no_wrap=one.shrinks,
                overflow="ellipsis" if one.shrinks else "fold",
            )
        for row in rows:
            for one, text in zip(layout, row, strict=True):
                # Where Rich has no character to say that a text is cut, dots say so.
                if one.shrinks and not is_unicode(self._console) and text.cell_len > one.width:
                    text.truncate(one.width - len(_DOTS))
                    text.append(_DOTS)
            table.add_row(*row)
        self._console.print(table)

    def _print_stacked(self, record: JSONObject) -> None:
        first, *others = self._columns
        there = [
            (one.heading, self._cell(record, one))
            for one in others
            if value_at(record, one.path_in(record)) is not None
        ]
        self._console.print(self._cell(record, first), overflow="fold")
        longest = max((len(one.heading) for one in others), default=0)
        self.fields(there, longest, indent=_GAP)

    def fields(
        self, rows: Sequence[tuple[str, Text]], longest: int = 0, *, indent: int = 0
    ) -> None:
        """Write names and values, a line each; what is too long for it goes on below itself."""
        room = self._console.width
        table = Table.grid(padding=(0, _GAP, 0, 0))
        table.add_column(
            style="bold",
            no_wrap=room > _ROOMY,
            overflow="fold",
            min_width=min(longest, room // 2),
        )
        table.add_column(overflow="fold")
        for name, text in rows:
            table.add_row(name, text)
        if rows:
            self._console.print(Padding(table, (0, 0, 0, indent), expand=False))


def _widened(layout: list[_PlacedColumn], wanted: list[int], room: int) -> list[_PlacedColumn]:
    """Return columns as wide as wanted, as far as there is room; who wants least comes first."""
    widths = [one.width for one in layout]
    spare = room - sum(widths) - _GAP * (len(layout) - 1)
    for place in sorted(range(len(layout)), key=wanted.__getitem__):
        more = max(0, min(spare, wanted[place] - widths[place]))
        widths[place] += more
        spare -= more
    return [attrs.evolve(one, width=width) for one, width in zip(layout, widths, strict=True)]


def _total(columns: list[_PlacedColumn]) -> int:
    return sum(one.least for one in columns) + _GAP * (len(columns) - 1)


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
