"""Objects on the command line: JSON, files, stdin, and one option for each field."""

import json
from pathlib import Path
from typing import Any

import pytest

from allawee_async.cli.errors import CommandError
from allawee_async.cli.operations.bodies import joined_fields, read_body
from allawee_async.models import CardAuthorizationSettings, CardControls, CardDistribution, Claims
from tests.cli.conftest import Call
from tests.support.tables import for_each

ADA = {"individualInformation": {"firstName": "Ada", "lastName": "Obi"}}
CREATE = ("customers", "create", "--name", "Ada Obi", "--reference", "r1", "--type", "individual")


@pytest.mark.parametrize(
    ("typed", "joined"),
    [
        (["--claims.a.b", "Ada"], ["--claims", ".a.b=Ada"]),
        (["--claims.a=b=c"], ["--claims", ".a=b=c"]),
        (["--claims.a", "--claims.b"], ["--claims", ".a=--claims.b"]),
        (["--claims", "{}", "x"], ["--claims", "{}", "x"]),
        (["--other.a", "b"], ["--other.a", "b"]),
        (["x.y", "--", "--claims.a", "b"], ["x.y", "--", "--claims.a", "b"]),
    ],
)
def test_fields_are_joined_to_their_option(typed: Any, joined: Any) -> None:
    assert joined_fields(typed, {"--claims"}) == joined


def test_a_field_needs_a_value() -> None:
    with pytest.raises(CommandError, match=r"--claims\.a needs a value"):
        joined_fields(["--claims.a"], {"--claims"})


@pytest.mark.parametrize(
    "path",
    [
        "individualInformation.firstName",
        "individual_information.first_name",
        "individual-information.first-name",
    ],
)
def test_a_field_may_be_spelled_as_in_python_or_with_dashes(path: Any) -> None:
    found = read_body("--claims", [f".{path}=Ada"], Claims)

    assert found == {"individualInformation": {"firstName": "Ada"}}


def test_each_field_is_what_the_model_says() -> None:
    controls = [
        ".allowedChannels=pos",
        ".allowedChannels=atm",
        '.spendingLimits=[{"amount": 1000, "interval": "daily"}]',
    ]

    assert read_body("--controls", controls, CardControls) == {
        "allowedChannels": ["pos", "atm"],
        "spendingLimits": [{"amount": 1000, "interval": "daily"}],
    }
    assert read_body("--claims", [".individualInformation.dateOfBirth=1997-2-13"], Claims) == {
        "individualInformation": {"dateOfBirth": "1997-2-13"}
    }
    address = read_body("--distribution", [".returnAddress.city=007"], CardDistribution)
    assert address == {"returnAddress": {"city": "007"}}


def test_where_an_id_or_an_object_may_stand_both_are_read() -> None:
    directors = [".businessDirectors=Ada", '.businessDirectors={"name": "Obi"}']
    webhook = ['.webhook={"id": "wh.1"}', ".transactionFee=fee.1"]

    assert read_body("--claims", directors, Claims) == {
        "businessDirectors": ["Ada", {"name": "Obi"}]
    }
    assert read_body("--authorization", webhook, CardAuthorizationSettings) == {
        "webhook": {"id": "wh.1"},
        "transactionFee": "fee.1",
    }
    with pytest.raises(CommandError, match="must be an id or JSON"):
        read_body("--claims", [".businessDirectors={"], Claims)


def test_what_is_the_callers_own_is_text_under_the_names_as_they_are() -> None:
    metadata = [".user_id=0080", ".b.c=true"]

    assert read_body("--metadata", metadata, None) == {"user_id": "0080", "b": {"c": "true"}}


def test_fields_come_on_top_of_a_whole_object() -> None:
    whole = '{"individualInformation": {"firstName": "Ada", "lastName": "Obi"}}'
    found = read_body("--claims", [whole, ".individualInformation.firstName=Eve"], Claims)

    assert found == {"individualInformation": {"firstName": "Eve", "lastName": "Obi"}}


def test_an_id_may_stand_in_the_place_of_an_object() -> None:
    assert read_body("--debit-source", ["ac.1"], None, or_text=True) == "ac.1"
    assert read_body("--debit-source", ['{"id": "ac.1"}'], None, or_text=True) == {"id": "ac.1"}
    assert read_body("--debit-source", [".id=ac.1"], None, or_text=True) == {"id": "ac.1"}


@for_each(
    ("texts", "told"),
    [
        (
            [".individualInformation.fristName=x"],
            r"has no field 'fristName'; did you mean firstName or",
        ),
        ([".nope.x=1"], r"--claims has no field 'nope'; known: individualInformation,"),
        (
            ["{"],
            r"--claims is not valid JSON \(line 1, column 2\); give JSON, @FILE, @- for stdin, or",
        ),
        (["Ada"], r"--claims is not valid JSON"),
        (["[1]"], r"--claims must be a JSON object"),
        (["{}", "{}"], r"one whole object, and before single fields"),
        ([".individualAddress.city=x", "{}"], r"one whole object, and before single fields"),
        ([".individualAddress.city.x=1"], r"city is no object, so it has no field \.x"),
        ([".individualInformation=Ada"], r"--claims\.individualInformation must be JSON"),
        ([".individualInformation.=x"], r"--claims\.individualInformation\. needs the name"),
        (["@/nowhere/claims.json"], r"cannot read /nowhere/claims.json: No such file"),
    ],
)
def test_what_is_no_object_is_told_in_a_line(texts: Any, told: Any) -> None:
    with pytest.raises(CommandError, match=told):
        read_body("--claims", texts, Claims)


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [("printCardholderName", "perhaps", "must be true or false")],
)
def test_a_value_of_a_wrong_kind(field: Any, text: Any, told: Any) -> None:
    from allawee_async.models import CardPersonalization

    with pytest.raises(CommandError, match=told):
        read_body("--personalization", [f".{field}={text}"], CardPersonalization)
    assert read_body("--personalization", [f".{field}=true"], CardPersonalization) == {field: True}


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "claims.json"
    file.write_text("{\n  oops")

    with pytest.raises(
        CommandError, match=r"the file .*claims\.json is not valid JSON \(line 2, column 3"
    ):
        read_body("--claims", [f"@{file}"], Claims)


def test_a_file_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allawee_async.cli.operations.bodies._LONGEST", 10)
    file = tmp_path / "claims.json"
    file.write_text(json.dumps(ADA))

    with pytest.raises(CommandError, match="is too long"):
        read_body("--claims", [f"@{file}"], Claims)


@pytest.mark.parametrize(
    "claims",
    [
        ["--claims", json.dumps(ADA)],
        ["--claims", "@claims.json"],
        ["--claims", "@-"],
        [
            *("--claims.individualInformation.firstName", "Ada"),
            *("--claims.individual-information.last_name=Obi",),
        ],
    ],
)
def test_the_body_arrives_whichever_way_it_is_given(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, claims: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims.json").write_text(json.dumps(ADA))

    result = call(*CREATE, *claims, "--metadata.tier", "gold", typed=json.dumps(ADA))

    assert result.exit_code == 0, result.stderr
    created = json.loads(result.stdout)
    assert created["claims"] == ADA
    assert created["metadata"] == {"tier": "gold"}


def test_nothing_is_sent_if_a_body_is_wrong(call: Call) -> None:
    result = call(*CREATE, "--claims", "oops")

    assert (result.exit_code, result.stdout) == (2, "")
    assert not call.sandbox.requests


def test_a_body_is_needed(call: Call) -> None:
    assert "Missing option '--claims'" in call(*CREATE).stderr


CARD = "c.2tVaLqrmte2zCuPbM"  # not active yet


@pytest.mark.parametrize("way", ["file", "stdin", "asked", "plain"])
def test_a_secret_can_be_kept_off_the_command_line(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Any
) -> None:
    (tmp_path / "pin").write_text("4321\n")
    (tmp_path / "pin").chmod(0o600)
    monkeypatch.setattr(
        "allawee_async.cli.operations.values.somebody_answers", lambda: way == "asked"
    )
    monkeypatch.setattr("allawee_async.cli.operations.values.ask_hidden", lambda _: "4321")
    given = {
        "file": ["--pin", f"@{tmp_path / 'pin'}"],
        "stdin": ["--pin", "@-"],
        "asked": [],
        "plain": ["--pin", "4321"],
    }
    result = call("cards", "reset-pin", "c.2tXPDv41Ri2qewJXL", *given[way], typed="4321\n")

    assert result.exit_code == 0, result.stderr
    assert "4321" not in result.output
    assert ("can be seen by others" in result.stderr) is (way == "plain")


def test_a_secret_that_is_missing_where_nobody_can_be_asked(call: Call) -> None:
    result = call("cards", "reset-pin", CARD)

    assert result.exit_code == 2
    assert result.stderr == "error: --pin is missing: give --pin @FILE, or --pin @- for stdin\n"
    assert not call.sandbox.requests


def test_a_secret_may_be_left_out_if_the_api_can_do_without(call: Call) -> None:
    webhook = call("webhooks", "create", "--name", "w", "--url", "https://example.com/h",
                   "--events", "request.completed")  # fmt: skip
    identifier = json.loads(webhook.stdout)["id"]

    assert call("webhooks", "roll-secret", identifier, "--yes").exit_code == 0


def test_a_file_with_a_byte_order_mark_is_read(call: Call, tmp_path: Path) -> None:
    claims = tmp_path / "claims.json"
    claims.write_bytes(b"\xef\xbb\xbf" + json.dumps(ADA).encode())
    created = call(*CREATE, "--claims", f"@{claims}")

    assert created.exit_code == 0, created.stderr
    assert json.loads(created.stdout)["claims"] == ADA


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
def test_whole_numbers_are_exact_however_long(call: Call, form: Any) -> None:
    number = "12345678901234567890123"
    arguments = ("--metadata", f'{{"long": {number}}}', "--metadata.also", number)
    created = call(*CREATE, "--claims", "{}", *arguments, "--output", form)

    assert created.exit_code == 0, created.stderr
    assert created.stdout.count(number) == 2
    assert "e+" not in created.stdout


@pytest.mark.parametrize(
    "options",
    [
        ["--claims", "@-", "--metadata", "@-"],
        ["--claims", "@-", "--api-key-file", "-"],
    ],
)
def test_stdin_can_be_read_once(call: Call, options: Any) -> None:
    refused = call(*CREATE, *options, typed="{}")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: stdin can be read once only, and --")
    assert not call.sandbox.requests
