"""The pages of the HTTP API: made from its description, whole, and without a dead link."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def described() -> Any:
    return runpy.run_path(str(DOCS / "api_pages.py"))["description"]()


@pytest.fixture(scope="module")
def pages(described: Any) -> Any:
    return runpy.run_path(str(DOCS / "api_pages.py"))["pages"](described)


def test_every_endpoint_has_its_part(pages: Any, endpoints: Any) -> None:
    for row in endpoints:
        path = re.sub(r":(\w+)", r"{\1}", row["path"])
        part = f"\n### `{row['method']} {path}` {{ #{row['call']} }}\n"
        assert part in pages["api/endpoints.md"]


def test_every_event_and_object_has_its_part(pages: Any, described: Any) -> None:
    assert all(f"\n## `{name}` {{" in pages["api/events.md"] for name in described["webhooks"])
    schemas = described["components"]["schemas"]
    assert all(f"\n## {name} {{ #{name} }}\n" in pages["api/objects.md"] for name in schemas)


def test_links_lead_to_objects(pages: Any, described: Any) -> None:
    for text in pages.values():
        links = set(re.findall(r"\]\(objects\.md#([\w-]+)\)", text))
        assert links <= described["components"]["schemas"].keys()


def test_a_part_tells_what_is_sent_and_answered(pages: Any) -> None:
    part = pages["api/endpoints.md"].partition("{ #payments.create_payout }")[2]
    part = part.partition("\n### ")[0]

    assert "In Python: `allawee.payments.create_payout`." in part
    assert "It cannot be taken back: it pays money out." in part
    assert "| `amount` | integer | yes | In minor units (kobo, cents)" in part
    assert "| `currency` | [Currency](objects.md#Currency) | yes |" in part
    assert "| `200` | The payment, which is hardly ever done yet: `status` tells. [Pay" in part
    assert "| `400` | A field is missing or invalid; the error names it. |" in part
    assert "| `401` `402` `403` `404` `409` `422` `429` `500` `503` `504` | [as everywhere]" in part


def test_secrets_and_hosts_are_told(pages: Any) -> None:
    part = pages["api/endpoints.md"].partition("{ #cards.activate }")[2].partition("\n### ")[0]

    assert "Host: `https://secure.allawee.com`." in part
    assert "| `pin` | string, secret | yes |" in part


def test_what_all_lists_take_is_told_once(pages: Any) -> None:
    text = pages["api/endpoints.md"]
    part = text.partition("{ #cards.list }")[2].partition("\n### ")[0]

    assert "[the parameters of lists](#parameters-of-lists)" in part
    assert text.count("| `countTotal` | boolean (query) |") == 1


def test_every_page_is_in_the_navigation(pages: Any) -> None:
    navigation = (DOCS.parent / "mkdocs.yml").read_text("utf-8")

    assert all(f": {path}\n" in navigation for path in pages)
