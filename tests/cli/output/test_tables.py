"""Tables of lists as a person reads them: which columns, names for ids, totals, counts."""

from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import models
from allawee_async.cli.output.columns import SHOWN, usual_columns
from allawee_async.cli.output.tables import TableWriter
from allawee_async.models import AccountLogEntry, BillProduct, Card, Fee, Payment
from allawee_async.resources.verbs import Returns, all_verbs
from tests.cli.conftest import Call

if TYPE_CHECKING:
    from allawee_async.models.base import Model

ACCOUNT = "ac.2tVZczWw7m6Teoeb7"
DAY = "2026-03-14T00:00:00Z"
ADA = "cus.2tXNjMhytgx7hCxu9"
PAYOUT = (
    *("payments", "create-payout", "--method", "bank-transfer", "--currency", "NGN", "--yes"),
    *("--options.accountNumber", "0123456789", "--options.bankCode", "058"),
)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write records as a table, and return its lines without the blanks at their ends."""

    def write(*pages: Any, model: Any = Payment, names: Any = None, width: Any = 120) -> Any:
        monkeypatch.setenv("COLUMNS", str(width))
        table = TableWriter(model, names)
        for page in pages:
            table.page(page)
        table.end()
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return write


def payment(**fields: Any) -> Any:
    return {
        "id": "p.first",
        "amount": 100,
        "currency": "NGN",
        "status": "completed",
        "createdAt": DAY,
        **fields,
    }


def test_every_list_with_a_model_has_columns_of_its_own_choice() -> None:
    plain = {"Bank", "BillCategory", "FxRate", "Merchant", "MerchantCategory"}
    listed = {
        verb.model.__name__
        for verb in all_verbs()
        if verb.returns in (Returns.PAGES, Returns.LIST) and verb.model is not None
    }

    assert listed - plain == SHOWN.keys()


def test_no_chosen_column_can_show_a_secret() -> None:
    for name in SHOWN:
        model: type[Model] = getattr(models, name)
        columns = usual_columns(model, [{"signingKey": "hush", "pan": "hush"}])
        assert columns == []


def test_names_stand_where_ids_stood_at_the_cost_of_no_request(call: Call) -> None:
    table = call("cards", "list", "--output", "table", COLUMNS="200").stdout
    (request,) = call.sandbox.requests

    assert dict(request.query)["expand"] == "customer:name program:name"
    assert "Ciroma C Adekunle" in table
    assert "cus." not in table


@pytest.mark.parametrize(
    "options",
    [("-o", "json"), ("-o", "csv"), ("-o", "table", "--columns", "id,customer"),
     ("-o", "table", "--select", "id,customer")],
)  # fmt: skip
def test_nothing_is_expanded_that_was_not_asked_for(call: Call, options: Any) -> None:
    result = call("cards", "list", *options)

    assert "expand" not in dict(call.sandbox.requests[0].query)
    assert ADA in result.stdout


def test_what_is_asked_to_be_expanded_is_not_changed(call: Call) -> None:
    call("cards", "list", "-o", "table", "--expand", "customer:email")

    assert dict(call.sandbox.requests[0].query)["expand"] == "customer:email"


def test_ids_have_to_do_where_names_are_refused(call: Call) -> None:
    call.sandbox.faults.status(400, times=1)
    result = call("cards", "list", "-o", "table", COLUMNS="200")

    assert result.exit_code == 0, result.stderr
    assert ADA in result.stdout
    assert ["expand" in dict(one.query) for one in call.sandbox.requests] == [True, False]


def test_a_relation_that_was_not_expanded_is_its_id(shown: Any) -> None:
    (heading, row, *_) = shown([{"id": "c.1", "customer": ADA, "status": "active"}], model=Card)

    assert heading.split() == ["id", "status", "customer"]
    assert row.split() == ["c.1", "active", ADA]


def test_balances_of_accounts_are_in_their_table(call: Call) -> None:
    table = call("accounts", "list", "-o", "table").stdout

    assert "NGN 10,000,000.00" in table
    assert "USD 10,000,000.00" in table
    chosen = call("accounts", "list", "-o", "csv", "--columns", "id,balance").stdout
    assert f"{ACCOUNT},1000000000" in chosen.splitlines()
    before = len(call.sandbox.requests)
    call("accounts", "list", "-o", "table", "--columns", "id,name")
    call("accounts", "list", "-o", "table", "--select", "id,name")
    call("accounts", "list", "-o", "json")
    assert len(call.sandbox.requests) == before + 3


def test_accounts_whose_balance_is_refused_are_listed_all_the_same(call: Call) -> None:
    call.sandbox.faults.status(403, times=1, path=f"/accounts/{ACCOUNT}/balance")
    result = call("accounts", "list", "-o", "table")

    assert result.exit_code == 0
    assert ACCOUNT in result.stdout
    assert "USD 10,000,000.00" in result.stdout
    assert result.stderr.startswith("warning: 1 balance could not be read: ")
    assert result.stderr.count("\n") == 1


def test_totals_are_by_currency_under_the_money(shown: Any) -> None:
    lines = shown(
        [payment(), payment(id="p.2", amount=250, fees=5)],
        [payment(id="p.3", amount=7, currency="USD")],
    )

    assert [line.split() for line in lines[-2:]] == [
        ["total", "NGN", "3.50", "(350)", "NGN", "0.05", "(5)"],
        ["total", "USD", "0.07", "(7)"],
    ]
    assert lines[-1].index("(7)") + 3 == lines[0].index("amount") + 6


def test_what_came_to_nothing_is_in_no_total_and_told(shown: Any) -> None:
    lines = shown([payment(), payment(status="failed", amount=900)])

    assert lines[-2].split() == ["total", "NGN", "1.00", "(100)"]
    assert lines[-1] == "totals leave out 1 that came to nothing"


def test_one_row_needs_no_total(shown: Any) -> None:
    assert len(shown([payment()])) == 2


def test_what_makes_no_sense_as_a_sum_has_none(shown: Any) -> None:
    entry = {"id": "l.1", "type": "debit", "amount": 100, "currency": "NGN", "balanceAfter": 900}
    entry |= {"createdAt": DAY}
    lines = shown([entry, entry], model=AccountLogEntry)

    assert lines[1].split() == [
        *("l.1", "NGN", "-1.00", "(-100)", "NGN", "9.00", "(900)", "2026-03-14", "00:00Z"),
    ]
    assert lines[-1].split() == ["total", "NGN", "-2.00", "(-200)"]
    cap = {"id": "fee.1", "cap": 100, "currency": "NGN", "createdAt": DAY}
    price = {"id": "bp.1", "name": "Data", "amount": 80_000, "currency": "NGN"}
    for record, model in ((cap, Fee), (price, BillProduct)):
        assert "total" not in "".join(shown([record, record], model=model))


def test_no_column_of_dashes_is_shown(shown: Any) -> None:
    heading = shown([payment(), payment(reference=None)], width=200)[0]

    assert heading.split() == ["id", "amount", "status", "createdAt"]


def test_a_text_is_not_cut_where_there_is_room(shown: Any) -> None:
    reference = "a reference that is much longer than forty characters, as some are"

    assert reference in shown([payment(reference=reference)], width=200)[1]


def test_minor_units_give_way_to_columns(call: Call) -> None:
    call(*PAYOUT, "--amount", "5000000", "--reference", "salary")
    narrow = call("payments", "list", "-o", "table", COLUMNS="80").stdout
    wide = call("payments", "list", "-o", "table", COLUMNS="200").stdout

    assert "NGN 50,000.00 " in narrow
    assert "salary" in narrow
    assert "JOHN DOE" in narrow
    assert "NGN 50,000.00 (5000000)" in wide


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "5 customers"),
        (("--max-items", "2"), "the first 2 customers"),
        (("--max-items", "2", "--count-total"), "the first 2 customers of 5"),
        (("--filter", f"id:{ADA}"), "1 customer"),
    ],
)
def test_how_many_there_are_is_told(call: Call, options: Any, told: Any) -> None:
    result = call("customers", "list", "-o", "table", *options)

    assert result.stdout.splitlines()[-1] == told
    assert result.stderr == ""


def test_a_list_that_comes_at_once_has_its_number_too(call: Call) -> None:
    table = call("tools", "bills", "products", "-o", "table").stdout

    assert table.splitlines()[-1].endswith(" products")


def test_an_object_has_its_fields_in_the_order_of_lists_and_files(call: Call) -> None:
    paid = call(*PAYOUT, "--amount", "100", "--reference", "r", "-o", "table").stdout
    named = [line.split()[0].partition(".")[0] for line in paid.splitlines()]
    heading = call("payments", "list", "-o", "table", COLUMNS="240").stdout.splitlines()[0].split()
    csv = call("payments", "list", "-o", "csv").stdout.splitlines()[0].split(",")

    in_a_list = [name for name in heading if name in named]
    assert in_a_list == [name for name in dict.fromkeys(named) if name in in_a_list]
    assert [name for name in csv if name in in_a_list] == [
        name for name in in_a_list if name in csv
    ]


@pytest.mark.parametrize("width", [80, 100, 110, 120, 140])
def test_a_reason_is_whole_or_not_there(shown: Any, width: int) -> None:
    failed = payment(
        amount=99_999_999_999_999,
        fees=5375,
        status="failed",
        failureReason="insufficient-funds",
        reference="invoice-17",
        methodData={"bankTransfer": {"accountName": "JOHN DOE"}},
    )
    lines = shown([failed, failed], width=width)

    assert ("failureReason" in lines[0]) == ("insufficient-funds" in lines[1])
    assert width < 110 or "insufficient-funds" in lines[1]


def test_objects_in_a_cell_are_json(shown: Any) -> None:
    customer = {
        "id": "cus.first",
        "metadata": {"userId": 7, "vip": True},
        "verifications": [{"type": "tier-2"}],
    }
    names = ["id", "metadata", "verifications"]
    lines = shown([customer], model=models.Customer, names=names)

    assert lines[1].split() == ["cus.first", '{"userId":7,"vip":true}', '{"type":"tier-2"}']
