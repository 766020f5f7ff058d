"""`allawee events retry --failed`: send again what failed, of the events since some time."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import typer

from allawee_async.cli.errors import CommandError
from allawee_async.cli.operations.help_texts import PAGE_SIZE
from allawee_async.cli.wording import counted
from allawee_async.errors import AllaweeError
from allawee_async.query.parameters import ListParams
from allawee_async.redaction import printable

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient

_FAILED: Final = "failed"


async def retry_failed(client: AllaweeClient, times: ListParams) -> None:
    """Ask for all events that failed, and have each sent again, one after the other.

    Args:
        client: A client.
        times: Of which time they are, by the parameters of the list.

    Raises:
        CommandError: Some could not be sent again.
        AllaweeError: The events could not be listed.
    """
    sent = lost = 0
    params: ListParams = {**times, "limit": PAGE_SIZE}
    # The list is read to its end first: what is sent again moves in it.
    async with aclosing(client.events.list(**params).pages()) as pages:
        failed = [
            event.id
            async for page in pages
            for event in page.items
            if event.extra.get("status") == _FAILED and event.id is not None
        ]
    for event_id in failed:
        told = printable(event_id)
        try:
            await client.events.retry(event_id)
        except AllaweeError as error:
            lost += 1
            typer.echo(f"{told}: {printable(str(error))}", err=True)
        else:
            sent += 1
            typer.echo(told)
    typer.echo(f"sent {counted(sent, 'event')} again", err=True)
    if lost:
        raise CommandError(f"{counted(lost, 'event')} could not be sent again")
