"""Commands of the API as a shell runs them: pipes, terminals, encodings, interrupts.

What only shows in a process has one; the rest is run here, with the streams that it is about.
"""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from allawee_async.sandbox import Sandbox
from tests.cli.conftest import (
    ALLAWEE,
    Run,
    read_until,
    run_in_encoding,
    run_on_terminal,
    run_with_streams,
    terminal,
)
from tests.support import nursery

LIST = ("customers", "list", "--sandbox")
CARD = "c.2tXPDv41Ri2qewJXL"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has none of these")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['allawee', '--help']\n"
        "from allawee_async.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'aiohttp', 'asyncio', 'attrs', 'cattrs', 'msgspec', 'pyarrow', 'keyring', 'rich',"
        " 'pydantic', 'allawee_async.sandbox', 'allawee_async.client', 'allawee_async.models'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)

    assert done.stderr.strip() == b"[]"


def test_head_takes_what_it_wants_in_silence() -> None:
    """As in `allawee customers list | head -1`, with more customers than a pipe holds."""
    listing = nursery.python(
        *("-m", "allawee_async", *LIST, "--sandbox-customers", "300", "--output", "jsonl"),
        stdout=nursery.PIPE,
        stderr=nursery.PIPE,
    )
    assert listing.stdout
    first = listing.stdout.readline()
    listing.stdout.close()
    assert listing.stderr
    told = listing.stderr.read()
    listing.stderr.close()

    assert json.loads(first)["object"] == "customer"
    assert (listing.wait(timeout=60), told) == (0, b"")


@contextmanager
def full_disk() -> Iterator[Any]:
    with suppress(OSError), Path("/dev/full").open("w") as full:
        yield full


@contextmanager
def gone_reader() -> Iterator[Any]:
    reading, writing = os.pipe()
    os.close(reading)
    with suppress(OSError), os.fdopen(writing, "w") as gone:
        yield gone


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
def test_a_full_disk_is_a_line(form: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with full_disk() as full:
        code = run_with_streams(*LIST, "--output", form, stdout=full)

    assert (code, capsys.readouterr().err) == (1, "error: No space left on device\n")


PAYOUT = (
    *("payments", "create-payout", "--method", "bank-transfer", "--currency", "NGN", "--yes"),
    *("--amount", "10000", "--reference", "r 1", "--options.accountNumber", "0123456789"),
    *("--options.bankCode", "058", "--sandbox"),
)


def test_a_full_disk_is_no_trouble_where_nothing_is_written() -> None:
    with full_disk() as full:
        assert run_with_streams("events", "retry", "--failed", "--sandbox", stdout=full) == 0


def test_a_write_that_nobody_listens_to_is_not_done_and_not_called_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in `… --from payments.csv 2>&1 | true`, where a warning comes before the first payment."""
    words = ("--name", "n", "--url", "http://127.0.0.1:1/", "--events", "odd", "--sandbox")
    with gone_reader() as gone:
        monkeypatch.setattr(sys, "stderr", open(gone.fileno(), "w", 1, closefd=False))  # noqa: SIM115
        assert run_with_streams("webhooks", "create", *words, stdout=gone) == 1


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
@pytest.mark.parametrize(
    ("stdout", "reason"),
    [(full_disk, "No space left on device"), (gone_reader, "(Broken pipe|nobody reads it)")],
)
def test_a_write_whose_answer_cannot_be_shown_is_no_failure_to_repeat(
    capsys: pytest.CaptureFixture[str], stdout: Any, reason: Any, form: Any
) -> None:
    """A script that sees a plain failure pays again."""
    with stdout() as stream:
        code = run_with_streams(*PAYOUT, "--output", form, stdout=stream)

    assert code == 7
    assert re.fullmatch(
        r"error: payments create-payout took effect \(id p\.\w+\), but its answer could "
        rf"not be shown \({reason}\); do not repeat it\n",
        capsys.readouterr().err,
    )


def test_a_payment_that_failed_may_be_repeated_though_it_could_not_be_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with full_disk() as full:
        code = run_with_streams(*PAYOUT, "--amount", "99999999999999", stdout=full)

    assert code == 1
    assert re.fullmatch(
        r"error: the payment \(id p\.\w+\) failed: insufficient-funds\n", capsys.readouterr().err
    )


def test_a_stdout_that_is_closed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A shell is asked once; otherwise Python then has no stdout at all."""
    paid = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *ALLAWEE, *PAYOUT],
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
        text=True,
    )
    listed = run_with_streams(*LIST, stdout=None)
    told = capsys.readouterr().err

    assert (paid.returncode, listed) == (7, 1)
    for text in (paid.stderr, told):
        assert "stdout is closed" in text
        assert "mistake of ours" not in text


def test_no_columns_are_eighty(run: Run) -> None:
    table = run(*LIST, "--output", "table", COLUMNS="0")
    lines = table.stdout.splitlines()

    assert (table.exit_code, table.stderr) == (0, "")
    assert len(lines) > 10
    assert 40 < max(map(len, lines)) <= 80


@pytest.fixture
def ade(run: Run, tmp_path: Path) -> Any:
    """Return the options for a sandbox with a customer whose name is not ASCII."""
    state = ("--sandbox-file", str(tmp_path / "state.db"))
    made = run("customers", "create", *state, "--name", "Adé Ọbí", "--reference", "r1",
               "--type", "individual", "--claims", "{}")  # fmt: skip
    assert made.exit_code == 0, made.stderr
    return state


def test_no_name_is_lost_in_an_encoding_that_lacks_it(
    ade: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("json", "csv"):
        found = ("customers", "find", *ade, "--reference", "r1", "--output", form)
        code, written = run_in_encoding("ascii", *found)

        assert (code, capsys.readouterr().err) == (0, "")
        text = written.decode("utf-8")
        assert "Adé Ọbí" in (json.loads(text)["name"] if form == "json" else text)


def test_a_table_in_an_encoding_that_lacks_most_characters(
    ade: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    wide = ("customers", "list", *ade, "--output", "table", "--columns", "id,name,type")
    code, table = run_in_encoding("ascii", *wide)

    assert (code, capsys.readouterr().err) == (0, "")
    assert b" Ad? ?b?" in table

    # Dots tell that a text is cut, where there is no other character to do so.
    monkeypatch.setenv("COLUMNS", "38")
    narrow = ("customers", "list", *ade, "--output", "table", "--columns", "id,name")
    _, cut = run_in_encoding("ascii", *narrow)
    lines = cut.decode().splitlines()

    assert "Ad? ?b?" in [line[23:].strip() for line in lines]
    assert any(line.endswith("...") for line in lines)
    assert max(map(len, lines)) == 38


def test_on_a_terminal_there_is_a_table_in_colour_through_the_pager() -> None:
    listing = (*LIST, "--max-items", "3")
    with terminal(*listing, width=90, PAGER="cat; echo paged") as (process, shown):
        text = read_until(shown, None)

        assert process.wait(timeout=60) == 0
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert plain.startswith("id ")
    assert 80 < max(map(len, plain.splitlines())) <= 90  # as wide as the terminal says
    assert "\x1b[36m" in text
    assert "\x1b[32mactive" in text
    assert text.endswith("paged\r\n")


def test_a_narrow_terminal_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    listing = (*LIST, "--max-items", "2", "--no-pager")
    code, text = run_on_terminal(*listing, "--no-color")
    lines = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()

    assert code == 0
    assert "\x1b[36m" not in text
    assert lines[0].startswith("cus.")
    assert lines[1].split()[0] == "name"
    assert max(map(len, lines)) <= 40

    monkeypatch.setenv("NO_COLOR", "1")
    code, plain = run_on_terminal(*listing)

    assert (code, "\x1b[36m" in plain, "\x1b[32mactive" in plain) == (0, False, False)


@pytest.mark.parametrize(("typed", "code"), [("n\n", 1), ("y\n", 0)])
def test_a_question_on_a_real_terminal(typed: Any, code: Any) -> None:
    ended, shown = run_on_terminal("cards", "terminate", CARD, "--sandbox", typed=typed)

    assert "cards terminate ends the card for good, in the embedded sandbox." in shown
    assert "[y/N] " in shown
    assert ended == code
    assert ("terminated" in shown) is (code == 0)


def test_secrets_are_revealed_on_a_real_terminal() -> None:
    words = ("cards", "secrets", CARD, "--sandbox", "--no-color", "--reveal", "--output", "json")

    assert re.search(r'"pan": "\d{12,19}"', run_on_terminal(*words)[1])


def test_ctrl_c_at_a_question_sends_nothing() -> None:
    with terminal("cards", "terminate", CARD, "--sandbox") as (process, shown):
        read_until(shown, "[y/N] ")
        process.send_signal(signal.SIGINT)
        told = read_until(shown, None)

        assert process.wait(timeout=60) == 130
    assert told.endswith("\r\ninterrupted\r\n")


async def test_ctrl_c_in_the_middle_of_a_list_ends_it_at_once() -> None:
    async with Sandbox(customers=300) as sandbox:
        sandbox.faults.hang(times=None)
        hosts = {"ALLAWEE_BASE_URL": sandbox.url, "ALLAWEE_SECURE_URL": sandbox.secure_url}
        process = nursery.python(
            *("-m", "allawee_async", "customers", "list"),
            flags=("-X", "dev"),
            stdout=nursery.DEVNULL,
            stderr=nursery.PIPE,
            env={**os.environ, **hosts, "ALLAWEE_API_KEY": sandbox.api_key},
        )
        async with asyncio.timeout(30):
            while not sandbox.requests:  # noqa: ASYNC110 - another process ends the wait
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, told = await asyncio.to_thread(process.communicate)
    complaints = [line for line in told.splitlines() if not line.startswith(b"Executing <")]

    assert (process.returncode, complaints) == (130, [b"interrupted"])


def test_the_count_is_shown_while_results_go_into_a_file() -> None:
    import pty

    ours, theirs = pty.openpty()
    written = io.StringIO()
    with os.fdopen(theirs, "w") as bar:
        code = run_with_streams(*(*LIST, "--sandbox-customers", "300"), stdout=written, stderr=bar)
    told = read_until(ours, None)
    os.close(ours)

    assert code == 0
    assert re.search(r"[\d,]+ customers", re.sub(r"\x1b\[[\d;]*m", "", told))
    assert len(json.loads(written.getvalue())) == 300
