"""The sources of the documentation: links, navigation, examples that run, a complete reference."""

import ast
import codeop
import importlib
import inspect
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.tables import for_each

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TEXTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "benchmarks" / "README.md"]
PAGES = sorted(DOCS.rglob("*.md"))
NAVIGATION = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
IN_NAVIGATION = re.findall(r": (\S+\.md)$", NAVIGATION, re.MULTILINE)

RUN = {"python", "sh", "console"}
SHOWN = {"text", "json"}
GENERATED = re.compile(r"cli/|api/|openapi\.json$")
"""What the hooks of MkDocs make when the site is built."""

SNIPPET = re.compile(r" *--8<-- \"docs/examples/\w+\.py\"\n")


def id_of(path: Any) -> Any:
    return path.relative_to(ROOT).as_posix()


def prose(path: Any) -> Any:
    """Return a text without its blocks of code and its comments."""
    text = path.read_text("utf-8")
    return re.sub(r"^( *)```.*?^\1```$|^<!--.*?-->$", "", text, flags=re.MULTILINE | re.DOTALL)


def links(path: Any) -> Iterator[Any]:
    """Yield the addresses that a text links to within the repository."""
    for address in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(path))):
        if not urlsplit(address).netloc:
            yield address


def anchors(path: Any) -> Any:
    """Return the anchors of the headings of a text, as MkDocs and code hosts make them."""
    headings = re.findall(r"^#+ (.+?)(?: \{.+\})?$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_links() -> None:
    assert sum(1 for path in TEXTS + PAGES for _ in links(path)) > 100


@for_each("path", TEXTS + PAGES)
def test_every_link_leads_to_a_file_and_its_heading(path: Any) -> None:
    for address in links(path):
        parts = urlsplit(address)
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_relative_to(DOCS) and GENERATED.match(target.relative_to(DOCS).as_posix()):
            assert target.suffix != ".md" or target.relative_to(DOCS).as_posix() in IN_NAVIGATION
            continue
        assert target.exists(), address
        if parts.fragment:
            assert parts.fragment in anchors(target), address


def test_every_page_is_in_the_navigation_once() -> None:
    generated = [page for page in IN_NAVIGATION if GENERATED.match(page)]

    assert len(generated) > 10
    assert sorted(IN_NAVIGATION) == sorted(
        [page.relative_to(DOCS).as_posix() for page in PAGES] + generated
    )


def test_what_the_search_weighs_is_there() -> None:
    boosts = runpy.run_path(str(DOCS / "search_order.py"))["BOOSTS"]

    assert all(any(page.startswith(path) for page in IN_NAVIGATION) for path in boosts)


def test_every_picture_is_used_and_small() -> None:
    used = {name for page in PAGES for name in re.findall(r"images/([\w.-]+)", page.read_text())}
    pictures = list((DOCS / "images").iterdir())

    assert {picture.name for picture in pictures} == used
    assert all(picture.stat().st_size < 150_000 for picture in pictures)


@for_each("path", [TEXTS[0], *PAGES])
def test_every_example_is_of_a_kind_that_runs(path: Any) -> None:
    """The configuration of pytest runs blocks of these kinds, and no others."""
    block = re.compile(r"^ *```(\w+|\{ .py \}).*\n((?:.*\n)*?) *```$", re.MULTILINE)

    for kind, source in block.findall(path.read_text("utf-8")):
        assert kind in RUN | SHOWN or (kind == "{ .py }" and SNIPPET.fullmatch(source)), source


def documented() -> Any:
    """Return what the pages describe: the full names behind `:::`."""
    mark = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)
    return {name for page in PAGES for name in mark.findall(page.read_text("utf-8"))}


@for_each(
    "module",
    [
        "allawee_async",
        "allawee_async.batch",
        "allawee_async.export",
        "allawee_async.integrations.aiohttp",
        "allawee_async.integrations.dask",
        "allawee_async.integrations.dlt",
        "allawee_async.integrations.fastapi",
        "allawee_async.models",
        "allawee_async.sandbox",
        "allawee_async.webhooks",
    ],
)
def test_every_public_class_and_function_is_in_the_reference(module: Any) -> None:
    described = documented()

    for name, thing in public(importlib.import_module(module)):
        names = {name, thing.__name__}  # a class may have a second name
        ways = {f"{place}.{name}" for place in (module, thing.__module__) for name in names}
        assert (ways | {thing.__module__}) & described


def public(module: Any) -> Iterator[Any]:
    """Yield the public classes and functions of a module that are made in this package."""
    names = getattr(module, "__all__", None) or [name for name in dir(module) if name[0] != "_"]
    for name in names:
        thing = getattr(module, name)
        is_named = inspect.isclass(thing) or inspect.isfunction(thing)
        if is_named and thing.__module__.startswith(module.__name__):
            yield name, thing


@pytest.mark.parametrize(
    "word", ["salary", "refund", "since", "idempotency", "chargeback", "wallet"]
)
def test_words_that_are_not_ours_are_found(word: Any) -> None:
    assert re.search(rf"\b{word}\b", (DOCS / "glossary.md").read_text("utf-8"))
    assert "pipeline: [trimmer]" in (ROOT / "mkdocs.yml").read_text("utf-8")  # "since" is a word


@pytest.mark.parametrize("path", [TEXTS[0], DOCS / "tutorial.md"], ids=id_of)
def test_examples_can_be_typed_into_a_prompt(path: Any) -> None:
    """A prompt ends a block at an empty line, and needs one behind it."""
    compiler = codeop.CommandCompiler()
    compiler.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for block in re.findall(
        r"^```python\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        typed: list[str] = []
        for line in [*block.splitlines(), ""]:
            typed.append(line)
            if compiler("\n".join(typed), "prompt", "single") is not None:
                typed = []
        assert typed == []
