"""Decisions: what goes out, and what is refused when a decision is made and not when it is sent."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.responses import (
    SUCCESS,
    Approve,
    Decline,
    DeclineCode,
    decision_body,
    missing_for_check,
)
from tests.support.properties import examples
from tests.support.samples import sample
from tests.support.strategies import json_values
from tests.support.tables import for_each


def written(decision: Approve | Decline) -> Any:
    return json.loads(decision_body(decision))


# What is sent.


@pytest.mark.parametrize(
    ("decision", "answer"),
    [
        (Approve(), "capture.approve"),
        (Approve(card_balance=5_000_000, card_holder_name="John Doe"), "check.approve"),
        (Approve(card_balance=50_000, card_holder_name="John Doe"), "check.approve.2024"),
        (
            Approve(metadata={"acme-transaction-reference": "0C1202321234"}),
            "approve-with-metadata.2024",
        ),
        (Decline("account-not-found"), "check.decline"),
        (Decline(code="insufficient-funds"), "decline.2024"),
        (Decline(DeclineCode.INSUFFICIENT_FUNDS), "decline.2024"),
    ],
    ids=repr,
)
def test_the_documented_answers(decision: Approve | Decline, answer: str) -> None:
    assert written(decision) == sample(f"webhook-answers.{answer}")


def test_the_answer_to_all_other_events() -> None:
    assert json.loads(SUCCESS) == sample("webhook-answers.card.transaction.created")


def test_what_is_absent_is_left_out_and_what_is_empty_is_not() -> None:
    assert decision_body(Approve()) == b'{"action":"approve"}'
    assert decision_body(Decline()) == b'{"action":"decline"}'
    assert written(Approve(card_balance=0, metadata={})) == {
        "action": "approve",
        "cardBalance": 0,
        "metadata": {},
    }
    assert written(Decline(metadata={"why": None})) == {
        "action": "decline",
        "metadata": {"why": None},
    }


def test_a_decision_tells_its_action() -> None:
    assert Approve().action == "approve"
    assert Decline().action == "decline"


@pytest.mark.parametrize("balance", [0, 1, -1, 5_000_000, 2**63 - 1, -(2**63)])
def test_a_balance_is_any_whole_number_and_may_be_negative(balance: int) -> None:
    assert written(Approve(card_balance=balance))["cardBalance"] == balance


def test_the_codes_are_those_of_the_documents() -> None:
    members: Any = DeclineCode
    assert {member.value for member in members} == {
        *("account-not-found", "account-inactive", "insufficient-funds", "invalid-transaction"),
        *("duplicate-transaction", "spending-control"),
    }


def test_a_code_is_open() -> None:
    """A code that a later edition of the documents names can be sent."""
    decision = Decline("velocity-limit")

    assert decision.code == "velocity-limit"
    assert decision.code is not None
    assert not decision.code.is_known
    assert written(decision) == {"action": "decline", "code": "velocity-limit"}


def test_a_text_becomes_the_code_that_it_names() -> None:
    assert Decline("spending-control").code is DeclineCode.SPENDING_CONTROL
    assert Decline("spending-control") == Decline(DeclineCode.SPENDING_CONTROL)


@examples(20, 800)
@given(metadata=st.dictionaries(st.text(max_size=5), json_values, max_size=3), name=st.text())
def test_a_decision_that_could_be_made_can_be_sent(metadata: dict[str, Any], name: str) -> None:
    try:
        decision = Approve(card_holder_name=name, metadata=metadata)
    except ConfigurationError:
        huge = any(abs(number) >= 2**63 for number in integers_in(metadata))
        assert huge or not name.strip()
    else:
        assert written(decision)["metadata"] == metadata
        assert written(decision)["cardHolderName"] == name


def integers_in(value: Any) -> list[int]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for inner in value for number in integers_in(inner)]
    return [value] if isinstance(value, int) else []


def test_metadata_is_written_as_all_bodies_are() -> None:
    metadata = {
        "at": datetime(2026, 11, 22, 20, tzinfo=UTC),
        "codes": (DeclineCode.ACCOUNT_INACTIVE,),
    }

    assert written(Approve(metadata=metadata))["metadata"] == {
        "at": "2026-11-22T20:00:00.000Z",
        "codes": ["account-inactive"],
    }


def test_what_happens_to_the_metadata_later_changes_nothing() -> None:
    metadata = {"list": [1]}
    decision = Decline(metadata=metadata)

    metadata["list"].append(2)
    metadata["new"] = []

    assert decision.metadata == {"list": [1]}


# What is refused.


class Naira(IntEnum):
    ONE = 100


@pytest.mark.parametrize(
    "balance", [True, False, 1.0, 10.5, float("nan"), "100", Decimal(1), [], Naira.ONE], ids=repr
)
def test_a_balance_is_a_whole_number_of_minor_units(balance: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"card_balance.*minor units"):
        Approve(card_balance=balance)


@pytest.mark.parametrize("balance", [2**63, 2**64, -(2**64), 10**30])
def test_a_balance_has_at_most_64_bits(balance: int) -> None:
    with pytest.raises(ConfigurationError, match="64 bits"):
        Approve(card_balance=balance)


@pytest.mark.parametrize("name", ["", " ", "\n\t", 5, b"Ada", ["Ada"], True], ids=repr)
def test_a_name_is_a_text_that_is_not_empty(name: Any) -> None:
    with pytest.raises(ConfigurationError, match="card_holder_name"):
        Approve(card_holder_name=name)


@pytest.mark.parametrize("code", ["", " ", 5, True, b"account-inactive", ["x"]], ids=repr)
def test_a_code_is_a_text_that_is_not_empty(code: Any) -> None:
    with pytest.raises(ConfigurationError, match="code"):
        Decline(code)


def endless() -> dict[str, Any]:
    loop: dict[str, Any] = {}
    loop["again"] = loop
    return loop


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@for_each(
    "metadata",
    [
        *([], [("a", 1)], "text", 5, True, {1: "a"}, {"a": object}, {"a": b"bytes"}),
        *({"a": float("nan")}, {"a": float("inf")}, {"a": "\ud800"}, {"\ud800": 1}),
        *({"a": Decimal(1)}, {"a": datetime(2026, 1, 1)}, endless(), deep(300)),  # noqa: DTZ001
    ],
)
@for_each("make", [Approve, Decline])
def test_metadata_is_an_object_that_json_has_a_form_for(make: Any, metadata: Any) -> None:
    with pytest.raises(ConfigurationError):
        make(metadata=metadata)


@pytest.mark.parametrize("number", [2**64, -(10**30)])
def test_numbers_of_metadata_are_exact(number: int) -> None:
    assert f'"a":{number}'.encode() in decision_body(Decline(metadata={"a": number}))


def test_a_name_without_a_form_in_utf_8_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no form in JSON") as caught:
        Approve(card_holder_name="Ada \ud800")
    with pytest.raises(ConfigurationError, match="no form in JSON"):
        Decline("\udfff")

    assert "Ada" not in str(caught.value)


def test_an_approval_takes_no_positional_argument() -> None:
    """Whether `Approve(500)` means a balance is left to nobody's guess."""
    with pytest.raises(TypeError):
        Approve(500)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Decline("account-inactive", {})  # type: ignore[call-arg]


# Decisions are values.


def test_decisions_are_values() -> None:
    one = Approve(card_balance=1, card_holder_name="Ada", metadata={"a": 1})
    same = Approve(card_balance=1, card_holder_name="Ada", metadata={"a": 1})

    assert one == same
    assert hash(one) == hash(same)
    assert one != Approve(card_balance=2)
    assert Approve() != Decline()
    assert pickle.loads(pickle.dumps(one)) == one
    assert pickle.loads(pickle.dumps(Decline("new-code"))) == Decline("new-code")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.card_balance = 2  # type: ignore[misc]


# Checks.


@pytest.mark.parametrize(
    ("decision", "missing"),
    [
        (Approve(card_balance=0, card_holder_name="Ada Obi"), None),
        (Approve(card_holder_name="Ada Obi"), "card_balance"),
        (Approve(card_balance=1), "card_holder_name"),
        (Approve(), "card_balance and card_holder_name"),
        (Decline(), None),
        (Decline("account-not-found"), None),
    ],
    ids=repr,
)
def test_what_an_approved_check_lacks(decision: Approve | Decline, missing: str | None) -> None:
    assert missing_for_check(decision) == missing
