"""The program as a whole: help, version, wrong use, errors, interrupts, odd streams."""

import io
import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from allawee_async import ServerError, __version__
from allawee_async.cli.program import Debug, Program
from tests.cli.conftest import Call, Run


class BrokenStream(io.StringIO):
    """A stream that nobody reads any more, or whose disk is full."""

    def __init__(self, path: Any, error: Any) -> None:
        super().__init__()
        self._file = path.open("w")
        self._error = error

    def flush(self) -> None:
        raise self._error

    def fileno(self) -> Any:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
        super().close()


@pytest.fixture
def fail() -> Any:
    """Run a command that raises what it is given."""

    def invoke(error: Any, *arguments: str, **environ: str) -> Any:
        app = typer.Typer(cls=Program, rich_markup_mode=None)

        @app.callback()
        def program(*, debug: Debug = False) -> None:
            pass

        @app.command()
        def broken(*, debug: Debug = False) -> None:
            raise error

        return CliRunner().invoke(app, arguments or ["broken"], env=environ)

    return invoke


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help(run: Run, arguments: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 0
    assert re.search(r"\n  demo +See the client walk thousands of customers", result.stdout)
    assert "130  interrupted (Ctrl-C)" in result.stdout
    assert result.stderr == ""


def test_version(run: Run) -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"allawee_async {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nope"], "No such command 'nope'; see allawee --help"),
        (["customer"], "No such command 'customer'. Did you mean 'customers'? See allawee --help"),
        (["sk.test.canary"], "No such command '***'; see allawee --help"),
        (["doctor", "-o", "xml"], "'--output' / '-o': 'xml' is not one of 'table', 'json'"),
        (
            ["doctor", "--timeout", "0"],
            "'--timeout': Input should be greater than or equal to",
        ),
        (["customers", "list", "--limit", "0"], "--limit takes a whole number, 1 or more"),
        (
            ["customers", "list", "--sandbox", "play.json"],
            "to keep a sandbox in a file of this name, write --sandbox=play.json",
        ),
        (["customers", "list", "--sandbox=/"], "'--sandbox': file '/' is a directory"),
        (["--nope"], "No such option: --nope"),
        (["demo", "--customers", "x"], "Invalid value for '--customers'"),
        (["demo", "--customers", "-1"], "Invalid value for '--customers'"),
        (["demo", "--page-size", "0"], "Invalid value for '--page-size'"),
    ],
)
def test_wrong_use_is_one_line_and_2(run: Run, arguments: str, told: Any) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_error_is_one_line(fail: Any) -> None:
    result = fail(ServerError("oops", status=500))
    assert result.exit_code == 1
    assert result.stderr.startswith("error: oops [HTTP 500]")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--debug", "broken"], ["broken", "--debug"]])
def test_debug_shows_the_traceback_before_the_line(fail: Any, arguments: str) -> None:
    result = fail(ServerError("oops", status=500), *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback (most recent call last)")
    assert result.stderr.splitlines()[-1].startswith("error: oops [HTTP 500]")


def test_debug_shows_what_the_client_warns_of(call: Call) -> None:
    call.sandbox.faults.status(503, headers={"Retry-After": "0"})
    quiet = call("cards", "list")
    call.sandbox.faults.status(503, headers={"Retry-After": "0"})
    told = call("cards", "list", "--debug", ALLAWEE_DEBUG="1")

    assert (quiet.exit_code, quiet.stderr) == (0, "")
    assert told.stdout == quiet.stdout
    assert told.stderr.startswith("GET /cards attempt 1: ServerError: Service Unavailable in ")
    assert told.stderr.count("\n") == 1
    assert logging.lastResort not in logging.getLogger("allawee_async").handlers


def test_debug_from_the_environment(fail: Any) -> None:
    assert "Traceback" in fail(ValueError("x"), ALLAWEE_DEBUG="1").stderr
    assert "Traceback" not in fail(ValueError("x"), ALLAWEE_DEBUG="0").stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort(), typer.Exit(130)])
def test_an_interrupt_is_a_short_line_and_130(fail: Any, error: Any) -> None:
    result = fail(error)
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_a_closed_pipe_is_silent(fail: Any) -> None:
    result = fail(BrokenPipeError())
    assert (result.exit_code, result.output) == (0, "")


def test_without_standalone_mode_errors_are_the_callers() -> None:
    app = typer.Typer(cls=Program)
    app.command("a")(lambda: None)
    app.command("b")(lambda: None)
    command = typer.main.get_command(app)
    assert command.main(["a"], standalone_mode=False) is None
    with pytest.raises(Exception, match="No such command 'nope'"):
        command.main(["nope"], standalone_mode=False)


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("arguments", [["--version"], ["nope"]])
def test_streams_that_break_at_the_end_do_not_end_in_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Any, arguments: str
) -> None:
    from allawee_async.cli.app import app

    monkeypatch.setattr(sys, "stdout", BrokenStream(tmp_path / "out", error))
    monkeypatch.setattr(sys, "stderr", BrokenStream(tmp_path / "err", error))
    with pytest.raises(SystemExit) as ended:
        app(arguments)
    lost = 0 if isinstance(error, BrokenPipeError) else 1  # nobody wanted more
    assert ended.value.code == (lost if arguments == ["--version"] else 2)
    sys.stdout.close()
    sys.stderr.close()


def test_closed_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    from allawee_async.cli.app import app

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(SystemExit) as ended:
        app(["nope"])
    assert ended.value.code == 2


def test_what_the_encoding_lacks_becomes_a_question_mark() -> None:
    runner = CliRunner(charset="ascii")
    app = typer.Typer(cls=Program)
    app.command("a")(lambda: sys.stdout.write("Adé\n"))
    app.command("b")(lambda: None)
    result = runner.invoke(app, ["a"])
    assert (result.exit_code, result.stdout) == (0, "Ad?\n")


def test_not_even_a_traceback_shows_a_key(fail: Any) -> None:
    assert "abcdef" not in fail(ValueError("sk.live.abcdef"), "--debug", "broken").output
