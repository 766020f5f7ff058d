"""Writes that cannot be taken back ask first; what the API queued; what may have happened."""

import json
from typing import Any

import pytest

from allawee_async.cli.batch.options import takes_files
from allawee_async.cli.errors import CommandError
from allawee_async.cli.operations.confirmations import confirm, consequence_of
from allawee_async.resources.verbs import all_verbs, verbs_of
from tests.cli.conftest import Call, Run

CARD = "c.2tXPDv41Ri2qewJXL"
PAYOUT = (
    *("payments", "create-payout", "--method", "bank-transfer", "--currency", "NGN"),
    *("--amount", "10000", "--reference", "invoice 17"),
    *("--options.accountNumber", "0123456789", "--options.bankCode", "058"),
)


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allawee_async.cli.operations.confirmations.somebody_answers", lambda: True)


def consequence(call: Call, given: Any = None, *, reveal: Any = False) -> Any:
    noun, _, name = call.rpartition(".")  # type: ignore[attr-defined]
    verb = next(verb for verb in verbs_of(noun) if verb.name == name)
    return consequence_of(verb, given or {}, reveal=reveal)


@pytest.mark.no_cover  # each help is made by the same lines
def test_commands_that_ask_can_be_told_not_to(run: Run) -> None:
    for verb in all_verbs():
        if verb.writes:
            text = run(*verb.call.replace("_", "-").split("."), "--help").stdout
            asks = verb.effect is not None or takes_files(verb)
            assert ("-y, --yes" in text) is asks, verb.call


@pytest.mark.parametrize(
    ("call", "given", "reveal", "told"),
    [
        ("payments.create_payout", {}, False, "pays money out"),
        ("cards.block", {}, False, None),
        ("cards.create", {"amount": None}, False, None),
        ("cards.create", {"amount": 0}, False, "moves money from an account onto the new card"),
        (
            *("secret_keys.create", {}, False),
            "makes a key that the API tells only now, and that stays hidden without --reveal",
        ),
        ("secret_keys.create", {}, True, None),
    ],
)
def test_when_a_question_arises(call: Call, given: Any, reveal: Any, told: Any) -> None:
    assert consequence(call, given, reveal=reveal) == told


def test_where_nobody_can_be_asked_nothing_is_sent(call: Call) -> None:
    result = call(*PAYOUT)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: payments create-payout pays money out, with a test key; nothing was sent: "
        "repeat it with --yes if you mean it\n"
    )
    assert not call.sandbox.requests


@pytest.mark.parametrize("yes", ["--yes", "-y"])
def test_yes_asks_nothing(call: Call, yes: Any) -> None:
    result = call(*PAYOUT, yes)

    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["amount"] == 10_000


def test_the_question_says_what_will_happen_and_with_which_key(call: Call, somebody: Any) -> None:
    result = call(*PAYOUT, typed="y\n")

    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == (
        "payments create-payout pays money out, with a test key."
    )
    assert "  amount     NGN 100.00 (10000)\n" in result.stderr
    assert '  options    {"accountNumber":"0123456789","bankCode":"058"}\n' in result.stderr
    assert result.stderr.endswith("Go on? [y/N] ")
    assert json.loads(result.stdout)["reference"] == "invoice 17"


@pytest.mark.parametrize(("typed", "code"), [("n\n", 1), ("\n", 1), ("", 130)])
def test_anything_but_yes_sends_nothing(call: Call, somebody: Any, typed: Any, code: Any) -> None:
    result = call(*PAYOUT, typed=typed)

    assert (result.exit_code, result.stdout) == (code, "")
    assert not call.sandbox.requests


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("live", "with a LIVE key: this is real"),
        ("test", "with a test key"),
        ("sandbox", "in the embedded sandbox"),
        ("unknown", "neither a test nor a live key: this may be real"),
    ],
)
def test_the_kind_of_key_is_told(key: Any, told: Any) -> None:
    with pytest.raises(CommandError, match=told) as caught:
        confirm("cards terminate", "ends the card for good", {}, key)

    assert caught.value.code == 2


def test_the_question_shows_no_secrets_and_no_control_codes(call: Call, somebody: Any) -> None:
    result = call(
        *("webhooks", "roll-secret", "wh.1\x1b[2J", "--signing-key", "very secret"), typed="n\n"
    )

    assert "very secret" not in result.output
    assert "\x1b" not in result.output


def test_ending_a_card_asks(call: Call, somebody: Any) -> None:
    refused = call("cards", "terminate", CARD, typed="n\n")
    assert refused.stderr.startswith("cards terminate ends the card for good, with a test key.")
    assert json.loads(call("cards", "get", CARD).stdout)["status"] == "active"

    assert call("cards", "terminate", CARD, typed="y\n").exit_code == 0
    assert json.loads(call("cards", "get", CARD).stdout)["status"] == "terminated"


def test_what_can_be_undone_does_not_ask(call: Call) -> None:
    assert call("cards", "block", CARD).exit_code == 0


def test_a_new_key_that_would_stay_hidden_is_not_made_by_mistake(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ("secret-keys", "create", "--name", "k", "--scopes", "cards:create")
    refused = call(*create)

    assert refused.exit_code == 2
    assert "stays hidden without --reveal" in refused.stderr
    monkeypatch.setattr("allawee_async.cli.operations.output.somebody_reads", lambda: True)
    shown = call(*create, "--reveal", "--output", "json")
    assert json.loads(shown.stdout)["key"].startswith("sk.test.")


QUEUED = ("simulation", "grp", "block-card", CARD)


def test_what_the_api_queued_is_no_success(call: Call) -> None:
    result = call(*QUEUED)
    told = json.loads(result.stdout)

    assert result.exit_code == 5
    assert told["code"] == "request-accepted"
    assert result.stderr == (
        "queued by the API, not done yet: do not send it again; follow it with: "
        f"allawee requests get {told['requestId']}\n"
    )


def test_what_the_api_queued_can_be_followed(call: Call) -> None:
    identifier = json.loads(call(*QUEUED).stdout)["requestId"]
    record = json.loads(call("requests", "get", identifier).stdout)

    assert record["_id"] == identifier
    assert record["path"].endswith("/block")


def test_waiting_for_what_the_api_queued(call: Call) -> None:
    result = call(*QUEUED, "--wait")

    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["status"] == "blocked"


def test_reads_have_nothing_to_wait_for(run: Run) -> None:
    assert "--wait" not in run("cards", "get", "--help").stdout
    assert "--wait" in run("cards", "block", "--help").stdout


def test_an_unknown_outcome_says_to_look_first(call: Call) -> None:
    call.sandbox.faults.reset(after_effect=True)
    result = call(*PAYOUT, "--yes")

    assert (result.exit_code, result.stdout) == (6, "")
    assert "it may have taken effect: look it up before you send it again" in result.stderr
    assert result.stderr.endswith("; look: allawee payments find --reference 'invoice 17'\n")
    found = call("payments", "find", "--reference", "invoice 17")
    assert json.loads(found.stdout)["amount"] == 10_000


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("payments", "requeue", "p.1", "--yes"), "look: allawee payments get p.1"),
        (PAYOUT[:8] + PAYOUT[10:] + ("--yes",),
         "it had no --reference, so look through: allawee payments list --max-items 20"),
        (("disputes", "update", "d'1", "--text", "x"), "look: allawee disputes get 'd'\"'\"'1'"),
        (("cards", "link", CARD, "--customer", "cus.1"), f"look: allawee cards get {CARD}"),
    ],
)  # fmt: skip
def test_an_unknown_outcome_without_a_reference(call: Call, words: Any, told: Any) -> None:
    call.sandbox.faults.status(503, times=3)
    result = call(*words)

    assert result.exit_code == 6
    assert result.stderr.endswith(f"; {told}\n")
    assert "try again later" not in result.stderr


def test_a_payment_that_failed_at_once_is_no_success(call: Call) -> None:
    result = call(*PAYOUT, "--yes", "--amount", "99999999999999")
    payment = json.loads(result.stdout)

    assert (result.exit_code, payment["status"]) == (1, "failed")
    assert result.stderr == f"error: the payment (id {payment['id']}) failed: insufficient-funds\n"
    assert call("payments", "get", payment["id"]).exit_code == 0

    again = call("payments", "requeue", payment["id"], "--yes")
    assert (again.exit_code, again.stderr) == (1, result.stderr)
