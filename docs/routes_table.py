"""Compares the tables of endpoints on pages with the routes that stand in the code."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALL = re.compile(r"`allawee\.([\w.]+)`")


def check_noun(page: str) -> None:
    """Compare the table on the page of a noun with its routes, both ways."""
    noun = Path(page).stem.replace("-", "_")
    _compare(page, [_noun_row(*entry) for entry in _entries() if entry[0].split(".")[0] == noun])


def check_all(page: str) -> None:
    """Compare the table of all endpoints with all routes, both ways."""
    _compare(page, [_row(*entry) for entry in _entries()])


def _compare(page: str, wanted: list[str]) -> None:
    lines = Path(page).read_text("utf-8").splitlines()
    shown = [line for line in lines if line.startswith("|") and _CALL.search(line)]
    if sorted(shown) != sorted(wanted):
        raise AssertionError("the table must be:\n" + "\n".join(wanted))


def _noun_row(call: str, owner: str, route: Any) -> str:
    host, again = _facts(route)
    return f"| {_linked(call, owner)} | `{route.method} {route.template}` | {host} | {again} |"


def _row(call: str, owner: str, route: Any) -> str:
    host, again = _facts(route)
    return f"| {route.method} | `{route.template}` | {host} | {_linked(call, owner)} | {again} |"


def _facts(route: Any) -> tuple[str, str]:
    return "secure" if route.secure else "standard", "yes" if route.resend else "no"


def _linked(call: str, owner: str) -> str:
    return f"[`allawee.{call}`][{owner}.{call.rpartition('.')[2]}]"


def _entries() -> Iterator[tuple[str, str, Any]]:
    """Yield the call, the full name of the class and the route of each endpoint."""
    from allawee_async import AllaweeClient  # noqa: PLC0415 - for checks only

    for call, noun in _nouns(AllaweeClient("sk.test.routes")):
        owner = f"{type(noun).__module__}.{type(noun).__name__}"
        for verb, route in getattr(noun, "ROUTES", {}).items():
            yield f"{call}.{verb}", owner, route


def _nouns(parent: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield every noun below a client or a noun, with its dotted name."""
    for attribute in dir(type(parent)):
        if isinstance(getattr(type(parent), attribute), cached_property):
            noun = getattr(parent, attribute)
            yield f"{name}{attribute}", noun
            yield from _nouns(noun, f"{name}{attribute}.")
