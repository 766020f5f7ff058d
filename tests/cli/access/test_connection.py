"""Where a command finds its key, what it talks to, and what it says when it cannot."""

import asyncio
import io
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import attrs
import pytest

from allawee_async.cli.access import credentials
from allawee_async.cli.access import options as module
from allawee_async.cli.access.connection import client_with, open_client, run_with_client
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.options import made_command
from allawee_async.cli.program import Program
from allawee_async.errors import ConfigurationError
from tests.support.keyrings import LockedKeyring, MemoryKeyring, using
from tests.support.threads import sandbox_in_thread

KEY = "sk.test.canary-of-the-key"
LIVE = "sk.live.canary-of-the-key"
HOST = "https://api.allawee.com"
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def file(tmp_path: Path) -> Any:
    """A file with a key that only its owner may read."""
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


def refused(options: Any) -> Any:
    """Return the error that a key that cannot be had ends with."""
    with pytest.raises(CommandError) as raised:
        _ = options.key_kind
    assert "canary" not in str(raised.value)
    return raised.value


class TestTheOrderOfSources:
    def test_the_file_goes_first(self, file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", LIVE)
        found = ConnectionOptions(api_key_file=file).key
        assert (found.key, found.source) == (KEY, "file")

    def test_then_the_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = MemoryKeyring()
        backend.set_password("allawee_async", HOST, KEY)
        monkeypatch.setenv("ALLAWEE_API_KEY", f" {LIVE}\n")
        with using(backend):
            found = ConnectionOptions().key
        assert (found.key, found.source) == (LIVE, "environment")

    @pytest.mark.parametrize("variable", [None, "", " \n"])
    def test_then_the_keyring(self, monkeypatch: pytest.MonkeyPatch, variable: Any) -> None:
        if variable is not None:
            monkeypatch.setenv("ALLAWEE_API_KEY", variable)
        backend = MemoryKeyring()
        backend.set_password("allawee_async", HOST, KEY)
        with using(backend):
            found = ConnectionOptions().key
        assert (found.key, found.source) == (KEY, "keyring")
        assert "MemoryKeyring" in found.place or "keyrings" in found.place

    def test_the_keyring_has_a_key_for_each_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = MemoryKeyring()
        backend.set_password("allawee_async", NOWHERE, KEY)
        with using(backend):
            assert ConnectionOptions(base_url=f"{NOWHERE}/").key.key == KEY
            assert refused(ConnectionOptions()).code is ExitCode.WRONG_USE
            monkeypatch.setenv("ALLAWEE_BASE_URL", NOWHERE)
            assert ConnectionOptions().key.key == KEY

    def test_without_any_the_ways_are_named(self) -> None:
        told = str(refused(ConnectionOptions()))
        for way in ("--api-key-file", "ALLAWEE_API_KEY", "allawee login", "--sandbox"):
            assert way in told

    def test_a_keyring_is_not_even_imported_before_it_is_needed(self, file: Any) -> None:
        code = (
            "import sys; from pathlib import Path\n"
            "from allawee_async.cli.access.options import *\n"
            f"assert ConnectionOptions(api_key_file=Path({str(file)!r})).key_kind == 'test'\n"
            "print('keyring' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert done.stdout.strip() == b"False"

    def test_a_locked_keyring_says_what_to_do(self) -> None:
        with using(LockedKeyring()):
            error = refused(ConnectionOptions())
        assert str(error) == (
            "the system keyring is locked: unlock it and try again, or use --api-key-file FILE or "
            "set ALLAWEE_API_KEY instead"
        )


class TestTheFile:
    @pytest.mark.skipif(os.name != "posix", reason="only POSIX files have such permissions")
    @pytest.mark.parametrize("bit", [stat.S_IRGRP, stat.S_IROTH, stat.S_IWOTH])
    def test_others_who_may_read_it_are_warned_of_on_stderr(
        self, file: Any, capsys: pytest.CaptureFixture[str], bit: Any
    ) -> None:
        assert ConnectionOptions(api_key_file=file).key.key == KEY
        assert capsys.readouterr() == ("", "")
        file.chmod(0o600 | bit)
        assert ConnectionOptions(api_key_file=file).key.key == KEY
        out, told = capsys.readouterr()
        assert out == ""
        assert told == (
            f"warning: others on this computer may read {file}; run: chmod 600 {file}\n"
        )

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"", "holds no API key; use --api-key-file"),
            (b" \n\t\n", "holds no API key; use --api-key-file"),
            (f"{KEY}\nsk.live.canary\n".encode(), "must be one line of visible ASCII"),
            (f"{KEY} canary".encode(), "must be one line of visible ASCII"),
            ("sk.test.canarÿ".encode(), "must be one line of visible ASCII"),
            (b"\xff\xfe\x00canary", "it is not a short text"),
            (b"canary" * 10_000, "it is not a short text"),
        ],
    )
    def test_what_cannot_be_a_key_is_refused_and_not_quoted(
        self, file: Any, content: Any, told: Any
    ) -> None:
        file.write_bytes(content)
        error = refused(ConnectionOptions(api_key_file=file))
        assert told in str(error)
        assert str(file) in str(error)
        assert error.code is ExitCode.WRONG_USE

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        error = refused(ConnectionOptions(api_key_file=tmp_path / "none"))
        assert str(error) == (
            f"cannot read the API key from {tmp_path / 'none'}: No such file or directory"
        )
        assert "cannot read" in str(refused(ConnectionOptions(api_key_file=tmp_path)))

    @pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
    def test_a_pipe_is_read_and_not_warned_of(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path, 0o644)
        writing = threading.Thread(target=path.write_text, args=(KEY,))
        writing.start()
        assert ConnectionOptions(api_key_file=path).key.key == KEY
        writing.join(5)
        assert capsys.readouterr().err == ""

    def test_a_byte_order_mark_is_no_part_of_the_key(self, file: Any) -> None:
        file.write_bytes(b"\xef\xbb\xbf" + KEY.encode() + b"\r\n")
        assert ConnectionOptions(api_key_file=file).key.key == KEY

    def test_stdin_is_read_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{KEY}\n".encode())))
        options = ConnectionOptions(api_key_file=credentials.STDIN)
        assert options.key_kind == "test"
        assert (options.key.key, options.key.source) == (KEY, "stdin")

    @pytest.mark.parametrize("content", [b"", b"\xffcanary", b"canary" * 10_000, None])
    def test_what_is_no_key_on_stdin(self, monkeypatch: pytest.MonkeyPatch, content: Any) -> None:
        stdin = None if content is None else io.TextIOWrapper(io.BytesIO(content))
        monkeypatch.setattr(sys, "stdin", stdin)
        error = refused(ConnectionOptions(api_key_file=credentials.STDIN))
        assert str(error).startswith("stdin holds no API key")
        assert error.code is ExitCode.WRONG_USE

    def test_a_terminal_is_asked_without_showing_what_is_typed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> Any:
                return True

        monkeypatch.setattr(sys, "stdin", Terminal("what would be shown"))
        monkeypatch.setattr(credentials.getpass, "getpass", lambda _: KEY)  # type: ignore[attr-defined]
        assert ConnectionOptions(api_key_file=credentials.STDIN).key.key == KEY


class TestTheKindOfKey:
    @pytest.mark.parametrize(
        ("key", "kind"),
        [
            (KEY, "test"),
            (LIVE, "live"),
            ("sk_live_x", "unknown"),
            ("sk.live.", "unknown"),
            ("SK.LIVE.x", "unknown"),
        ],
    )
    def test_it_is_told_from_the_beginning(
        self, monkeypatch: pytest.MonkeyPatch, key: Any, kind: Any
    ) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", key)
        assert ConnectionOptions().key_kind == kind

    def test_the_sandbox_has_its_own_whatever_the_environment_has(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", LIVE)
        assert ConnectionOptions(sandbox=True).key_kind == "sandbox"
        assert ConnectionOptions(sandbox_file=tmp_path / "x.db").key_kind == "sandbox"

    def test_no_repr_shows_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", KEY)
        options = ConnectionOptions()
        assert "canary" not in f"{options!r} {options.key!r} {options}"


class TestWhatDoesNotGoTogether:
    @pytest.mark.parametrize(
        ("given", "option"),
        [
            ({"api_key_file": credentials.STDIN}, "--api-key-file"),
            ({"base_url": NOWHERE}, "--base-url"),
            ({"secure_url": NOWHERE}, "--secure-url"),
        ],
    )
    @pytest.mark.parametrize("sandbox", [{"sandbox": True}, {"sandbox_file": credentials.STDIN}])
    def test_a_sandbox_and_another_host_or_key(self, given: Any, option: Any, sandbox: Any) -> None:
        error = refused(ConnectionOptions(**given, **sandbox))
        assert str(error).endswith(f"leave out {option}")
        assert error.code is ExitCode.WRONG_USE

    def test_customers_of_a_sandbox_that_is_not_asked_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", LIVE)
        assert "add --sandbox" in str(refused(ConnectionOptions(sandbox_customers=3)))


class TestTheClient:
    async def count(self, client: Any) -> Any:
        return (await client.customers.list(count_total=True)).total_count

    def test_a_sandbox_without_a_file_begins_with_50_customers_each_time(self) -> None:
        assert run_with_client(ConnectionOptions(sandbox=True), self.count) == 50

    def test_a_sandbox_in_a_file_remembers(self, tmp_path: Path) -> None:
        async def create(client: Any) -> Any:
            await client.customers.create(
                name="Ada Obi", reference="ada", type="individual", claims={}, verifications=[]
            )
            return await self.count(client)

        options = ConnectionOptions(sandbox_file=tmp_path / "state.db", sandbox_customers=3)
        assert run_with_client(options, create) == 4
        again = ConnectionOptions(sandbox_file=tmp_path / "state.db")
        assert run_with_client(again, self.count) == 4

    def test_a_file_that_holds_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "text.db").write_text("nothing" * 500)
        options = ConnectionOptions(sandbox_file=tmp_path / "text.db")
        with pytest.raises(CommandError, match=r"text\.db .*; choose another file"):
            run_with_client(options, self.count)

    def test_a_key_that_was_found_reaches_the_hosts_of_the_options(self, file: Any) -> None:
        with sandbox_in_thread(customers=7, api_key=KEY) as sandbox:
            options = ConnectionOptions(
                api_key_file=file, base_url=sandbox.url, secure_url=sandbox.secure_url, timeout=9
            )
            assert run_with_client(options, self.count) == 7

    def test_hosts_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with sandbox_in_thread(customers=6) as sandbox:
            monkeypatch.setenv("ALLAWEE_API_KEY", sandbox.api_key)
            monkeypatch.setenv("ALLAWEE_BASE_URL", sandbox.url)
            monkeypatch.setenv("ALLAWEE_SECURE_URL", sandbox.secure_url)
            assert run_with_client(ConnectionOptions(), self.count) == 6

    async def test_retries_are_told(self, sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", sandbox.api_key)
        sandbox.faults.status(503, times=1)
        heard = []  # type: ignore[var-annotated]
        options = ConnectionOptions(base_url=sandbox.url, secure_url=sandbox.secure_url)
        async with open_client(options, on_retry=heard.append) as client:
            await client.customers.list()
        assert [event.error.status for event in heard] == [503]

    def test_a_foreign_host_without_tls_gets_no_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", KEY)
        options = ConnectionOptions(base_url="http://192.0.2.1")
        with pytest.raises(ConfigurationError, match="plain http"):
            client_with(options, options.key.key)

    def test_the_key_is_looked_for_before_the_loop_runs(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ctrl-C would not end a keyring that asks for a password inside of one."""
        seen = []

        def find_key(*_: Any, **__: Any) -> None:
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            seen.append("asked")
            raise CommandError("none")

        monkeypatch.setattr(module, "find_key", find_key)
        with pytest.raises(CommandError):
            run_with_client(ConnectionOptions(), self.count)
        assert seen == ["asked"]


class TestTheOptions:
    @pytest.fixture
    def given(self) -> Any:
        """Run a command and return the connection options that it got."""

        def run(*words: Any) -> Any:
            got = []

            def one(name: str = "x", *, connection: ConnectionOptions) -> None:
                got.append((name, connection))

            program = Program(name="allawee")
            program.add_command(made_command(one, "one"))
            program.main(["one", *words], standalone_mode=False)
            return got[0]

        return run

    def test_each_attribute_has_an_option(self, given: Any, tmp_path: Path) -> None:
        path = tmp_path / "key"
        words = [
            "--api-key-file", str(path), "--base-url", "https://a.example", "--secure-url",
            "https://b.example", "--timeout", "2.5", "--rate", "20", "--sandbox-customers", "9",
            "--name", "y",
        ]  # fmt: skip
        assert given(*words) == (
            "y",
            ConnectionOptions(
                api_key_file=path,
                base_url="https://a.example",
                secure_url="https://b.example",
                timeout=2.5,
                rate=20.0,
                sandbox_customers=9,
            ),
        )

    def test_a_sandbox_with_and_without_a_file(self, given: Any, tmp_path: Path) -> None:
        path = tmp_path / "a.db"
        assert given("--sandbox") == ("x", ConnectionOptions(sandbox=True))
        for words in (["--sandbox", str(path)], [f"--sandbox={path}"]):
            assert given(*words) == ("x", ConnectionOptions(sandbox_file=path))

    def test_no_option_takes_a_secret(self) -> None:
        """Arguments stand in the list of processes, for everybody on the computer to see."""
        names = {field.name for field in attrs.fields(ConnectionOptions)}
        assert {name for name in names if "key" in name} == {"api_key_file"}
