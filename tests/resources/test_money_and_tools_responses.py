"""Each answer of the documents becomes a model that loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from allawee_async import (
    ActionResult,
    APIError,
    Bank,
    BillValidation,
    DecodeError,
    Event,
    F,
    Fee,
    MerchantCategory,
    PaginationError,
    Payment,
    PaymentFailureReason,
    PaymentStatus,
    RequestRecord,
    RequestStatus,
    to_dict,
)
from tests.support.tables import for_each


async def test_a_payment(wire: Any, sample: Any, unknown_fields: Any) -> None:
    body = sample("payments.get.response")
    wire.answer(body=body)

    payment = await wire.client().payments.get("p.2wcj2CxxhnpcWAc4z")

    assert to_dict(payment) == body["data"]
    assert unknown_fields(payment) == []
    assert payment.amount == 1_000_000
    assert payment.status is PaymentStatus.FAILED
    assert payment.failure_reason is PaymentFailureReason.INSUFFICIENT_FUNDS
    assert payment.created_at == datetime(2024, 9, 13, 13, 51, 47, 400_000, UTC)


async def test_a_list_of_payments(wire: Any, sample: Any, unknown_fields: Any) -> None:
    body = sample("payments.list.response")
    wire.answer(body=body)

    page = await wire.client().payments.list()

    assert [to_dict(payment) for payment in page.items] == body["data"]
    assert unknown_fields(page.items) == []
    assert not page.has_more


async def test_a_request_record_comes_without_an_envelope(
    wire: Any, sample: Any, unknown_fields: Any
) -> None:
    body = sample("requests.get.response")
    wire.answer(body=body)

    record = await wire.client().requests.get("req_abc123xyz789")

    # the documents write a whole second without a fraction, this library with one
    attempts = [
        {**attempt, "createdAt": attempt["createdAt"].replace("Z", ".000Z")}
        for attempt in body["attempts"]
    ]
    assert to_dict(record) == {**body, "attempts": attempts}
    assert unknown_fields(record) == []
    assert record.id == "req_abc123xyz789"
    assert record.status is RequestStatus.COMPLETED
    assert record.attempts is not None
    assert record.attempts[-1].status_code == 201


async def test_request_records_are_walked_by_their_own_id(wire: Any, sample: Any) -> None:
    record = sample("requests.get.response")
    wire.answer(
        body={
            "data": [{**record, "_id": "req_1"}, {**record, "_id": "req_2"}],
            "metadata": {"hasMore": True},
        }
    )
    wire.answer(body={"data": [{**record, "_id": "req_3"}], "metadata": {"hasMore": False}})

    pager = wire.client().requests.list(limit=2, filter=F.status == "pending")

    assert [record.id async for record in pager] == ["req_1", "req_2", "req_3"]
    assert wire.sent[1].query == {"limit": "2", "filter": "status|eq|pending", "after": "req_2"}


async def test_a_selection_of_request_records_keeps_their_id(wire: Any) -> None:
    wire.answer([{"_id": "req_1", "initiator": "usr.1"}])
    wire.answer([])

    items = await wire.client().requests.list(select="initiator").to_list()

    assert items == [{"_id": "req_1", "initiator": "usr.1"}]
    assert wire.sent[0].query == {"select": "initiator _id"}


async def test_a_resolved_bank_account(wire: Any, sample: Any, unknown_fields: Any) -> None:
    body = sample("withdrawn.tools.banks.resolve.response")
    wire.answer(body=body)

    account = await wire.client().tools.banks.resolve(account_number="0123456789", bank_code="058")

    assert to_dict(account) == body
    assert unknown_fields(account) == []
    assert account.account_name == "JOHN DOE"


async def test_relations_are_ids_or_objects(wire: Any, sample: Any) -> None:
    plain = sample("payments.get.response")["data"]
    account = {"id": "ac.1", "type": "main", "name": "Baggy"}
    data = {
        **plain,
        "account": account,
        "customer": "cus.1",
        "events": ["evt.1", {"id": "evt.2", "event": "payment.completed"}],
        "fee": {"id": "fee.1", "structure": "flat", "value": 500, "account": account},
    }
    wire.answer(data)

    payment = await wire.client().payments.get(data["id"])

    assert to_dict(payment) == data
    assert payment.customer == "cus.1"
    assert payment.events is not None
    assert payment.events[0] == "evt.1"
    assert isinstance(payment.events[1], Event)
    assert isinstance(payment.fee, Fee)
    assert not isinstance(payment.fee.account, str)
    assert not isinstance(payment.account, str)
    assert payment.account is not None
    assert payment.account.id == "ac.1"


async def test_a_lost_payout_is_found_by_its_reference(wire: Any, sample: Any) -> None:
    lost = {**sample("payments.get.response")["data"], "reference": "inv-7"}
    wire.answer(status=503)
    wire.answer(body={"code": "success", "data": [lost], "metadata": {"hasMore": False}})
    client = wire.client()

    with pytest.raises(APIError) as caught:
        await client.payments.create_payout(
            method="bank-transfer", options={}, currency="NGN", amount=1, reference="inv-7"
        )
    found = await client.payments.find(reference="inv-7")

    assert caught.value.outcome_unknown
    assert isinstance(found, Payment)
    assert found.id == lost["id"]
    assert [sent.method for sent in wire.sent] == ["POST", "GET"]
    assert wire.sent[1].query == {"filter": "reference|eq|inv-7", "limit": "2"}


async def test_a_payment_request_is_found_by_its_reference(wire: Any) -> None:
    wire.answer([])

    assert await wire.client().payment_requests.find(reference="inv-7") is None


UNDOCUMENTED: list[tuple[str, Any]] = [
    ("events.get", lambda a: a.events.get("e")),
    ("events.retry", lambda a: a.events.retry("e")),
    ("billings.get", lambda a: a.billings.get("b")),
    ("fees.get", lambda a: a.fees.get("f")),
    ("payments.validate_bill", lambda a: a.payments.validate_bill(product="p", inputs={})),
    ("payments.requeue", lambda a: a.payments.requeue("p")),
    ("payments.resend_completed_event", lambda a: a.payments.resend_completed_event("p")),
    ("payment_requests.get", lambda a: a.payment_requests.get("p")),
    ("secret_keys.create", lambda a: a.secret_keys.create(name="n", scopes=[])),
    ("webhooks.get", lambda a: a.webhooks.get("w")),
    ("webhooks.delete", lambda a: a.webhooks.delete("w")),
    ("webhooks.enable", lambda a: a.webhooks.enable("w")),
    ("webhooks.secret", lambda a: a.webhooks.secret("w")),
    ("webhooks.roll_secret", lambda a: a.webhooks.roll_secret("w")),
    ("tools.banks.resolve", lambda a: a.tools.banks.resolve(account_number="1", bank_code="2")),
    ("tools.bills.product", lambda a: a.tools.bills.product("p")),
    ("tools.configuration.get", lambda a: a.tools.configuration.get()),
    ("tools.configuration.update", lambda a: a.tools.configuration.update_payment()),
    ("tools.fx.create_quote", lambda a: a.tools.fx.create_quote(from_="a", to="b", amount=1)),
    ("tools.merchants.get", lambda a: a.tools.merchants.get("m")),
    ("simulation.pay_in", lambda a: a.simulation.pay_in(method="m", account_number="1")),
    ("simulation.go_live", lambda a: a.simulation.card_program_go_live("c")),
    ("simulation.grp.block_card", lambda a: a.simulation.grp.block_card("c")),
]
IDS = [name for name, _ in UNDOCUMENTED]


@for_each("make", [make for _, make in UNDOCUMENTED])
async def test_an_answer_that_no_document_shows_loses_nothing(wire: Any, make: Any) -> None:
    data = {"surprise": {"deep": [1, "two", None]}, "count": 3}
    wire.answer(data)

    result = await make(wire.client())

    assert result.extra == data
    assert to_dict(result) == data


@for_each("body", [b"", b"{}", b'{"code": "success"}', b'{"data": null}'])
@for_each("make", [make for _, make in UNDOCUMENTED])
async def test_an_action_may_answer_nothing(wire: Any, make: Any, body: bytes) -> None:
    wire.answer(status=204 if not body else 200, body=body)

    result = await make(wire.client())

    assert to_dict(result) == {}


async def test_an_answer_that_is_no_object_is_kept(wire: Any) -> None:
    wire.answer("done")

    result = await wire.client().payments.requeue("p.1")

    assert result == ActionResult(extra={"value": "done"})


async def test_a_payment_that_answers_nothing_is_no_payment(wire: Any) -> None:
    wire.answer(body=b"")

    with pytest.raises(DecodeError) as caught:
        await wire.client().payments.pay_bill(product="bp.1", inputs={})

    assert caught.value.path == "data"
    assert caught.value.outcome_unknown


async def test_a_validation_of_a_bill_is_all_extra(wire: Any) -> None:
    wire.answer({"customerName": "ADA OBI"})

    found = await wire.client().payments.validate_bill(product="bp.1", inputs={})

    assert found == BillValidation(extra={"customerName": "ADA OBI"})


# Lists that no document shows: of any length, with ids or without, of objects or not.


async def test_a_long_list_of_banks_without_ids_is_not_paged(wire: Any) -> None:
    wire.answer([{"name": f"Bank {n}", "code": f"{n:03}"} for n in range(300)])

    banks = await wire.client().tools.banks.list().to_list()

    assert len(banks) == 300
    assert banks[7] == Bank(name="Bank 7", code="007")
    assert len(wire.sent) == 1


@pytest.mark.parametrize("limit", [None, 2])
async def test_a_full_page_is_the_last_unless_the_answer_says_otherwise(
    wire: Any, limit: int | None
) -> None:
    wire.answer([{"id": "mch.1"}, {"id": "mch.2"}] * (1 if limit else 10))

    merchants = [m async for m in wire.client().tools.merchants.list(limit=limit)]

    assert len(merchants) == (2 if limit else 20)
    assert len(wire.sent) == 1


async def test_a_list_that_is_cut_into_pages_is_read_to_its_end(wire: Any) -> None:
    wire.answer(body={"data": [{"id": "bp.1"}, {"id": "bp.2"}], "metadata": {"hasMore": True}})
    wire.answer(body={"data": [{"id": "bp.3"}], "metadata": {"hasMore": False}})

    products = await wire.client().tools.bills.products()

    assert [product.id for product in products] == ["bp.1", "bp.2", "bp.3"]
    assert wire.sent[1].query == {"after": "bp.2"}


async def test_more_banks_without_an_id_to_go_on_from_are_not_passed_over(wire: Any) -> None:
    wire.answer(body={"data": [{"name": "Bank"}], "metadata": {"hasMore": True}})

    with pytest.raises(PaginationError):
        await wire.client().tools.banks.list().to_list()


async def test_one_object_in_place_of_a_list_is_a_list_of_one(wire: Any) -> None:
    data = {"NGN": {"USD": 0.00065}}
    wire.answer(data)

    (rate,) = await wire.client().tools.fx.rates()

    assert rate.extra == data


async def test_bare_names_are_kept(wire: Any) -> None:
    wire.answer(["airlines", "betting"])

    categories = await wire.client().tools.merchants.categories()

    assert categories == (
        MerchantCategory(extra={"value": "airlines"}),
        MerchantCategory(extra={"value": "betting"}),
    )


@pytest.mark.parametrize("body", [b"", b'{"code": "success"}', b'{"data": []}'])
async def test_no_list_is_an_empty_one(wire: Any, body: bytes) -> None:
    wire.answer(body=body)

    assert await wire.client().tools.bills.categories() == ()


async def test_a_record_is_a_value(sample: Any) -> None:
    from allawee_async import from_dict

    record = from_dict(RequestRecord, sample("events.request.completed")["data"])

    assert record == from_dict(RequestRecord, sample("events.request.completed")["data"])
    assert hash(record) == hash(from_dict(RequestRecord, to_dict(record)))


async def test_a_simulated_purchase_tells_what_was_decided(wire: Any) -> None:
    wire.answer({
        "id": "c.auth.1", "status": "declined", "statusReason": "spending-control", "amount": 100,
        "decisionType": "system-response", "card": "c.1", "type": "capture", "x": 1,
    })  # fmt: skip

    done = await wire.client().simulation.authorization_capture(
        "c.1", amount=100, fees=0, channel="pos"
    )

    assert isinstance(done, ActionResult)
    assert (done.status, done.status_reason, done.amount) == ("declined", "spending-control", 100)  # type: ignore[attr-defined]
    assert done.decision_type == "system-response"  # type: ignore[attr-defined]
    assert done.extra == {"x": 1}
