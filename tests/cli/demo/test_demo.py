"""`allawee demo`, in this process: against its own sandbox, and against one that plays live."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from rich.console import Console

from allawee_async import RetryEvent, RetryPolicy
from allawee_async.cli.demo import run as demo_run
from allawee_async.cli.demo.run import Walk
from allawee_async.cli.output import console, live_bar
from allawee_async.errors import (
    Attempt,
    DecodeError,
    PaginationError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)
from allawee_async.sandbox import Sandbox
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing take a while: what a person is to see is no matter here."""
    monkeypatch.setattr(demo_run, "_LONGEST_LATENCY", 0.001)
    monkeypatch.setattr(demo_run, "_PATIENCE", RetryPolicy(attempts=6, base_delay=0.001))


def test_with_faults(run: Run) -> None:
    result = run("demo", "--customers", "300", "--page-size", "10", "--seed", "7")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert "with a test key\n300 customers, seed 7, some requests fail\n" in result.stdout
    assert "and 290 more" in result.stdout
    assert re.search(r"Customers +300\b", result.stdout)
    assert re.search(r"Pages +30\b", result.stdout)
    assert re.search(r"Retries +[1-9]\d* survived \(.*429: \d", result.stdout)
    assert re.search(r"Time +\d+\.\d\d s", result.stdout)
    assert re.search(r"Rate +[\d,]+ customers a second", result.stdout)
    assert "✓ each of the sandbox's 300 customers came exactly once" in result.stdout
    assert len(re.findall(r"^cus\.", result.stdout, re.MULTILINE)) == 10


def test_without_faults(run: Run) -> None:
    result = run("demo", "--customers", "150", "--no-faults")
    assert result.exit_code == 0
    assert "no faults" in result.stdout
    assert re.search(r"Retries +0\b", result.stdout)


def test_the_same_seed_gives_the_same_customers_and_retries(run: Run) -> None:
    outputs = [run("demo", "--customers", "100", "--page-size", "5").stdout for _ in range(2)]
    first, second = (
        [line for line in output.splitlines() if re.match(r"cus\.|Retries", line)]
        for output in outputs
    )
    assert first == second


def test_a_single_customer(run: Run) -> None:
    result = run("demo", "--customers", "1", "--no-faults")
    assert result.exit_code == 0
    assert "\n1 customer, seed 1, no faults\n" in result.stdout
    assert "the sandbox's only customer came exactly once" in result.stdout


def test_no_customers_at_all(run: Run) -> None:
    result = run("demo", "--customers", "0", "--no-faults")
    assert result.exit_code == 0
    assert "each of the sandbox's 0 customers came exactly once" in result.stdout


def test_max_items(run: Run) -> None:
    result = run("demo", "--customers", "50", "--no-faults", "--max-items", "12")
    assert result.exit_code == 0
    assert "and 2 more" in result.stdout
    assert "stopped after 12 of 50 customers; none came twice" in result.stdout


def test_more_than_there_are(run: Run) -> None:
    result = run("demo", "--customers", "5", "--no-faults", "--max-items", "12")
    assert "each of the sandbox's 5 customers came exactly once" in result.stdout


def test_output_that_is_no_terminal_has_room_for_whole_rows_and_no_codes(run: Run) -> None:
    result = run("demo", "--customers", "30", "--no-faults")
    assert "\x1b" not in result.output
    assert "…" not in result.stdout
    assert run("demo", "--customers", "30", "--no-faults", COLUMNS="40").exit_code == 0


def test_a_terminal_without_unicode(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.Console, "encoding", "ascii")  # type: ignore[attr-defined]
    result = run("demo", "--customers", "30", "--no-faults")
    assert result.stdout.isascii()
    assert "ok: each of the sandbox's 30 customers" in result.stdout


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda page: page[:-1], "28 customers came, and 30 should have"),
        (lambda page: (*page, page[0]), "2 of 32 customers came more than once"),
        (
            lambda page: tuple(attrs.evolve(one, id=f"{one.id}x") for one in page),
            "30 customers came that the sandbox does not have",
        ),
    ],
)
def test_a_walk_that_is_not_whole_is_said_and_1(
    run: Run, monkeypatch: pytest.MonkeyPatch, tamper: Any, told: Any
) -> None:
    add = Walk.add
    monkeypatch.setattr(Walk, "add", lambda self, page: add(self, tamper(page)))
    result = run("demo", "--customers", "30", "--page-size", "15", "--no-faults")
    assert result.exit_code == 1
    assert result.stderr == f"error: the walk is not what it should be: {told}\n"
    assert re.search(r"Customers +\d+", result.stdout)
    assert "exactly once" not in result.stdout


def test_a_fault_that_does_not_go_away_ends_the_demo(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_run, "_PATIENCE", RetryPolicy(attempts=1))
    monkeypatch.setattr(demo_run, "_SHARE_OF_FAULTS", 1.0)
    monkeypatch.setattr(demo_run, "_KINDS_OF_FAULTS", ("503",))
    result = run("demo", "--customers", "30")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: Service Unavailable [HTTP 503")


def test_a_key_in_the_environment_is_not_used_without_live(run: Run) -> None:
    result = run("demo", "--customers", "3", ALLAWEE_API_KEY="sk.live.secret")
    assert result.exit_code == 0
    assert "test key" in result.stdout


class TestLive:
    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[Any]:
        async with Sandbox(customers=25, api_key="sk.live.abcdefgh") as sandbox:
            yield sandbox

    @pytest.fixture
    def run_live(self, run: Run, sandbox: Any) -> Any:
        def environ(key: Any) -> Any:
            hosts = {"ALLAWEE_BASE_URL": sandbox.url, "ALLAWEE_SECURE_URL": sandbox.secure_url}
            return {**hosts, "ALLAWEE_API_KEY": key}

        async def invoke(*arguments: str, key: Any = sandbox.api_key) -> Any:
            return await asyncio.to_thread(run, "demo", "--live", *arguments, **environ(key))

        return invoke

    async def test_all_customers(self, run_live: Any, sandbox: Any) -> None:
        result = await run_live("--page-size", "10")
        assert result.exit_code == 0, result.output
        assert f"Allawee at {sandbox.url} with a LIVE key\n" in result.stdout
        assert "25 customers came, none of them twice; the API counts 25" in result.stdout
        assert "Pages      3" in result.stdout

    async def test_stopping_early_asks_for_no_more_than_it_needs(
        self, run_live: Any, sandbox: Any
    ) -> None:
        result = await run_live("--max-items", "3")
        assert result.exit_code == 0
        assert "3 customers came, none of them twice; the API counts 25" in result.stdout
        (request,) = sandbox.requests
        assert ("limit", "3") in request.query

    async def test_it_only_reads(self, run_live: Any, sandbox: Any) -> None:
        await run_live()
        assert {request.method for request in sandbox.requests} == {"GET"}

    @pytest.mark.parametrize(
        ("key", "kind"),
        [
            ("sk.test.abcdefgh\n", "test key"),
            ("pk_abcdefgh", "key that is neither sk.test. nor sk.live."),
        ],
    )
    async def test_the_kind_of_key_is_said_and_the_key_is_not(
        self, run_live: Any, key: Any, kind: Any
    ) -> None:
        result = await run_live(key=key)
        assert result.exit_code == 3
        assert f"with a {kind}\n" in result.stdout
        assert "abcdefgh" not in result.output
        assert result.stderr.startswith("error: ")
        told = "; `allawee whoami` tells which key is used, and where it comes from\n"
        assert result.stderr.endswith(told)

    async def test_customers_that_come_twice_are_said(
        self, run_live: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add = Walk.add
        monkeypatch.setattr(Walk, "add", lambda self, page: add(self, (*page, page[0])))
        result = await run_live()
        assert result.exit_code == 1
        assert "1 customer came more than once" in result.stderr

    @pytest.mark.parametrize("key", ["", "  \n"])
    def test_without_a_key(self, run: Run, key: Any) -> None:
        result = run("demo", "--live", ALLAWEE_API_KEY=key)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr == (
            "error: no API key; set ALLAWEE_API_KEY or run `allawee login`, "
            "or leave out --live to walk a sandbox\n"
        )

    @pytest.mark.parametrize(
        "option", [["--customers", "5000"], ["--seed", "3"], ["--no-faults"], ["--faults"]]
    )
    def test_options_of_the_sandbox_are_refused(self, run: Run, option: Any) -> None:
        result = run("demo", "--live", *option)
        assert result.exit_code == 2
        assert result.stderr.startswith("error: --live has no sandbox")

    def test_a_foreign_host_without_tls_is_refused(self, run: Run) -> None:
        result = run(
            "demo", "--live", ALLAWEE_API_KEY="sk.test.a", ALLAWEE_BASE_URL="http://192.0.2.1"
        )
        assert result.exit_code == 2
        assert "plain http" in result.stderr


def test_a_live_api_that_does_not_count() -> None:
    assert Walk(count=2).praise == "2 customers came, none of them twice"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ServerError("x", status=503), "503"),
        (RequestTimeoutError("x"), "timeout"),
        (TransportError("x"), "connection lost"),
        (DecodeError("x"), "cut body"),
        (PaginationError("x"), "other"),
    ],
)
def test_retries_are_counted_by_their_reason(error: Any, reason: Any) -> None:
    attempt = Attempt(number=1, status=None, error="x", request_id=None, elapsed=0.0, pause=0.0)
    walk = Walk()
    walk.note_retry(RetryEvent(method="GET", path="/customers", attempt=attempt, error=error))
    assert walk.retries == {reason: 1}


class TestProgress:
    def shown(self, monkeypatch: pytest.MonkeyPatch, walk: Any, *, width: Any = 100) -> Any:
        file = io.StringIO()
        terminal = Console(file=file, width=width, force_terminal=True, color_system=None)
        monkeypatch.setattr(live_bar, "progress_console", lambda: terminal)
        monkeypatch.setattr(live_bar, "someone_watches", lambda: True)
        with live_bar.LiveBar() as bar:
            walk.show(bar)
        return file.getvalue()

    def test_count_total_rate_and_retries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        walk = Walk(count=1200, total=5000, seconds=0.5)
        walk.retries["503"] = 2
        assert "1,200/5,000  2,400/s  2 retries" in self.shown(monkeypatch, walk)
        walk.retries["503"] = 1
        assert "1,200/5,000  2,400/s  1 retry" in self.shown(monkeypatch, walk)

    def test_the_end_is_where_the_walk_stops(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = self.shown(monkeypatch, Walk(count=5, total=5000, most=50))
        assert "5/50 " in text

    def test_a_total_that_nobody_knows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = self.shown(monkeypatch, Walk(count=5))
        assert "5  0/s" in text

    def test_a_narrow_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = self.shown(monkeypatch, Walk(count=5, total=10), width=40)
        assert "5/10" in text
        assert "retries" not in text

    def test_nothing_where_stderr_is_no_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        with live_bar.LiveBar() as bar:
            Walk(count=5).show(bar)
        assert capsys.readouterr() == ("", "")

    def test_who_watches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(console.sys, "stderr", None)  # type: ignore[attr-defined]
        assert not console.someone_watches()
        monkeypatch.setattr(console.sys, "stderr", io.StringIO())  # type: ignore[attr-defined]
        assert not console.someone_watches()


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_at_every_width_ids_and_states_are_whole_and_nothing_is_secret(
    run: Run, width: Any
) -> None:
    text = run("demo", "--customers", "10", "--no-faults", COLUMNS=width).stdout

    assert len(re.findall(r"^cus\.\w{17}\b", text, re.MULTILINE)) == 10
    assert len(re.findall(r"\b(active|inactive|blocked)\b", text)) == 10
    assert all(len(line) <= int(width) for line in text.splitlines())
    assert not re.search(r"\d{11}", text)  # as identity numbers have


def test_it_says_what_to_do_next(run: Run) -> None:
    assert "next: `allawee sandbox`" in run("demo", "--customers", "1", "--no-faults").stdout
