"""What is secret is hidden, wherever a text or a value quotes it; and the rest is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from allawee_async.redaction import (
    SecretBytes,
    SecretObject,
    SecretText,
    is_secret_name,
    mask,
    masked_id,
    named_secrets,
    one_line,
    scrub,
    scrub_json,
    secret_text,
    secret_texts,
    without_named_secrets,
)
from tests.support.tables import for_each

PIN = "49214921"
KEY = "sk.test.abc123"


# What looks like a secret


@for_each(
    ("text", "masked"),
    [
        ("nothing to hide", "nothing to hide"),
        ("key sk.test.abc123 is wrong", "key *** is wrong"),
        ("key 'sk_live_abc123', I say", "key '***', I say"),
        ("Authorization: Bearer abc", "Authorization: ***"),
        ("card 4111111111111111.", "card ***."),
        ("card 4111 1111 1111 1111!", "card ***!"),
        ("bvn 22489035167", "bvn ***"),
        ("/bvn/224%2089035%20167/check", "/bvn/***/check"),
        ("amount 1234567890 is kept", "amount 1234567890 is kept"),
        ("cus.2tXNjMhytgx7hCxu9", "cus.2tXNjMhytgx7hCxu9"),
        ("", ""),
    ],
)
def test_masking_hides_keys_and_long_numbers_and_nothing_else(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


def test_what_somebody_else_wrote_is_shown_masked_and_in_one_line() -> None:
    assert one_line(f" no\n\tsuch  key: {KEY} ") == "no such key: ***"
    assert one_line("a lone \ud800").encode() == b"a lone ?"


@pytest.mark.parametrize("letter", ["\x1b", "\x07", "\x00", "\x7f", "\x9b", "\u202e", "\u200b"])
def test_what_somebody_else_wrote_gives_a_terminal_no_orders(letter: str) -> None:
    assert one_line(f"no{letter}[31m such card") == "no?[31m such card"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("req_12345678901234567890", "req_12345678901234567890"),  # ids may have long numbers
        (f"req_{KEY}", "req_***"),
        ("req Bearer abc", "req ***"),
        (f"req_{PIN}", "req_***"),
    ],
)
def test_an_id_keeps_its_numbers_and_no_secret(text: str, masked: str) -> None:
    assert masked_id(text, [PIN]) == masked


# What a caller passed as a secret


def test_secret_values_are_what_they_were_and_show_nothing() -> None:
    kept = [SecretText(PIN), SecretBytes(PIN.encode()), SecretObject(pin=PIN)]

    assert kept == [PIN, PIN.encode(), {"pin": PIN}]
    assert repr(kept) == "['***', <8 bytes>, <pin>]"


@pytest.mark.parametrize("wrong", [int(PIN), PIN.encode(), [PIN], None])
def test_what_is_no_text_is_an_empty_secret(wrong: object) -> None:
    assert repr(secret_text(PIN)) == "'***'"
    assert (secret_text(PIN), secret_text(wrong)) == (PIN, "")
    assert type(secret_text(wrong)) is SecretText


def test_the_secrets_of_a_body_are_those_that_were_passed_as_such() -> None:
    assert secret_texts({"pin": SecretText(PIN), "name": "Ada", "number": 5}) == (PIN,)


# What quotes a secret


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"a {PIN} b {PIN}", "a *** b ***"),
        ("a 123 b", "a *** b"),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_a_text_that_quotes_secrets_is_scrubbed(text: str, clean: str) -> None:
    assert scrub(text, (PIN, "", "123")) == clean


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        (f"x{PIN}y", "x***y"),
        (int(PIN), "***"),
        ([PIN, [PIN]], ["***", ["***"]]),
        ({"sent": {PIN: PIN}}, {"sent": {"***": "***"}}),
    ],
)
def test_a_json_value_that_quotes_a_secret_is_scrubbed(value: Any, clean: Any) -> None:
    assert scrub_json(value, (PIN,)) == clean


@for_each(
    "value", [None, True, False, 0, 1, 2.5, int(PIN) + 1, "text", [], {}, {"a": [1, {"b": None}]}]
)
def test_a_json_value_that_quotes_none_is_what_it_was(value: Any) -> None:
    clean = scrub_json(value, (PIN,))
    assert clean == value
    assert type(clean) is type(value)


# What is called a secret


@pytest.mark.parametrize("name", ["pin", "cardNumber", "card_number", "API-Key", "responseBody"])
def test_a_name_stands_for_a_secret_however_it_is_written(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["", "name", "pins", "keyId", "metadata"])
def test_other_names_stand_for_none(name: str) -> None:
    assert not is_secret_name(name)


def test_secrets_are_found_by_their_names_however_deep_they_are() -> None:
    value: Any = {"a": [{"pin": "1234", "note": "n"}], "bvn": ["1", "2"], "cvv": 5, "name": "Ada"}
    assert [*named_secrets(value)] == ["1234", "1", "2"]


def test_a_number_is_a_secret_unless_it_may_be_a_part_of_any_other() -> None:
    value: Any = {"pin": 100, "cvv": 99, "secret": True, "deep": [{"bvn": [22489035167]}]}
    assert [*named_secrets(value)] == ["100", "22489035167"]


@for_each(
    ("name", "value", "clean"),
    [
        ("pin", "1234", "***"),
        ("pin", 1234, "***"),
        ("pin", 0, "***"),
        ("pin", ["1234"], "***"),
        ("pin", {"a": "1234"}, "***"),
        ("pin", None, None),
        ("note", "of 4111111111111111", "of 4111111111111111"),
        ("note", f"of {KEY}", "of ***"),
        ("note", "of sk_live_abc", "of ***"),
        ("amount", 5, 5),
        ("metadata", {"deep": [{"pin": "1", "n": 2}]}, {"deep": [{"pin": "***", "n": 2}]}),
        (
            "individualIdentity",
            {"type": "bvn", "id": "1", "url": "u"},
            {"type": "bvn", "id": "***", "url": "***"},
        ),
        ("identity", [{"id": "1"}], [{"id": "***"}]),
        ("businessIdentity", {"type": "cac", "id": None}, {"type": "cac", "id": None}),
        ("customer", {"id": "cus.1"}, {"id": "cus.1"}),
    ],
)
def test_what_no_model_knows_is_shown_without_what_is_called_a_secret(
    name: str, value: Any, clean: Any
) -> None:
    assert without_named_secrets(name, value) == clean
