"""The script that compares recorded bodies with the models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import Bank, Card, Customer, Payment, RequestRecord
from scripts.schema_drift import NEVER_SEEN, call_of, main, models_of_calls

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def recorded(tmp_path: Path) -> Any:
    """Return the function that records a body."""

    def record(name: str, body: Any) -> None:
        (tmp_path / f"{name}.response.json").write_text(json.dumps(body), "utf-8")

    return record


def found(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    return [" ".join(line.split()) for line in lines if not line.startswith(NEVER_SEEN)]


def test_each_call_has_its_model(endpoints: list[dict[str, Any]]) -> None:
    calls = models_of_calls()
    files = {"accounts.logs_csv", "payments.receipt_pdf"}

    assert set(calls) == {row["call"] for row in endpoints} - files
    assert calls["cards.get"] is calls["cards.list"] is Card
    assert calls["customers.create"] is Customer
    assert calls["requests.list"] is RequestRecord
    assert calls["tools.banks.short_list"] is Bank
    assert calls["payments.create_payout"] is Payment


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
    assert call_of(name, models_of_calls()) == call


def test_what_the_documents_show_is_nothing_new(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([str(request.config.rootpath / "tests" / "samples")])

    assert found(capsys) == []
    assert status == 0


def test_what_is_new_and_what_is_missing(
    recorded: Any, sample: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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

    status = main([str(tmp_path)])
    lines = found(capsys)

    assert status == 1
    assert lines == [
        "missing Payment.id (payments.list)",
        "new field Account.tier (payments.get)",
        "new field FeePart.vat (payments.get)",
        "new field Payment.settledAt (payments.get)",
        "new value Payment.status: 'settled' (payments.get)",
        "wrong type Payment at amount: expected a whole number, found a text (payments.list)",
    ]
    assert "secret" not in "".join(lines)


def test_what_no_body_has_is_listed_and_is_no_fault(
    recorded: Any, sample: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded("payments.get", sample("payments.get.response"))

    status = main([str(tmp_path)])
    out = capsys.readouterr().out

    assert status == 0
    assert "never seen  Payment.reference" in out
    assert "never seen  Payment.amount" not in out


def test_a_directory_without_a_body_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.response.json").write_text("{}")

    assert main([str(tmp_path)]) == 2
    assert main([str(tmp_path / "nowhere")]) == 2
    assert main([]) == 2
    assert "notes.response.json is named after no call" in capsys.readouterr().err
