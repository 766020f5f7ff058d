"""The rules of the sandbox: each has a reason, and the code reads the numbers that it tells."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import attrs
import pytest

import allawee_async.sandbox
from allawee_async.sandbox import RULES
from allawee_async.sandbox.rules import values
from tests.support.tables import for_each

ROOM = Path(allawee_async.sandbox.__file__).parent
NUMBERS = [name for name in vars(values) if name.isupper()]
NUMBERS += [f"money.{field.name}" for field in attrs.fields(values.MoneyRules)]


def test_every_rule_has_a_reason_and_is_told_once() -> None:
    assert all(rule.rule.endswith(".") and rule.why.endswith(".") for rule in RULES)
    assert len({rule.rule for rule in RULES}) == len(RULES)


def test_the_rules_of_a_topic_stand_together() -> None:
    topics = [topic for topic, _ in groupby(RULES, key=lambda rule: rule.topic)]

    assert all(topics)
    assert len(topics) == len(set(topics))


@pytest.mark.parametrize(
    "told",
    [
        "at most 1 MiB (413 `payload-too-large`) and 32 levels",
        "`limit` is 1 to 1,000, and 20 without one",
        "with 10,000,000.00 each",
        "NGN 10 up to 5,000, 25 up to 50,000, 50 above for transfers to banks, 100",
        "within 10 minutes. NGN 1,550 buy a dollar, a dollar buys NGN 1,500",
        "after 1, 5, 30, 120 and 600 seconds",
        "within 2 seconds for a request, 4 for a pending update, and 10 for all others",
    ],
)
def test_a_rule_tells_its_numbers_as_people_write_them(told: str) -> None:
    assert any(told in rule.rule for rule in RULES)


@for_each("name", NUMBERS)
def test_the_code_reads_the_number_of_a_rule(name: str) -> None:
    readers = [
        path
        for path in ROOM.rglob("*.py")
        if path.parent.name != "rules" and name in path.read_text("utf-8")
    ]

    assert readers, f"{name} is told and has no effect"
