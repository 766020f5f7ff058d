"""The check of the built site finds what a reader would stumble over."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

CHECK = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "check_site.py"))


def page(body: Any = "", title: Any = "Home") -> Any:
    head = f"<head><title>{title}</title></head>"
    return f"<html>{head}<body><h1 id=top>A page</h1>{body}</body></html>"


GUIDE = page('<h2 id="part">Part</h2><a name="old"></a><a href="..">up</a>', "Guide")


@pytest.fixture
def site(tmp_path: Path) -> Any:
    """A function that writes a site of two pages, and returns what is wrong with it."""

    def write(home: Any, *, styles: Any = "", search: Any = ("", "guide/", "guide/#part")) -> Any:
        files = {
            "index.html": home,
            "guide/index.html": GUIDE,
            "images/a b.png": "",
            "style.css": styles,
            "search/search_index.json": json.dumps({"docs": [{"location": at} for at in search]}),
        }
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        return list(CHECK["problems"](tmp_path))

    return write


@pytest.mark.parametrize(
    "body",
    [
        '<a href="guide/">',
        '<a href="guide/index.html#part">',
        '<a href="guide/#old">',
        '<a href="#top">',
        '<a href="#">',
        '<a href="/guide/?q=1#part">',
        '<a href="https://example.com/not/asked#x">',
        '<a href="mailto:somebody@example.com">',
        '<img src="images/a%20b.png">',
        '<img src="data:image/png;base64,AAAA">',
        '<link rel="stylesheet" href="style.css">',
    ],
)
def test_what_leads_somewhere_is_no_problem(site: Any, body: Any) -> None:
    assert site(page(body)) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="gone/">', "gone/ leads nowhere"),
        ('<a href="guide/#gone">', "guide/#gone leads nowhere"),
        ('<a href="#gone">', "#gone leads nowhere"),
        ('<a href="guide/index.md">', "guide/index.md leads nowhere"),
        ('<a href="javascript:void(0)">', "javascript:void(0) leads nowhere"),
        ('<img src="images/gone.png">', "images/gone.png leads nowhere"),
        ('<script src="gone.js"></script>', "gone.js leads nowhere"),
        (
            '<img src="https://example.com/count.gif">',
            "https://example.com/count.gif is loaded from another host",
        ),
        (
            '<link rel="stylesheet" href="//fonts.example.com/a.css">',
            "//fonts.example.com/a.css is loaded from another host",
        ),
        ("<h1>Another</h1>", "it has 2 headings of the first level"),
    ],
)
def test_what_leads_nowhere_or_elsewhere_is_told(site: Any, body: Any, problem: Any) -> None:
    assert site(page(body)) == [f"index.html: {problem}"]


def test_a_page_has_a_title_of_its_own(site: Any) -> None:
    assert site(page(title=" ")) == ["index.html: it has no title"]
    assert site(page(title="Guide")) == ["index.html: it has the title of guide/index.html, Guide"]


@pytest.mark.parametrize(
    ("styles", "address"),
    [
        ("@font-face{src:url(https://example.com/a.woff)}", "https://example.com/a.woff"),
        ("@import '//example.com/a.css';", "//example.com/a.css"),
        ("a{background:url(images/a.png)}", None),
        ("a{background:url('data:image/svg+xml,<svg xmlns=\"http://www.w3.org\">')}", None),
    ],
)
def test_styles_load_nothing_from_other_hosts(site: Any, styles: Any, address: Any) -> None:
    found = site(page(), styles=styles)

    assert found == ([f"style.css: {address} is loaded from another host"] if address else [])


def test_the_search_knows_every_page_and_no_other(site: Any) -> None:
    assert site(page(), search=("", "guide/", "guide/#gone")) == [
        "search/search_index.json: guide/#gone leads nowhere"
    ]
    assert site(page(), search=("",)) == [
        "search/search_index.json: guide/index.html cannot be found"
    ]


def test_a_folder_without_pages_is_no_site(tmp_path: Path) -> None:
    assert list(CHECK["problems"](tmp_path)) == [
        f"{tmp_path} holds no pages",
        "search/search_index.json is missing",
    ]


@pytest.mark.parametrize("body", ["", '<a href="gone/">'])
def test_the_exit_code_tells(
    site: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    body: Any,
) -> None:
    site(page(body))
    monkeypatch.setattr("sys.argv", ["check_site.py", str(tmp_path)])

    with pytest.raises(SystemExit) as ending:
        CHECK["main"]()

    assert ending.value.code == bool(body)
    assert capsys.readouterr().out == ("index.html: gone/ leads nowhere\n" if body else "")
