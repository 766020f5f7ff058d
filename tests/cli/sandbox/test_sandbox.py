"""`allawee sandbox` as a process: it answers, it remembers, and it survives being killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from allawee_async.cli.app import app
from allawee_async.cli.errors import CommandError
from allawee_async.cli.sandbox.command import (
    SandboxOptions,
    _secure_port,
    _serve,
    sandbox,
)
from tests.support import nursery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Run

CUSTOMER = {
    "name": "Ada Obi",
    "reference": "ada",
    "type": "individual",
    "claims": {},
    "verifications": [],
    "metadata": {},
}


class Running:
    """A sandbox in a process of its own."""

    def __init__(self, process: nursery.Process) -> None:
        self.process = process
        assert process.stdout is not None
        self.lines = [process.stdout.readline() for _ in range(8)]
        told = dict(
            line.removeprefix("export ").split("=") for line in map(str.strip, self.lines[3:6])
        )
        self.page = self.lines[1].split()[1]
        self.url, self.key = told["ALLAWEE_BASE_URL"], told["ALLAWEE_API_KEY"]
        self.secure_url = told["ALLAWEE_SECURE_URL"]

    def send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, method=method)
        request.add_header("Authorization", f"Bearer {self.key}")
        with urlopen(request, timeout=10) as reply:
            return json.load(reply)


@contextmanager
def running(*arguments: str) -> Iterator[Running]:
    command = ("-m", "allawee_async", "sandbox", "--port", "0", *arguments)
    with nursery.python(*command, stdout=nursery.PIPE, stderr=nursery.PIPE, text=True) as run:
        try:
            yield Running(run)
        finally:
            run.kill()


def test_it_survives_a_kill_and_remembers(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "state.db"))
    with running(*data, "--customers", "20", "--seed", "3") as first:
        assert "20 customers" in first.lines[0]
        created = first.send("POST", "/customers", CUSTOMER)["data"]
        hook = {"name": "x", "events": [], "url": "http://127.0.0.1:1/"}
        webhook = first.send("POST", "/webhooks", hook)["data"]
        first.process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        first.process.wait(10)
    with running(*data, "--seed", "3") as second:
        assert second.key == first.key
        assert "21 customers" in second.lines[0]
        assert second.send("GET", f"/customers/{created['id']}")["data"] == created
        assert second.send("GET", "/webhooks")["data"] == [webhook]
        assert str(tmp_path) in second.lines[7]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to send")
def test_what_it_prints_works_until_it_is_told_to_end() -> None:
    with running() as run:
        with urlopen(run.page, timeout=10) as reply:
            assert b"<title>Overview" in reply.read()
        script = "".join(run.lines[3:6]) + 'printf %s "$ALLAWEE_API_KEY $ALLAWEE_BASE_URL"'
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        assert run.send("GET", "/customers")["code"] == "success"
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(10) == 0
        assert run.process.stderr is not None
        assert run.process.stderr.read() == ""

    assert run.page == f"{run.url}/_sandbox"
    assert done.stdout == f"{run.key} {run.url}"
    assert run.secure_url != run.url


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_it() -> None:
    with running() as run:
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(10) == 130


async def test_it_says_where_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    serving = asyncio.create_task(_serve(SandboxOptions(port=0, data=tmp_path / "state.db")))
    told = ""
    while "stops it" not in told:
        await asyncio.sleep(0.001)
        told += capsys.readouterr().out
    assert "ALLAWEE_API_KEY" in told
    serving.cancel()
    await asyncio.wait([serving])


async def test_sigterm_ends_it_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    serving = asyncio.create_task(_serve(SandboxOptions(port=0)))
    while "is lost" not in capsys.readouterr().out:  # noqa: ASYNC110 - it does not tell by itself
        await asyncio.sleep(0.001)
    signal.raise_signal(signal.SIGTERM)

    assert await serving is None


def test_failures_are_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="choose another file with --data"):
        sandbox(options=SandboxOptions(port=0, data=tmp_path / "nowhere" / "state.db"))
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(CommandError, match="choose another with --port"),
    ):
        sandbox(options=SandboxOptions(port=0, secure_port=taken.getsockname()[1]))
    with pytest.raises(CommandError, match="choose another with --host"):
        sandbox(options=SandboxOptions(port=0, host="192.0.2.1"))  # kept for documents


async def test_its_page_is_opened_in_the_browser(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: Queue[str] = Queue()
    monkeypatch.setattr("webbrowser.open", opened.put)
    serving = asyncio.create_task(_serve(SandboxOptions(port=0, open=True)))
    page = await asyncio.to_thread(opened.get, timeout=10)
    told = capsys.readouterr().out
    serving.cancel()
    await asyncio.wait([serving])

    assert f"Page: {page}\n" in told
    assert page.endswith("/_sandbox")


def test_the_options_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[SandboxOptions] = []

    async def serve(options: SandboxOptions) -> None:
        seen.append(options)

    monkeypatch.setattr("allawee_async.cli.sandbox.command._serve", serve)
    arguments = ["sandbox", "--port", "1", "--seed", "4", "--customers", "7", "--data", "x.db"]
    arguments.append("--open")
    app(arguments, standalone_mode=False)

    assert seen == [SandboxOptions(port=1, seed=4, customers=7, data=Path("x.db"), open=True)]


def test_a_port_in_use_and_a_file_of_others_are_told(tmp_path: Path, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("sandbox", "--port", str(port), "--secure-port", "0")
    assert done.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    (tmp_path / "text").write_text("nothing" * 500)
    done = run("sandbox", "--port", "0", "--data", os.fspath(tmp_path / "text"))
    assert done.exit_code == 1
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr
    assert run("sandbox", "--port", "99999").exit_code == 2


@pytest.mark.parametrize(
    ("port", "given", "chosen"), [(8080, None, 8081), (0, None, 0), (65_535, None, 0), (0, 9, 9)]
)
def test_the_secure_port_follows(port: int, given: int | None, chosen: int) -> None:
    assert _secure_port(SandboxOptions(port=port, secure_port=given)) == chosen
