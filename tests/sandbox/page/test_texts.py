"""What the sandbox's page is written with: safe HTML, money, masked answers. Nothing runs here."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import meta

from allawee_async.sandbox.cards.numbers import new_number
from allawee_async.sandbox.http.request_log import beginning, masked_text
from allawee_async.sandbox.page import views
from allawee_async.sandbox.page.texts import (
    card_label,
    clock,
    counted,
    exports,
    minor_units,
    money,
    short,
)
from allawee_async.sandbox.page.views import ROOT, environment
from tests.support.tables import for_each

if TYPE_CHECKING:
    from jinja2 import Template

    from allawee_async.sandbox.core.values import JsonObject

TEMPLATES = Path(views.__file__).with_name("templates")


def drawn(source: str, **given: Any) -> str:
    """Return what a template draws that has all that those of the page have."""
    return compiled(source).render(**given)


@cache
def compiled(source: str) -> Template:
    return environment().from_string(source)


def test_texts_are_escaped_and_elements_are_not() -> None:
    text = "<i> & 'x' \"y\""

    assert drawn("{{ ui.words(x) }}", x=text) == (
        "<bdi>&lt;i&gt; &amp; &#39;x&#39; &#34;y&#34;</bdi>"
    )
    assert drawn("{{ ui.chip(x, 'bad') }}", x="<") == '<span class="chip bad">&lt;</span>'
    assert drawn("{{ ui.td(x, ui.words(x)) }}", x='"><') == (
        '<td data-label="&#34;&gt;&lt;" role="cell"><bdi>&#34;&gt;&lt;</bdi></td>'
    )


@for_each("path", sorted(TEMPLATES.glob("*.html")))
def test_a_template_knows_its_names_and_has_no_address_of_its_own(path: Path) -> None:
    text = path.read_text("utf-8")
    made = environment()
    names = meta.find_undeclared_variables(made.parse(text))

    assert names <= {"context", "state", "view", "outcome", "found", *made.globals}
    assert ROOT not in text
    assert not re.findall(r"\bsafe\b|autoescape|style=|\bon\w+=", text)


def test_what_is_joined_to_an_element_is_no_html() -> None:
    assert drawn("{{ ui.words('x') ~ '<script>' }}") == "<bdi>x</bdi>&lt;script&gt;"


@given(st.text())
def test_no_text_gets_out_of_its_element(text: str) -> None:
    made = drawn("{{ ui.time(x) }}", x=text)

    assert made.count("<") == 2
    assert made.count('"') == 2


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0, "NGN 0.00"), (5, "NGN 0.05"), (123_450, "NGN 1,234.50"), (-1, "-NGN 0.01")],
)
def test_money_has_its_currency_and_two_decimals(amount: int, told: str) -> None:
    assert money(amount, "NGN") == told


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("5", 500), ("1,250.5", 125_050), (" 0.01 ", 1), ("", None), ("-1", None), ("1.234", None),
     ("1e3", None), ("٣", None), ("9" * 13, None)],
)  # fmt: skip
def test_amounts_are_read_as_people_type_them(typed: str, minor: int | None) -> None:
    assert minor_units(typed) == minor


@given(st.integers(min_value=0, max_value=10**13))
def test_an_amount_comes_back_from_how_it_is_written(amount: int) -> None:
    assert minor_units(money(amount, "USD").removeprefix("USD ")) == amount


def test_times_of_today_and_of_other_days() -> None:
    assert clock("2026-05-13T12:00:01.000Z", "2026-05-13T23:59:59.999Z") == "12:00:01"
    assert clock("2026-05-12T12:00:01.000Z", "2026-05-13T23:59:59.999Z") == "2026-05-12"
    assert clock(None, "2026-05-13T23:59:59.999Z") == ""


def test_odd_values_are_written_short() -> None:
    assert short(None) == ""
    assert short(12) == "12"
    assert short("x" * 500) == "x" * 120 + "…"
    assert (counted(1, "event"), counted(2_000, "event")) == ("1 event", "2,000 events")


def test_a_card_is_told_by_its_last_digits_only() -> None:
    details: JsonObject = {"last4": "4880", "cardHolderName": "Ada", "pan": "5061462473446064880"}

    assert card_label({"network": "verve", "details": details}) == "verve •••• 4880, Ada"
    assert card_label({"details": None}) == "••••"


@pytest.mark.parametrize(
    ("platform", "lines"),
    [
        ("linux", ["export ALLAWEE_BASE_URL='http://[::1]:8080'", "export ALLAWEE_API_KEY=k"]),
        ("darwin", ["export ALLAWEE_BASE_URL='http://[::1]:8080'", "export ALLAWEE_API_KEY=k"]),
        ("win32", ['$env:ALLAWEE_BASE_URL = "http://[::1]:8080"', '$env:ALLAWEE_API_KEY = "k"']),
    ],
)
def test_variables_are_set_as_is_usual_there(platform: str, lines: list[str]) -> None:
    assert exports("http://[::1]:8080", "", "k", platform) == lines


SECRETS: list[tuple[Any, str]] = [
    ({"pan": "5061462473446064880"}, "5061462473446064880"),
    ({"cvv": 123}, "123"),
    ({"cvv": "987"}, "987"),
    ({"PIN": "1234"}, "1234"),
    ({"signingKey": 'my "own" key'}, "own"),
    ({"name": "n", "key": "sk.test.aB3"}, "aB3"),
    ({"metadata": {"note": "my key is sk.live.aB3dEf"}}, "aB3dEf"),
    ({"individualIdentity": {"type": "bvn", "id": "22489035167"}}, "22489035167"),
    ({"note": "card 5061 4624 7344 6064 880"}, "4624"),
]


@pytest.mark.parametrize(("value", "secret"), SECRETS)
def test_secrets_are_masked(value: Any, secret: str) -> None:
    whole = json.dumps({"code": "success", "data": value}).encode()

    assert secret in whole.decode().replace('\\"', '"')
    told = beginning(whole, len(whole))
    assert secret not in told
    assert "***" in told
    assert '"code": "success"' in told


@pytest.mark.parametrize(("value", "secret"), SECRETS)
def test_secrets_are_masked_wherever_the_text_was_cut(value: Any, secret: str) -> None:
    whole = json.dumps(value).encode()
    for end in range(1, len(whole)):
        told = beginning(whole[:end], len(whole))
        assert told.endswith("…")
        assert secret not in told


def test_a_card_number_that_was_cut_is_no_beginning_of_one() -> None:
    number = new_number("visa", lambda length: "1" * length)
    whole = json.dumps({"note": number}).encode()
    for end in range(len(whole)):
        assert number[:6] not in beginning(whole[:end], len(whole))


@pytest.mark.parametrize(
    "text",
    ['{"reference": "1981993843"}', '{"rrn": "198199384312"}', '{"amount": 1234567890}',
     '{"createdAt": "2026-05-13T12:00:00.000Z"}', '{"keys": "open"}'],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked_text(text) == text


def test_json_is_indented_up_to_where_it_was_cut() -> None:
    whole = b'{"data":[{"name":"a, {b}: \\"c\\"","tags":[],"at":{}},{"amount":12}],"hasMore":true}'
    told = beginning(whole, len(whole))

    for end in range(20, len(whole)):
        shown = beginning(whole[:end], len(whole)).removesuffix("…").rstrip(" \n0123456789")
        assert told.startswith(shown)
    assert beginning(b'{"data":[{"id":"c.1"},{"id":"c', 99) == (
        '{\n  "data": [\n    {\n      "id": "c.1"\n    },\n    {\n      "id": "c…'
    )


def test_what_is_nested_deeply_stays_short() -> None:
    assert len(beginning(b"[" * 4_000, 9_000)) <= 16 * 1024 + 1


def test_an_answer_that_is_no_json_is_shown_as_it_is() -> None:
    assert beginning(b"<html>\xff", 7) == "<html>�"
    assert beginning(b'{"a":1}', 7) == '{\n  "a": 1\n}'
