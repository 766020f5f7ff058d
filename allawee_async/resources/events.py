"""Events: what was sent to your webhooks; list, read and send again."""

from allawee_async.models.webhooks import Event
from allawee_async.resources.base import Listable, route


class Events(Listable[Event], path="/events"):
    """`allawee.events`: what was sent to your webhooks."""

    @route("GET", "/events/:id")
    async def get(self, event_id: str) -> Event:
        """Read the record of one event.

        Args:
            event_id: The id, for instance `evt.2wcj2CVUpNZGXXxsC`; a delivery carries it as
                `metadata.event`.

        Returns:
            The record; what it holds is not documented.

        Raises:
            NotFoundError: There is no such event.

        Source: Allawee's documents on events (2024-09-13).
        """

    @route("POST", "/events/:id/retry")
    async def retry(self, event_id: str) -> Event:
        """Send an event to its webhook again. This call is never sent twice by itself.

        Args:
            event_id: The id, for instance `evt.2wcj2CVUpNZGXXxsC`.

        Returns:
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            NotFoundError: There is no such event.

        Source: Allawee's documents on events (2024-09-13).
        """
