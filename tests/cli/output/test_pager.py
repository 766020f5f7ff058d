"""The pager for lists on a terminal."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from allawee_async.cli.errors import CommandError
from allawee_async.cli.output.pager import paged


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> Any:
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, pager: Any) -> Any:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("PAGER", pager)
    return terminal


def test_what_is_written_goes_through_the_pager(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LESS", raising=False)
    screen = on_a_terminal(monkeypatch, f'(cat; echo "$LESS") > {tmp_path / "shown"}')
    with paged():
        assert sys.stdout.isatty()  # so there are colours, and no bar
        sys.stdout.write("Adé Ọbí\n")

    assert sys.stdout == screen
    assert (tmp_path / "shown").read_text("utf-8") == "Adé Ọbí\nFRX\n"
    assert screen.getvalue() == ""


def test_the_options_of_less_are_left_to_who_set_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESS", "S")
    on_a_terminal(monkeypatch, f'echo "$LESS" > {tmp_path / "shown"}')
    with paged():
        pass

    assert (tmp_path / "shown").read_text() == "S\n"


@pytest.mark.parametrize(("pager", "wanted"), [("", True), ("cat", True), ("false", False)])
def test_there_may_be_none(monkeypatch: pytest.MonkeyPatch, pager: str, wanted: bool) -> None:
    screen = on_a_terminal(monkeypatch, pager)
    with paged(wanted=wanted):
        sys.stdout.write("here")

    assert screen.getvalue() == "here"


def test_a_pipe_needs_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAGER", "false")
    with paged():
        sys.stdout.write("here")

    assert capsys.readouterr().out == "here"


def _write_much() -> None:
    with paged():
        for _ in range(100):
            sys.stdout.write("x" * 65_536)
            sys.stdout.flush()


def test_who_leaves_the_pager_wants_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = on_a_terminal(monkeypatch, "true")
    with pytest.raises(BrokenPipeError):
        _write_much()

    assert sys.stdout is screen


def test_a_pager_that_there_is_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_terminal(monkeypatch, "no-such-pager 2> /dev/null")
    with pytest.raises(CommandError, match="cannot be run; give --no-pager"):
        _write_much()
