"""What a rule is: what the sandbox does where the documents say nothing, or say two things."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule that is the sandbox's own, and the reason for it; `topic` is what it is about."""

    rule: str
    why: str
    topic: str = ""


def about(topic: str, *rules: Rule) -> tuple[Rule, ...]:
    """Return rules with the topic that they are about."""
    return tuple(rule._replace(topic=topic) for rule in rules)
