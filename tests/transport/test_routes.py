"""What goes over the wire: paths that stay where they should, queries, bodies."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from allawee_async.errors import ConfigurationError
from allawee_async.models import Address, CustomerType
from allawee_async.transport.routes import (
    Route,
    checked_path,
    json_bytes,
    may_resend,
    query_string,
    query_texts,
)
from tests.support.tables import for_each

GET = Route("GET", "/customers/:id")
TWO = Route("POST", "/cards/:id/limits/:name")

# Routes.


@pytest.mark.parametrize(
    ("method", "resend"),
    [
        ("GET", True),
        ("HEAD", True),
        ("OPTIONS", True),
        ("PUT", True),
        ("DELETE", True),
        ("POST", False),
        ("PATCH", False),
        ("get", False),  # methods are upper case; anything else is on the safe side
        ("FOO", False),
    ],
)
def test_what_may_be_sent_twice_by_its_method_alone(method: str, resend: bool) -> None:
    assert may_resend(method) is resend
    assert Route(method, "/x").resend is resend


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("resend", [True, False])
def test_a_route_may_know_better_than_its_method(method: str, resend: bool) -> None:
    assert Route(method, "/x", resend=resend).resend is resend


def test_a_route_is_a_value_and_goes_to_the_usual_host() -> None:
    assert Route("GET", "/x") == Route("GET", "/x")
    assert hash(Route("GET", "/x")) == hash(Route("GET", "/x"))
    assert (Route("GET", "/x").secure, Route("GET", "/x", secure=True).secure) == (False, True)


@for_each(
    ("route", "ids", "path"),
    [
        (Route("GET", "/customers"), (), "/customers"),
        (GET, ("cus.2tXNjMhytgx7hCxu9",), "/customers/cus.2tXNjMhytgx7hCxu9"),
        (GET, ("cus_abc-1",), "/customers/cus_abc-1"),
        (GET, ("a/b",), "/customers/a%2Fb"),
        (GET, ("a?b=c",), "/customers/a%3Fb%3Dc"),
        (GET, ("a#b",), "/customers/a%23b"),
        (GET, ("100%",), "/customers/100%25"),
        (GET, ("%2e%2e",), "/customers/%252e%252e"),
        (GET, ("%2F..%2F",), "/customers/%252F..%252F"),
        (GET, ("a b",), "/customers/a%20b"),
        (GET, ("a\\b",), "/customers/a%5Cb"),
        (GET, ("a+b",), "/customers/a%2Bb"),
        (GET, ("a:b@c",), "/customers/a%3Ab%40c"),
        (GET, ("a;b=1",), "/customers/a%3Bb%3D1"),
        (GET, ("a..b",), "/customers/a..b"),
        (GET, ("...",), "/customers/..."),
        (GET, ("Adé",), "/customers/Ad%C3%A9"),
        (GET, ("\r\nX: 1",), "/customers/%0D%0AX%3A%201"),
        (GET, ("\0",), "/customers/%00"),
        (GET, (":id",), "/customers/%3Aid"),
        (TWO, ("c.1", "daily"), "/cards/c.1/limits/daily"),
        (TWO, ("a/b", "c/d"), "/cards/a%2Fb/limits/c%2Fd"),
    ],
)
def test_an_id_is_one_segment_of_the_path(route: Route, ids: tuple[str, ...], path: str) -> None:
    assert route.path(*ids) == path


@for_each(
    "value",
    [
        "",
        ".",
        "..",
        "../cards",
        "a/../b",
        "a/..",
        "./a",
        "/a",
        "a/",
        "a//b",
        "..\\cards",
        "\\\\evil.com",
        "a\\..\\b",
        5,
        None,
        True,
        b"cus.1",
        ["cus.1"],
        "\ud800",
    ],
)
def test_an_id_that_leads_to_another_path_or_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError):
        GET.path(value)
    with pytest.raises(ConfigurationError):
        TWO.path("c.1", value)


@given(st.text() | st.text("./\\%2eE?#:@ a\n") | st.text(st.characters()))
@example("\udcff")
def test_any_id_stays_one_segment_below_the_route_or_is_refused(value: str) -> None:
    try:
        path = GET.path(value)
    except ConfigurationError:
        return
    url = URL(f"https://api.allawee.com{path}", encoded=True)
    start, _, segment = path.rpartition("/")

    assert start == "/customers"
    assert unquote(segment, errors="strict") == value
    assert path.isascii()
    assert url.host == "api.allawee.com"
    assert url.raw_path == path
    tidied = URL(f"https://api.allawee.com{path}").raw_path
    assert (tidied.count("/"), unquote(tidied)) == (2, unquote(path))
    assert (url.raw_query_string, url.raw_fragment) == ("", "")


# Paths that a caller writes.


@for_each(
    ("path", "sent"),
    [
        ("/customers", "/customers"),
        ("/customers/cus.1", "/customers/cus.1"),
        ("/v1/a:b", "/v1/a:b"),
        ("/a%20b", "/a%20b"),
        ("/a%2Fb", "/a%2Fb"),
        ("/a b", "/a%20b"),
        ("/Adé", "/Ad%C3%A9"),
        ("/a...b/..c", "/a...b/..c"),
        ("/a\nb", "/a%0Ab"),
        ("/a@evil.com", "/a@evil.com"),
        ("/http:x", "/http:x"),
        ('/a"b<c>', "/a%22b%3Cc%3E"),
    ],
)
def test_a_path_is_sent_as_it_was_written(path: str, sent: str) -> None:
    assert checked_path(path) == sent


@for_each(
    "path",
    [
        "",
        "/",
        "customers",
        "//evil.com",
        "///evil.com",
        "/\\evil.com",
        "\\\\evil.com",
        "https://evil.com/customers",
        "http://evil.com",
        "@evil.com",
        ".evil.com",
        ":80/x",
        " /customers",
        "/customers/",
        "/customers//cus.1",
        "/..",
        "/../x",
        "/customers/../cards",
        "/customers/..",
        "/customers/./cus.1",
        "/customers\\..\\cards",
        "/customers/%2e%2e/cards",
        "/customers/%2E./cards",
        "/customers/.%2e",
        "/customers/%2e/cards",
        "/customers/%2e%2e%2fcards",
        "/customers/..%5ccards",
        "/customers?limit=1",
        "/customers#top",
        "/customers?",
        "?limit=1",
        "/\ud800",
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError):
        checked_path(path)


@pytest.mark.parametrize("path", [None, 5])
def test_a_path_that_is_no_text_is_refused(path: Any) -> None:
    with pytest.raises(ConfigurationError, match="path"):
        checked_path(path)


@given(st.text() | st.text("/.\\%2eE?#:@ a\n").map("/".__add__))
def test_any_path_stays_on_the_host_or_is_refused(path: str) -> None:
    try:
        sent = checked_path(path)
    except ConfigurationError:
        return
    url = URL(f"https://api.allawee.com{sent}", encoded=True)

    assert sent.isascii()
    assert url.host == "api.allawee.com"
    assert url.raw_path == sent
    assert "" not in sent.split("/")[1:]
    assert {".", ".."}.isdisjoint(unquote(sent).split("/"))


# Queries.


@for_each(
    ("query", "text"),
    [
        ({}, ""),
        ({"limit": "1"}, "?limit=1"),
        ({"a": "1", "b": "2"}, "?a=1&b=2"),
        ({"a": ""}, "?a="),
        (
            {"filter": "status:active amount>=50000"},
            "?filter=status%3Aactive%20amount%3E%3D50000",
        ),
        ({"filter": 'name:"Ada Obi"'}, "?filter=name%3A%22Ada%20Obi%22"),
        ({"filter": "a|eq|b~c\\d"}, "?filter=a%7Ceq%7Cb~c%5Cd"),
        ({"a&b": "c=d&e"}, "?a%26b=c%3Dd%26e"),
        ({"a": "+ %"}, "?a=%2B%20%25"),
        ({"a": "é"}, "?a=%C3%A9"),
    ],
)
def test_a_query_is_percent_encoded(query: dict[str, str], text: str) -> None:
    assert query_string(query) == text


TEXT = st.text(st.characters(codec="utf-8"))


@given(st.dictionaries(TEXT.filter(bool), TEXT))
def test_a_query_reads_back_as_it_was_meant(query: dict[str, str]) -> None:
    text = query_string(query)

    assert dict(parse_qsl(text[1:], keep_blank_values=True, strict_parsing=bool(query))) == query
    assert "+" not in text
    assert "#" not in text


@for_each(
    ("value", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        (5, "5"),
        (0, "0"),
        (-1.5, "-1.5"),
        (True, "true"),
        (False, "false"),
        (CustomerType.BUSINESS, "business"),
        (CustomerType("partner"), "partner"),
        (date(1997, 2, 3), "1997-02-03"),
        (datetime(2024, 1, 1, tzinfo=UTC), "2024-01-01T00:00:00.000Z"),
    ],
)
def test_a_callers_query_becomes_texts(value: object, text: str) -> None:
    assert query_texts({"a": value}) == {"a": text}


def test_what_is_none_is_left_out_of_a_query() -> None:
    assert query_texts({"a": None, "b": 1, "c": None}) == {"b": "1"}


@for_each(
    "value",
    [
        ["a"],
        ("a",),
        {"a": 1},
        Address(city="Yaba"),
        b"a",
        object(),
        Decimal("1.5"),
        datetime(2024, 1, 1),  # noqa: DTZ001 - that is the point
        math.nan,
        math.inf,
        "\ud800",
    ],
)
def test_a_value_without_an_obvious_text_is_refused_in_a_query(value: object) -> None:
    with pytest.raises(ConfigurationError):
        query_string(query_texts({"a": value}))


@pytest.mark.parametrize("name", [1, None])
def test_a_name_that_is_no_text_is_refused_in_a_query(name: Any) -> None:
    with pytest.raises(ConfigurationError):
        query_string(query_texts({name: "1"}))


# Bodies.


@for_each(
    ("body", "written"),
    [
        ({}, b"{}"),
        ({"a": None}, b'{"a":null}'),
        ({"a": [1, 2.5, True, "x"]}, b'{"a":[1,2.5,true,"x"]}'),
        ({"a": "é"}, '{"a":"é"}'.encode()),
        ({"a": (1, (2,))}, b'{"a":[1,[2]]}'),
        ({"a": {"b": {"c": 1}}}, b'{"a":{"b":{"c":1}}}'),
        ({"a": {7}}, b'{"a":[7]}'),
        ({"a": CustomerType.BUSINESS}, b'{"a":"business"}'),
        ({"a": datetime(2024, 1, 1, tzinfo=UTC)}, b'{"a":"2024-01-01T00:00:00.000Z"}'),
        ({"a": 2**63 - 1}, b'{"a":9223372036854775807}'),
        ({"a": 2**64 - 1}, b'{"a":18446744073709551615}'),
        ({"a": Address(city="Yaba")}, b'{"a":{"city":"Yaba"}}'),
    ],
)
def test_a_body_is_json(body: dict[str, Any], written: bytes) -> None:
    assert json_bytes(body) == written


def _nested(depth: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested


_ENDLESS: dict[str, Any] = {}
_ENDLESS["again"] = _ENDLESS


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        [{"deep": math.nan}],
        datetime(2024, 1, 1),  # noqa: DTZ001 - that is the point
        object(),
        b"bytes",
        Decimal(1),
        {1: "a"},
        {None: "a"},
        "\ud800",
        {"\ud800": 1},
        pytest.param(_nested(300), id="nested too deeply"),
        pytest.param(_nested(100_000), id="nested far too deeply"),
        pytest.param(_ENDLESS, id="a mapping that holds itself"),
    ],
)
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    """A NaN that arrives as null would be an amount that nobody gave."""
    with pytest.raises(ConfigurationError):
        json_bytes({"amount": value})


@pytest.mark.parametrize("number", [2**64, -(10**30)])
def test_whole_numbers_are_written_exactly(number: int) -> None:
    assert json_bytes({"amount": number}) == f'{{"amount":{number}}}'.encode()


@pytest.mark.parametrize("levels", [1, 100, 253])
def test_levels_are_written_as_far_as_others_read_them(levels: int) -> None:
    brackets = "[" * 300  # in a text they are none
    body = json_bytes({"a": _nested(levels - 1), "b": brackets})

    assert json.loads(body) == {"a": _nested(levels - 1), "b": brackets}


def test_a_number_is_not_blamed_for_a_text() -> None:
    with pytest.raises(ConfigurationError) as caught:
        json_bytes({"name": "\ud800"})

    assert "number" not in str(caught.value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, JSON))
def test_a_body_reads_back_as_it_was_meant(body: dict[str, Any]) -> None:
    assert json.loads(json_bytes(body)) == body
