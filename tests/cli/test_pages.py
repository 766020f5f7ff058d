"""The documentation of the command line: generated pages, and examples that run."""

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "command-line.md").read_text("utf-8")
EXAMPLES = [
    line.replace("\\\n", " ").removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
    for line in re.findall(r"^\$ (?:.*\\\n)*.*", block, re.MULTILINE)
]


@pytest.fixture(scope="module")
def hook() -> Any:
    return runpy.run_path(str(DOCS / "cli_pages.py"))


@pytest.fixture(scope="module")
def pages(hook: Any) -> Any:
    return hook["pages"]()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 8
    assert all(example.startswith("allawee ") for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_guide_run(
    run: Run, example: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*shlex.split(example)[1:])

    assert result.exit_code == 0, result.stderr
    assert result.stdout or [*tmp_path.iterdir()]


def test_every_endpoint_has_its_part_of_a_page(pages: Any, endpoints: Any) -> None:
    for row in endpoints:
        noun, _, words = row["call"].replace("_", "-").partition(".")
        words = words.replace(".", " ")
        assert f"\n## `{words}` {{ #{words.replace(' ', '-')} }}\n" in pages[f"cli/{noun}.md"]


def test_every_other_command_is_on_a_page(pages: Any) -> None:
    from allawee_async.cli.commands import COMMANDS

    for words in COMMANDS:
        noun, _, name = words.partition(" ")
        is_of_a_noun = f"cli/{noun}.md" in pages
        page, title = (f"cli/{noun}.md", name) if is_of_a_noun else ("cli/commands.md", words)
        assert f"\n## `{title}` " in pages[page], words


def test_a_part_tells_what_the_help_tells(pages: Any) -> None:
    part = pages["cli/payments.md"].partition("\n## `create-payout`")[2].partition("\n## ")[0]

    assert "$ allawee payments create-payout [OPTIONS]\n" in part
    assert "| `--amount NUMBER` | In minor units (kobo, cents): 10000 are 100 NGN." in part
    assert "| `--options.bankCode` |" in part
    assert "| `6` | If it is not known whether it took effect, the money may be on its way" in part
    assert "--base-url" not in part


def test_every_page_is_in_the_navigation(pages: Any) -> None:
    navigation = (DOCS.parent / "mkdocs.yml").read_text("utf-8")

    assert all(f": {path}\n" in navigation for path in pages)


def test_links_lead_to_parts(pages: Any) -> None:
    for path, text in pages.items():
        links = set(re.findall(r"\]\(#([\w-]+)\)", text))
        assert links == set(re.findall(r"\{ #([\w-]+) \}", text)), path


@pytest.mark.no_cover  # the same lines made the pages
def test_pages_do_not_depend_on_the_terminal(
    hook: Any, pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    assert hook["pages"].__wrapped__() == pages


@pytest.mark.no_cover
def test_the_guide_gets_what_all_commands_share(hook: Any) -> None:
    text = hook["on_page_markdown"](GUIDE)

    assert "| `--sandbox` | Use an embedded sandbox instead of the API" in text
    assert "| `-y, --yes` | Do not ask first. |" in text
    assert "| `5` | queued by the API, not done yet |" in text
    assert "<!--" not in text
    assert hook["on_page_markdown"]("no mark") == "no mark"


def test_the_pages_are_added_to_a_build(hook: Any, pages: Any) -> None:
    config = pytest.importorskip("mkdocs.config.defaults").MkDocsConfig()
    config.load_dict({"site_name": "x", "docs_dir": str(DOCS)})
    config.validate()
    config.plugins._current_plugin = None  # which a build sets before it calls a hook
    files = hook["on_files"]([], config=config)

    assert {file.src_uri: file.content_string for file in files} == pages
