"""Conditions that no model knows are told: the API answers them with an empty list."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Call


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--filter", "nmae:x"], "knows no field 'nmae' of customers; did you mean name?"),
        (["--filter", "status:activ"],
         "the documents name no such status; did you mean active? known: active"),
        (["--filter", "status|eq|activ"], "name no such status; did you mean active?"),
        (["--filter", "email:x"],
         "did you mean claims.individualInformation.email or claims.businessInformation.email?"),
        (["--filter", "type:individual nmae:x"], "no field 'nmae'"),
        (["--or", "nmae:x"], "no field 'nmae'"),
        (["--filter", "status|in|activ,active", "--filter", "name:x"], "did you mean active?"),
        (["--filter", "claims.emial:x"],
         "did you mean claims.individualInformation.email or claims.businessInformation.email?"),
    ],
)  # fmt: skip
def test_what_nobody_knows_is_a_warning(call: Call, words: Any, told: Any) -> None:
    result = call("customers", "list", *words)

    assert (result.exit_code, result.stdout) == (0, "[]\n")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("warning: ")
    assert told in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--filter", "status!=activ"], "did you mean active?"),
        (["--sort", "-nmae"], "no field 'nmae' of customers; did you mean name?"),
        (["--expand", "custmer:name"], "no field 'custmer' of customers"),
    ],
)
def test_what_the_api_passes_over_is_a_warning_too(call: Call, words: Any, told: Any) -> None:
    result = call("customers", "list", *words)

    assert result.exit_code == 0
    assert told in result.stderr


@pytest.mark.parametrize("text", ["ada@example.com", "active", "status active"])
def test_what_is_no_condition_is_told_before_the_api_refuses_it(call: Call, text: str) -> None:
    result = call("customers", "list", "--filter", text)

    assert result.exit_code == 1
    assert f"warning: {text!r} is no condition: write a field, an operator" in result.stderr


def test_a_value_that_no_document_names_is_told_of_where_it_finds_nothing(call: Call) -> None:
    given = ("--amount", "10", "--currency", "NGN", "--method", "billing", "--options", "{}", "-y")
    call("payments", "create-payout", *given)
    found = call("payments", "list", "--filter", "status|in|pending,completed")
    nothing = call("payments", "list", "--filter", "status:settled")

    (payment,) = json.loads(found.stdout)
    assert payment["status"] in ("pending", "completed")  # which comes a second later
    assert found.stderr == ""
    assert nothing.stderr == "warning: the documents name no such status; known: failed\n"


def test_a_column_that_a_table_shows_may_be_asked_for(call: Call) -> None:
    assert call("events", "list", "--filter", "status:failed event:x").stderr == ""
    told = call("events", "list", "--filter", "evnt:x").stderr
    assert told == "warning: the client knows no field 'evnt' of events; did you mean event?\n"


def test_an_export_warns_as_a_list_does(call: Call) -> None:
    words = ("export", "--out", "-", "--format", "csv", "--filter", "nmae:x")
    assert "no field 'nmae' of customers" in call("customers", *words).stderr


@pytest.mark.parametrize(
    "condition",
    [
        "status:active",
        'status:"active"',
        "status|in|active",
        "created_at|exists|true",
        "claims.individualInformation.email:x",
        "metadata.userId:3",
        'name:"nmae:x"',
        "name~ade",
        "verifications.type:tier-2",
    ],
)
def test_what_may_be_there_is_not(call: Call, condition: Any) -> None:
    result = call("customers", "list", "--filter", condition)

    assert (result.exit_code, result.stderr) == (0, "")


def test_an_object_behind_an_id_may_have_any_field(call: Call) -> None:
    assert call("cards", "list", "--filter", "customer.name:Ada").stderr == ""
    assert call("accounts", "logs", "ac.2tVZczWw7m6Teoeb7", "--filter", "x:y").stderr == ""


def test_an_event_that_no_document_names_is_a_warning(call: Call) -> None:
    words = ("webhooks", "create", "--name", "n", "--url", "http://127.0.0.1:1/", "--events")
    odd = call(*words, "card.authorization.foo")
    good = call(*words, "request.completed")

    assert "no document names the event 'card.authorization.foo'; did you mean" in odd.stderr
    assert (odd.exit_code, good.exit_code, good.stderr) == (0, 0, "")
