"""What type checkers make of each noun. Not run: mypy and pyright check it, both strict."""

from typing import assert_type

from allawee_async import (
    Account,
    ActionResult,
    AllaweeClient,
    AsyncPager,
    Bank,
    Billing,
    BillProduct,
    Card,
    CardAuthorization,
    CardControls,
    CardProgram,
    CardTransaction,
    Configuration,
    Customer,
    Dispute,
    Download,
    Event,
    Fee,
    FeeStructure,
    FxQuote,
    FxRate,
    Merchant,
    MerchantCategory,
    Page,
    Payment,
    PaymentMethod,
    PaymentRequest,
    PayoutOptions,
    RequestAttempt,
    RequestRecord,
    ResolvedAccount,
    SecretKey,
    SimulatedAuthorization,
    Webhook,
    WebhookSecret,
)
from allawee_async.types import JSONObject, JSONValue


async def stored_things(allawee: AllaweeClient) -> None:
    assert_type(await allawee.accounts.get("ac.1"), Account)
    assert_type(allawee.accounts.logs_csv("ac.1"), Download)
    assert_type(await allawee.billings.get("b.1"), Billing)
    assert_type(await allawee.card_authorizations.get("c.auth.1"), CardAuthorization)
    assert_type(await allawee.card_programs.get("c.prg.1"), CardProgram)
    assert_type(await allawee.card_transactions.get("c.txn.1"), CardTransaction)
    assert_type(await allawee.cards.get("c.1"), Card)
    assert_type(await allawee.customers.find(reference="r"), Customer | None)
    assert_type(await allawee.disputes.close("d.1"), Dispute)
    assert_type(await allawee.events.retry("evt.1"), Event)
    _ = assert_type(allawee.fees.list(), AsyncPager[Fee])
    _ = assert_type(allawee.fees.list(select="name"), AsyncPager[JSONObject])
    assert_type(await allawee.payment_requests.find(reference="r"), PaymentRequest | None)
    assert_type(await allawee.secret_keys.create(name="n", scopes=["cards:create"]), SecretKey)
    assert_type(await allawee.webhooks.enable("wh.1"), Webhook)
    assert_type(await allawee.webhooks.secret("wh.1"), WebhookSecret)
    assert_type(await allawee.webhooks.delete("wh.1"), ActionResult)


async def payments(allawee: AllaweeClient) -> None:
    options = PayoutOptions(account_number="0123456789", bank_code="058")
    payment = await allawee.payments.create_payout(
        method=PaymentMethod.BANK_TRANSFER,
        options=options,
        currency="NGN",
        amount=10_000,
        reference="inv-7",
    )
    assert_type(payment, Payment)
    assert_type(payment.account, str | Account | JSONObject | None)
    assert_type(payment.events, tuple[str | Event | JSONObject, ...] | None)
    assert_type(await allawee.payments.list(), Page[Payment])
    assert_type(allawee.payments.receipt_pdf(payment.id), Download)
    fee = await allawee.fees.create(
        name="f", structure=FeeStructure.FLAT, value=500, account="ac.1", cap=None
    )
    assert_type(fee, Fee)


async def guaranteed(allawee: AllaweeClient) -> None:
    patient = allawee.with_options(wait_for_accepted=120)
    assert_type(patient, AllaweeClient)
    controls = CardControls(allowed_channels=["pos"])
    card = await patient.simulation.grp.create_card(program="p", customer="c", controls=controls)
    assert_type(card, Card)
    record = await allawee.requests.get("req_1")
    assert_type(record, RequestRecord)
    assert_type(record.attempts, tuple[RequestAttempt, ...] | None)
    if record.attempts:
        assert_type(record.attempts[-1].response_body, JSONValue | None)


async def tools(allawee: AllaweeClient) -> None:
    banks = allawee.tools.banks
    _ = assert_type(banks.list(), AsyncPager[Bank])
    assert_type(await banks.short_list("0123456789"), tuple[Bank, ...])
    resolved = await banks.resolve(account_number="0123456789", bank_code="058")
    assert_type(resolved, ResolvedAccount)
    assert_type(await allawee.tools.bills.products(), tuple[BillProduct, ...])
    assert_type(await allawee.tools.configuration.get(), Configuration)
    defaults = await allawee.tools.configuration.update_payment(fees={"bankTransfer": "fee.1"})
    assert_type(defaults, Configuration)
    assert_type(await allawee.tools.fx.rates(from_="NGN"), tuple[FxRate, ...])
    quote = await allawee.tools.fx.create_quote(from_="NGN", to="USD", amount=1100)
    assert_type(quote, FxQuote)
    assert_type(await allawee.tools.merchants.list().first(), Merchant | None)
    assert_type(await allawee.tools.merchants.categories(), tuple[MerchantCategory, ...])


async def simulated(allawee: AllaweeClient) -> None:
    simulation = allawee.simulation
    done = await simulation.authorization_capture("c.1", amount=1, fees=0, channel="pos")
    assert_type(done, SimulatedAuthorization)
