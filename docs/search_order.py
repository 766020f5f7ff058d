"""Lets the search show what explains before what lists."""

from __future__ import annotations

from typing import Any

BOOSTS = {
    "tutorial.md": 2,
    "command-line.md": 2,
    "guides/": 3,
    "faq.md": 3,
    "troubleshooting.md": 2,
    "glossary.md": 2,
    "cli/": 0.3,
    "api/": 0.3,
    "why.md": 0.5,
    "changelog.md": 0.2,
}
"""By how much a page counts more than others; by its path, or the beginning of it."""


def on_page_markdown(markdown: str, *, page: Any, **_: object) -> str:
    """Weigh the page; MkDocs calls this for each page."""
    for path, boost in BOOSTS.items():
        if page.file.src_uri.startswith(path):
            page.meta["search"] = {"boost": boost}
    return markdown
