"""`--sandbox` with a file, without one, and beside words that are none."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.cli.arguments import file_advice, spelled_out
from tests.cli.conftest import Run
from tests.support.tables import for_each

FILES = {"state", "c.123"}


def spelled(*words: Any) -> Any:
    return spelled_out(words, FILES.__contains__)


@for_each(
    "file",
    [
        "state.db", "my.sqlite", "my.sqlite3", "my.sandbox", "MY.DB", "./state", "a/b", "/tmp/x",
        "a\\b", "state",
    ],
)  # fmt: skip
def test_a_word_that_looks_like_a_file_or_is_one_becomes_the_file(file: Any) -> None:
    assert spelled("customers", "list", "--sandbox", file, "--limit", "2") == [
        "customers", "list", "--sandbox-file", file, "--limit", "2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message", "advised"),
    [
        (("cards", "list", "--sandbox", "play.json"), "unexpected argument (play.json)",
         "; to keep a sandbox in a file of this name, write --sandbox=play.json"),
        (("cards", "list", "--sandbox", "play"), "unexpected extra argument(s) (play)",
         "; to keep a sandbox in a file of this name, write --sandbox=play"),
        (("--sandbox", "play.json", "cards", "list"), "no such command 'play.json'",
         "; to keep a sandbox in a file of this name, write --sandbox=play.json"),
        (("--sandbox", "crads", "list"), "no such command 'crads'", ""),
        (("cards", "list", "--sandbox", "play.json"), "missing option --name", ""),
        (("cards", "list", "--sandbox"), "unexpected argument (list)", ""),
        (("cards", "list", "--sandbox", "--lmit"), "no such option: --lmit", ""),
        ((), "missing command", ""),
    ],
)  # fmt: skip
def test_a_word_that_was_not_taken_for_a_file_is_explained(
    words: Any, message: Any, advised: Any
) -> None:
    assert file_advice(words, message) == advised


@pytest.mark.parametrize("word", ["cus.1", "c.124", "list", "20", "payments"])
def test_any_other_word_belongs_to_the_command(word: Any) -> None:
    assert spelled("cards", "get", "--sandbox", word) == ["cards", "get", "--sandbox", word]


def test_at_the_end_of_the_line_it_has_no_file() -> None:
    assert spelled("customers", "list", "--sandbox") == ["customers", "list", "--sandbox"]


@pytest.mark.parametrize("option", ["--out", "-o", "--output=a/b.db", "-", "--", "--sandbox"])
def test_an_option_is_never_a_file(option: Any) -> None:
    assert spelled("--sandbox", option, "x") == ["--sandbox", option, "x"]


def test_a_file_behind_an_equals_sign_is_one_whatever_it_looks_like() -> None:
    assert spelled("cards", "list", "--sandbox=c.124") == ["cards", "list", "--sandbox-file=c.124"]


def test_what_stands_behind_two_dashes_is_left_alone() -> None:
    words = ["cards", "get", "--", "--sandbox", "state.db", "--sandbox=x"]
    assert spelled(*words) == words
    assert spelled("--sandbox", *words[2:]) == ["--sandbox", *words[2:]]


def test_each_occurrence_is_spelled_out() -> None:
    assert spelled("--sandbox", "a.db", "x", "--sandbox", "--sandbox", "b.db") == [
        "--sandbox-file", "a.db", "x", "--sandbox", "--sandbox-file", "b.db",
    ]  # fmt: skip


def plain(words: Any) -> Any:
    text = " ".join(words).replace("--sandbox-file", "--sandbox")
    return text.replace("--sandbox=", "--sandbox ").split()


@given(st.lists(st.sampled_from(["--sandbox", "--sandbox=a.db", "a.db", "x", "--", "-y"])))
def test_no_word_is_lost_and_doing_it_twice_changes_nothing(words: Any) -> None:
    once = spelled_out(words, lambda _: False)
    assert plain(once) == plain(words)
    assert spelled_out(once, lambda _: False) == once


def test_the_name_of_a_command_is_no_file_even_if_there_is_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "customers").touch()
    result = run("--sandbox", "customers", "list", "--max-items", "1")

    assert (result.exit_code, result.stderr) == (0, "")
    assert (tmp_path / "customers").read_bytes() == b""
