"""The rules of the sandbox's own: what it does where the documents say nothing, or two things.

`rules.md` says them, each with its reason below; the numbers in it are those of `values`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import NamedTuple

import attrs

from allawee_async.sandbox.rules import values


class Rule(NamedTuple):
    """One rule that is the sandbox's own, and the reason for it; `topic` is what it is about."""

    rule: str
    why: str
    topic: str = ""


def _as_people_say_them() -> Mapping[str, object]:
    """Return the numbers by their names, and those that are told in other units by their own."""
    kept, money = values, values.MoneyRules()
    *pauses, last = (f"{pause:g}" for pause in kept.PAUSES)
    fees = (f"{fee / 100:g} up to {most / 100:,g}" for most, fee in kept.TRANSFER_FEES)
    return (
        vars(kept)
        | attrs.asdict(money)
        | {
            "body_mib": kept.MAX_BODY // 1024**2,
            "url_kib": kept.MAX_URL // 1024,
            "calls_most": 2 * kept.CALLS_KEPT,
            "body_kept_kib": kept.BODY_KEPT // 1024,
            "search_micros": kept.SEARCH_SECONDS_EACH * 10**6,
            "opening_balance": money.balance / 100,
            "transfer_fees": ", ".join(fees),
            "transfer_fee_above": kept.TRANSFER_FEE_ABOVE / 100,
            "bill_fee": kept.BILL_FEE / 100,
            "dollar_fee": kept.DOLLAR_FEE / 100,
            "vat_percent": kept.VAT_PER_MILLE / 10,
            "pay_in_amount": money.pay_in / 100,
            "quote_minutes": money.quote_seconds / 60,
            "pauses": f"{', '.join(pauses)} and {last}",
        }
    )


def _read() -> Iterator[Rule]:
    topic, told = "", _as_people_say_them()
    for paragraph in files(__name__).joinpath("rules.md").read_text("utf-8").split("\n\n"):
        if paragraph.startswith("## "):
            topic = paragraph.removeprefix("## ")
            continue
        lines = paragraph.format_map(told).splitlines()
        rule = [line for line in lines if not line.startswith("> ")]
        why = [line.removeprefix("> ") for line in lines if line.startswith("> ")]
        yield Rule(" ".join(rule), " ".join(why), topic)


RULES: tuple[Rule, ...] = tuple(_read())
"""Every rule that is the sandbox's own, topic by topic."""
