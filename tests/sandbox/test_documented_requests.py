"""Every request and every answer that the documents show, against the sandbox.

Placeholders (`string`, `act_xxxxx`, ids that nothing has) are replaced by what there is. What then
differs stands in the tables `REFUSED` and `DIFFERENCES`, and nowhere else.
"""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async.sandbox import Sandbox, State
from allawee_async.sandbox.api.app import Api
from allawee_async.sandbox.api.messages import ApiRequest
from allawee_async.sandbox.api.routing import Host
from allawee_async.sandbox.core.values import to_bytes
from allawee_async.sandbox.query.values import values_at
from tests.sandbox.card_user import CIROMA, NGN_ACCOUNT, SAMPLES, CardUser, SetClock, sample
from tests.sandbox.conftest import Answer, Caller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from allawee_async.sandbox.core.collection import Collection

PROGRAMS, CARDS, ACCOUNTS = "POST /card-programs", "POST /cards", "POST /accounts"
USE = "POST /simulation/cards/{active}/request-authorization"
ENDPOINTS = {
    "accounts.create": ACCOUNTS,
    "accounts.deposit-channels.add": "POST /accounts/{owned}/deposit-channels",
    "accounts.deposit-channels.update-account-name":
        "PUT /accounts/{owned}/deposit-channels/update-account-name",
    "card-programs.create.physical": PROGRAMS,
    "card-programs.create.virtual": PROGRAMS,
    "card-programs.create.virtual.2026": PROGRAMS,
    "card-programs.update": "PUT /card-programs/{new_program}",
    "cards.activate": "POST secure /cards/{inactive}/activate",
    "cards.create": CARDS,
    "cards.create.virtual-ngn": CARDS,
    "cards.create.virtual-usd": CARDS,
    "cards.enroll.3ds": "POST /cards/{active}/enroll/3ds",
    "cards.enroll.safetoken": "POST /cards/{active}/enroll/safetoken",
    "cards.fund": "POST /cards/{active}/fund",
    "cards.link-by-id": "POST /cards/{stock}/link",
    "cards.link-by-pan": "POST secure /cards/link",
    "cards.reset-pin": "POST secure /cards/{active}/reset-pin",
    "cards.update": "PUT /cards/{active}",
    "customers.create.business": "POST /customers",
    "customers.create.individual": "POST /customers",
    "customers.update": "PUT /customers/{customer}",
    "disputes.close": "PUT /disputes/{dispute}/close",
    "disputes.create": "POST /disputes",
    "disputes.update": "PUT /disputes/{dispute}",
    "events.retry": "POST /events/{event}/retry",
    "fees.create": "POST /fees",
    "fees.create.flat": "POST /fees",
    "fees.create.percentage": "POST /fees",
    "payment-requests.create": "POST /payment-requests",
    "payments.bill.create": "POST /payments/bill",
    "payments.bill.validate": "POST /payments/bill/validate",
    "payments.payout.create": "POST /payments/payouts",  # so a withdrawn page spells it
    "payments.payouts.create": "POST /payments/payouts",
    "payments.requeue": "POST /payments/{failed}/requeue",
    "payments.resend-events.payment-completed":
        "POST /payments/{completed}/resend-events/payment-completed",
    "secret-keys.create": "POST /secret-keys",
    "simulation.card-programs.go-live": "POST /simulation/card-programs/{new_program}/go-live",
    "simulation.cards.request-authorization.capture": f"{USE}/capture",
    "simulation.cards.request-authorization.check": f"{USE}/check",
    "simulation.cards.request-authorization.reverse-capture": f"{USE}/reverse-capture",
    "simulation.cards.request-authorization.update-capture": f"{USE}/update-capture",
    "simulation.payments.pay-in": "POST /simulation/payments/pay-in",
    "tools.configuration.payment.update": "PUT /tools/configuration/payment",
    "tools.fx.quotes.create": "POST /tools/fx/quotes",
    "webhooks.create": "POST /webhooks",
    "webhooks.disable": "POST /webhooks/{webhook}/disable",
    "webhooks.enable": "POST /webhooks/{webhook}/enable",
    "webhooks.secret.roll": "POST /webhooks/{webhook}/secret/roll",
    "webhooks.update": "PUT /webhooks/{webhook}",
}  # fmt: skip
REQUESTS = sorted(path.name[:-13] for path in SAMPLES.glob("*.request.json"))
REFUSED = {
    # A withdrawn page counts in basis points, all others in percent.
    "withdrawn.fees.create.percentage": ["value must not be greater than 100"],
}
CREATED = {
    "accounts.create": "accounts.create",
    "card-programs.create.physical": "card-programs.create.physical",
    "card-programs.create.virtual": "card-programs.create.virtual",
    "cards.create": "cards.create.virtual-usd",
    "cards.link": "cards.link-by-id",
    "cards.update": "cards.update",
    "customers.create": "customers.create.individual",
    "customers.update": "customers.update",
}
"""The documented answers to documented requests."""
READ = {
    "accounts.get": f"/accounts/{NGN_ACCOUNT}",
    "accounts.list": f"/accounts?filter=id:{NGN_ACCOUNT}",
    "card-authorizations.get": "/card-authorizations/c.auth.2tW3sESJQ4ZW9DKSG",
    "card-authorizations.list": "/card-authorizations?filter=status:declined",
    "card-programs.list": "/card-programs?filter=createdAt|ltd|2023-03-17T00:40:00Z",
    "card-transactions.get": "/card-transactions/{transaction}",
    "card-transactions.list": "/card-transactions",
    "cards.get": "/cards/c.2tVghquVL5LxCkjB3",
    "cards.list": "/cards?filter=createdAt|ltd|2023-03-17",
    "cards.secrets": "secure /cards/{active}/secrets",
    "customers.get": "/customers/{customer}",
    "customers.list": "/customers",
    "errors.incorrect-filter-format.400": "/customers?filter=status||||",
    "pagination.list": "/customers?select=id name email&limit=1&countTotal",
    "payments.get": "/payments/{failed}",
    "payments.list": "/payments?filter=status:failed",
    "requests.get": "/requests/{queued}",
    "withdrawn.tools.banks.resolve": "/tools/banks/resolve?accountNumber=0123456789&bankCode=058",
}
"""The other documented answers, and what they are read by."""
FREE = {"data.metadata", "data.controls", "data[].metadata", "data[].controls"}
CLAIMS = ("data.claims.individualAddress.postalCode", "data.claims.individualIdentity.url")
CHANNEL = " ".join(f"data.depositChannels[].{name}" for name in ("type", "createdAt", "updatedAt"))
WEBHOOK = "data.authorization.webhook"  # the documents send `{}` and are answered an id
DIFFERENCES = {
    # What was sent is shown; what the documents send with these is in none of their answers.
    "accounts.create": ("", "data.customer data.metadata data.reference " + CHANNEL),
    "cards.create": ("", "data.controls"),
    "cards.update": ("", "data.fundingSource data.reference"),
    "customers.create": CLAIMS,
    "customers.update": CLAIMS,
    "card-programs.create.physical": (WEBHOOK, "data.distribution.returnAddress"),
    "card-programs.create.virtual": (WEBHOOK, ""),
    # The query guide prints no code.
    "pagination.list": ("", "code"),
    # The documents print bodies in short, and name who called in another place.
    "requests.get": ("", "attempts[].responseBody requestBody initiator"),
    # A withdrawn page prints the answer without its envelope.
    "withdrawn.tools.banks.resolve": ("accountNumber accountName bankCode", "code data"),
}
"""For each answer the fields that only the documents have, and those where the sandbox has more."""


class Direct(Caller):
    """Asks the API of a sandbox without a socket between."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.api = Api(sandbox.state)

    async def send(
        self, method: str, path: str, *, secure: bool = False, json: Any = None, **options: Any
    ) -> Answer:
        self.api.run_due()
        call = ApiRequest.parse(method, path)
        pairs = (*call.pairs, *options.get("params", {}).items())
        call = attrs.evolve(call, pairs=pairs, body=b"" if json is None else to_bytes(json))
        host = Host.SECURE if secure else Host.API
        reply = self.api.answer(host, call, f"Bearer {self.sandbox.api_key}")
        return Answer(reply.status, reply.headers, reply.body.decode())


@pytest.fixture
def user() -> CardUser:
    clock = SetClock()
    sandbox = Sandbox(clock=clock, grp_enabled=True)
    return CardUser(Direct(sandbox), sandbox, clock)


class World:
    """Everything that a documented request may name."""

    def __init__(self, user: CardUser) -> None:
        self.user = user

    async def fill(self) -> dict[str, Any]:
        """Make what there has to be, and return the ids, by what they are of."""
        user, make = self.user, self.user.make
        virtual = await user.program(name="Virtual", network="verve")
        body = {"program": virtual["id"], "customer": CIROMA}
        active = await user.card(virtual, reference="active")
        inactive = await make("POST", "/cards", body)
        stock = await user.stock(1, name="Stock")
        (plastic,) = await user.get("/cards", filter=f"program:{stock['id']}")
        used = await user.use(active["id"], mcc="5541")
        owned = {
            "name": "Owned", "type": "sub", "currency": "NGN", "customer": CIROMA,
            "depositChannels": ["bank-account"],
        }  # fmt: skip
        account = await make("POST", "/accounts", owned)
        fee = {"name": "Fee", "structure": "flat", "value": 1, "account": NGN_ACCOUNT}
        quote = {"from": "NGN", "to": "USD", "amount": 1_000}
        dispute = {"reason": "general", "source": used["id"]}
        options = {"accountNumber": "0123456789", "bankCode": "058", "narration": "test payment"}
        paid = {"method": "bank-transfer", "currency": "NGN", "amount": 5, "options": options}
        completed = await make("POST", "/payments/payouts", paid)
        queued = await user.send("POST", "/simulation/grp/cards", body)
        failed = await make("POST", "/payments/payouts", paid | {"amount": 10**14})
        user.clock.go_on(seconds=1)
        user.sandbox.settle_cards()
        (transaction,) = await user.get("/card-transactions")
        hook = {"name": "Hook", "events": ["x"], "url": "http://127.0.0.1:9/"}
        return {
            "active": active["id"], "inactive": inactive["id"], "stock": plastic["id"],
            "program": virtual["id"], "transaction": transaction["id"],
            "authorization": used["id"], "owned": account["id"],
            "number": account["depositChannels"][0]["accountNumber"], "customer": CIROMA,
            "queued": queued.headers["x-request-id"],
            "new_program": (await user.program(name="New", type="physical"))["id"],
            "fee": (await make("POST", "/fees", fee))["id"],
            "quote": (await make("POST", "/tools/fx/quotes", quote))["hash"],
            "dispute": (await make("POST", "/disputes", dispute))["id"],
            "completed": completed["id"], "failed": failed["id"], "event": failed["events"][0],
            "webhook": (await make("POST", "/webhooks", hook))["id"],
        }  # fmt: skip


def replaced(name: str, body: dict[str, Any], world: dict[str, Any]) -> dict[str, Any]:
    """Return a documented body with what there is in place of its placeholders."""
    known = {
        "customer": CIROMA, "program": world["program"], "source": world["authorization"],
        "fee": world["fee"], "bankTransfer": world["fee"], "billPayment": world["fee"],
        "transactionFee": world["fee"], "fxHash": world["quote"], "fxQuoteHash": world["quote"],
        "verifications": ["tier-1"], "url": "http://127.0.0.1:9/", "bankCode": "058",
        "accountNumber": "0123456789" if "payments.payout" in name else world["number"],
    }  # fmt: skip
    accounts = {
        "account", "settlementAccount", "debitSource", "fundingSource", "destination",
        "payInAccount", "payOutAccount",
    }  # fmt: skip

    def replace(value: Any, field: str) -> Any:
        if isinstance(value, dict) and value:
            return {inner: replace(kept, inner) for inner, kept in value.items()}
        if field in known and value != {}:
            return known[field]
        return NGN_ACCOUNT if field in accounts and isinstance(value, str) else value

    return {field: replace(value, field) for field, value in body.items()}


async def changes(name: str, user: CardUser, world: dict[str, Any]) -> dict[str, Any]:
    """Return what a body needs besides, because its placeholders do not fit each other."""
    if name == "cards.activate":
        return {"cvv": (await user.secrets(world["inactive"]))["cvv"]}
    if name == "cards.link-by-pan":
        return {"pan": (await user.secrets(world["stock"]))["pan"]}
    if name.endswith("virtual-usd"):
        dollars = await user.program(name="Dollars", currency="USD")
        amount = sample(f"{name}.request")["amount"]
        quote = {"from": "NGN", "to": "USD", "amount": amount}
        bought = await user.make("POST", "/tools/fx/quotes", quote)
        return {"program": dollars["id"], "fxHash": bought["hash"], "fundingSource": {}}
    if "card-programs.create" in name and sample(f"{name}.request")["currency"] == "USD":
        return {"authorization": sample(f"{name}.request")["authorization"] | {
            "settlementAccount": {},
        }}  # fmt: skip
    return {}


async def send(user: CardUser, name: str) -> Answer:
    world = await World(user).fill()
    documented = sample(f"{name}.request")
    body = replaced(name, documented, world) | await changes(name, user, world)
    method, _, path = ENDPOINTS[name.removeprefix("withdrawn.")].partition(" ")
    secure = path.startswith("secure ")
    path = path.removeprefix("secure ").format(**world)
    return await user.send(method, path, body, secure=secure)


def test_every_documented_request_is_sent() -> None:
    assert {name.removeprefix("withdrawn.") for name in REQUESTS} == set(ENDPOINTS)


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_documented_request_is_taken(user: CardUser, name: str) -> None:
    answer = await send(user, name)

    if name in REFUSED:
        assert (answer.status, answer.json["message"]) == (400, REFUSED[name])
    else:
        assert answer.status in (200, 201), answer.text


def shape(value: Any, path: str = "") -> Iterator[tuple[str, type]]:
    """Yield the path of each field, and the type of what is there; lists show all their entries."""
    if isinstance(value, list):
        for entry in value:
            yield from shape(entry, f"{path}[]")
    elif isinstance(value, dict) and path not in FREE:
        for name, inner in value.items():
            yield f"{path}.{name}".removeprefix("."), type(inner)
            yield from shape(inner, f"{path}.{name}".removeprefix("."))


def outside(fields: set[str], others: set[str]) -> set[str]:
    """Return those fields that are no part of the others."""
    return {
        field for field in fields
        if not any(field.startswith((f"{other}.", f"{other}[]")) for other in others)
    }  # fmt: skip


async def answered(user: CardUser, name: str) -> Any:
    """Return the sandbox's answer to what a documented answer is the answer to."""
    if name in CREATED:
        return (await send(user, CREATED[name])).json
    world = await World(user).fill()
    path = READ[name].format(**world)
    return (await user.send("GET", path.removeprefix("secure "), secure="secure" in path)).json


@pytest.mark.parametrize("name", [*CREATED, *READ])
async def test_a_documented_answer_has_the_same_fields_of_the_same_types(
    user: CardUser, name: str
) -> None:
    documented = set(shape(sample(f"{name}.response")))
    answer = set(shape(await answered(user, name)))
    told, shown = ({field for field, _ in fields} for fields in (documented, answer))

    absent, further = (set(names.split()) for names in DIFFERENCES.get(name, ("", "")))
    assert told - shown == absent
    assert outside(shown - told, further) == further - told
    others = {(field, kind) for field, kind in documented - answer if field in shown}
    assert {field for field, kind in others if kind is not NoneType} == set()


async def test_a_queued_request_is_answered_and_told_as_documented(user: CardUser) -> None:
    virtual = await user.program()
    body = {"program": virtual["id"], "customer": CIROMA}
    answer = await user.send("POST", "/simulation/grp/cards", body)
    user.clock.go_on(seconds=1)
    await user.get("/requests")

    assert (answer.status, answer.json) == (202, sample("grp.request-accepted.202.response"))
    name, told = user.events()[-1]
    documented = sample("events.request.completed")
    assert name == documented["event"]
    assert told.keys() == documented["data"].keys()
    assert [one.keys() for one in told["attempts"]] == [
        one.keys() for one in documented["data"]["attempts"]
    ]


QUERIES = {
    "/customers": [
        "page=0", "page=1&limit=20", "lastId={customer}", "after={customer}", "before={customer}",
        "countTotal", "countTotal=true", "sort=-createdAt", "sort=-createdAt name",
        "select=id name -metadata", "filter=status:active", "filter=-status:active",
        'filter=name:"Ada \\"JD\\" Obi"', "filter=name:<Ada Obi>", "filter=name~ciroma",
        "filter=-name~ciroma", "filter=metadata.userId|eq|2345", "filter=status||EQ||pending",
        "filter=email:john@doe.com", "filter=createdAt|gtd|2024-01-01T00:00:00.000Z",
        "or=status:active status:blocked", "nor=status:blocked", "and=status:active type:business",
        "filter=country|in|NG,GH,KE", "filter=phone|exists|true", "filter=verifications|size|1",
    ],
    "/cards": [
        "expand=customer,program", "expand=customer:name,email program:name,network",
        "filter=customer|eq|{customer}", "filter=customer.id|eq|{customer}", "filter=state:active",
        "filter=cardType||EQ||verve", "filter=program|eq|{program}",
    ],
    "/payments": ["filter=amount>=50000 status:failed", "sort=-createdAt amount"],
    "/requests": [
        "filter=status||EQ||pending", "filter=method:POST path~/cards&select=path method initiator",
    ],
}  # fmt: skip


@pytest.mark.parametrize("path", QUERIES)
async def test_documented_queries_are_taken(user: CardUser, path: str) -> None:
    world = await World(user).fill()
    for query in QUERIES[path]:
        answer = await user.send("GET", f"{path}?{query.format(**world)}")
        assert answer.status == 200, query


async def test_a_relation_is_filtered_by_the_id_of_what_it_leads_to(user: CardUser) -> None:
    await World(user).fill()
    found: set[str] = set()
    for path, collection in lists_of(user.sandbox.state).items():
        for relation in collection.relations:
            steps = tuple(relation.split("."))
            values = [value for one in collection for value in values_at(one, steps) if value]
            for value in {str(value) for value in values}:
                by_field = await user.get(path, filter=f"{relation}|eq|{value}", limit="1000")
                by_id = await user.get(path, filter=f"{relation}.id|eq|{value}", limit="1000")
                assert by_field == by_id != []
                found.add(f"{path} {relation}")

    assert len(found) > 15


def lists_of(state: State) -> dict[str, Collection]:
    return {
        "/accounts": state.accounts, "/billings": state.billings, "/cards": state.cards,
        "/card-authorizations": state.card_authorizations, "/disputes": state.disputes,
        "/card-programs": state.card_programs, "/card-transactions": state.card_transactions,
        "/events": state.events, "/fees": state.fees, "/payments": state.payments,
        "/payment-requests": state.payment_requests,
    }  # fmt: skip
