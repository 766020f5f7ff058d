"""Pages taken apart by columns: accepted and read exactly as the models are."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async import from_dict, to_dict
from allawee_async.errors import DecodeError
from allawee_async.export.columns import EXTRA, columns_of
from allawee_async.export.sheets import Surprise, read_sheet
from allawee_async.models import (
    Account,
    Card,
    CardProgram,
    Customer,
    Model,
    Payment,
    RequestRecord,
    Webhook,
)
from allawee_async.models.schema import Kind
from tests.support.properties import examples
from tests.support.strategies import COMPLETE, any_model, json_values
from tests.support.tables import for_each

MODELS: list[type[Any]] = [Account, Card, CardProgram, Customer, Payment, RequestRecord, Webhook]
PLAIN = (Kind.TEXT, Kind.CHOICE, Kind.WHOLE_NUMBER, Kind.TRUTH, Kind.TIMESTAMP, Kind.DATE)

documents = st.sampled_from(MODELS).flatmap(
    lambda model: st.tuples(st.just(model), st.lists(any_model(model).map(to_dict), max_size=3))
)


@st.composite
def broken(draw: st.DrawFn) -> tuple[type[Any], list[Any]]:
    """Return documents of which one has another value somewhere, or lacks one."""
    model, found = draw(documents.filter(lambda drawn: bool(drawn[1])))
    place = draw(st.sampled_from(list(places(found))))
    owner: Any = found
    for step in place[:-1]:
        owner = owner[step]
    if isinstance(owner, dict) and draw(st.booleans()):
        del owner[place[-1]]
    else:
        owner[place[-1]] = draw(json_values | st.integers() | st.just("2024-13-01"))
    return model, found


def places(value: Any) -> Any:
    """Yield the path of everything inside a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in list(inside):
        yield (step,)
        if isinstance(inner, dict | list):
            yield from ((step, *rest) for rest in places(inner))


def models_of(model: type[Model], found: list[Any]) -> list[Any] | None:
    try:
        return [from_dict(model, document) for document in found]
    except DecodeError:
        return None


def at(item: Any, name: str) -> Any:
    for step in name.split("."):
        item = None if item is None else getattr(item, step)
    return item


@examples(20, 800)
@given(drawn=documents | broken())
def test_a_page_is_read_exactly_as_its_models_are(drawn: tuple[type[Model], list[Any]]) -> None:
    model, found = drawn
    items = models_of(model, found)
    if items is None:
        with pytest.raises(Surprise):
            read_sheet(found, model)
        return

    sheet = read_sheet(found, model)

    for column in columns_of(model):
        cells = sheet.cells.get(column.name, [None] * len(items))
        if column.field.kind in PLAIN:
            assert list(cells) == [at(item, column.name) for item in items]
    if any(item.extra for item in items):
        assert sheet.has_unnamed


@examples(20, 800)
@given(drawn=broken())
def test_an_entry_is_refused_exactly_when_its_model_is(
    drawn: tuple[type[Model], list[Any]],
) -> None:
    """Where a page is refused, its entries are read one by one."""
    model, found = drawn
    for entry in found:
        try:
            read_sheet([entry], model)
        except Surprise:
            with pytest.raises(DecodeError):
                from_dict(model, entry)
        else:
            from_dict(model, entry)


TIMESTAMPS = [
    *("2024-03-31T10:15:00Z", "2024-03-31 10:15:00Z", "2024-03-31T10:15", "2024-03-31T10:15:00"),
    *("2024-03-31T10:15:00.1234567Z", "2024-03-31T10:15:00.12345+01", "2024-03-31t10:15:00z"),
    *("2024-03-31T10:15:00.123456+01:00", "2024-03-31x10:15:00Z", "2024-03-31", "20240331T101500Z"),
    *("2024-W13-7T10:15:00Z", "2024-03-31T25:00:00Z", "2024-03-31T10", "", "T", "now"),
]


@for_each("text", TIMESTAMPS)
@for_each("others", [["2024-01-01T00:00:00.000Z"], [None], []])
def test_a_timestamp_is_read_as_in_a_model(text: str, others: list[Any]) -> None:
    """The quick way must take no more and no less than the reader of one."""
    found: list[Any] = [{"id": "p.1", "createdAt": moment} for moment in (*others, text)]
    items = models_of(Payment, found)
    if items is None:
        with pytest.raises(Surprise):
            read_sheet(found, Payment)
    else:
        cells = list(read_sheet(found, Payment).cells["created_at"])
        assert cells == [item.created_at for item in items]
        assert all(cell is None or cell.tzinfo is not None for cell in cells)


@pytest.mark.parametrize("inner", [5, "tier-1", None, [], {}, {"type": 5}])
def test_a_list_of_objects_is_checked_as_in_a_model(inner: Any) -> None:
    good: Any = {"type": "tier-1", "status": "verified"}
    base = to_dict(COMPLETE)
    read_sheet([{**base, "verifications": [good]}, base], Customer)

    with pytest.raises(Surprise):
        read_sheet([{**base, "verifications": [good, inner]}, base], Customer)


def test_an_empty_page_is_a_sheet_without_cells() -> None:
    sheet = read_sheet([], Customer)

    assert (sheet.documents, sheet.cells, sheet.has_unnamed) == ([], {}, False)


def test_a_column_without_any_value_is_not_there() -> None:
    sheet = read_sheet([{"id": "p.1", "amount": None}, {"id": "p.2"}], Payment)

    assert sheet.cells == {"id": ("p.1", "p.2")}


def test_where_a_part_is_missing_its_columns_are_empty() -> None:
    found = [
        {"id": "c.1", "details": {"last4": "1234"}},
        {"id": "c.2"},
        {"id": "c.3", "details": {}},
    ]
    sheet = read_sheet(found, Card)  # type: ignore[arg-type]

    assert list(sheet.cells["details.last4"]) == ["1234", None, None]


@pytest.mark.parametrize(
    "entry",
    [None, 5, "c.1", [], {}, {"id": 5}, {"id": None}, {"id": "c.1", "details": []}],
    ids=str,
)
def test_what_is_no_card_is_a_surprise(entry: Any) -> None:
    with pytest.raises(Surprise):
        read_sheet([{"id": "c.0"}, entry], Card)


def test_unnamed_fields_are_noticed_at_any_depth() -> None:
    deep = {"id": "c.1", "details": {"brand": "x"}}

    assert read_sheet([deep], Card).has_unnamed  # type: ignore[list-item]
    assert not read_sheet([{"id": "c.1", "details": {"last4": "1"}}], Card).has_unnamed


def test_every_column_but_extra_has_a_reader() -> None:
    for model in MODELS:
        assert all(callable(attrgetter("read")(c)) for c in columns_of(model) if c is not EXTRA)
