"""Google docstrings, taken apart; pure."""

from __future__ import annotations

import inspect
import re
from typing import Final

import attrs

_SECTION: Final = re.compile(r"^(Args|Returns|Raises|Example|Attributes):$")
_ENTRY: Final = re.compile(r"^ {4}(\*{0,2}\w+): (.*)$")
_SOURCE: Final = "Source:"


@attrs.frozen
class Docstring:
    """What a docstring says.

    Attributes:
        paragraphs: What stands before the sections; the first is the summary.
        args: What is said of each argument.
        returns: What comes back.
        raises: Each error and when it is raised, in order.
    """

    paragraphs: tuple[str, ...] = ()
    args: dict[str, str] = attrs.Factory(dict[str, str])
    returns: str = ""
    raises: tuple[tuple[str, str], ...] = ()


def parse(text: str | None) -> Docstring:
    """Return what a docstring says; where it is from (`Source:`) is left out."""
    sections = _sections(inspect.cleandoc(text or ""))
    return Docstring(
        paragraphs=tuple(_joined(block) for block in _blocks(sections.get("", []))),
        args=dict(_entries(sections.get("Args", []))),
        returns=_joined(sections.get("Returns", [])),
        raises=tuple(_entries(sections.get("Raises", []))),
    )


def _sections(text: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {"": []}
    name = ""
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading:
            name = heading[1]
        elif line.startswith(_SOURCE):
            name = _SOURCE
        elif not line:
            name = "" if name == _SOURCE else name
        sections.setdefault(name, [])
        if not heading:
            sections[name].append(line)
    return sections


def _blocks(lines: list[str]) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _entries(lines: list[str]) -> list[tuple[str, str]]:
    entries: list[tuple[str, list[str]]] = []
    for line in lines:
        entry = _ENTRY.match(line)
        if entry:
            entries.append((entry[1], [entry[2]]))
        elif entries:
            entries[-1][1].append(line)
    return [(name, _joined(parts)) for name, parts in entries]


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())
