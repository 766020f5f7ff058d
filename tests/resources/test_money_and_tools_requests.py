"""Each request of the documents is made by a typed call: method, path, host and body exactly."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from allawee_async import (
    AllaweeClient,
    CardControls,
    ConfigurationError,
    FeeStructure,
    PaymentFees,
    PaymentMethod,
    PaymentRequestOptions,
    PayoutOptions,
)
from tests.support.tables import for_each

Make = Callable[[AllaweeClient], Awaitable[object]]
KEY = {"key": "value"}
BILL: dict[str, Any] = {
    "product": "bp.2cbc123456",
    "inputs": {"phoneNumber": "08055429186", "amount": "40000"},
    "customer": "string",
    "reference": "string",
    "debit_source": "ac.2cbc123456",
    "metadata": KEY,
}
MERCHANT: dict[str, Any] = {"mcc": "string", "merchant_descriptor": "string"}
PURCHASE: dict[str, Any] = {"amount": 0, "fees": 0, "channel": "atm", **MERCHANT}
AUTHORIZE = "/simulation/cards/c.1/request-authorization"

SAMPLED: list[tuple[str, str, str, Make]] = [
    ("events.retry", "POST", "/events/evt.1/retry", lambda a: a.events.retry("evt.1")),
    (
        "fees.create",
        "POST",
        "/fees",
        lambda a: a.fees.create(
            name="string",
            description="string",
            structure=FeeStructure.FLAT,
            currency="NGN",
            value=500,
            cap=10000,
            account="ac.2cbc123456",
            metadata=KEY,
        ),
    ),
    (
        "payments.payouts.create",
        "POST",
        "/payments/payouts",
        lambda a: a.payments.create_payout(
            method=PaymentMethod.BANK_TRANSFER,
            options=PayoutOptions(
                method=PaymentMethod.BANK_TRANSFER,
                account_number="string",
                bank_code="string",
                narration="string",
                note="string",
                destination="ac.2cbc123456",
                fx_currency="NGN",
                fx_quote_hash="string",
            ),
            currency="NGN",
            amount=10000,
            customer="string",
            reference="string",
            fee="fee.2cbc123456",
            debit_source="ac.2cbc123456",
            metadata=KEY,
        ),
    ),
    (
        "payments.bill.create",
        "POST",
        "/payments/bill",
        lambda a: a.payments.pay_bill(**BILL),
    ),
    (
        "payments.bill.validate",
        "POST",
        "/payments/bill/validate",
        lambda a: a.payments.validate_bill(**BILL),
    ),
    (
        "payments.requeue",
        "POST",
        "/payments/p.1/requeue",
        lambda a: a.payments.requeue("p.1"),
    ),
    (
        "payments.resend-events.payment-completed",
        "POST",
        "/payments/p.1/resend-events/payment-completed",
        lambda a: a.payments.resend_completed_event("p.1"),
    ),
    (
        "payment-requests.create",
        "POST",
        "/payment-requests",
        lambda a: a.payment_requests.create(
            method="bank-transfer",
            options=PaymentRequestOptions(name="string", bank="providus"),
            currency="NGN",
            amount=10000,
            customer="string",
            reference="string",
            account="ac.2cbc123456",
            metadata=KEY,
        ),
    ),
    (
        "secret-keys.create",
        "POST",
        "/secret-keys",
        lambda a: a.secret_keys.create(
            name="Production Key (GRP)",
            scopes=["cards:create", "cards:update:status", "cards:update:link"],
            grp_enabled=True,
        ),
    ),
    (
        "webhooks.create",
        "POST",
        "/webhooks",
        lambda a: a.webhooks.create(
            name="string",
            events=["card.authorization.request"],
            api_version="2023-02-01",
            description="string",
            url="string",
            signing_key="string",
            metadata={},
        ),
    ),
    (
        "webhooks.update",
        "PUT",
        "/webhooks/wh.1",
        lambda a: a.webhooks.update(
            "wh.1",
            name="string",
            events=["card.authorization.request"],
            api_version="2023-02-01",
            description="string",
            url="string",
            metadata={},
        ),
    ),
    ("webhooks.enable", "POST", "/webhooks/wh.1/enable", lambda a: a.webhooks.enable("wh.1")),
    ("webhooks.disable", "POST", "/webhooks/wh.1/disable", lambda a: a.webhooks.disable("wh.1")),
    (
        "webhooks.secret.roll",
        "POST",
        "/webhooks/wh.1/secret/roll",
        lambda a: a.webhooks.roll_secret("wh.1", signing_key="string"),
    ),
    (
        "tools.configuration.payment.update",
        "PUT",
        "/tools/configuration/payment",
        lambda a: a.tools.configuration.update_payment(
            pay_in_account="ac.2cbc123456",
            pay_out_account="ac.2cbc123456",
            fees=PaymentFees(bank_transfer="fee.2cbc123456", bill_payment="fee.2cbc123456"),
        ),
    ),
    (
        "tools.fx.quotes.create",
        "POST",
        "/tools/fx/quotes",
        lambda a: a.tools.fx.create_quote(from_="NGN", to="USD", amount=1100),
    ),
    (
        "simulation.card-programs.go-live",
        "POST",
        "/simulation/card-programs/c.prg.1/go-live",
        lambda a: a.simulation.card_program_go_live("c.prg.1"),
    ),
    (
        "simulation.cards.request-authorization.check",
        "POST",
        f"{AUTHORIZE}/check",
        lambda a: a.simulation.authorization_check("c.1", channel="atm", **MERCHANT),
    ),
    (
        "simulation.cards.request-authorization.capture",
        "POST",
        f"{AUTHORIZE}/capture",
        lambda a: a.simulation.authorization_capture("c.1", **PURCHASE),
    ),
    (
        "simulation.cards.request-authorization.update-capture",
        "POST",
        f"{AUTHORIZE}/update-capture",
        lambda a: a.simulation.authorization_update_capture(
            "c.1", update_amount=0, update_fees=0, **PURCHASE
        ),
    ),
    (
        "simulation.cards.request-authorization.reverse-capture",
        "POST",
        f"{AUTHORIZE}/reverse-capture",
        lambda a: a.simulation.authorization_reverse_capture("c.1", **PURCHASE),
    ),
    (
        "simulation.payments.pay-in",
        "POST",
        "/simulation/payments/pay-in",
        lambda a: a.simulation.pay_in(method="string", account_number="0123456789"),
    ),
    (
        "withdrawn.fees.create.flat",
        "POST",
        "/fees",
        lambda a: a.fees.create(
            name="Transfer Fee", structure="flat", currency="NGN", value=5000, account="act_xxxxx"
        ),
    ),
    (
        "withdrawn.fees.create.percentage",
        "POST",
        "/fees",
        lambda a: a.fees.create(
            name="Transaction Fee",
            structure="percentage",
            value=150,
            cap=200000,
            account="act_xxxxx",
        ),
    ),
    (
        "withdrawn.payment-requests.create",
        "POST",
        "/payment-requests",
        lambda a: a.payment_requests.create(
            method="bank-transfer",
            options={"name": "Invoice #1234"},
            currency="NGN",
            amount=1500000,
            customer="cus_xxxxx",
            account="act_xxxxx",
            reference="inv-1234",
        ),
    ),
    (
        "withdrawn.tools.configuration.payment.update",
        "PUT",
        "/tools/configuration/payment",
        lambda a: a.tools.configuration.update_payment(
            pay_in_account="act_xxxxx",
            pay_out_account="act_xxxxx",
            fees={"bankTransfer": "fee_xxxxx", "billPayment": "fee_xxxxx"},
        ),
    ),
    (
        "withdrawn.webhooks.create",
        "POST",
        "/webhooks",
        lambda a: a.webhooks.create(
            name="Card Events",
            events=["card.created", "card.authorization.request", "card.transaction.completed"],
            url="https://your-server.com/webhooks/allawee",
            description="Receives all card-related events",
        ),
    ),
]

CONTROLS = CardControls(
    allowed_mcc=["5541-5542,7654"],
    blocked_mcc=["7399", "7395"],
    allowed_categories=["airlines"],
    blocked_categories=["airlines"],
    allowed_channels=["pos"],
    blocked_channels=["online"],
    allowed_merchants=["mch.2cbc123456"],
    blocked_merchants=["mch.2cbc123456"],
    spending_limits=(None,),
)


@pytest.mark.parametrize("row", SAMPLED, ids=[row[0] for row in SAMPLED])
async def test_a_typed_call_sends_what_the_documents_show(
    wire: Any, sample: Any, row: tuple[str, str, str, Make]
) -> None:
    name, method, path, make = row
    wire.answer({"id": "x.1"})

    await make(wire.client())

    (sent,) = wire.sent
    assert (sent.method, sent.host, sent.path) == (method, "api", path)
    assert sent.query == {}
    assert sent.body == sample(f"{name}.request")


async def test_the_simulated_link_by_number_is_sent_to_the_ordinary_host(
    wire: Any, sample: Any
) -> None:
    wire.answer({"id": "c.1"})

    await wire.client().simulation.grp.link_card_by_pan(
        pan="string",
        customer="string",
        reference="string",
        card_holder_name="string",
        funding_source="ac.1",
        controls=CONTROLS,
        deposit_channels=["bank-account"],
        metadata={},
    )

    (sent,) = wire.sent
    assert (sent.method, sent.host, sent.path) == ("POST", "api", "/simulation/grp/cards/link")
    assert sent.body == {**sample("cards.link-by-pan.request"), "fundingSource": "ac.1"}


async def test_the_simulated_link_by_id(wire: Any, sample: Any) -> None:
    wire.answer({"id": "c.1"})

    await wire.client().simulation.grp.link_card(
        "c.1",
        customer="string",
        reference="string",
        card_holder_name="string",
        funding_source="ac.1",
        controls=CONTROLS,
        metadata={},
    )

    (sent,) = wire.sent
    assert (sent.method, sent.path) == ("POST", "/simulation/grp/cards/c.1/link")
    assert sent.body == {**sample("cards.link-by-id.request"), "fundingSource": "ac.1"}


async def test_the_simulated_creation_of_a_card(wire: Any, sample: Any) -> None:
    expected = sample("cards.create.virtual-usd.request")
    wire.answer({"id": "c.1"})

    await wire.client().simulation.grp.create_card(
        program=expected["program"],
        customer=expected["customer"],
        amount=expected["amount"],
        fx_hash=expected["fxHash"],
        card_holder_name=expected["cardHolderName"],
        debit_source="ac.1",
        funding_source="ac.2",
        debit_currency=expected["debitCurrency"],
        controls=expected["controls"],
        metadata=expected["metadata"],
    )

    (sent,) = wire.sent
    assert (sent.method, sent.path) == ("POST", "/simulation/grp/cards")
    assert sent.body == {**expected, "debitSource": "ac.1", "fundingSource": "ac.2"}


@pytest.mark.parametrize(
    ("method", "path", "make"),
    [
        ("DELETE", "/webhooks/wh.1", lambda a: a.webhooks.delete("wh.1")),
        (
            "POST",
            "/simulation/grp/cards/c.1/block",
            lambda a: a.simulation.grp.block_card("c.1"),
        ),
        (
            "POST",
            "/simulation/grp/cards/c.1/unblock",
            lambda a: a.simulation.grp.unblock_card("c.1"),
        ),
        ("GET", "/events/evt.1", lambda a: a.events.get("evt.1")),
        ("GET", "/fees/fee.1", lambda a: a.fees.get("fee.1")),
        ("GET", "/billings/bil.1", lambda a: a.billings.get("bil.1")),
        ("GET", "/payments/p.1", lambda a: a.payments.get("p.1")),
        ("GET", "/payment-requests/pr.1", lambda a: a.payment_requests.get("pr.1")),
        ("GET", "/webhooks/wh.1", lambda a: a.webhooks.get("wh.1")),
        ("GET", "/webhooks/wh.1/secret", lambda a: a.webhooks.secret("wh.1")),
        ("GET", "/tools/bills/products/bp.1", lambda a: a.tools.bills.product("bp.1")),
        ("GET", "/tools/configuration", lambda a: a.tools.configuration.get()),
        ("GET", "/tools/merchants/mch.1", lambda a: a.tools.merchants.get("mch.1")),
    ],
)
async def test_a_call_without_a_body_sends_none(
    wire: Any, method: str, path: str, make: Make
) -> None:
    wire.answer({"id": "x.1"})

    await make(wire.client())

    (sent,) = wire.sent
    assert (sent.method, sent.host, sent.path) == (method, "api", path)
    assert (sent.query, sent.raw) == ({}, None)


@pytest.mark.parametrize(
    ("path", "query", "make"),
    [
        ("/tools/banks/short-list/0123456789", {}, lambda t: t.banks.short_list("0123456789")),
        (
            "/tools/banks/resolve",
            {"accountNumber": "0123456789", "bankCode": "058"},
            lambda t: t.banks.resolve(account_number="0123456789", bank_code="058"),
        ),
        ("/tools/bills/categories", {}, lambda t: t.bills.categories()),
        ("/tools/bills/products", {}, lambda t: t.bills.products()),
        ("/tools/fx/rates", {}, lambda t: t.fx.rates()),
        (
            "/tools/fx/rates",
            {"from": "NGN", "to": "USD"},
            lambda t: t.fx.rates(from_="NGN", to="USD"),
        ),
        ("/tools/merchants/categories", {}, lambda t: t.merchants.categories()),
        ("/tools/banks", {"limit": "5"}, lambda t: t.banks.list(limit=5)),
        ("/tools/merchants", {}, lambda t: t.merchants.list()),
    ],
)
async def test_tools_ask_with_a_query(
    wire: Any, path: str, query: dict[str, str], make: Any
) -> None:
    wire.answer([])

    await make(wire.client().tools)

    (sent,) = wire.sent
    assert (sent.method, sent.path, sent.query, sent.raw) == ("GET", path, query, None)


PAYOUT: dict[str, Any] = {"method": "transfer", "options": {}, "currency": "NGN"}
FEE: dict[str, Any] = {"name": "f", "structure": "flat", "account": "ac.1"}
UPDATE: dict[str, Any] = {"amount": 1, "fees": 1, "update_amount": 1, "update_fees": 1}


@for_each("wrong", [1.0, 100.5, True, "100", -1, None, [100]])
@for_each(
    ("name", "make"),
    [
        ("amount", lambda a, n: a.payments.create_payout(**PAYOUT, amount=n)),
        ("amount", lambda a, n: a.payment_requests.create(**PAYOUT, amount=n)),
        ("value", lambda a, n: a.fees.create(**FEE, value=n)),
        ("amount", lambda a, n: a.tools.fx.create_quote(from_="NGN", to="USD", amount=n)),
        (
            "amount",
            lambda a, n: a.simulation.authorization_capture("c.1", amount=n, fees=0, channel="pos"),
        ),
        (
            "fees",
            lambda a, n: a.simulation.authorization_reverse_capture(
                "c.1", amount=0, fees=n, channel="pos"
            ),
        ),
        *[
            (
                name,
                lambda a, n, name=name: a.simulation.authorization_update_capture(
                    "c.1", channel="pos", **{**UPDATE, name: n}
                ),
            )
            for name in UPDATE
        ],
    ],
)
async def test_what_is_no_amount_is_refused_before_anything_is_sent(
    wire: Any, wrong: object, name: str, make: Any
) -> None:
    with pytest.raises(ConfigurationError, match=name):
        await make(wire.client(), wrong)

    assert wire.sent == []


@pytest.mark.parametrize("wrong", [1.0, True, "100", -1])
@pytest.mark.parametrize(
    "make",
    [
        lambda a, n: a.fees.create(**FEE, value=1, cap=n),
        lambda a, n: a.simulation.grp.create_card(program="p", customer="c", amount=n),
    ],
)
async def test_an_amount_that_may_be_left_out_is_checked_too(
    wire: Any, wrong: object, make: Any
) -> None:
    with pytest.raises(ConfigurationError, match=r"cap|amount"):
        await make(wire.client(), wrong)

    assert wire.sent == []


@pytest.mark.parametrize("value", [1.5, 0.25, 2, 0])
async def test_a_percentage_may_have_a_fraction(wire: Any, value: float) -> None:
    wire.answer({"id": "fee.1"})

    await wire.client().fees.create(name="f", structure="percentage", account="ac.1", value=value)

    assert json.loads(wire.sent[0].raw)["value"] == value


@pytest.mark.parametrize("value", [-1.5, float("nan"), float("inf"), "1.5", True, None])
async def test_what_is_no_percentage_is_refused(wire: Any, value: Any) -> None:
    with pytest.raises(ConfigurationError, match="value"):
        await wire.client().fees.create(
            name="f", structure="percentage", account="ac.1", value=value
        )

    assert wire.sent == []
