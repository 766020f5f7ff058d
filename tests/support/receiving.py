"""What the tests of the dispatcher share: deliveries of small events, and stores that misbehave."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any

from allawee_async.webhooks import Approve, Claim, MemoryStore, WebhookDispatcher, WebhookReply
from tests.support.deliveries import signature_of, wire

if TYPE_CHECKING:
    from allawee_async.webhooks import Event, Incident
    from allawee_async.webhooks.stores.base import ClaimResult

REQUEST = "card.authorization.request"
UPDATE = "card.authorization.update"
CLOSED = "card.authorization.closed"

APPROVE = {"action": "approve"}
DECLINE = {"action": "decline"}
SUCCESS = {"code": "success"}

_NUMBERS = itertools.count(1)


def event(name: str = REQUEST, *, id: str | None = None, **data: object) -> bytes:
    """Return the body of an event; each has an id of its own."""
    number = next(_NUMBERS)
    status = "approved" if name == CLOSED else "pending"
    fields = {"id": f"c.auth.{number}", "type": "capture", "status": status, "amount": 5_000}
    return wire(
        {
            "event": name,
            "data": {**fields, **data},
            "metadata": {"event": id or f"evt.{number}", "sentAt": "2026-11-22T10:00:00Z"},
        }
    )


def check(**data: object) -> bytes:
    """Return the body of an enquiry for balance and name."""
    return event(REQUEST, type="check", amount=0, **data)  # type: ignore[arg-type]


async def deliver(
    webhooks: WebhookDispatcher, body: bytes | None = None, **options: Any
) -> WebhookReply:
    """Dispatch a body with its signature."""
    sent = event() if body is None else body
    return await webhooks.dispatch(sent, signature_of(sent), **options)


def answer(reply: WebhookReply) -> tuple[int, Any]:
    """Return the status and the JSON of a reply, which is always JSON."""
    assert reply.content_type == "application/json"
    return reply.status, json.loads(reply.body)


def kinds(incidents: list[Incident]) -> list[str]:
    return [incident.kind for incident in incidents]


class Seen(list[Any]):
    """A handler that remembers what it got, and answers as told."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    async def __call__(self, event: Event) -> Any:
        self.append(event)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Arrivals(list[float]):
    """A callback that notes when the deliveries came that it is told of, as the loop counts."""

    def __call__(self, incident: Incident) -> None:
        self.append(asyncio.get_running_loop().time() - incident.elapsed)


class Stubborn:
    """A handler that cannot be cancelled, until it may end."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.cancels = 0

    async def __call__(self, _: object) -> Approve:
        while not self.may_end.is_set():
            try:
                await self.may_end.wait()
            except asyncio.CancelledError:
                self.cancels += 1
        return Approve()


class StoreFaultError(Exception):
    """What a broken store raises."""


class TroubledStore:
    """A memory store of which methods fail or take their time, as told by name."""

    def __init__(self, **troubles: Exception | float) -> None:
        self.memory = MemoryStore()
        self.troubles = troubles
        self.calls: list[str] = []

    async def claim(self, key: str, *, lease: float) -> ClaimResult:
        await self._suffer("claim")
        return await self.memory.claim(key, lease=lease)

    async def renew(self, claim: Claim, *, lease: float) -> bool:
        await self._suffer("renew")
        return await self.memory.renew(claim, lease=lease)

    async def finish(self, claim: Claim, body: bytes) -> bytes:
        await self._suffer("finish")
        return await self.memory.finish(claim, body)

    async def release(self, claim: Claim) -> None:
        await self._suffer("release")
        await self.memory.release(claim)

    async def close(self) -> None:
        await self._suffer("close")

    async def _suffer(self, name: str) -> None:
        self.calls.append(name)
        trouble = self.troubles.get(name, 0.0)
        if isinstance(trouble, Exception):
            raise trouble
        await asyncio.sleep(trouble)
