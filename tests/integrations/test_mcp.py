"""The verbs as tools of an agent: what it may do, what it may spend, what it is told."""

from __future__ import annotations

import json
import random
import string
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

import pytest

from allawee_async import AllaweeClient, RetryPolicy
from allawee_async.redaction import MASK
from allawee_async.resources.verbs import all_verbs
from allawee_async.sandbox import Sandbox
from tests.support.properties import LONG
from tests.support.raw_server import RawServer, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import mcp_types as types

    from allawee_async.integrations.mcp import Permissions, SpendingLimits


def permissions(**given: Any) -> Permissions:
    """Import the SDK in the worker that needs it: that takes a second."""
    from allawee_async.integrations.mcp import Permissions

    return Permissions(**given)


def limits(*given: Any, **options: Any) -> SpendingLimits:
    from allawee_async.integrations.mcp import SpendingLimits

    return SpendingLimits(*given, **options)


def reads() -> Permissions:
    return permissions()


def writes() -> Permissions:
    return permissions(writes=True)


def money() -> Permissions:
    return permissions(
        money=True,
        max_amount=limits(500_000),
        max_total=limits(by_currency={"NGN": 700_000}),
    )


PAYOUT = {
    "method": "bank-transfer",
    "currency": "NGN",
    "options": {"accountNumber": "0000000000", "bankCode": "058"},
}


class Agent:
    """A program that talks to a server by the SDK's own client."""

    def __init__(self, allawee: AllaweeClient, permissions: Permissions) -> None:
        from mcp.client.client import Client

        from allawee_async.integrations.mcp import make_server

        self.lines: list[str] = []
        self._client = Client(make_server(allawee, permissions, log=self.lines.append))

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self._client.__aexit__(None, None, None)

    async def tools(self) -> dict[str, types.Tool]:
        return {tool.name: tool for tool in (await self._client.list_tools()).tools}

    async def ask(self, tool: str, **arguments: Any) -> types.CallToolResult:
        return await self._client.call_tool(tool, arguments)

    async def told(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.ask(tool, **arguments)
        assert not result.is_error, result.content
        assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
        return dict(result.structured_content)

    async def refused(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.ask(tool, **arguments)
        assert result.is_error
        return dict(result.structured_content)


def sent(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in sandbox.requests]


# What there is.


async def test_each_verb_that_reads_is_a_tool(allawee: AllaweeClient) -> None:
    async with Agent(allawee, reads()) as agent:
        tools = await agent.tools()

    wanted = {
        verb.call.replace(".", "_")
        for verb in all_verbs()
        if not (verb.writes or verb.is_confidential)
    }
    assert set(tools) == wanted
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())


async def test_nothing_that_tells_or_needs_a_secret_is_a_tool(allawee: AllaweeClient) -> None:
    everything = permissions(writes=True, money=True, max_amount=limits(1), max_total=limits(1))

    async with Agent(allawee, everything) as agent:
        tools = await agent.tools()

    assert {verb.call.replace(".", "_") for verb in all_verbs()} - set(tools) == {
        "cards_activate",
        "cards_link_by_pan",
        "cards_reset_pin",
        "cards_secrets",
        "secret_keys_create",
        "simulation_grp_link_card_by_pan",
        "webhooks_create",
        "webhooks_roll_secret",
        "webhooks_secret",
    }


async def test_hints_say_what_a_call_does(allawee: AllaweeClient) -> None:
    everything = permissions(writes=True, money=True, max_amount=limits(1), max_total=limits(1))

    async with Agent(allawee, everything) as agent:
        hints = {name: tool.annotations for name, tool in (await agent.tools()).items()}

    def of(name: str) -> tuple[bool | None, bool | None, bool | None]:
        hint = hints[name]
        assert hint is not None
        return hint.read_only_hint, hint.destructive_hint, hint.idempotent_hint

    assert of("customers_get") == (True, False, True)
    assert of("customers_create") == (False, False, False)
    assert of("cards_block") == (False, False, True)
    assert of("cards_terminate") == (False, True, True)
    assert of("payments_create_payout") == (False, True, False)


async def test_schemas_stand_alone(allawee: AllaweeClient) -> None:
    async with Agent(allawee, writes()) as agent:
        schema = (await agent.tools())["customers_create"].input_schema

    assert schema["properties"]["type"]["$ref"] == "#/$defs/CustomerType"
    assert schema["$defs"]["CustomerType"]["x-known-values"] == ["individual", "business"]
    assert schema["additionalProperties"] is False


# Reading.


async def test_a_list_comes_in_pages(allawee: AllaweeClient) -> None:
    async with Agent(allawee, reads()) as agent:
        first = await agent.told("customers_list", limit=30, countTotal=True)
        rest = await agent.told("customers_list", limit=1_000, after=first["items"][-1]["id"])

    assert (len(first["items"]), first["hasMore"], first["totalCount"]) == (30, True, 50)
    assert (len(rest["items"]), rest["hasMore"]) == (20, False)


async def test_without_a_limit_a_page_is_short(allawee: AllaweeClient) -> None:
    async with Agent(allawee, reads()) as agent:
        assert len((await agent.told("customers_list"))["items"]) == 20


async def test_secrets_are_masked(allawee: AllaweeClient, sandbox: Sandbox) -> None:
    identity: dict[str, Any] = {"type": "bvn", "id": "12345678909"}
    sandbox.add_customer({"reference": "r-1", "claims": {"individualIdentity": identity}})

    async with Agent(allawee, reads()) as agent:
        found = await agent.told("customers_find", reference="r-1")
        chosen = await agent.told("customers_list", filter="reference|eq|r-1", select="claims")

    assert found["claims"]["individualIdentity"]["id"] == MASK
    assert chosen["items"][0]["claims"]["individualIdentity"]["id"] == MASK
    assert "12345678909" not in str(agent.lines)


async def test_what_is_not_found_is_told(allawee: AllaweeClient) -> None:
    async with Agent(allawee, reads()) as agent:
        assert await agent.told("customers_find", reference="nobody's") == {"found": None}
        told = await agent.refused("customers_get", customerId="cus.none")

    assert (told["error"], told["status"], told["outcomeUnknown"]) == ("NotFoundError", 404, False)


async def test_times_are_read(allawee: AllaweeClient) -> None:
    async with Agent(allawee, reads()) as agent:
        assert await agent.told("customers_list", createdSince="2999-01-01") == {
            "items": [],
            "hasMore": False,
            "totalCount": None,
        }
        told = await agent.refused("customers_list", createdSince="soon")

    assert "'soon' is no date" in told["message"]


async def test_a_file_comes_whole(allawee: AllaweeClient, sandbox: Sandbox) -> None:
    account = await allawee.accounts.list().first()
    assert account is not None

    async with Agent(allawee, reads()) as agent:
        result = await agent.ask("accounts_logs_csv", accountId=account.id)

    (content,) = result.content
    assert content.type == "resource"
    assert content.resource.mime_type == "text/csv; charset=utf-8"


# What is not allowed is not sent.


async def test_a_write_needs_a_permission(allawee: AllaweeClient, sandbox: Sandbox) -> None:
    async with Agent(allawee, reads()) as agent:
        told = await agent.refused("cards_block", cardId="c.2tXPDv41Ri2qewJXL")

    assert "there is no tool 'cards_block', or it is not allowed here" in told["message"]
    assert sent(sandbox) == []


async def test_permission_to_write_is_none_to_pay(allawee: AllaweeClient, sandbox: Sandbox) -> None:
    async with Agent(allawee, writes()) as agent:
        await agent.refused("payments_create_payout", **PAYOUT, amount=1)
        await agent.refused("cards_create", program="prg.1", customer="cus.1", amount=1)

    assert sent(sandbox) == []


async def test_permission_to_pay_is_none_to_write(allawee: AllaweeClient, sandbox: Sandbox) -> None:
    async with Agent(allawee, money()) as agent:
        told = await agent.refused("cards_create", program="prg.1", customer="cus.1")

    assert "needs a permission" in told["message"]
    assert sent(sandbox) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "$: 'customerId' is a required property"),
        ({"customerId": 1}, '$.customerId: must be of type: "string"'),
        ({"customerId": "cus.1", "x": 1}, "'x' was unexpected"),
    ],
)
async def test_arguments_are_checked(
    allawee: AllaweeClient, sandbox: Sandbox, arguments: dict[str, Any], told: str
) -> None:
    async with Agent(allawee, reads()) as agent:
        assert told in (await agent.refused("customers_get", **arguments))["message"]

    assert sent(sandbox) == []


async def test_a_value_that_does_not_fit_is_not_quoted(allawee: AllaweeClient) -> None:
    async with Agent(allawee, writes()) as agent:
        told = await agent.refused("customers_create", type="individual", claims="12345678909")

    assert "12345678909" not in str(told) + str(agent.lines)


# What may be spent.


async def test_the_budget_holds_for_the_whole_run(allawee: AllaweeClient) -> None:
    async with Agent(allawee, money()) as agent:
        paid = await agent.told("payments_create_payout", **PAYOUT, amount=400_000)
        told = await agent.refused("payments_create_payout", **PAYOUT, amount=300_000)
        left = 700_000 - 400_000 - paid["fees"]
        await agent.told("payments_create_payout", **PAYOUT, amount=left)

    assert told["message"] == f"not sent: 300000 NGN are more than the {left} left to spend"
    assert paid["reference"].startswith("mcp-")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"amount": 500_001}, "500001 NGN are more than the 500000 allowed at once"),
        ({"amount": 1, "currency": "USD"}, "1 USD are more than the 0 left to spend"),
        ({"amount": -1}, "how much it would spend, and in which currency, is not known"),
        ({"amount": 1.0}, "how much it would spend, and in which currency, is not known"),
    ],
)
async def test_what_is_beyond_the_limits_is_not_sent(
    allawee: AllaweeClient, sandbox: Sandbox, given: dict[str, Any], told: str
) -> None:
    async with Agent(allawee, money()) as agent:
        answer = await agent.refused("payments_create_payout", **(PAYOUT | given))

    assert answer["message"] == f"not sent: {told}"
    assert sent(sandbox) == []


async def test_what_was_refused_is_not_spent(allawee: AllaweeClient) -> None:
    wrong = PAYOUT | {"options": {}}

    async with Agent(allawee, money()) as agent:
        for _ in range(3):
            told = await agent.refused("payments_create_payout", **wrong, amount=400_000)
            assert told["status"] == 400
        await agent.told("payments_create_payout", **PAYOUT, amount=400_000)


async def test_a_lost_answer_is_spent_and_must_not_be_repeated(sandbox: Sandbox) -> None:
    sandbox.faults.reset(after_effect=True, method="POST")

    async with (
        sandbox.client(retry=RetryPolicy(attempts=1)) as allawee,
        Agent(allawee, money()) as agent,
    ):
        lost = await agent.refused("payments_create_payout", **PAYOUT, amount=400_000)
        again = await agent.refused("payments_create_payout", **PAYOUT, amount=400_000)
        (note,) = lost["notes"]
        found = await agent.told("payments_find", reference=note.removeprefix("its reference is "))

    assert lost["outcomeUnknown"]
    assert "do not repeat it" in lost["advice"]
    assert again["message"] == "not sent: 400000 NGN are more than the 300000 left to spend"
    assert found["amount"] == 400_000


async def test_what_is_queued_is_spent() -> None:
    queued = {"code": "request-accepted", "message": "Request accepted"}

    async with (
        RawServer(answers(queued, status=202, headers={"x-request-id": "req_1"})) as server,
        AllaweeClient("sk.test.1", base_url=server.url) as allawee,
        Agent(allawee, money()) as agent,
    ):
        told = await agent.refused("payments_create_payout", **PAYOUT, amount=400_000)
        again = await agent.refused("payments_create_payout", **PAYOUT, amount=400_000)

    assert (told["error"], told["requestId"]) == ("RequestAccepted", "req_1")
    assert "do not repeat it" in told["advice"]
    assert "more than the 300000 left" in again["message"]


async def test_where_a_call_names_no_currency_it_is_looked_up(
    allawee: AllaweeClient, sandbox: Sandbox
) -> None:
    card = await allawee.cards.list().first()
    assert card is not None

    async with Agent(allawee, money()) as agent:
        told = await agent.refused("cards_fund", cardId=card.id, amount=500_001)
        bill = await agent.refused("payments_pay_bill", product="bp.1", inputs={"amount": "500001"})
        vague = await agent.refused("payments_pay_bill", product="bp.1", inputs={})

    assert "500001 NGN are more than" in told["message"]
    assert "500001 NGN are more than" in bill["message"]
    assert "is not known" in vague["message"]
    assert all(method == "GET" for method, _ in sent(sandbox))


# Whatever an agent does.


def _value(schema: dict[str, Any], draw: random.Random, ids: list[str]) -> Any:
    odd: list[Any] = [None, True, -1, 1.5, "", "\0", "x" * 300, [], {}, {"a": [1]}, 10**30, "../.."]
    if draw.random() < 0.15:
        return draw.choice(odd)
    match schema.get("type"):
        case "integer":
            return draw.choice([0, 1, 7, 1_000, 250_000, 10**12])
        case "boolean":
            return draw.random() < 0.5
        case "object":
            fields = schema.get("properties", {})
            chosen = [name for name in fields if draw.random() < 0.5]
            return {name: _value(fields[name], draw, ids) for name in chosen}
        case "array":
            return [_value(schema.get("items", {}), draw, ids) for _ in range(draw.randrange(3))]
        case _:
            words = [*ids, "NGN", "USD", "bank-transfer", "058", "0000000000", "active"]
            return draw.choice([*words, "".join(draw.choices(string.printable, k=8))])


def _calls(tools: dict[str, types.Tool], ids: list[str], count: int) -> Iterator[tuple[str, Any]]:
    draw = random.Random(1)
    names = [*sorted(tools), "cards_secrets", "payments_create_payout", "nothing"]
    for _ in range(count):
        name = draw.choice(names)
        tool = tools.get(name)
        fields = tool.input_schema["properties"] if tool else {"x": {}}
        needed = tool.input_schema.get("required", []) if tool else []
        chosen = [field for field in fields if field in needed or draw.random() < 0.3]
        yield name, {field: _value(fields[field], draw, ids) for field in chosen}


async def _paid(allawee: AllaweeClient) -> Counter[str]:
    paid = Counter[str]()
    async for payment in allawee.payments.list():
        if payment.type == "pay-out" and payment.status != "failed":
            paid[str(payment.currency)] += payment.amount or 0
    return paid


@pytest.mark.parametrize("given", [reads, writes, money], ids=["reads", "writes", "money"])
async def test_no_call_does_what_is_not_allowed(given: Callable[[], Permissions]) -> None:
    allowed = given()
    async with (
        Sandbox(customers=10, seed=1) as sandbox,
        sandbox.client(retry=RetryPolicy(attempts=1)) as allawee,
    ):
        ids = [customer.id async for customer in allawee.customers.list()]
        ids += [card.id async for card in allawee.cards.list()]
        ids += [account.id async for account in allawee.accounts.list()]
        before = len(sandbox.requests)
        paid_before = await _paid(allawee)
        async with Agent(allawee, allowed) as agent:
            for name, arguments in _calls(await agent.tools(), ids, 2_000 if LONG else 100):
                await agent.ask(name, **arguments)
        requests = sandbox.requests[before:]
        spent = await _paid(allawee) - paid_before

    if not allowed.writes:
        moving = ("/payments/payouts", "/payments/bill", "/requeue", "/fund", "/cards")
        assert all(r.method == "GET" or r.path.endswith(moving) for r in requests)
    if not allowed.money:
        assert not [r for r in requests if r.method == "POST" and "/payouts" in r.path]
    assert spent["USD"] == 0
    assert spent["NGN"] <= 700_000
