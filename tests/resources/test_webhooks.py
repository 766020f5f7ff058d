"""Webhooks: events that no document names are told, since nothing would ever come."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from allawee_async.models.webhooks import WebhookEventName

if TYPE_CHECKING:
    from allawee_async import AllaweeClient

KNOWN = [str(name) for name in WebhookEventName]


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (KNOWN, []),
        (["*"], ["no document names the event '*'; known: card.authorization.request,"]),
        (
            ["card.authorization.foo", "request.completed"],
            ["no document names the event 'card.authorization.foo'; did you mean card.author"],
        ),
        (["\x1b[31m"], ["no document names the event '?[31m'; known"]),
    ],
)
async def test_an_event_that_no_document_names_is_logged_and_sent(
    allawee: AllaweeClient, caplog: pytest.LogCaptureFixture, events: list[str], told: list[str]
) -> None:
    caplog.set_level(logging.WARNING, "allawee_async")

    webhook = await allawee.webhooks.create(name="n", events=events, url="http://127.0.0.1:1/")
    assert webhook.id is not None
    await allawee.webhooks.update(webhook.id, name="n", events=events, url="http://127.0.0.1:1/")
    await allawee.webhooks.enable(webhook.id)

    assert list(map(str, webhook.events or ())) == events
    assert len(caplog.messages) == 2 * len(told)
    assert all(line.startswith(told[0]) for line in caplog.messages)
