"""Commands of the API in processes of their own: pipes, terminals, encodings, interrupts."""

import asyncio
import json
import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from allawee_async.sandbox import Sandbox
from tests.cli.conftest import Run, Spawn

ALLAWEE = (sys.executable, "-m", "allawee_async")
LIST = ("customers", "list", "--sandbox")

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
    listing = subprocess.Popen(
        [*ALLAWEE, *LIST, "--sandbox-customers", "2000", "--output", "jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    first = listing.stdout.readline()  # type: ignore[union-attr]
    listing.stdout.close()  # type: ignore[union-attr]
    told = listing.stderr.read()  # type: ignore[union-attr]
    listing.stderr.close()  # type: ignore[union-attr]

    assert json.loads(first)["object"] == "customer"
    assert (listing.wait(timeout=60), told) == (0, b"")


@pytest.mark.parametrize("form", ["json", "table"])
def test_a_full_disk_is_a_line(form: Any) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*ALLAWEE, *LIST, "--output", form],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert (done.returncode, done.stderr) == (1, b"error: No space left on device\n")


PAYOUT = (
    *("payments", "create-payout", "--method", "bank-transfer", "--currency", "NGN", "--yes"),
    *("--amount", "10000", "--reference", "r 1", "--options.accountNumber", "0123456789"),
    *("--options.bankCode", "058", "--output", "json"),
)


def test_a_write_whose_answer_cannot_be_shown_is_no_failure_to_repeat(tmp_path: Path) -> None:
    """A script that sees a plain failure pays again."""
    state = ("--sandbox-file", str(tmp_path / "state.db"))
    reading, writing = os.pipe()
    os.close(reading)
    with Path("/dev/full").open("w") as full, os.fdopen(writing, "w") as gone:
        for stdout, reason in ((full, "No space left on device"), (gone, "Broken pipe")):
            done = subprocess.run(
                [*ALLAWEE, *PAYOUT, *state, "--reference", reason],
                stdout=stdout,
                stderr=subprocess.PIPE,
                timeout=60,
                check=False,
                text=True,
            )

            assert done.returncode == 7
            assert re.fullmatch(
                r"error: payments create-payout took effect \(id p\.\w+\), but its answer could "
                rf"not be shown \({reason}\); do not repeat it\n",
                done.stderr,
            )


@pytest.mark.parametrize(("words", "code"), [(LIST, 1), ((*PAYOUT, "--sandbox"), 7)])
def test_a_stdout_that_is_closed_is_told(words: Any, code: Any) -> None:
    script = 'exec "$@" >&-'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *ALLAWEE, *words],
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
        text=True,
    )

    assert done.returncode == code
    assert "stdout is closed" in done.stderr
    assert "mistake of ours" not in done.stderr


def test_no_columns_are_eighty(spawn: Spawn) -> None:
    table = spawn(*LIST, "--output", "table", COLUMNS="0")
    lines = table.stdout.decode().splitlines()

    assert (table.returncode, table.stderr) == (0, b"")
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


@pytest.mark.parametrize("form", ["json", "csv"])
def test_no_name_is_lost_in_an_encoding_that_lacks_it(spawn: Spawn, ade: Any, form: Any) -> None:
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    found = spawn("customers", "find", *ade, "--reference", "r1", "--output", form, **locale)

    assert (found.returncode, found.stderr) == (0, b"")
    written = found.stdout.decode("utf-8")
    assert "Adé Ọbí" in (json.loads(written)["name"] if form == "json" else written)


def test_a_table_in_an_encoding_that_lacks_most_characters(spawn: Spawn, ade: Any) -> None:
    table = spawn(
        *("customers", "list", *ade, "--output", "table", "--columns", "id,name,type"),
        COLUMNS="44",
        PYTHONIOENCODING="ascii",
    )

    assert (table.returncode, table.stderr) == (0, b"")
    assert b" Ad? ?b?" in table.stdout


def test_dots_tell_that_a_text_is_cut_where_there_is_no_other_character(
    spawn: Spawn, ade: Any
) -> None:
    table = spawn(
        *("customers", "list", *ade, "--output", "table", "--columns", "id,name"),
        COLUMNS="38",
        PYTHONIOENCODING="ascii",
    )
    lines = table.stdout.decode().splitlines()

    assert "Ad? ?b?" in [line[23:].strip() for line in lines]
    assert any(line.endswith("...") for line in lines)
    assert max(map(len, lines)) == 38


@contextmanager
def terminal(*arguments: str, width: Any = 80, **environ: str) -> Iterator[Any]:
    """Run a command on a terminal, and return the process and our side of the terminal."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen(
        [*ALLAWEE, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **environ},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        os.close(ours)
        process.kill()
        process.wait()


def read_until(terminal: Any, end: Any) -> Any:
    """Return what a terminal shows up to some text, or to its end."""
    text = ""
    while end is None or end not in text:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # how Linux tells that the other side has closed
            part = b""
        if not part:
            break
        text += part.decode()
    return text


@pytest.mark.parametrize("plain", [{}, {"NO_COLOR": "1"}])
def test_on_a_terminal_there_is_a_table_in_colour(plain: Any) -> None:
    with terminal(*LIST, "--max-items", "3", **plain) as (process, shown):
        text = read_until(shown, None)

        assert process.wait(timeout=60) == 0
    assert re.sub(r"\x1b\[[\d;]*m", "", text).startswith("id ")
    assert ("\x1b[36m" in text) is not plain
    assert ("\x1b[32mactive" in text) is not plain


def test_a_narrow_terminal_without_colour() -> None:
    with terminal(*LIST, "--max-items", "2", "--no-color", width=40) as (_, shown):
        text = read_until(shown, None)
    lines = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()

    assert "\x1b[36m" not in text
    assert lines[0].startswith("cus.")
    assert lines[1].split()[0] == "name"
    assert max(map(len, lines)) <= 40


@pytest.mark.parametrize(("typed", "code"), [(b"n\n", 1), (b"y\n", 0)])
def test_a_question_on_a_real_terminal(typed: Any, code: Any) -> None:
    arguments = ("cards", "terminate", "c.2tXPDv41Ri2qewJXL", "--sandbox")
    with terminal(*arguments) as (process, shown):
        asked = read_until(shown, "[y/N] ")
        os.write(shown, typed)
        told = read_until(shown, None)

        assert "cards terminate ends the card for good, in the embedded sandbox." in asked
        assert process.wait(timeout=60) == code
    assert ("terminated" in told) is (code == 0)


def test_secrets_are_revealed_on_a_real_terminal() -> None:
    arguments = ("cards", "secrets", "c.2tXPDv41Ri2qewJXL", "--sandbox", "--no-color")
    with terminal(*arguments, "--reveal", "--output", "json") as (_, shown):
        assert re.search(r'"pan": "\d{12,19}"', read_until(shown, None))


def test_ctrl_c_at_a_question_sends_nothing() -> None:
    arguments = ("cards", "terminate", "c.2tXPDv41Ri2qewJXL", "--sandbox")
    with terminal(*arguments) as (process, shown):
        read_until(shown, "[y/N] ")
        process.send_signal(signal.SIGINT)
        told = read_until(shown, None)

        assert process.wait(timeout=60) == 130
    assert told.endswith("\r\ninterrupted\r\n")


async def test_ctrl_c_in_the_middle_of_a_list_ends_it_at_once() -> None:
    async with Sandbox(customers=300) as sandbox:
        sandbox.faults.hang(times=None)
        hosts = {"ALLAWEE_BASE_URL": sandbox.url, "ALLAWEE_SECURE_URL": sandbox.secure_url}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-m", "allawee_async", "customers", "list"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **hosts, "ALLAWEE_API_KEY": sandbox.api_key},
        )
        async with asyncio.timeout(30):
            while not sandbox.requests:  # noqa: ASYNC110 - another process ends the wait
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, told = await process.communicate()
    complaints = [line for line in told.splitlines() if not line.startswith(b"Executing <")]

    assert (process.returncode, complaints) == (130, [b"interrupted"])


def test_the_count_is_shown_while_results_go_into_a_file(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    with (tmp_path / "customers.jsonl").open("w") as file:
        process = subprocess.Popen(
            [*ALLAWEE, *LIST, "--sandbox-customers", "3000"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(theirs)
        told = read_until(ours, None)
        os.close(ours)

        assert process.wait(timeout=60) == 0
    assert re.search(r"[\d,]+ customers", re.sub(r"\x1b\[[\d;]*m", "", told))
    assert len(json.loads((tmp_path / "customers.jsonl").read_text())) == 3000
