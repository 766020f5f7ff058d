"""Collections, their listings, and walks over them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.sandbox.api.paging import cut_page
from allawee_async.sandbox.core.collection import Collection, DuplicateError
from allawee_async.sandbox.core.listing import OrderedListing
from allawee_async.sandbox.core.values import to_timestamp
from allawee_async.sandbox.query.grammar import MalformedQueryError, parse_conditions
from allawee_async.sandbox.query.matching import compile_condition
from allawee_async.sandbox.query.parameters import NEWEST_FIRST, Selection, parse_list_query
from allawee_async.sandbox.query.shaping import parse_sort
from tests.support.properties import examples
from tests.support.tables import for_each

VALUES = st.one_of(st.none(), st.integers(-2, 2), st.sampled_from(["a", "ab", "b", "2"]))
DOCUMENTS = st.fixed_dictionaries({}, optional={"x": VALUES, "y": VALUES, "tags": st.lists(VALUES)})
SORTS = st.sampled_from(["x", "-x", "x y", "-x y", "y -x", "-y -x", "missing", "-createdAt"])
FILTERS = st.sampled_from(["", "x:2", "-y:a", "x>0", "tags|exists|true", "tags|in|a,2"])


def collection_of(documents: list[dict[str, Any]]) -> Collection:
    collection = Collection(unique=("reference",), hidden=("reference",))
    for index, document in enumerate(documents):
        collection.add({"id": f"id{index}", "reference": f"ref{index}", **document})
    return collection


def walk(collection: Collection, cursor: str, **params: str) -> list[list[int]]:
    """Follow `after` or `before` until a page is empty."""
    pages: list[list[int]] = []
    edge = ""
    while not pages or pages[-1]:
        assert len(pages) <= len(collection) + 1
        query = parse_list_query([*params.items(), *([(cursor, edge)] if edge else [])])
        pages.append(cut_page(collection, collection.listing(query.selection), query))
        if pages[-1]:
            edge = f"id{pages[-1][-1 if cursor == 'after' else 0]}"
    return pages[:-1]


def sorted_naively(documents: list[dict[str, Any]], sort: str) -> list[int]:
    def rank(value: Any) -> int:
        return 2 if value is None else int(isinstance(value, str))

    def compare(left: int, right: int) -> int:
        for word in sort.split():
            field = word.lstrip("-")
            one, other = documents[left].get(field), documents[right].get(field)
            if (one is None) != (other is None):
                return 1 if one is None else -1
            if one is not None and one != other:
                smaller = one < other if rank(one) == rank(other) else rank(one) < rank(other)
                return -1 if smaller != word.startswith("-") else 1
        # newest first, the latest of those that are alike comes first
        return right - left if sort == "-createdAt" else left - right

    return sorted(range(len(documents)), key=cmp_to_key(compare))


@examples(20, 1_000)
@given(st.lists(DOCUMENTS, max_size=12), SORTS)
def test_the_order_is_that_of_a_naive_sort(documents: list[dict[str, Any]], sort: str) -> None:
    listing = collection_of(documents).listing(Selection(order=parse_sort(sort)))

    assert listing.between(0, 100) == sorted_naively(documents, sort)


@examples(20, 1_000)
@given(st.lists(DOCUMENTS, max_size=12), SORTS, FILTERS, st.integers(1, 5))
def test_a_walk_finds_each_document_once_in_order_and_backwards_the_same(
    documents: list[dict[str, Any]], sort: str, filter: str, limit: int
) -> None:
    collection = collection_of(documents)
    params = {"sort": sort, "filter": filter, "limit": str(limit)}
    whole = collection.listing(
        Selection(every=parse_conditions(filter), order=parse_sort(sort))
    ).between(0, 100)

    forward = walk(collection, "after", **params)

    assert [position for page in forward for position in page] == whole
    assert all(len(page) == limit for page in forward[:-1])
    if whole:
        last = parse_list_query([*params.items(), ("before", f"id{whole[-1]}")])
        page = cut_page(collection, collection.listing(last.selection), last)
        assert page == whole[:-1][-limit:]


@examples(20, 1_000)
@given(st.integers(0, 12), st.integers(1, 5))
def test_walking_back_from_the_end_mirrors_walking_forward(count: int, limit: int) -> None:
    collection = collection_of([{"x": index} for index in range(count + 1)])
    query = parse_list_query([("sort", "x"), ("limit", str(limit)), ("before", f"id{count}")])
    pages = [cut_page(collection, collection.listing(query.selection), query)]
    while pages[0]:
        edge = f"id{pages[0][0]}"
        query = parse_list_query([("sort", "x"), ("limit", str(limit)), ("before", edge)])
        pages.insert(0, cut_page(collection, collection.listing(query.selection), query))

    assert [position for page in pages for position in page] == list(range(count))


@examples(20, 1_000)
@given(st.data(), st.lists(DOCUMENTS, min_size=1, max_size=6), SORTS, FILTERS)
def test_kept_listings_stay_true_while_documents_come_and_change(
    data: st.DataObject, documents: list[dict[str, Any]], sort: str, filter: str
) -> None:
    collection = collection_of(documents)
    selection = Selection(every=parse_conditions(filter), order=parse_sort(sort))
    kept = collection.listing(selection)

    for step in range(data.draw(st.integers(1, 5))):
        changed = data.draw(st.one_of(st.none(), st.integers(0, len(documents) - 1)))
        fields: dict[str, Any] = data.draw(DOCUMENTS)
        if changed is None:
            collection.add({"id": f"new{step}", **fields})
        else:
            collection.replace({"id": f"id{changed}", **fields})

    everything = list(collection)
    fresh = OrderedListing(selection, everything.__getitem__, range(len(everything)))
    assert collection.listing(selection) is kept
    assert kept.between(0, 100) == fresh.between(0, 100)


START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.one_of(
    st.integers(0, 172_800_000).map(lambda it: to_timestamp(START + timedelta(milliseconds=it))),
    st.sampled_from(
        ["2026-01-02T00:00:00.000Z", "2026-01-02", "2026-01-02T01:00:00+01:00", "never", 7, None,
         ["2026-01-02T00:00:00.000Z"], "2026-13-02T00:00:00.000Z"]
    ),
)  # fmt: skip
DATES = st.builds(
    "{}|{}|{}".format,
    st.sampled_from(["createdAt", "updatedAt"]),
    st.sampled_from(["gtd", "gted", "ltd", "lted"]),
    st.sampled_from(
        ["2026-01-02", "2026-01-02T00:00:00.000Z", "2026-01-02T00:00:00.0001Z",
         "2026-01-01T12:00:00", "2026-01-02T00:00:00.000999+00:00", "0001-01-01T00:00:00+14:00"]
    ),
)  # fmt: skip


@examples(20, 1_000)
@given(
    st.lists(st.fixed_dictionaries({"createdAt": MOMENTS, "updatedAt": MOMENTS}), max_size=8),
    st.lists(DATES, min_size=1, max_size=2),
    st.sampled_from(["", "-updatedAt", "createdAt", "x"]),
    st.sampled_from(["", " x:1", " createdAt|exists|true"]),
)
def test_dates_are_decided_without_reading_as_they_are_with_it(
    documents: list[dict[str, Any]], dates: list[str], sort: str, other: str
) -> None:
    collection = collection_of(documents)
    every = parse_conditions(" ".join(dates) + other)
    selection = Selection(every=every, order=parse_sort(sort) or NEWEST_FIRST)
    tests = [compile_condition(condition) for condition in every]

    listed = [*collection.listing(selection)]
    ordered = [*collection.listing(Selection(order=selection.order))]

    expected = [at for at in ordered if all(test(collection.at(at)) for test in tests)]
    assert listed == expected


def test_counting_by_dates_reads_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    times = [to_timestamp(START + timedelta(seconds=number)) for number in range(100)]
    collection = collection_of([{"createdAt": at, "updatedAt": at} for at in times])
    assert len(collection.listing(Selection())) == 100

    def read(text: bytes) -> None:
        raise AssertionError(text)

    monkeypatch.setattr("allawee_async.sandbox.core.collection.to_object", read)
    window = parse_conditions(f"updatedAt|gted|{times[10]} createdAt|ltd|{times[90]}")

    assert len(collection.listing(Selection(every=window))) == 80


def test_what_sorts_alike_keeps_its_order_when_others_come_between() -> None:
    at = "2026-01-02T00:00:00.000Z"
    collection = collection_of([{"createdAt": at, "updatedAt": at} for _ in range(4)])
    by_change = Selection(order=parse_sort("-updatedAt"))
    assert [*collection.listing(by_change)] == [0, 1, 2, 3]
    assert [*collection.listing(Selection())] == [3, 2, 1, 0]

    collection.replace({"id": "id1", "createdAt": at, "updatedAt": "2026-01-03T00:00:00.000Z"})
    collection.add({"id": "new", "createdAt": at, "updatedAt": at})

    assert [*collection.listing(by_change)] == [1, 0, 2, 3, 4]
    assert [*collection.listing(Selection())] == [4, 3, 2, 1, 0]


def test_pages_are_told_by_number_too_and_zero_is_the_first() -> None:
    collection = collection_of([{"x": index} for index in range(5)])

    def page(number: str) -> list[int]:
        query = parse_list_query([("sort", "x"), ("limit", "2"), ("page", number)])
        return cut_page(collection, collection.listing(query.selection), query)

    assert [page(number) for number in "01234"] == [[0, 1], [0, 1], [2, 3], [4], []]


@for_each(
    ("params", "positions"),
    [
        ({"after": "id1"}, [2, 3]),
        ({"lastId": "id1"}, [2, 3]),
        ({"before": "id3"}, [1, 2]),
        ({"before": "id1"}, [0]),
        ({"before": "id0"}, []),
        ({"after": "id1", "before": "id3"}, [2]),
        ({"after": "id3", "before": "id1"}, []),
        ({"after": "id4"}, []),
        ({"after": "id1", "page": "9"}, [2, 3]),
        ({"after": "id1", "lastId": "id3"}, [2, 3]),
        ({"after": "id1", "filter": "x!=1"}, [2, 3]),
    ],
)
def test_cursors(params: dict[str, str], positions: list[int]) -> None:
    collection = collection_of([{"x": index} for index in range(5)])
    query = parse_list_query([("sort", "x"), ("limit", "2"), *params.items()])

    assert cut_page(collection, collection.listing(query.selection), query) == positions


@pytest.mark.parametrize("name", ["after", "before"])
def test_a_cursor_that_names_nothing_is_malformed(name: str) -> None:
    collection = collection_of([{}])
    query = parse_list_query([(name, "nobody")])

    with pytest.raises(MalformedQueryError, match=f"'{name}'"):
        cut_page(collection, collection.listing(query.selection), query)


def test_a_duplicate_is_refused_and_changes_nothing() -> None:
    collection = collection_of([{"x": 1}, {"x": 2}])
    before = list(collection)

    with pytest.raises(DuplicateError, match="same id"):
        collection.add({"id": "id1"})
    with pytest.raises(DuplicateError, match="same reference"):
        collection.add({"id": "new", "reference": "ref0"})
    with pytest.raises(DuplicateError):
        collection.replace({"id": "id1", "reference": "ref0"})
    assert list(collection) == before
    assert "new" not in collection


def test_replacing_frees_the_values_that_were_unique() -> None:
    collection = collection_of([{"x": 1}])

    collection.replace({"id": "id0", "reference": "other"})
    collection.add({"id": "id1", "reference": "ref0"})

    assert [document["reference"] for document in collection] == ["other", "ref0"]


def test_replacing_what_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        Collection().replace({"id": "nobody"})


def test_what_cannot_be_written_as_json_changes_nothing() -> None:
    collection = collection_of([{"x": 1}])
    bad: Any = {"id": "id0", "x": object()}

    with pytest.raises(TypeError):
        collection.replace(bad)
    assert collection.get("id0") == {"id": "id0", "reference": "ref0", "x": 1}


def test_copies_are_handed_out_and_hidden_fields_are_not_shown() -> None:
    collection = collection_of([{"x": 1}])
    copy = collection.get("id0")
    assert copy is not None
    copy["x"] = 2

    assert collection.get("id0") == {"id": "id0", "reference": "ref0", "x": 1}
    assert collection.shown_at(0) == b'{"id":"id0","x":1}'
    assert collection.get("nobody") is None


@pytest.mark.parametrize(
    ("filter", "positions"),
    [("id:id1", [1]), ("reference|eq|ref1", [1]), ("reference:ref1 x:9", []), ("reference:no", [])],
)
def test_unique_fields_are_found_without_a_search(filter: str, positions: list[int]) -> None:
    collection = collection_of([{"x": 1}, {"x": 2}])
    selection = Selection(every=parse_conditions(filter))

    assert collection.listing(selection).between(0, 9) == positions


def test_a_listing_that_takes_long_is_not_kept() -> None:
    collection = collection_of([{"name": "ada"}])
    quick, slow = (Selection(every=parse_conditions(text)) for text in ("name~a.*", "name~a.*b.*"))

    assert collection.listing(quick) is collection.listing(quick)
    assert collection.listing(slow) is not collection.listing(slow)


def test_only_so_many_listings_are_kept() -> None:
    collection = collection_of([{"x": 1}])
    first = collection.listing(Selection())
    for index in range(20):
        collection.listing(Selection(order=parse_sort(f"x{index}")))

    assert collection.listing(Selection()) is not first
    assert collection.listing(Selection()) is collection.listing(Selection())
