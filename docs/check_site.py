"""Checks a built site: every link leads somewhere, and nothing is loaded from another host.

    python docs/check_site.py FOLDER

MkDocs checks the links that are written in Markdown. This reads what a browser gets: links in raw
HTML and on generated pages, images, style sheets, the search index.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

ORIGIN = "http://site"
LOADED = {"img": "src", "script": "src", "source": "src", "iframe": "src", "link": "href"}
"""The attributes whose address a browser loads without being asked."""

_CSS_ADDRESS = re.compile(r"(?:url\(|@import\s)\s*[\"']?((?:https?:)?//[^\"')\s]+)")
_INDEX = "search/search_index.json"


@dataclass
class Page:
    """What is on a page.

    Attributes:
        anchors: The ids that a link can lead to.
        links: The addresses that a reader can follow.
        loads: The addresses that a browser loads.
        headings: How many headings of the first level there are.
        title: The title.
    """

    anchors: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    headings: int = 0
    title: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.page.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.page.headings += tag == "h1"
        self._in_title = tag == "title" and not self.page.title
        if tag == "a" and "href" in given:
            self.page.links.add(given["href"])
        elif given.get(LOADED.get(tag, "")):
            self.page.loads.add(given[LOADED[tag]])

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.page.title += data.strip()

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"


def read_page(html: str) -> Page:
    """Return what is on a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


def problems(site: Path) -> Iterator[str]:
    """Yield what is wrong with a built site, one line for each problem."""
    pages = {
        path.relative_to(site).as_posix(): read_page(path.read_text("utf-8"))
        for path in sorted(site.rglob("*.html"))
    }
    if not pages:
        yield f"{site} holds no pages"
    for path, page in pages.items():
        yield from (f"{path}: {text}" for text in _problems_of(site, pages, path, page))
    yield from _problems_of_titles(pages)
    yield from _problems_of_styles(site)
    yield from _problems_of_search(site, pages)


def _problems_of(site: Path, pages: dict[str, Page], path: str, page: Page) -> Iterator[str]:
    if not page.title:
        yield "it has no title"
    if page.headings != 1:
        yield f"it has {page.headings} headings of the first level"
    for address in sorted(page.loads):
        if urlsplit(address).netloc:
            yield f"{address} is loaded from another host"
    for address in sorted(page.links | page.loads):
        if not _is_found(site, pages, path, address):
            yield f"{address} leads nowhere"


def _problems_of_titles(pages: dict[str, Page]) -> Iterator[str]:
    """Yield the pages that a reader cannot tell apart in a list of tabs or of what was found."""
    owners: dict[str, str] = {}
    for path, page in pages.items():
        owner = owners.setdefault(page.title, path)
        if owner != path:
            yield f"{path}: it has the title of {owner}, {page.title}"


def _is_found(site: Path, pages: dict[str, Page], path: str, address: str) -> bool:
    """Return whether an address leads somewhere; other hosts are not asked."""
    parts = urlsplit(urljoin(f"{ORIGIN}/{path}", address))
    if f"{parts.scheme}://{parts.netloc}" != ORIGIN:
        return parts.scheme in ("http", "https", "mailto", "data")
    target = unquote(parts.path).lstrip("/")
    if not target or target.endswith("/"):
        target += "index.html"
    if target not in pages:
        return (site / target).is_file()
    return not parts.fragment or unquote(parts.fragment) in pages[target].anchors


def _problems_of_styles(site: Path) -> Iterator[str]:
    for path in sorted(site.rglob("*.css")):
        for address in _CSS_ADDRESS.findall(path.read_text("utf-8")):
            yield f"{path.relative_to(site).as_posix()}: {address} is loaded from another host"


def _problems_of_search(site: Path, pages: dict[str, Page]) -> Iterator[str]:
    if not (site / _INDEX).is_file():
        yield f"{_INDEX} is missing"
        return
    found = {entry["location"] for entry in json.loads((site / _INDEX).read_bytes())["docs"]}
    for location in sorted(found):
        if not _is_found(site, pages, "index.html", location or "."):
            yield f"{_INDEX}: {location} leads nowhere"
    known = {location.partition("#")[0] for location in found}
    for path in pages.keys() - {"404.html"}:
        if path.removesuffix("index.html") not in known:
            yield f"{_INDEX}: {path} cannot be found"


def main() -> None:
    """Print what is wrong with the site, and exit with 1 if there is anything."""
    found = list(problems(Path(sys.argv[1])))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
