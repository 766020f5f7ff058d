"""`allawee doctor`: what it finds in good times, and what each fault looks like."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from keyring.backends.fail import Keyring as Fail
from typer.testing import CliRunner

from allawee_async.cli.access.credentials import FoundKey
from allawee_async.cli.app import app
from allawee_async.cli.doctor import checks as doctor_checks
from allawee_async.cli.doctor import reachability
from allawee_async.cli.doctor.checks import Patient, Status, examine
from allawee_async.cli.doctor.reachability import reach
from allawee_async.cli.errors import CommandError
from allawee_async.redaction import SecretText
from allawee_async.transport.config import Hosts
from tests.support import nursery
from tests.support.keyrings import MemoryKeyring, using
from tests.support.threads import sandbox_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.cli.conftest import Run

KEY = "sk.test.canary-of-the-key"
NOWHERE = "http://127.0.0.1:1"
SOON = 0.1
LONG = 20.0


def found(key: Any = KEY) -> Any:
    return FoundKey(SecretText(key), "environment", "the variable ALLAWEE_API_KEY")


def patient_of(sandbox: Any, **changes: Any) -> Any:
    given = Patient(
        hosts=Hosts(sandbox.url, sandbox.secure_url),
        find_key=lambda: found(sandbox.api_key),
        environ={},
    )
    return attrs.evolve(given, **changes)


@pytest.fixture
def keyring() -> Iterator[Any]:
    with using(MemoryKeyring()) as backend:
        yield backend


@asynccontextmanager
async def served(handle: Any, **options: Any) -> AsyncIterator[Any]:
    """Run a server of bytes on a loopback port, and yield its port."""
    lines = []

    async def accept(reader: Any, writer: Any) -> None:
        lines.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in lines:
            writer.transport.abort()
        server.close()
        await server.wait_closed()


async def hang(reader: Any, _: Any) -> None:
    await reader.read()


def answering(head: Any) -> Any:
    async def answer(reader: Any, writer: Any) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(head + b"Content-Length: 0\r\n\r\n")
            await writer.drain()

    return answer


def problems(findings: Any) -> Any:
    return {name: each for name, each in findings.items() if each.status is not Status.OK}


@pytest.mark.usefixtures("keyring")
class TestTheCommand:
    def test_all_is_well(self, run: Run) -> None:
        with sandbox_in_thread(api_key=KEY) as sandbox:
            hosts = {"ALLAWEE_BASE_URL": sandbox.url, "ALLAWEE_SECURE_URL": sandbox.secure_url}
            result = run("doctor", ALLAWEE_API_KEY=KEY, **hosts)
            table = run("doctor", "--output", "table", ALLAWEE_API_KEY=KEY, **hosts)
            url = sandbox.url
        assert (result.exit_code, result.stderr) == (0, "")
        report = json.loads(result.stdout)
        assert report["ok"] is True
        assert [(each["check"], each["status"]) for each in report["checks"]] == [
            ("versions", "ok"),
            ("key", "ok"),
            ("API host", "ok"),
            ("secure host", "ok"),
            ("key at API host", "ok"),
            ("key at secure host", "ok"),
            ("clock", "ok"),
            ("proxies", "ok"),
            ("keyring", "ok"),
        ]
        told = {each["check"]: each["found"] for each in report["checks"]}
        assert told["key"] == "test key from the variable ALLAWEE_API_KEY"
        assert told["API host"].startswith(f"{url}: DNS ")
        assert table.exit_code == 0
        assert table.stdout.count("\nok ") == 9
        assert "canary" not in result.output + table.output

    def test_in_a_sandbox_of_its_own(self, run: Run) -> None:
        result = run("doctor", "--sandbox")
        assert result.exit_code == 0, result.output
        assert "test key from the embedded sandbox" in result.stdout
        assert "sk." not in result.output

    def test_without_a_key_and_without_hosts_each_line_says_what_to_do(self, run: Run) -> None:
        hosts = ("--base-url", NOWHERE, "--secure-url", NOWHERE)
        with using(Fail()):  # type: ignore[no-untyped-call]
            result = run("doctor", "--output", "table", *hosts, COLUMNS="200")
        assert result.exit_code == 1
        assert result.stderr == "error: 3 of 9 checks failed; each says what to do\n"
        for told in (
            "use --api-key-file FILE, set ALLAWEE_API_KEY, or run `allawee login`",
            "TCP: 127.0.0.1 port 1: Connection refused",
            "check that the host and the port are right and that something listens there",
            "not checked: there is no key",
            "not checked: the host cannot be reached",
            "`allawee login` needs one; --api-key-file and ALLAWEE_API_KEY do not",
        ):
            assert told in result.stdout

    def test_on_a_narrow_terminal(self, run: Run) -> None:
        words = ("doctor", "--sandbox", "--output", "table")
        result = run(*words, COLUMNS="40", HTTPS_PROXY="http://x")
        assert result.exit_code == 0
        lines = [line.rstrip() for line in result.stdout.splitlines()]
        assert max(map(len, lines)) <= 40
        assert lines[lines.index("ok    key") + 1].strip() == "test key from the embedded sandbox"
        assert "warn  proxies" in lines
        assert "  HTTPS_PROXY: set, and not used" in lines

    def test_a_key_on_stdin_is_read_before_the_checks_run(self) -> None:
        with sandbox_in_thread(api_key=KEY) as sandbox:
            hosts = ("--base-url", sandbox.url, "--secure-url", sandbox.secure_url)
            result = CliRunner().invoke(
                app, ["doctor", *hosts, "--api-key-file", "-"], input=f"{KEY}\n"
            )
            empty = CliRunner().invoke(app, ["doctor", *hosts, "--api-key-file", "-"], input="")
        assert result.exit_code == 0, result.output
        assert "test key from stdin" in result.stdout
        assert "canary" not in result.output
        assert empty.exit_code == 1
        assert "stdin holds no API key" in empty.stdout

    def test_a_host_that_cannot_be_one(self, run: Run) -> None:
        result = run("doctor", "--base-url", "http://192.0.2.1", ALLAWEE_API_KEY=KEY)
        assert result.exit_code == 2
        assert "plain http" in result.stderr

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
    async def test_ctrl_c_ends_it_at_once(self) -> None:
        reached = asyncio.Event()

        async def note(reader: Any, _: Any) -> None:
            await reader.readuntil(b"\r\n\r\n")
            reached.set()
            await reader.read()

        async with served(note) as port:
            url = f"http://127.0.0.1:{port}"
            process = nursery.python(
                *("-m", "allawee_async", "doctor", "--timeout", "60"),
                *("--base-url", url, "--secure-url", url),
                stdout=nursery.DEVNULL,
                stderr=nursery.PIPE,
                env={**os.environ, "ALLAWEE_API_KEY": KEY},
            )
            async with asyncio.timeout(30):
                await reached.wait()
                process.send_signal(signal.SIGINT)
                _, told = await asyncio.to_thread(process.communicate)
        assert (process.returncode, told) == (130, b"interrupted\n")


@pytest.mark.usefixtures("keyring")
class TestTheHosts:
    async def test_one_that_refuses_does_not_hide_the_other(self, sandbox: Any) -> None:
        hosts = Hosts(sandbox.url, NOWHERE)
        findings = await examine(patient_of(sandbox, hosts=hosts), seconds=LONG)
        assert problems(findings).keys() == {"secure host", "key at secure host"}
        assert findings["secure host"].found.startswith("TCP: 127.0.0.1 port 1: ")
        assert findings["key at secure host"].status is Status.WARN
        assert findings["key at API host"].found == "accepted"

    async def test_a_host_that_accepts_and_says_nothing(self, sandbox: Any) -> None:
        async with served(hang) as port:
            hosts = Hosts(f"http://127.0.0.1:{port}", sandbox.secure_url)
            findings = await examine(patient_of(sandbox, hosts=hosts), seconds=SOON)
        assert findings["key at API host"].found == "could not be found out (no answer in time)"
        assert findings["clock"].found == "could not be compared: the host tells no time"

    async def test_a_host_that_is_none_of_the_api(self, sandbox: Any) -> None:
        async with served(answering(b"HTTP/1.1 404 Not Found\r\n")) as port:
            hosts = Hosts(f"http://127.0.0.1:{port}", sandbox.secure_url)
            findings = await examine(patient_of(sandbox, hosts=hosts), seconds=LONG)
        assert findings["key at API host"].status is Status.FAIL
        assert findings["key at API host"].found == "could not be found out (HTTP 404)"
        assert findings["clock"].status is Status.WARN  # it sends no Date

    async def test_both_are_asked_at_once(self, sandbox: Any) -> None:
        both = asyncio.Barrier(2)

        async def wait_for_the_other(*_: Any) -> None:
            await both.wait()

        async with served(wait_for_the_other) as first, served(wait_for_the_other) as second:
            hosts = Hosts(f"https://127.0.0.1:{first}", f"https://127.0.0.1:{second}")
            findings = await examine(patient_of(sandbox, hosts=hosts), seconds=LONG)
        for name in ("API host", "secure host"):
            assert findings[name].found.startswith("TLS: ")
            assert "no answer" not in findings[name].found


class TestTLS:
    async def test_a_port_that_speaks_plain_http(self, sandbox: Any) -> None:
        with pytest.raises(CommandError, match=r"^TLS: ") as raised:
            await reach(sandbox.url.replace("http:", "https:"), seconds=LONG)
        assert "https" in str(raised.value)

    @pytest.fixture
    def authority(self, tmp_path: Path) -> Any:
        pytest.importorskip("cryptography")
        from tests.support.certificates import Authority

        return Authority(tmp_path)

    async def test_a_certificate_that_is_good(
        self, authority: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        async with served(hang, ssl=authority.server("127.0.0.1")) as port:
            reached = await reach(f"https://127.0.0.1:{port}", seconds=LONG)
        assert reached.tls is not None
        assert 0 < reached.tls < LONG

    async def test_a_certificate_of_an_unknown_authority(self, authority: Any) -> None:
        async with served(hang, ssl=authority.server("127.0.0.1")) as port:
            with pytest.raises(CommandError, match=r"TLS: .*issuer certificate") as raised:
                await reach(f"https://127.0.0.1:{port}", seconds=LONG)
        assert "SSL_CERT_FILE" in str(raised.value)

    async def test_a_certificate_for_somebody_else(
        self, authority: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        async with served(hang, ssl=authority.server("other.example")) as port:
            with pytest.raises(CommandError, match=r"TLS: .*not valid for '127\.0\.0\.1'"):
                await reach(f"https://127.0.0.1:{port}", seconds=LONG)

    async def test_a_server_that_never_shakes_hands(self) -> None:
        async with served(hang) as port:
            with pytest.raises(CommandError, match=f"^TLS: no answer within {SOON} s; "):
                await reach(f"https://127.0.0.1:{port}", seconds=SOON)


class TestNames:
    async def test_a_name_that_nobody_knows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(CommandError, match=r"^DNS: no\.example: Name or service"):
            await reach("https://no.example", seconds=LONG)

    async def test_a_look_up_that_never_ends_holds_nobody_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        release = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(LONG))
        try:
            with pytest.raises(CommandError, match=f"^DNS: no answer .* within {SOON} s; "):
                await reach("https://slow.example", seconds=SOON)
        finally:
            release.set()

    async def test_an_address_that_does_not_answer_does_not_hide_the_next(
        self, sandbox: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = int(sandbox.url.rpartition(":")[2])
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        dead = (*kind, ("127.0.0.1", 1))
        addresses = [dead, (*kind, ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        assert (await reach("http://two.example", seconds=LONG)).tls is None
        addresses[1:] = []
        with pytest.raises(CommandError, match=r"^TCP: 127\.0\.0\.1 port 1: "):
            await reach("http://two.example", seconds=LONG)
        addresses.clear()
        with pytest.raises(CommandError, match="no address"):
            await reach("http://two.example", seconds=LONG)

    @pytest.mark.skipif(sys.platform != "linux", reason="others answer where there is no room")
    async def test_an_address_that_never_answers(self) -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            address = full.getsockname()
            waiting = []
            with suppress(TimeoutError):
                while True:
                    waiting.append(socket.socket())
                    waiting[-1].setblocking(False)
                    async with asyncio.timeout(SOON):
                        await loop.sock_connect(waiting[-1], address)
            with pytest.raises(CommandError, match="does not answer") as raised:
                await reach(f"http://127.0.0.1:{address[1]}", seconds=SOON)
            assert "firewall" in str(raised.value)
            for connection in waiting:
                connection.close()

    async def test_an_answer_after_the_loop_has_ended_is_dropped(self) -> None:
        """The thread of a look-up may live longer than the loop that waited for it."""
        release, done = threading.Event(), threading.Event()

        def slow() -> None:
            release.wait(LONG)
            done.set()

        async def give_up() -> None:
            with suppress(TimeoutError):
                await reachability.call_in_daemon(slow, SOON)

        await asyncio.to_thread(asyncio.run, give_up())
        release.set()
        assert await asyncio.to_thread(done.wait, LONG)


@pytest.mark.usefixtures("keyring")
class TestTheKey:
    async def test_one_that_is_not_accepted(self, sandbox: Any) -> None:
        wrong = patient_of(sandbox, find_key=lambda: found("sk.test.canary-of-another"))
        findings = await examine(wrong, seconds=LONG)
        assert problems(findings).keys() == {"key at API host", "key at secure host"}
        for name in problems(findings):
            assert findings[name].status is Status.FAIL
            assert findings[name].found == "not accepted"
            assert "revoked" in (findings[name].advice or "")
        assert "canary" not in str(findings)

    async def test_one_with_few_rights(self, sandbox: Any) -> None:
        sandbox.state.keys.add("sk.test.few", scopes=["cards:create"])
        few = patient_of(sandbox, find_key=lambda: found("sk.test.few"))
        findings = await examine(few, seconds=LONG)
        assert findings["key at API host"].status is Status.OK
        assert findings["key at API host"].found == "accepted, with few rights"

    async def test_one_with_which_all_is_real(self, sandbox: Any) -> None:
        real = patient_of(sandbox, find_key=lambda: found("sk.live.canary"))
        findings = await examine(real, seconds=LONG)
        assert findings["key"].found.startswith("LIVE key from ")

    async def test_one_of_an_odd_form(self, sandbox: Any) -> None:
        odd = patient_of(sandbox, find_key=lambda: found("sk_live_canary"))
        findings = await examine(odd, seconds=LONG)
        assert findings["key"].status is Status.WARN
        assert "canary" not in str(findings)

    async def test_none(self, sandbox: Any) -> None:
        def none() -> None:
            raise CommandError("no API key", advice="do something")

        findings = await examine(patient_of(sandbox, find_key=none), seconds=LONG)
        assert findings["key"] == doctor_checks.Finding(Status.FAIL, "no API key", "do something")
        assert findings["API host"].status is Status.OK
        assert findings["key at API host"].found == "not checked: there is no key"

    async def test_one_that_a_keyring_does_not_give_away(self, sandbox: Any) -> None:
        release = threading.Event()

        def wait() -> Any:
            release.wait(LONG)
            return found()

        try:
            findings = await examine(patient_of(sandbox, find_key=wait), seconds=SOON)
        finally:
            release.set()
        assert findings["key"].found.startswith(f"the key could not be had within {SOON} s")
        assert len(findings) == 9


@pytest.mark.usefixtures("keyring")
class TestTheClock:
    @pytest.mark.parametrize(
        ("skew", "status", "told"),
        [
            (0, Status.OK, "s from that of the host"),
            (-25, Status.OK, "s from that of the host"),
            (120, Status.WARN, "s ahead of the host"),
            (-3600, Status.WARN, "s behind the host"),
        ],
    )
    async def test_it_is_compared_with_that_of_the_host(
        self, sandbox: Any, skew: Any, status: Any, told: Any
    ) -> None:
        skewed = patient_of(sandbox, clock=lambda: time.time() + skew)
        finding = (await examine(skewed, seconds=LONG))["clock"]
        assert finding.status is status
        assert finding.found.endswith(told)
        assert (finding.advice is not None) is (status is Status.WARN)

    @pytest.mark.parametrize("head", [b"", b"Date: yesterday\r\n", b"Date: \r\n"])
    async def test_a_host_that_tells_no_time(self, sandbox: Any, head: Any) -> None:
        async with served(answering(b"HTTP/1.1 200 OK\r\n" + head)) as port:
            hosts = Hosts(f"http://127.0.0.1:{port}", sandbox.secure_url)
            findings = await examine(patient_of(sandbox, hosts=hosts), seconds=LONG)
        assert findings["clock"].status is Status.WARN

    async def test_no_key_is_sent_to_find_it_out(self) -> None:
        heads = []

        async def note(reader: Any, writer: Any) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        async with served(note) as port:
            with pytest.raises(ValueError, match="date"):
                await doctor_checks._time_of(f"http://127.0.0.1:{port}", LONG)
        assert b"uthorization" not in heads[0]


@pytest.mark.usefixtures("keyring")
class TestWhatIsAround:
    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "all_proxy", "Http_Proxy"])
    async def test_proxy_variables_are_named_and_not_shown(self, sandbox: Any, name: Any) -> None:
        environ = {name: "http://ada:canary@proxy.example:3128", "no_proxy": "x"}
        finding = (await examine(patient_of(sandbox, environ=environ), seconds=LONG))["proxies"]
        assert finding.status is Status.WARN
        assert finding.found == f"{name}: set, and not used"
        assert "canary" not in str(finding)

    async def test_an_empty_proxy_variable_is_none(self, sandbox: Any) -> None:
        environ = {"HTTPS_PROXY": ""}
        finding = (await examine(patient_of(sandbox, environ=environ), seconds=LONG))["proxies"]
        assert finding.status is Status.OK

    async def test_no_keyring(self, sandbox: Any) -> None:
        with using(Fail()):  # type: ignore[no-untyped-call]
            finding = (await examine(patient_of(sandbox), seconds=LONG))["keyring"]
        assert finding.status is Status.WARN
        assert finding.found == "none that can be used"

    async def test_a_keyring_that_does_not_answer(
        self, sandbox: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        release = threading.Event()
        monkeypatch.setattr(doctor_checks.key_store, "name", lambda: release.wait(LONG) and "x")  # type: ignore[attr-defined]
        try:
            finding = (await examine(patient_of(sandbox), seconds=SOON))["keyring"]
        finally:
            release.set()
        assert finding.status is Status.WARN

    async def test_a_check_that_breaks_does_not_hide_the_others(
        self, sandbox: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken() -> None:
            raise ZeroDivisionError(f"with {KEY}")

        monkeypatch.setattr(doctor_checks, "_versions", broken)
        findings = await examine(patient_of(sandbox), seconds=LONG)
        assert problems(findings).keys() == {"versions"}
        assert findings["versions"].found == "ZeroDivisionError: with ***"
        assert len(findings) == 9
