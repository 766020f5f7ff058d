"""A webhook that exists for the time of a command, and is taken away however that ends."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from allawee_async.cli.errors import CommandError, warn
from allawee_async.cli.operations.conditions import doubts_of_events
from allawee_async.errors import AllaweeError, NotFoundError
from allawee_async.redaction import SecretText
from allawee_async.webhooks.events import EVENT_CLASSES

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient

ALL_EVENTS: Final = tuple(EVENT_CLASSES)

_TIME_TO_REMOVE: Final = 5.0
_DESCRIPTION: Final = "Made by `allawee webhooks listen`, which deletes it when it ends."


@asynccontextmanager
async def registered(
    client: AllaweeClient, *, url: str, events: Sequence[str], signing_key: SecretText
) -> AsyncGenerator[str, None]:
    """Create and enable a webhook for the time of the block, and yield its id.

    Raises:
        CommandError: The API told no id for it.
        AllaweeError: It could not be created or enabled.
    """
    warn(*doubts_of_events(events))
    name = f"allawee webhooks listen {secrets.token_hex(4)}"
    webhook_id: str | None = None
    may_exist = True  # also after Ctrl-C in the middle of the call
    try:
        created = await client.webhooks.create(
            name=name, url=url, events=events, description=_DESCRIPTION, signing_key=signing_key
        )
        webhook_id = created.id or await _id_of(client, name)
        if webhook_id is None:
            raise CommandError(f"the API told no id for the webhook {name!r}")
        await client.webhooks.enable(webhook_id)
        yield webhook_id
    except AllaweeError as error:
        may_exist = webhook_id is not None or error.outcome_unknown
        raise
    finally:
        if may_exist:
            await _remove(client, webhook_id, name)


async def _remove(client: AllaweeClient, webhook_id: str | None, name: str) -> None:
    """Delete the webhook; where that fails, say what is left to do."""
    try:
        async with asyncio.timeout(_TIME_TO_REMOVE):
            found = webhook_id or await _id_of(client, name)
            if found is not None:
                await _delete(client, found)
    except NotFoundError:
        return
    except (AllaweeError, TimeoutError, asyncio.CancelledError) as error:
        known = webhook_id or f"named {name!r}"
        reason = str(error) or "no answer was waited for"
        warn(
            f"the webhook {known} could not be deleted ({reason}); "
            "find it with `allawee webhooks list`, delete it with `allawee webhooks delete`"
        )
        if isinstance(error, asyncio.CancelledError):
            raise


async def _delete(client: AllaweeClient, webhook_id: str) -> None:
    """Delete the webhook, or at least let the default webhook get its events again."""
    try:
        await client.webhooks.delete(webhook_id)
    except NotFoundError:
        raise
    except AllaweeError:
        await client.webhooks.disable(webhook_id)
        raise


async def _id_of(client: AllaweeClient, name: str) -> str | None:
    async for webhook in client.webhooks.list():
        if webhook.name == name:
            return webhook.id
    return None
