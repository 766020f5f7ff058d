"""The table for people and the document for programs."""

import os
import platform
import unicodedata
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from operator import ge
from typing import Any

from benchmarks.measures import Measure, Row
from benchmarks.plan import Plan
from benchmarks.rounds import Samples

_HEADINGS = (
    "measure",
    "unit",
    "allawee_async",
    "floor",
    "ratio",
    "lowest … highest",
    "must be",
    "met",
    "httpx + pydantic",
    "its ratio",
)
_PACKAGES = ("aiohttp", "attrs", "cattrs", "msgspec", "orjson", "httpx", "pydantic")


def table(rows: list[Row]) -> str:
    """A Markdown table that also reads well as plain text."""
    lines = [list(_HEADINGS), *(_cells(row) for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| "
        + " | ".join(_padded(cell, width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )


def document(plan: Plan, rows: list[Row], samples: Samples) -> dict[str, Any]:
    """Everything that was measured, and where."""
    return {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "plan": asdict(plan),
        "rows": [_plain(row) for row in rows],
        "samples": samples,
    }


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _cells(row: Row) -> list[str]:
    measure = row.measure
    spread = f"{row.spread[0]:.2f} … {row.spread[1]:.2f}" if row.spread else ""
    return [
        measure.title,
        measure.unit,
        _number(row.ours, measure.digits),
        _number(row.floor, measure.digits),
        _number(row.ratio, 2),
        spread,
        _limit(measure),
        {True: "✓", False: "✗", None: ""}[row.passed],
        _number(row.peer, measure.digits),
        _number(row.peer_ratio, 2),
    ]


def _limit(measure: Measure) -> str:
    if measure.limit is None:
        return ""
    sign = "≥" if measure.judge is ge else "≤"
    return f"{sign} {measure.limit:g} {measure.unit if measure.absolute else 'x'}"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _width(text: str) -> int:
    return sum(not unicodedata.combining(letter) for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _plain(row: Row) -> dict[str, Any]:
    measure = row.measure
    return {
        "title": measure.title,
        "unit": measure.unit,
        "figure": measure.figure,
        "must_be": _limit(measure),
        "ours": row.ours,
        "floor": row.floor,
        "ratio": row.ratio,
        "spread": row.spread,
        "peer": row.peer,
        "peer_ratio": row.peer_ratio,
        "passed": row.passed,
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
