"""Puts the tables of the sandbox's own rules where a page says `<!-- sandbox rules -->`."""

import sys
from itertools import groupby
from pathlib import Path

MARK = "<!-- sandbox rules -->"
ROOT = Path(__file__).parents[1]


def on_page_markdown(markdown: str, **_: object) -> str:
    """Return the page with a table for each topic in it; MkDocs calls this for each page."""
    if MARK not in markdown:
        return markdown
    sys.path.insert(0, str(ROOT))  # so the package need not be installed
    try:
        from allawee_async.sandbox.rules import RULES  # noqa: PLC0415 - not before it is found
    finally:
        sys.path.remove(str(ROOT))
    lines: list[str] = []
    for topic, rules in groupby(RULES, key=lambda rule: rule.topic):
        rows = [f"| {_cell(rule.rule)} | {_cell(rule.why)} |" for rule in rules]
        lines += ["", f"### {topic}", "", "| Rule | Why |", "|---|---|", *rows]
    return markdown.replace(MARK, "\n".join(lines))


def _cell(text: str) -> str:
    """Escape the bars that would end the cell; those in code do not."""
    parts = text.split("`")
    parts[::2] = [part.replace("|", "\\|") for part in parts[::2]]
    return "`".join(parts)
