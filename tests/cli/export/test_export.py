"""`allawee <noun> export`: a list as a file, from the first question to the last line."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from allawee_async.cli.app import app
from allawee_async.cli.export import run as export_run
from allawee_async.cli.export.run import details, show
from allawee_async.cli.operations import confirmations
from allawee_async.cli.output import live_bar
from allawee_async.export import ExportProgress
from tests.cli.conftest import Call, Run
from tests.support import nursery
from tests.support.exports import beside, ids_in, read_rows

ACCOUNT = "ac.2tVZczWw7m6Teoeb7"


def groups() -> Iterator[Any]:
    waiting = list(typer.main.get_command(app).commands.values())  # type: ignore[attr-defined]
    while waiting:
        group = waiting.pop()
        if hasattr(group, "resource"):
            group.list_commands(None)  # which makes them
            yield group
            waiting += group.commands.values()


def test_every_noun_that_can_be_listed_can_be_exported() -> None:
    found = {group.resource: set(group.commands) for group in groups()}

    assert {noun for noun, verbs in found.items() if "list" in verbs} == {
        noun for noun, verbs in found.items() if "export" in verbs
    }
    assert "export" in found["tools.banks"]
    assert "export-logs" in found["accounts"]


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "jsonl.gz", "csv"])
def test_it_writes_the_file_and_says_so(call: Call, tmp_path: Path, kind: Any) -> None:
    target = tmp_path / f"customers.{kind}"

    done = call("customers", "export", "--out", str(target))

    assert done.exit_code == 0, done.stderr
    assert len(read_rows(target)) == 5
    assert done.stdout == ""
    said = rf"exported 5 customers to {re.escape(str(target))} in \d+\.\d s \([\d,]+ a second\)\n"
    assert re.fullmatch(said, done.stderr)
    assert beside(target) == set()


def test_a_noun_of_tools(call: Call, tmp_path: Path) -> None:
    done = call("tools", "banks", "export", "--out", str(tmp_path / "banks.csv"))

    assert done.exit_code == 0, done.stderr
    assert "banks to" in done.stderr


def test_the_options_of_the_list_are_sent(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    options = ("--filter", "type:individual", "--filter", "name~a", "--sort", "created_at")

    done = call(
        *("customers", "export", "--out", str(target), *options, "--limit", "2", "--count-total"),
        *("--columns", "id,createdAt"),
    )

    assert done.exit_code == 0, done.stderr
    query = dict(call.sandbox.requests[0].query)
    assert query == {
        "filter": "type:individual name~a",
        "sort": "createdAt",
        "limit": "2",
        "countTotal": "true",
    }
    rows = read_rows(target)
    assert list(rows[0]) == ["id", "created_at"]
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)


def test_pages_are_large_unless_few_entries_are_wanted(call: Call, tmp_path: Path) -> None:
    call("customers", "export", "--out", str(tmp_path / "all.csv"))
    call("customers", "export", "--out", str(tmp_path / "few.csv"), "--max-items", "3")

    assert [dict(request.query)["limit"] for request in call.sandbox.requests] == ["100", "3"]
    assert len(ids_in(tmp_path / "few.csv")) == 3


def test_many_parts_are_read_at_a_time(call: Call, tmp_path: Path) -> None:
    one, many = tmp_path / "one.csv", tmp_path / "many.csv"
    call("customers", "export", "--out", str(one))

    done = call("customers", "export", "--out", str(many), "--parallel", "4", "--limit", "2")

    assert done.exit_code == 0, done.stderr
    assert many.read_bytes() == one.read_bytes()
    refused = call("customers", "export", "--out", str(many), "--parallel", "0", "--overwrite")
    assert refused.exit_code == 2
    assert "--parallel takes a whole number, 1 or more" in refused.stderr


def test_the_logs_of_an_account_can_be_exported(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "logs.jsonl"

    done = call("accounts", "export-logs", ACCOUNT, "--out", str(target))

    assert done.exit_code == 0, done.stderr
    assert re.match(r"exported \d+ logs to ", done.stderr)
    rows = read_rows(target)
    assert {row["account"] for row in rows} == {ACCOUNT}
    again = call("accounts", "export-logs", "ac.other", "--out", str(target), "--resume")
    assert "the list is http" in again.stderr
    assert call("accounts", "export-logs", "--out", str(target)).exit_code == 2
    table = call("accounts", "export-logs", ACCOUNT, "--out", str(target.with_suffix(".csv")))
    assert "`allawee accounts logs -o csv` writes columns" in table.stderr


def test_secrets_are_not_shown_where_nobody_sits_at_a_terminal(call: Call, tmp_path: Path) -> None:
    done = call("customers", "export", "--out", str(tmp_path / "all.csv"), "--reveal")

    assert done.exit_code == 2
    assert done.stderr.startswith("error: --reveal is for a person at a terminal")
    assert not list(tmp_path.iterdir())


def test_secrets_are_masked_unless_they_are_asked_for(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allawee_async.cli.export.run.somebody_answers", lambda: True)
    column = ("--columns", "claims.individual_identity.id")
    masked, shown = tmp_path / "masked.csv", tmp_path / "shown.csv"

    call("customers", "export", "--out", str(masked), *column)
    done = call("customers", "export", "--out", str(shown), *column, "--reveal")

    cells = [row["claims.individual_identity.id"] for row in read_rows(masked)]
    assert set(cells) <= {"***", ""}
    assert "***" in cells
    assert "***" not in shown.read_text()
    assert done.stderr.startswith("note: secrets are written as they are\n")


# What is in the way, and what is asked for and is not there.


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"--columns": "nam"}, "there is no column 'nam'; did you mean name?"),
        ({"--format": "xlsx"}, "there is no format 'xlsx'; there are parquet, jsonl"),
        ({"--out": "customers.xlsx"}, "customers.xlsx does not tell the format"),
        ({"--out": "nowhere/customers.csv"}, "there is no directory nowhere; make it first"),
        ({"--out": "."}, "is a directory; name the file, too"),
        ({"--out": ".."}, ".. does not tell the format"),
        ({"--max-items": "0"}, "--max-items takes a whole number, 1 or more"),
        ({"--limit": "many"}, "--limit takes a whole number"),
        ({"--select": "id"}, "No such option: --select"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_use_is_one_line_and_leaves_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Any, told: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [word for pair in ({"--out": "customers.csv"} | options).items() for word in pair]

    done = call("customers", "export", *words)

    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert told in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_dash_is_stdout(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    done = call("customers", "export", "--out", "-", "--format", kind)

    assert done.exit_code == 0, done.stderr
    assert "exported 5 customers to stdout" in done.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / f"found.{kind}").write_bytes(done.stdout_bytes)
    assert len(read_rows(tmp_path / f"found.{kind}")) == 5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "--out - needs --format, one of parquet, jsonl, jsonl.gz, csv"),
        (["--format", "csv", "--resume"], "on stdout nothing can be resumed"),
        (["--format", "csv", "--overwrite"], "on stdout nothing can be resumed or replaced"),
    ],
)
def test_stdout_is_no_file(call: Call, options: list[str], told: str) -> None:
    done = call("customers", "export", "--out", "-", *options)

    assert done.exit_code == 2
    assert told in done.stderr
    assert not call.sandbox.requests


def test_what_is_no_file_is_not_replaced(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    link = tmp_path / "customers.csv"
    link.symlink_to(tmp_path / "mine")

    for place in (str(link), "/dev/null"):
        done = call("customers", "export", "--out", place, "--format", "csv", "--overwrite")
        assert done.exit_code == 2
        assert "is a link" in done.stderr or "is a device" in done.stderr
    assert link.is_symlink()
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_csv_for_a_spreadsheet(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"

    done = call("customers", "export", "--out", str(target), "--excel", "--columns", "id,claims")

    assert done.exit_code == 0, done.stderr
    text = target.read_bytes()
    assert text.startswith(b"\xef\xbb\xbfid,claims.")
    assert b'"=""+234' in text


def test_a_request_that_was_refused_leaves_nothing_and_no_advice_to_resume(
    call: Call, tmp_path: Path
) -> None:
    target = tmp_path / "customers.csv"
    refused = call("customers", "export", "--out", str(target), "--filter", "status|what|active")

    assert refused.exit_code != 0
    assert "--resume" not in refused.stderr
    assert list(tmp_path.iterdir()) == []
    assert call("customers", "export", "--out", str(target)).exit_code == 0


def test_the_file_must_be_named(call: Call) -> None:
    done = call("customers", "export")

    assert done.exit_code == 2
    assert "--out" in done.stderr


def test_a_file_that_is_there_is_kept_where_nobody_can_be_asked(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    target.write_text("mine")

    done = call("customers", "export", "--out", str(target))

    assert done.exit_code == 2
    assert f"{target} is there already; add --overwrite to replace it" in done.stderr
    assert target.read_text() == "mine"
    assert not call.sandbox.requests


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_file_that_is_there_is_asked_about(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, code: Any
) -> None:
    monkeypatch.setattr(confirmations, "somebody_answers", lambda: True)
    target = tmp_path / "customers.csv"
    target.write_text("mine")

    done = call("customers", "export", "--out", str(target), typed=answer)

    assert done.exit_code == code
    assert f"{target} is there already. Replace it? [y/N]" in done.stderr
    assert (target.read_text() == "mine") is (code == 1)


def test_overwrite_replaces_it(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    target.write_text("mine")

    assert call("customers", "export", "--out", str(target), "--overwrite").exit_code == 0
    assert len(ids_in(target)) == 5


# Exports that end early.


@pytest.fixture
def interrupted(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An export of the first entries of five, which ended because the key had expired."""
    target = tmp_path / "customers.csv"
    words = ("customers", "export", "--out", str(target), "--limit", "1")
    monkeypatch.setattr(sys, "argv", ["allawee", *words])
    pages = iter(range(100))
    faults = call.sandbox.faults
    faults.latency(lambda: 0.0 if next(pages) != 1 else (faults.status(401) or 0.0))
    done = call(*words)
    faults.clear()
    return target, words, done


def test_an_expired_key_is_told_with_how_to_go_on(interrupted: Any) -> None:
    target, words, done = interrupted

    assert done.exit_code == 3
    assert not target.exists()
    hint, error = done.stderr.splitlines()
    told = rf"[12] customers are kept; go on with: allawee {re.escape(shlex.join(words))} --resume"
    assert re.fullmatch(told, hint)
    assert error.startswith("error: ")
    assert "HTTP 401" in error


def test_it_goes_on_with_a_new_key(call: Call, interrupted: Any) -> None:
    target, words, _ = interrupted
    call.sandbox.add_key("sk.test.anewkey0123456789")
    call.sandbox.revoke_key(call.sandbox.api_key)
    asked = len(call.sandbox.requests)

    done = call(*words, "--resume", ALLAWEE_API_KEY="sk.test.anewkey0123456789")

    assert done.exit_code == 0, done.stderr
    assert len(set(ids_in(target))) == len(ids_in(target)) == 5
    assert "after" in dict(call.sandbox.requests[asked].query)
    assert beside(target) == set()


def test_it_is_not_thrown_away_by_mistake(call: Call, interrupted: Any) -> None:
    target, words, _ = interrupted

    done = call(*words)

    assert done.exit_code == 2
    assert f"an unfinished export to {target} is there: add --resume to go on" in done.stderr


def test_it_is_not_resumed_as_another_one(call: Call, interrupted: Any) -> None:
    _, words, _ = interrupted

    done = call(*words, "--resume", "--filter", "status:active")

    assert done.exit_code == 2
    assert "filter is status:active, it was not given" in done.stderr
    assert "go on with" not in done.stderr


def test_it_can_be_begun_anew(call: Call, interrupted: Any) -> None:
    target, words, _ = interrupted

    done = call(*words, "--overwrite")

    assert done.exit_code == 0, done.stderr
    assert len(ids_in(target)) == 5


def test_a_broken_checkpoint_is_told(call: Call, interrupted: Any) -> None:
    target, words, _ = interrupted
    checkpoint = target.with_name("customers.csv.checkpoint")
    checkpoint.write_text("{")

    done = call(*words, "--resume")

    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert "the checkpoint" in line
    assert "nothing was deleted" in line
    assert checkpoint.read_text() == "{"


def test_a_full_disk_is_told_with_how_to_go_on(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "customers.csv"
    words = ("customers", "export", "--out", str(target), "--limit", "2", "--resume")
    monkeypatch.setattr(sys, "argv", ["allawee", *words])
    sync, synced = os.fsync, iter(range(1000))

    def full(descriptor: Any) -> None:
        if next(synced) >= 8:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr("allawee_async.export.exporting._PORTION_BYTES", 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        done = call(*words)

    assert done.exit_code == 1
    hint, error = done.stderr.splitlines()
    assert re.fullmatch(
        rf"\d customers are kept; go on with: allawee {re.escape(shlex.join(words))}", hint
    )
    assert "No space left on device" in error
    assert "make room, then resume" in error
    assert call(*words).exit_code == 0
    assert len(ids_in(target)) == 5


def test_a_finished_export_needs_no_resuming(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    call("customers", "export", "--out", str(target))
    before = target.read_bytes()

    done = call("customers", "export", "--out", str(target), "--resume")

    assert done.exit_code == 0
    assert "is there already, with 5 customers, and nothing is left to resume" in done.stderr
    assert target.read_bytes() == before


@pytest.mark.parametrize("again", [[], ["--resume"]])
def test_rejected_entries_are_told_and_the_exit_code_says_so(
    call: Call, tmp_path: Path, again: Any
) -> None:
    target = tmp_path / "customers.parquet"
    call.sandbox.add_customer({"name": 5})

    done = call("customers", "export", "--out", str(target))
    if again:
        done = call("customers", "export", "--out", str(target), *again)

    assert done.exit_code == 1
    rejected = f"{target}.rejected.jsonl"
    assert done.stderr.endswith(
        f"error: 1 of 6 customers could not be decoded; {rejected} tells why\n"
    )
    assert len(ids_in(target)) == 5
    (line,) = (tmp_path / "customers.parquet.rejected.jsonl").read_text().splitlines()
    assert json.loads(line)["reason"] == "expected a text, found a number"


# Processes of their own.


def test_an_embedded_sandbox_in_a_file_can_be_gone_on_with(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its port is another one in each run."""
    target = tmp_path / "customers.jsonl"
    state = ("--sandbox-file", str(tmp_path / "state.db"), "--sandbox-customers", "30")
    command = ("customers", "export", "--out", str(target), "--limit", "10", *state)

    def refuse(_: Any, told: Any) -> None:
        if told.rows == 20:
            raise RuntimeError("enough")

    with monkeypatch.context() as patch:
        patch.setattr(export_run, "show", refuse)
        assert run(*command).exit_code == 1
    told = []
    monkeypatch.setattr(export_run, "show", lambda _, progress: told.append(progress))

    assert run(*command, "--resume").exit_code == 0
    assert [progress.resumed for progress in told] == [20]
    assert len(set(ids_in(target))) == len(ids_in(target)) == 30


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_keeps_what_came_and_says_how_to_go_on(call: Call, tmp_path: Path) -> None:
    sandbox, target = call.sandbox, tmp_path / "customers.jsonl"
    pages = iter(range(100))
    sandbox.faults.latency(lambda: 30.0 if next(pages) == 3 else 0.0)
    words = ["customers", "export", "--out", str(target), "--limit", "1"]
    environ = {
        **os.environ,
        "ALLAWEE_API_KEY": sandbox.api_key,
        "ALLAWEE_BASE_URL": sandbox.url,
        "ALLAWEE_SECURE_URL": sandbox.secure_url,
    }
    with nursery.python(
        *("-m", "allawee_async", *words),
        flags=("-X", "dev"),
        env=environ,
        stdout=nursery.PIPE,
        stderr=nursery.PIPE,
    ) as process:
        until = time.monotonic() + 30
        while len(sandbox.requests) < 3 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert process.returncode == 130
    lines = said.decode().splitlines()
    hint, last = (line for line in lines if not line.startswith("Executing"))  # asyncio's, if slow
    assert re.fullmatch(
        rf"\d customers are kept; go on with: allawee {re.escape(shlex.join(words))} --resume", hint
    )
    assert last == "interrupted"
    sandbox.faults.clear()
    assert call(*words, "--resume").exit_code == 0
    assert len(set(ids_in(target))) == len(ids_in(target)) == 5


def test_help_does_not_load_pyarrow() -> None:
    code = (
        "import sys; sys.argv = ['allawee', 'customers', 'export', '--help']\n"
        "from allawee_async.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'pyarrow', 'aiohttp', 'allawee_async.sandbox'} & sys.modules.keys()),"
        " file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)

    assert done.stderr.strip() == b"[]"
    assert b"--resume" in done.stdout


# The bar.


def progress(**changes: Any) -> Any:
    facts = {"rows": 50, "rejected": 0, "total": 200, "resumed": 0, "seconds": 5.0}
    facts["saved"] = changes.get("rows", 50) + changes.get("rejected", 0)
    return ExportProgress(**facts | changes)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (progress(), "  10/s  0:00:15 left"),
        (progress(total=None), "  10/s"),
        (progress(rejected=10), "  12/s  0:00:12 left  10 rejected"),
        (progress(resumed=40), "  2/s  0:01:15 left"),
        (progress(seconds=0.0), "  0/s"),
        (progress(total=None, saved=20), "  10/s  20 safe on the disk"),
        (progress(total=10), "  10/s  0:00:00 left"),
        (progress(rows=10_000, total=1_000_000, seconds=1.0), "  10,000/s  0:01:39 left"),
    ],
)
def test_the_bar_tells_rate_and_time_left(told: Any, text: Any) -> None:
    assert details(told) == text


@pytest.mark.parametrize("width", [40, 100])
def test_the_bar_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, width: Any) -> None:
    import io

    from rich.console import Console

    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None)
    monkeypatch.setattr(live_bar, "progress_console", lambda: console)
    monkeypatch.setattr(live_bar, "someone_watches", lambda: True)

    with live_bar.LiveBar(words="reading") as bar:
        show(bar, progress(rows=123_456, total=200_000))
        show(bar, progress(rows=200_000, total=200_000, stage="finishing"))

    lines = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "\n", stream.getvalue()).replace("\r", "\n")
    assert max(map(len, lines.splitlines())) <= width
    assert "200,000/200,000" in lines


def test_no_bar_where_nobody_watches(call: Call, tmp_path: Path) -> None:
    done = call("customers", "export", "--out", str(tmp_path / "customers.csv"))

    assert "\x1b" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
