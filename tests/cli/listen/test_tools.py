"""`allawee webhooks sign` and `verify`: the vector of the documents, and what can be wrong."""

import getpass
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from allawee_async.cli.app import app
from allawee_async.cli.commands import COMMANDS
from allawee_async.cli.listen.run import listen
from allawee_async.cli.listen.signing import sign, verify
from allawee_async.webhooks import WebhookVerifier
from tests.support.deliveries import (
    DOCUMENTED,
    KEY,
    VECTOR_BODY,
    VECTOR_SIGNATURE,
    signature_of,
    wire,
)

ENVIRON = {"ALLAWEE_SIGNING_KEY": KEY}


@pytest.fixture
def tool() -> Any:
    """Run one of the commands, with a body on stdin."""

    def run(*words: Any, body: Any = None, **environ: str) -> Any:
        result = CliRunner().invoke(
            app, ["webhooks", *words], input=body, env=environ, prog_name="allawee"
        )
        assert KEY not in result.output
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def file(tmp_path: Path) -> Any:
    path = tmp_path / "body.json"
    path.write_bytes(VECTOR_BODY)
    return path


@pytest.fixture
def key_file(tmp_path: Path) -> Any:
    path = tmp_path / "signing-key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


def test_the_help_of_the_group_has_the_first_line_of_each() -> None:
    for command in (listen, sign, verify):
        line = COMMANDS[f"webhooks {command.__name__}"][1]
        assert command.__doc__.splitlines()[0] == line  # type: ignore[union-attr]


def test_no_option_takes_a_key() -> None:
    """Arguments stand in the list of processes, for everybody on the computer to see."""
    for name in ("listen", "sign", "verify"):
        options = re.findall(r"--[\w-]+", CliRunner().invoke(app, ["webhooks", name, "-h"]).stdout)
        named = {option for option in options if "key" in option}
        assert named <= {"--signing-key-file", "--api-key-file"}


class TestSign:
    def test_the_vector_of_the_documents(self, tool: Any, file: Any) -> None:
        result = tool("sign", str(file), **ENVIRON)
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"{VECTOR_SIGNATURE}\n", "")

    def test_a_body_on_stdin(self, tool: Any) -> None:
        for words in ([], ["-"]):
            assert tool("sign", *words, body=VECTOR_BODY, **ENVIRON).stdout.strip() == (
                VECTOR_SIGNATURE
            )

    @pytest.mark.parametrize("body", [b"", b"\x00\xff\n", VECTOR_BODY + b"\n", b"x" * 2**20])
    def test_every_byte_counts(self, tool: Any, body: Any) -> None:
        assert tool("sign", body=body, **ENVIRON).stdout.strip() == signature_of(body)

    def test_a_key_from_a_file_goes_first(self, tool: Any, file: Any, key_file: Any) -> None:
        result = tool(
            "sign", str(file), "--signing-key-file", str(key_file), ALLAWEE_SIGNING_KEY="x"
        )
        assert result.stdout.strip() == VECTOR_SIGNATURE
        assert result.stderr == ""

    @pytest.mark.parametrize("around", ["{}\n", "\ufeff{}\r\n", "{}", " {} \n", "\t{}"])
    def test_a_key_is_the_same_for_the_command_and_for_the_verifier(
        self, tool: Any, file: Any, key_file: Any, around: str
    ) -> None:
        """Blanks are a part of it for both."""
        written = around.format(KEY)
        key_file.write_text(written)

        signed = tool("sign", str(file), "--signing-key-file", str(key_file)).stdout.strip()

        assert signed == tool("sign", str(file), ALLAWEE_SIGNING_KEY=written).stdout.strip()
        WebhookVerifier(written).verify(VECTOR_BODY, signed)

    @pytest.mark.skipif(os.name != "posix", reason="only POSIX files have such permissions")
    def test_a_file_that_others_may_read_is_warned_of(
        self, tool: Any, file: Any, key_file: Any
    ) -> None:
        key_file.chmod(0o644)
        result = tool("sign", str(file), "--signing-key-file", str(key_file))
        assert result.stderr.startswith("warning: others on this computer may read ")
        assert result.stdout.strip() == VECTOR_SIGNATURE

    def test_a_key_that_is_typed_is_not_shown(
        self, tool: Any, file: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(getpass, "getpass", lambda _: KEY)
        assert tool("sign", str(file)).stdout.strip() == VECTOR_SIGNATURE

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("\n", "holds no signing key"),
            ("x" * 5000, "holds no signing key: it is not a short text"),
        ],
    )
    def test_a_file_without_a_key(
        self, tool: Any, file: Any, key_file: Any, content: Any, told: Any
    ) -> None:
        key_file.write_text(content)
        result = tool("sign", str(file), "--signing-key-file", str(key_file), **ENVIRON)
        assert result.exit_code == 2
        assert told in result.stderr
        assert result.stdout == ""

    def test_nothing_is_typed(self, tool: Any, file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(getpass, "getpass", lambda _: "")
        result = tool("sign", str(file))
        assert result.exit_code == 2
        assert "use --signing-key-file FILE or set ALLAWEE_SIGNING_KEY" in result.stderr

    def test_a_body_that_is_not_there_or_too_long(self, tool: Any, tmp_path: Path) -> None:
        result = tool("sign", str(tmp_path / "none"), **ENVIRON)
        assert result.exit_code == 2
        assert "No such file or directory" in result.stderr
        result = tool("sign", body=b"x" * (2**20 + 1), **ENVIRON)
        assert result.exit_code == 1
        assert "longer than 1,048,576 bytes" in result.stderr


def sent(age: Any = 0.0, **changes: Any) -> Any:
    """Return an event that was sent so many seconds ago."""
    moment = datetime.now(UTC) - timedelta(seconds=age)
    document = json.loads(VECTOR_BODY)
    document["metadata"]["sentAt"] = moment.isoformat()
    return wire(document | changes)


class TestVerify:
    def test_the_vector_of_the_documents(self, tool: Any, file: Any) -> None:
        words = ("verify", str(file), "--signature", VECTOR_SIGNATURE)
        result = tool(*words, **ENVIRON)
        assert (result.exit_code, result.stderr) == (0, "")
        assert json.loads(result.stdout) == {
            "valid": True,
            "reason": None,
            "event": {
                "event": "card.transaction.created",
                "id": "evt.test",
                "object": "c.txn.test",
                "status": None,
                "sentAt": None,
                "ageSeconds": None,
            },
        }
        table = tool(*words, "--output", "table", **ENVIRON)
        assert [re.split(r" {2,}", line.strip()) for line in table.stdout.splitlines()] == [
            ["signature", "valid"],
            ["event", "card.transaction.created"],
            ["id", "evt.test"],
            ["object", "c.txn.test"],
        ]

    @pytest.mark.parametrize("name", sorted(DOCUMENTED))
    def test_every_documented_event_and_nothing_of_the_person(self, tool: Any, name: Any) -> None:
        body = DOCUMENTED[name]
        result = tool("verify", "--signature", signature_of(body).upper(), body=body, **ENVIRON)
        assert result.exit_code == 0, result.output
        document = json.loads(body)
        event = json.loads(result.stdout)["event"]
        assert event["object"] == document["data"].get("id")
        assert set(event) == {"event", "id", "object", "status", "sentAt", "ageSeconds"}

    @pytest.mark.parametrize(
        ("signature", "told"),
        [
            ("0" * 128, "the signature does not fit the body"),
            ("0" * 127, "is not 128 hexadecimal digits"),
            ("", "is not 128 hexadecimal digits"),
            ("é" * 128, "is not 128 hexadecimal digits"),
        ],
    )
    def test_a_signature_that_is_wrong_is_1_and_says_why(
        self, tool: Any, signature: Any, told: Any
    ) -> None:
        result = tool("verify", "--signature", signature, body=VECTOR_BODY, **ENVIRON)
        assert result.exit_code == 1
        document = json.loads(result.stdout)
        assert (document["valid"], document["event"]) == (False, None)
        assert told in document["reason"]
        assert result.stderr.startswith("error: the delivery is not valid: ")

    def test_another_key_or_another_byte(self, tool: Any) -> None:
        words = ("verify", "--signature", VECTOR_SIGNATURE)
        for body, key in ((VECTOR_BODY + b"\n", KEY), (VECTOR_BODY, "another")):
            assert tool(*words, body=body, ALLAWEE_SIGNING_KEY=key).exit_code == 1

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"event":""}', b"\xff"])
    def test_a_signed_body_that_is_no_event(self, tool: Any, body: Any) -> None:
        result = tool("verify", "--signature", signature_of(body), body=body, **ENVIRON)
        assert result.exit_code == 1
        assert "the signature is right, but the body is no event" in result.stderr

    def test_the_age_is_shown_and_can_be_limited(self, tool: Any) -> None:
        for age, limit, code in ((100, "200", 0), (300, "200", 1), (-300, "200", 1)):
            body = sent(age)
            words = ("verify", "--signature", signature_of(body))
            result = tool(*words, body=body, **ENVIRON)
            assert result.exit_code == 0
            assert json.loads(result.stdout)["event"]["ageSeconds"] == pytest.approx(age, abs=30)
            assert tool(*words, "--max-age", limit, body=body, **ENVIRON).exit_code == code

    def test_an_event_without_a_time_has_no_age_to_limit(self, tool: Any) -> None:
        result = tool(
            *("verify", "--signature", VECTOR_SIGNATURE, "--max-age", "60"),
            body=VECTOR_BODY,
            **ENVIRON,
        )
        assert result.exit_code == 1
        assert "does not tell when it was sent" in result.stderr

    def test_what_an_event_calls_itself_cannot_steer_the_terminal(self, tool: Any) -> None:
        body = sent(event="card\x1b[2J\x9b31m", data={"id": "a\nb", "status": 7})
        result = tool(
            *("verify", "--signature", signature_of(body), "--output", "table"),
            body=body,
            **ENVIRON,
        )
        assert result.exit_code == 0
        assert "card?[2J?31m" in result.stdout
        assert "a b" in result.stdout
        assert "\x1b" not in result.output

    def test_numbers_that_look_like_those_of_cards_are_masked(self, tool: Any) -> None:
        body = sent(data={"id": "5061462473446064880"})
        result = tool("verify", "--signature", signature_of(body), body=body, **ENVIRON)
        assert json.loads(result.stdout)["event"]["object"] == "***"

    def test_a_signature_must_be_given(self, tool: Any, file: Any) -> None:
        result = tool("verify", str(file), **ENVIRON)
        assert result.exit_code == 2
        assert "--signature" in result.stderr


def test_the_debug_traceback_shows_neither_key_nor_body(
    tool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from allawee_async.cli.listen import signing as webhook_tools

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(webhook_tools, "print_report", fail)
    result = CliRunner().invoke(
        app,
        ["webhooks", "verify", "--signature", VECTOR_SIGNATURE, "--debug"],
        input=VECTOR_BODY,
        env=ENVIRON,
    )
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert KEY not in result.output
    assert "c.txn.test" not in result.output
