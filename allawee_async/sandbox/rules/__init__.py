"""The rules of the sandbox's own, with the numbers that the code reads: one file for each field."""

from __future__ import annotations

from allawee_async.sandbox.rules import cards, events, money, requests
from allawee_async.sandbox.rules.rule import Rule

__all__ = ["RULES", "Rule"]

RULES: tuple[Rule, ...] = (*requests.RULES, *money.RULES, *cards.RULES, *events.RULES)
"""Every rule that is the sandbox's own, topic by topic."""
