"""`allawee login`, `logout`, `whoami`: with real backends of the keyring library, and a sandbox."""

import getpass
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from allawee_async.cli.access import key_store, login
from allawee_async.cli.app import app
from allawee_async.version import install_command
from tests.cli.conftest import Run, read_until, terminal
from tests.support.keyrings import (
    BrokenKeyring,
    ForgetfulKeyring,
    LockedKeyring,
    MemoryKeyring,
    using,
)
from tests.support.threads import sandbox_in_thread

KEY = "sk.test.canary-of-the-key"
LIVE = "sk.live.canary-of-the-key"
NOWHERE = "http://127.0.0.1:1"
HOST = "https://api.allawee.com"


@pytest.fixture
def keyring() -> Iterator[Any]:
    with using(MemoryKeyring()) as backend:
        yield backend


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Any]:
    with sandbox_in_thread(api_key=KEY) as running:
        running.add_key(LIVE)
        yield running


@pytest.fixture
def here(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the sandbox the API for the time of a test."""
    sandbox.faults.clear()
    monkeypatch.setenv("ALLAWEE_BASE_URL", sandbox.url)
    monkeypatch.setenv("ALLAWEE_SECURE_URL", sandbox.secure_url)
    return sandbox


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let somebody type a key, and return what was asked."""
    asked = []

    def type_it(text: Any) -> Any:
        def answer(question: Any) -> Any:
            asked.append(question)
            return text

        monkeypatch.setattr(getpass, "getpass", answer)
        return asked

    return type_it


def secret_free(result: Any) -> Any:
    assert "canary" not in result.output
    assert "Traceback" not in result.output
    return result


@pytest.mark.usefixtures("keyring")
class TestLogin:
    @pytest.mark.parametrize(("key", "kind"), [(KEY, "test key"), (LIVE, "LIVE key")])
    def test_a_key_that_is_typed_is_kept(  # noqa: PLR0917 - six fixtures and parameters
        self, run: Run, keyring: Any, here: Any, typed: Any, key: Any, kind: Any
    ) -> None:
        asked = typed(f" {key}\n")
        result = secret_free(run("login"))
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(f"Stored a {kind} for {here.url} in the system keyring (")
        assert result.stderr == ""
        assert asked == [f"API key for {here.url}: "]
        assert keyring.kept == {("allawee_async", here.url): key}

    def test_a_key_from_a_file_or_from_stdin(
        self, keyring: Any, here: Any, tmp_path: Path, run: Run
    ) -> None:
        path = tmp_path / "key"
        path.write_text(f"{KEY}\n")
        path.chmod(0o600)
        assert secret_free(run("login", "--api-key-file", str(path))).exit_code == 0
        assert keyring.kept == {("allawee_async", here.url): KEY}
        result = CliRunner().invoke(app, ["login", "--api-key-file", "-"], input=f"{LIVE}\n")
        assert secret_free(result).exit_code == 0
        assert keyring.kept == {("allawee_async", here.url): LIVE}

    @pytest.mark.usefixtures("here")
    def test_later_commands_use_it(self, run: Run, typed: Any) -> None:
        typed(KEY)
        run("login")
        result = run("whoami", "--output", "json")
        assert json.loads(result.stdout)["source"] == "keyring"
        assert json.loads(result.stdout)["accepted"] is True

    def test_the_check_asks_for_no_personal_data(self, run: Run, here: Any, typed: Any) -> None:
        typed(KEY)
        before = len(here.requests)
        run("login")
        (request,) = list(here.requests)[before:]
        assert (request.method, request.path) == ("GET", "/customers")
        assert dict(request.query) == {"limit": "1", "select": "id"}

    @pytest.mark.parametrize(
        "key",
        [
            "", "hello", "sk.test.", "sk.live.", "sk_test_canary", "pk.test.canary",
            "sk.test.canary canary", "Bearer sk.test.canary", '"sk.test.canary"', "sk.test.c…y",
            "sk.test.can...ary", "sk.live.***canary",
        ],
    )  # fmt: skip
    def test_what_is_no_key_is_refused_without_asking_anybody(
        self, run: Run, keyring: Any, typed: Any, key: Any
    ) -> None:
        typed(key)
        result = secret_free(run("login"))
        assert result.exit_code == 2
        assert result.stderr == (
            "error: this is no secret key: it must begin with sk.test. or sk.live., be one word, "
            "and whole; nothing was stored\n"
        )
        assert keyring.kept == {}

    def test_a_key_that_the_api_does_not_accept_is_not_kept(
        self, run: Run, keyring: Any, here: Any, typed: Any
    ) -> None:
        typed("sk.test.canary-of-another")
        result = secret_free(run("login"))
        assert result.exit_code == 3
        assert f"{here.url} does not accept the key" in result.stderr
        assert result.stderr.endswith("; nothing was stored\n")
        assert keyring.kept == {}

    def test_a_key_with_few_rights_is_accepted(self, run: Run, here: Any, typed: Any) -> None:
        here.state.keys.add("sk.test.canary-with-few-rights", scopes=["cards:create"])
        typed("sk.test.canary-with-few-rights")
        assert secret_free(run("login")).exit_code == 0

    def test_without_an_answer_nothing_is_kept_but_unchecked_it_can_be(
        self, run: Run, keyring: Any, typed: Any
    ) -> None:
        typed(KEY)
        nowhere = ("--base-url", NOWHERE)
        result = secret_free(run("login", *nowhere))
        assert result.exit_code == 1
        assert "could not be found out (no connection" in result.stderr
        assert "allawee doctor" in result.stderr
        assert "--no-check" in result.stderr
        assert keyring.kept == {}
        assert secret_free(run("login", "--no-check", *nowhere)).exit_code == 0
        assert keyring.kept == {("allawee_async", NOWHERE): KEY}

    def test_a_variable_that_goes_before_it_is_mentioned(self, run: Run, typed: Any) -> None:
        typed(KEY)
        result = run("login", "--no-check", ALLAWEE_API_KEY=LIVE)
        assert result.stderr == "note: ALLAWEE_API_KEY is set, and goes before the keyring\n"
        assert "test key" in result.stdout

    def test_a_host_without_tls_is_refused_before_the_key_is_asked_for(
        self, run: Run, typed: Any
    ) -> None:
        asked = typed(KEY)
        result = run("login", "--base-url", "http://192.0.2.1")
        assert result.exit_code == 2
        assert "plain http" in result.stderr
        assert asked == []


class TestKeyringsThatFail:
    def test_none_at_all(self, run: Run, typed: Any) -> None:
        asked = typed(KEY)
        result = run("login")
        assert result.exit_code == 1
        assert result.stderr == (
            "error: this computer has no keyring that can be used; use --api-key-file FILE or set "
            "ALLAWEE_API_KEY instead\n"
        )
        assert asked == []

    @pytest.mark.parametrize("command", ["login", "logout", "whoami"])
    def test_a_locked_one(self, run: Run, typed: Any, command: Any) -> None:
        asked = typed(KEY)
        with using(LockedKeyring()):
            result = run(command)
        assert result.exit_code == 1
        assert result.stderr.startswith("error: the system keyring is locked: unlock it and try")
        assert asked == []

    @pytest.mark.parametrize("debug", [[], ["--debug"]])
    def test_one_whose_error_quotes_the_key(self, run: Run, typed: Any, debug: Any) -> None:
        typed("sk.test.canary")
        with using(BrokenKeyring()):
            result = run("login", "--no-check", *debug)
        assert result.exit_code == 1
        assert "canary" not in result.output
        assert "cannot write to the system keyring (RuntimeError)" in result.stderr

    def test_one_that_keeps_nothing(self, run: Run, typed: Any) -> None:
        typed(KEY)
        with using(ForgetfulKeyring()):
            result = run("login", "--no-check")
        assert result.exit_code == 1
        assert "did not keep the key" in result.stderr

    def test_one_that_is_configured_and_does_not_exist(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("keyring.core._keyring_backend", None)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Keyring")
        result = run("login")
        assert result.exit_code == 1
        assert "cannot read the system keyring (ModuleNotFoundError)" in result.stderr
        assert key_store.name() is None

    def test_the_package_is_missing(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "keyring", None)
        result = run("login")
        assert result.exit_code == 1
        assert install_command("cli") in result.stderr


@pytest.mark.usefixtures("keyring")
class TestLogout:
    def test_it_deletes_the_key_of_one_host(self, run: Run, keyring: Any) -> None:
        keyring.kept = {("allawee_async", HOST): KEY, ("allawee_async", "https://x.example"): LIVE}
        result = run("logout")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == f"Deleted the key for {HOST} from the system keyring\n"
        assert keyring.kept == {("allawee_async", "https://x.example"): LIVE}
        assert run("logout", "--base-url", "https://x.example/").exit_code == 0
        assert keyring.kept == {}

    def test_where_there_is_none_that_is_said(self, run: Run) -> None:
        result = run("logout")
        assert (result.exit_code, result.stdout) == (
            0,
            f"The system keyring has no key for {HOST}\n",
        )

    def test_a_variable_that_still_counts_is_mentioned(self, run: Run) -> None:
        assert "ALLAWEE_API_KEY is set" in run("logout", ALLAWEE_API_KEY=KEY).stderr


class TestWhoami:
    def test_the_whole_report(self, run: Run, here: Any) -> None:
        result = run("whoami", "--output", "table", ALLAWEE_API_KEY=KEY)
        assert result.exit_code == 0
        assert [re.split(r" {2,}", line.strip()) for line in result.stdout.splitlines()] == [
            ["key", "test key, ends in -key"],
            ["from", "the variable ALLAWEE_API_KEY"],
            ["host", here.url],
            ["secure host", here.secure_url],
            ["the API", "accepted"],
        ]
        assert "canary" not in result.output

    def test_for_a_program(self, run: Run, here: Any) -> None:
        result = run("whoami", ALLAWEE_API_KEY=LIVE)
        assert json.loads(result.stdout) == {
            "kind": "live",
            "ending": "-key",
            "source": "environment",
            "place": "the variable ALLAWEE_API_KEY",
            "baseUrl": here.url,
            "secureUrl": here.secure_url,
            "accepted": True,
            "told": "accepted",
        }

    def test_of_a_short_key_nothing_at_all_is_shown(self, run: Run) -> None:
        result = run("whoami", "--no-check", ALLAWEE_API_KEY="sk.test.canary9")
        assert json.loads(result.stdout)["ending"] is None
        assert "ary9" not in result.output

    def test_unchecked_it_needs_no_network(self, run: Run) -> None:
        result = run("whoami", "--no-check", "--base-url", NOWHERE, ALLAWEE_API_KEY=KEY)
        assert result.exit_code == 0
        assert json.loads(result.stdout)["accepted"] is None
        assert json.loads(result.stdout)["told"] == "not checked"

    def test_a_key_that_is_not_accepted(self, run: Run, here: Any) -> None:
        result = secret_free(run("whoami", ALLAWEE_API_KEY="sk.test.canary-of-another"))
        assert result.exit_code == 3
        assert json.loads(result.stdout)["accepted"] is False
        assert result.stderr == (
            f"error: {here.url} does not accept the key: check that it is whole and has not been "
            "revoked\n"
        )

    @pytest.mark.parametrize("debug", [[], ["--debug"]])
    def test_a_host_that_does_not_answer(self, run: Run, debug: Any) -> None:
        result = run("whoami", *debug, "--base-url", NOWHERE, ALLAWEE_API_KEY=KEY)
        assert "canary" not in result.output
        assert ("Traceback" in result.stderr) is bool(debug)
        assert result.exit_code == 1
        assert json.loads(result.stdout)["accepted"] is None
        assert "allawee doctor" in result.stderr

    def test_a_host_that_is_none_of_the_api(self, run: Run, here: Any) -> None:
        """The secure host answers 404 to what the other host lists."""
        result = run("whoami", "--base-url", here.secure_url, ALLAWEE_API_KEY=KEY)
        assert result.exit_code == 4
        assert json.loads(result.stdout)["accepted"] is None

    def test_in_a_sandbox(self, run: Run) -> None:
        result = run("whoami", "--sandbox")
        assert result.exit_code == 0
        assert json.loads(result.stdout)["kind"] == "sandbox"
        assert "sk." not in result.output
        assert "key of the embedded sandbox" in run("whoami", "--sandbox", "--output=table").stdout

    def test_without_a_key(self, run: Run) -> None:
        result = run("whoami")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error: no API key; use --api-key-file FILE")


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python would go on with a warning, and show what is typed."""
    really_open = os.open

    def open_no_terminal(path: Any, *rest: Any, **options: Any) -> int:
        if path == "/dev/tty":
            raise OSError(6, "No such device or address")
        return really_open(path, *rest, **options)

    monkeypatch.setattr(os, "open", open_no_terminal)
    with using(ForgetfulKeyring()):
        done = CliRunner().invoke(app, ["login"], input=f"{KEY}\n")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: there is no terminal to ask on")
    assert "canary" not in done.output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_nothing_that_others_can_see_holds_the_key_that_is_typed() -> None:
    """It is not shown on the terminal, nor among the arguments, nor in what is told of it."""
    backend = "keyring.backends.null.Keyring"
    words = ("login", "--no-check", "--debug")
    with terminal(*words, anew=True, PYTHON_KEYRING_BACKEND=backend) as (process, shown):
        asked = read_until(shown, f"API key for {HOST}: ")
        arguments = Path(f"/proc/{process.pid}/cmdline")
        seen = arguments.read_text("utf-8") if arguments.exists() else "login"
        os.write(shown, f"{KEY}\n".encode())
        rest = read_until(shown, None)
        assert process.wait(timeout=30) == 1
    assert "login" in seen
    assert "did not keep the key" in rest
    assert "canary" not in seen + asked + rest


def test_an_interrupted_question_ends_quietly(
    run: Run, keyring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(getpass, "getpass", interrupt)
    result = run("login")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


@pytest.mark.parametrize(("key", "ending"), [("sk.test." + "x" * 15, None), ("a" * 24, "aaaa")])
def test_the_ending_of_a_key_is_shown_only_if_the_rest_is_long(key: Any, ending: Any) -> None:
    assert login._ending(key) == ending
