"""`select`, `expand`, `sort` and the other parameters of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.sandbox.query.grammar import MalformedQueryError
from allawee_async.sandbox.query.parameters import parse_list_query
from allawee_async.sandbox.query.shaping import (
    SortField,
    parse_expand,
    parse_select,
    parse_sort,
    sort_key,
)
from tests.support.properties import examples
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT: dict[str, Any] = {"name": "Ada", "id": "cus.1", "metadata": {}, "status": "active"}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("id", ["id"]),
        ("id name", ["name", "id"]),
        ("-metadata", ["name", "id", "status"]),
        ("id name -name", ["id"]),
        ("-id -name", ["metadata", "status"]),
        ("name unknown", ["name"]),
        ("unknown", []),
        ("", ["name", "id", "metadata", "status"]),
    ],
)
def test_select_includes_and_leaves_out(text: str, fields: list[str]) -> None:
    assert list(parse_select(text).apply(DOCUMENT)) == fields


@pytest.mark.parametrize("text", ["metadata.userId", "-", "id,name", "--id", 'a"b', "a b:c"])
def test_select_takes_top_level_fields_only(text: str) -> None:
    with pytest.raises(MalformedQueryError, match="'select'"):
        parse_select(text)


def test_a_comma_before_a_relation_with_fields_ends_the_fields_before_it() -> None:
    assert parse_expand("customer:name,email,program:name") == {
        "customer": frozenset(("name", "email")),
        "program": frozenset(("name",)),
    }


def test_expand_merges_what_it_is_told_twice() -> None:
    assert parse_expand("customer:name,email program  customer:id a.b:c") == {
        "customer": {"name", "email", "id"},
        "program": frozenset(),
        "a.b": {"c"},
    }


@pytest.mark.parametrize("text", ["a.b.c", "a:", ":a", "a:b,", "a,b.c.d", "-a", "a:b:c"])
def test_malformed_expand(text: str) -> None:
    with pytest.raises(MalformedQueryError, match="'expand'"):
        parse_expand(text)


def test_sort_has_several_fields() -> None:
    assert parse_sort("-createdAt  amount") == (
        SortField("createdAt", descending=True),
        SortField("amount"),
    )
    assert parse_sort("") == ()


@pytest.mark.parametrize("text", ["-", "a,b", "--a", "a:1"])
def test_malformed_sort(text: str) -> None:
    with pytest.raises(MalformedQueryError, match="'sort'"):
        parse_sort(text)


def in_order(text: str, *values: Any) -> list[Any]:
    documents: list[dict[str, Any]] = [{} if value is ... else {"f": value} for value in values]
    order = parse_sort(text)
    ranked = sorted(documents, key=lambda document: sort_key(document, order))
    return [document.get("f", ...) for document in ranked]


def test_numbers_sort_before_texts_before_the_rest_and_missing_ones_come_last() -> None:
    values = [..., True, "b", 10, None, "a", 9.5, "ab", "", {"x": 1}]

    ascending = [9.5, 10, "", "a", "ab", "b", True, {"x": 1}, ..., None]
    descending = [{"x": 1}, True, "b", "ab", "a", "", 10, 9.5, ..., None]
    assert in_order("f", *values) == ascending
    assert in_order("-f", *values) == descending


@pytest.mark.parametrize("parse", [parse_sort, parse_select, parse_expand])
def test_the_path_of_a_field_has_an_end(parse: Callable[[str], object]) -> None:
    parse("a" * 200)
    with pytest.raises(MalformedQueryError):
        parse("a" * 201)


@examples(20, 1_000)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=1), max_size=4)))
def test_texts_sort_by_code_points_in_both_directions(texts: list[str]) -> None:
    assert in_order("f", *texts) == sorted(texts)
    assert in_order("-f", *texts) == sorted(texts, reverse=True)


def test_defaults() -> None:
    query = parse_list_query([])

    assert query.selection.order == (SortField("createdAt", descending=True),)
    assert (query.limit, query.page, query.count_total, query.fields) == (20, 1, False, None)


def test_groups_that_come_twice_are_one_and_of_others_the_last_counts() -> None:
    pairs = [("filter", "a:1"), ("filter", "b:2"), ("and", "c:3"), ("or", "d:4"), ("nor", "e:5")]
    query = parse_list_query([*pairs, ("limit", "5"), ("limit", "6"), ("unknown", "?")])

    assert [condition.field for condition in query.selection.every] == ["a", "b", "c"]
    assert [condition.field for condition in query.selection.some] == ["d"]
    assert [condition.field for condition in query.selection.none] == ["e"]
    assert query.limit == 6


@pytest.mark.parametrize("text", ["", "true", "1"])
def test_count_total_needs_no_value(text: str) -> None:
    assert parse_list_query([("countTotal", text)]).count_total


@pytest.mark.parametrize("text", ["false", "0"])
def test_count_total_can_be_false(text: str) -> None:
    assert not parse_list_query([("countTotal", text)]).count_total


@for_each(
    ("name", "text"),
    [
        ("limit", "0"), ("limit", "1001"), ("limit", "-1"), ("limit", "ten"), ("limit", ""),
        ("limit", "1.0"), ("limit", "\u0661"), ("limit", "9" * 5000), ("page", "-1"), ("page", "x"),
        ("countTotal", "maybe"), ("filter", "x"), ("or", "x"), ("nor", "x"), ("and", "x"),
        ("sort", "-"), ("select", "a.b"), ("expand", "a.b.c"),
    ],
)  # fmt: skip
def test_the_error_names_the_parameter(name: str, text: str) -> None:
    with pytest.raises(MalformedQueryError) as caught:
        parse_list_query([(name, text)])

    assert caught.value.parameter == name


def test_commas_separate_relations_too() -> None:
    parsed = parse_expand("customer,program account:name,type")

    assert parsed == {
        "customer": frozenset(), "program": frozenset(), "account": frozenset({"name", "type"}),
    }  # fmt: skip
