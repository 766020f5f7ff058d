"""`allawee doctor --models`: what the API answers, compared with the models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import Bank, Card, Customer, Payment, RequestRecord
from allawee_async.cli.doctor.models import call_of
from allawee_async.resources.verbs import all_verbs

if TYPE_CHECKING:
    from pathlib import Path

CALLS = {verb.call: verb for verb in all_verbs()}


@pytest.fixture
def recorded(tmp_path: Path) -> Any:
    """Return the function that records a body."""

    def record(name: str, body: Any) -> None:
        (tmp_path / f"{name}.response.json").write_text(json.dumps(body), "utf-8")

    return record


@pytest.fixture
def compare(run: Any, tmp_path: Path) -> Any:
    """Return the function that compares what was recorded: the exit code and the document."""

    def compared(folder: Path = tmp_path) -> tuple[int, Any]:
        done = run("doctor", "--recorded", str(folder), "--output", "json")
        return done.exit_code, json.loads(done.stdout or "null")

    return compared


def lines(document: Any) -> list[str]:
    return [
        f"{one['kind']} {one['what']} ({', '.join(one['calls'])})"
        for one in document["differences"]
    ]


def test_each_call_has_its_model(endpoints: list[dict[str, Any]]) -> None:
    assert {row["call"] for row in endpoints} <= set(CALLS)
    assert CALLS["cards.get"].model is CALLS["cards.list"].model is Card
    assert CALLS["customers.create"].model is Customer
    assert CALLS["requests.list"].model is RequestRecord
    assert CALLS["tools.banks.short_list"].model is Bank
    assert CALLS["payments.create_payout"].model is Payment


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("cards.get.response.json", "cards.get"),
        ("card-programs.create.physical.response.json", "card_programs.create"),
        ("withdrawn.tools.banks.resolve.response.json", "tools.banks.resolve"),
        ("tools.fx.create_quote.2026-11-22.response.json", "tools.fx.create_quote"),
        ("errors.incorrect-filter-format.400.response.json", None),
    ],
)
def test_a_file_is_named_after_its_call(name: str, call: str | None) -> None:
    assert call_of(name, CALLS) == call


def test_what_the_documents_show_is_nothing_new(request: Any, compare: Any) -> None:
    code, document = compare(request.config.rootpath / "tests" / "samples")

    assert lines(document) == []
    assert document["compared"] > 20
    assert code == 0


def test_what_is_new_and_what_is_missing(recorded: Any, sample: Any, compare: Any) -> None:
    payment = sample("payments.get.response")["data"]
    recorded(
        "payments.get",
        {
            "code": "success",
            "data": {
                **payment,
                "status": "settled",
                "settledAt": "2026-11-22T10:00:00Z",
                "account": {"id": "ac.1", "tier": 3},
                "feeBreakdown": [{"amount": 1, "vat": "secret"}],
            },
        },
    )
    del payment["id"]
    recorded("payments.list", {"data": [payment, {**payment, "id": "p.1", "amount": "5"}]})

    code, document = compare()

    assert code == 1
    assert lines(document) == [
        "missing Payment.id (payments.list)",
        "new field Account.tier: whole number (payments.get)",
        "new field FeePart.vat: text (payments.get)",
        "new field Payment.settledAt: text (payments.get)",
        "new value Payment.status: 'settled' (payments.get)",
        "wrong type Payment.amount: expected whole number, found text (payments.list)",
    ]
    assert "secret" not in str(document)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("13/02/1996", "expected date, found text of another form"),
        ("", "expected date, found text of another form"),
        (19960213, "expected date, found whole number"),
        ("1996-2-13", None),
    ],
)
def test_what_a_model_keeps_as_it_came_is_told_too(
    recorded: Any, sample: Any, compare: Any, value: object, told: str | None
) -> None:
    body = sample("customers.get.response")
    body["data"]["claims"]["individualInformation"]["dateOfBirth"] = value
    recorded("customers.get", body)

    _, document = compare()

    what = f"wrong type IndividualInformation.dateOfBirth: {told} (customers.get)"
    assert lines(document) == ([] if told is None else [what])


def test_no_value_is_shown_but_those_of_enumerations(
    recorded: Any, run: Any, tmp_path: Path
) -> None:
    card = {"id": "c.1", "pan": "5061000000000000011", "status": "5061000000000000011"}
    recorded("cards.get", {"data": card})

    done = run("doctor", "--recorded", str(tmp_path), "--output", "table")

    assert "Card.pan: text" in done.stdout
    assert "5061" not in done.output


def test_what_only_the_model_refuses_is_told_too(recorded: Any, sample: Any, compare: Any) -> None:
    body = sample("payments.get.response")
    body["data"]["createdAt"] = "never"
    recorded("payments.get", body)
    recorded("payments.list", {"data": ["odd"]})

    _, document = compare()

    (line,) = lines(document)
    assert line.startswith("wrong type Payment at createdAt: expected ")
    assert document["compared"] == 1


def test_people_get_a_table(call: Any) -> None:
    call.sandbox.faults.status(403, path="/cards", times=None)
    done = call("doctor", "--models", "--output", "table", COLUMNS="200")
    words = {tuple(line.split()[:2]) for line in done.stdout.splitlines()}

    assert {("never", "seen"), ("not", "read")} <= words
    assert "cards.list: " in done.stdout
    assert "objects compared, " in done.stderr


def test_what_no_body_has_is_listed_and_is_no_fault(
    recorded: Any, sample: Any, compare: Any
) -> None:
    recorded("payments.get", sample("payments.get.response"))

    code, document = compare()

    assert code == 0
    assert "reference" in document["neverSeen"]["Payment"]
    assert "amount" not in document["neverSeen"]["Payment"]


def test_a_directory_without_a_body_is_a_mistake(run: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.response.json").write_text("{}")

    assert run("doctor", "--recorded", str(tmp_path)).exit_code == 2
    assert run("doctor", "--recorded", str(tmp_path / "nowhere")).exit_code == 2


def test_a_body_that_cannot_be_read_hides_no_other(
    recorded: Any, sample: Any, compare: Any, tmp_path: Path
) -> None:
    (tmp_path / "cards.get.response.json").write_text("{")
    recorded("payments.get", sample("payments.get.response"))

    code, document = compare()

    assert (code, document["compared"]) == (0, 1)
    assert [*document["unread"]] == ["cards.get.response.json"]


def test_a_host_is_only_read(call: Any) -> None:
    done = call("doctor", "--models", "--output", "json")
    document = json.loads(done.stdout)

    assert {request.method for request in call.sandbox.requests} == {"GET"}
    assert not any("secret" in request.path for request in call.sandbox.requests)
    assert {"/customers", "/cards", "/accounts", "/payments"} <= {
        request.path for request in call.sandbox.requests
    }
    assert document["compared"] > 50
    assert not any(line.startswith(("missing", "wrong type")) for line in lines(document))
    assert done.exit_code == (1 if document["differences"] else 0)


def test_a_list_that_may_not_be_read_hides_no_other(call: Any) -> None:
    call.sandbox.faults.status(403, path="/cards", times=None)
    document = json.loads(call("doctor", "--models", "--output", "json").stdout)

    assert "cards.list" in document["unread"]
    assert document["compared"] > 50


def test_a_key_that_is_not_accepted_is_told(call: Any) -> None:
    done = call("doctor", "--models", ALLAWEE_API_KEY="sk.test.nobody")

    assert done.exit_code == 1
    assert "nothing to compare" in done.stderr
