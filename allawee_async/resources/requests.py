"""Requests: the API's records of calls; list and read."""

from allawee_async.models.requests import RequestRecord
from allawee_async.resources.base import Listable, route


class Requests(Listable[RequestRecord], path="/requests", cursor_field="_id"):
    """`allawee.requests`: the API's records of calls, of those that it queued above all."""

    @route("GET", "/requests/:id", bare=True)
    async def get(self, request_id: str) -> RequestRecord:
        """Read the record of one call, for instance to see whether a queued one is processed.

        A client can be told to wait by itself: see `RequestAccepted`.

        Args:
            request_id: The id that a queued call told.

        Returns:
            The record. `completed` means processed, successfully or not: `attempts[-1]` tells.

        Raises:
            NotFoundError: There is no such record.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """
