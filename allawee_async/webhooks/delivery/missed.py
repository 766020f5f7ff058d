"""Events that were missed: which the store does not know as done, and what became of them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from allawee_async.codec.json import dumps
from allawee_async.errors import AllaweeError, DecodeError
from allawee_async.models.webhooks import Event as EventRecord
from allawee_async.redaction import one_line
from allawee_async.webhooks.delivery.delivery import PATIENCE, DeliveryContext
from allawee_async.webhooks.delivery.stats import log
from allawee_async.webhooks.events import Event, parse_event
from allawee_async.webhooks.stores import base

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient


@attrs.frozen(kw_only=True)
class CatchUpReport:
    """What `WebhookDispatcher.catch_up` found and did.

    Attributes:
        seen: Events that the API listed; those that cannot be read are told in the log only.
        done: Those that need nothing: the store knows them as done, or no handler is registered.
        expired: Authorizations that wanted a decision, for which it is too late.
        sent: The ids of those that the API was asked to send again, oldest first.
        failed: The ids of those that it refused to send again; the log tells why.
        left: The ids of those beyond `most`, which were not touched.
    """

    seen: int
    done: int
    expired: int
    sent: tuple[str, ...]
    failed: tuple[str, ...]
    left: tuple[str, ...]


async def catch_up(
    allawee: AllaweeClient, since: datetime, most: int, context: DeliveryContext
) -> CatchUpReport:
    """Have the events since then sent again that are not done; see `WebhookDispatcher.catch_up`."""
    base.checked_count("most", most)
    seen = done = expired = 0
    missed: list[str] = []
    odd: list[DecodeError] = []
    # The list is read to its end first: what is sent again moves in it.
    listed = allawee.events.list(created_since=since, limit=100, on_invalid=odd.append)
    async with listed as records:
        async for record in records:
            seen += 1
            event = _event_of(record)
            if event is None:  # nothing to look up in the store: the word of the API has to do
                is_done = record.extra.get("status") == "delivered"
            elif event.wants_decision:
                expired += 1
                continue
            else:
                is_wanted = any(context.handlers.chain(event))
                is_done = not is_wanted or await _is_done(base.key_of(event), context)
            if is_done or record.id is None:
                done += 1
            else:
                missed.append(record.id)
    for error in odd:
        log.warning("a record of an event is left out: %s", one_line(str(error)))
    missed = [*dict.fromkeys(missed)][::-1]  # once each, oldest first
    left = tuple(missed[most:])
    sent: list[str] = []
    failed: list[str] = []
    for event_id in missed[:most]:
        try:
            await allawee.events.retry(event_id)
        except AllaweeError as error:
            log.warning("%s cannot be sent again: %s", one_line(event_id), one_line(str(error)))
            failed.append(event_id)
        else:
            sent.append(event_id)
    return CatchUpReport(
        seen=seen + len(odd),
        done=done,
        expired=expired,
        sent=tuple(sent),
        failed=tuple(failed),
        left=left,
    )


async def _is_done(key: str, context: DeliveryContext) -> bool:
    """Return whether an event is done, without keeping anybody from handling it."""
    store = context.store
    async with asyncio.timeout(PATIENCE):
        if isinstance(store, base.AskableStore):
            return await store.is_done(key)
        found = await store.claim(key, lease=context.lease)
        if isinstance(found, base.Claim):
            await store.release(found)
        return isinstance(found, base.Done)


def _event_of(record: EventRecord) -> Event | None:
    """Return the event as its delivery says it, or None if the record does not tell.

    No document shows a record; one that has `event` and `data` has what the delivery has.
    """
    payload = {name: record.extra.get(name) for name in ("event", "data")}
    try:
        return parse_event(dumps({**payload, "metadata": {"event": record.id}}))
    except (DecodeError, TypeError, ValueError):
        return None
