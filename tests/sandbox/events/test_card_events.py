"""Events about cards: where they go, and the newer and the older form of what they tell."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from aiohttp import web

from tests.sandbox.card_user import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.card_user import CardUser
    from tests.sandbox.event_receiver import Receiver

KEY = "key-of-the-default-webhook"
REVERSED = "card.authorization.update"


Fields: TypeAlias = "set[tuple[str, type]]"


def typed(data: dict[str, Any]) -> Fields:
    return {(name, type(value)) for name, value in data.items()}


def fields(data: dict[str, Any]) -> tuple[Fields, Fields]:
    return typed(data), typed(data["networkData"])


def documented(name: str) -> tuple[Fields, Fields]:
    return fields(sample(f"events.{name}")["data"])


async def use_a_card(user: CardUser, program: Any = None) -> Any:
    card = await user.card(program)
    await user.use(card["id"], "check")
    await user.use(card["id"])
    await user.use(card["id"], "reverse-capture")
    await user.use(card["id"], amount=70)
    user.sandbox.settle_cards()
    return card


async def test_events_have_the_fields_that_the_documents_show(user: CardUser) -> None:
    await use_a_card(user)
    data = [data for _, data in user.events()]

    assert fields(data[0]) == documented("card.authorization.request.check")
    assert fields(data[2]) == documented("card.authorization.request.capture")
    assert fields(data[3]) == documented("card.authorization.closed.approved")
    assert fields(data[4]) == documented("card.authorization.update.reversed")
    assert fields(data[7]) == documented("card.transaction.created")


async def test_a_webhook_of_an_older_version_gets_the_older_form(
    user: CardUser, receiver: Receiver
) -> None:
    hook = {
        "name": "Old", "url": receiver.url, "apiVersion": "2023-02-01",
        "events": ["card.authorization.closed", REVERSED, "card.transaction.created"],
    }  # fmt: skip
    made = await user.make("POST", "/webhooks", hook)
    await user.make("POST", f"/webhooks/{made['id']}/enable", {})
    await use_a_card(user)
    await user.sandbox.deliver()
    told = {(event["event"], event["data"]["status"]): event["data"] for event in (
        json.loads(body) for body in receiver.bodies
    ) if "status" in event["data"]}  # fmt: skip
    settled = next(data for data in receiver.data() if data["object"] == "card.transaction")

    closed = told["card.authorization.closed", "approved"]
    old, network = documented("card.authorization.closed.2024")
    assert typed(closed) == old
    assert network - typed(closed["networkData"]) == {("cardAccountNumber", str)}
    reversed_, _ = documented("card.authorization.update.reversed.2024")
    assert typed(told[REVERSED, "reversed"]) == reversed_
    assert typed(settled) == documented("card.transaction.created.2024")[0]
    assert "terminalId" in settled["networkData"]


async def test_a_program_names_the_address_that_decides(user: CardUser, receiver: Receiver) -> None:
    user.sandbox.add_webhook("http://127.0.0.1:9/default", signing_key=KEY)
    rules = {"fundingSourceType": "card-account", "webhook": receiver.url}
    program = await user.program(authorization=rules | {"timeoutDefault": "decline"})
    receiver.answer = lambda: web.json_response({"action": "approve"})
    card = await user.card(program)
    made = await user.use(card["id"])
    await user.sandbox.deliver()

    assert (made["status"], made["decisionType"]) == ("approved", "direct-response")
    assert receiver.names() == ["card.authorization.request", "card.authorization.closed"]
    body, signature = receiver.bodies[0], receiver.signatures[0]
    assert signature == hmac.new(KEY.encode(), body, "sha512").hexdigest()


async def test_without_a_default_webhook_the_newest_one_signs(
    user: CardUser, receiver: Receiver
) -> None:
    user.sandbox.add_webhook("http://127.0.0.1:9/", ["x"], signing_key="older")
    user.sandbox.add_webhook("http://127.0.0.1:9/", ["payment.completed"], signing_key=KEY)
    rules = {"fundingSourceType": "card-account", "webhook": receiver.url}
    card = await user.card(await user.program(authorization=rules))
    await user.use(card["id"])

    body, signature = receiver.bodies[0], receiver.signatures[0]
    assert signature == hmac.new(KEY.encode(), body, "sha512").hexdigest()


async def test_an_address_of_which_nobody_has_a_key_gets_nothing(
    user: CardUser, receiver: Receiver
) -> None:
    rules = {"fundingSourceType": "card-account", "webhook": receiver.url}
    program = await user.program(authorization=rules | {"timeoutDefault": "decline"})
    made = await user.use((await user.card(program))["id"])

    assert (made["status"], made["statusReason"]) == ("declined", "no-webhook")
    assert receiver.bodies == []
    events = await user.get("/events")
    assert {event["status"] for event in events} == {"unclaimed"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: web.Response(status=307, headers={"Location": "/hooks/"}), "webhook-status-307"),
        (lambda: web.Response(status=500), "webhook-status-500"),
        (lambda: web.Response(text="approve"), "timeout-error"),
    ],
)
async def test_why_nobody_decided_is_told(
    user: CardUser, receiver: Receiver, answer: Callable[[], web.Response], reason: str
) -> None:
    user.sandbox.add_webhook(receiver.url)
    receiver.answer = answer
    rules = {"fundingSourceType": "card-account", "timeoutDefault": "decline"}
    made = await user.use((await user.card(await user.program(authorization=rules)))["id"])

    assert (made["status"], made["statusReason"]) == ("declined", reason)


async def test_an_address_where_nobody_is_is_told(user: CardUser) -> None:
    user.sandbox.add_webhook("http://127.0.0.1:9/hooks")
    rules = {"fundingSourceType": "card-account", "timeoutDefault": "decline"}
    made = await user.use((await user.card(await user.program(authorization=rules)))["id"])

    assert (made["status"], made["statusReason"]) == ("declined", "webhook-unreachable")
