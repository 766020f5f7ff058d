"""Customers on a terminal: a table where there is room for one, otherwise a few lines each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
from rich.table import Table
from rich.text import Text

from allawee_async.cli.errors import one_line
from allawee_async.cli.output.console import is_unicode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from allawee_async.models.customers import Customer, Verification

_COLUMNS: Final = ("ID", "Name", "Type", "Tier", "State", "Created")
_NAME: Final = _COLUMNS.index("Name")
_NARROWEST_NAME: Final = 12
_STYLE_OF_STATE: Final = {"active": "green", "inactive": "dim", "blocked": "red"}
_STYLE_OF_CHECK: Final = {"pending": "yellow", "failed": "red"}


@attrs.frozen
class _Layout:
    """How much a table spends on looks.

    Attributes:
        gap: Blanks between columns.
        prefix: What is left out in front of a tier, because the heading says it.
    """

    gap: int
    prefix: str


_ROOMY: Final = _Layout(gap=2, prefix="")
_TIGHT: Final = _Layout(gap=1, prefix="tier-")


def print_customers(console: Console, customers: Sequence[Customer]) -> None:
    """Print customers as the width of the console allows. Identity numbers are never shown."""
    longest = max(len(customer.name) for customer in customers)
    for layout, wanted in ((_ROOMY, longest), (_TIGHT, _NARROWEST_NAME)):
        rows = [_cells(customer, layout) for customer in customers]
        room = console.width - _width_beside_names(rows, layout)
        if room >= wanted:
            console.print(_table(rows, layout, room, ellipsis=is_unicode(console)))
            return
    for customer in customers:
        _print_stacked(console, customer)


def _table(rows: Sequence[Sequence[Text]], layout: _Layout, room: int, *, ellipsis: bool) -> Table:
    table = Table(box=None, padding=(0, layout.gap, 0, 0), pad_edge=False, header_style="bold")
    for index, column in enumerate(_COLUMNS):
        table.add_column(
            column,
            no_wrap=True,
            max_width=room if index == _NAME else None,
            overflow="ellipsis" if ellipsis else "crop",
        )
    for row in rows:
        table.add_row(*row)
    return table


def _width_beside_names(rows: Sequence[Sequence[Text]], layout: _Layout) -> int:
    others = [index for index in range(len(_COLUMNS)) if index != _NAME]
    widths = [max(len(_COLUMNS[i]), *(row[i].cell_len for row in rows)) for i in others]
    return sum(widths) + layout.gap * len(others)


def _print_stacked(console: Console, customer: Customer) -> None:
    identifier, name, kind, tiers, state, created = _cells(customer, _ROOMY)
    console.print(Text("  ").join((identifier, created)))
    console.print(Text("  ").append_text(name), no_wrap=True, overflow="crop")
    console.print(Text("  ").append_text(Text(", ").join((kind, tiers, state))))


def _cells(customer: Customer, layout: _Layout) -> tuple[Text, ...]:
    return (
        Text(one_line(customer.id), style="cyan"),
        Text(one_line(customer.name)),
        Text(one_line(customer.type)),
        _tiers(customer, layout),
        Text(one_line(customer.status), style=_STYLE_OF_STATE.get(customer.status, "")),
        Text(f"{customer.created_at:%Y-%m-%d}", style="dim"),
    )


def _tiers(customer: Customer, layout: _Layout) -> Text:
    tiers = [_tier(check, layout) for check in customer.verifications or ()]
    return Text(", ").join(tiers) if tiers else Text("-", style="dim")


def _tier(check: Verification, layout: _Layout) -> Text:
    tier = one_line(check.type).removeprefix(layout.prefix)
    status = one_line(check.status or "unchecked")
    if status == "verified":
        return Text(tier)
    return Text(f"{tier} {status}", style=_STYLE_OF_CHECK.get(status, ""))
