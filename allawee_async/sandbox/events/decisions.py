"""Answers that wait until a webhook has decided."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.sandbox.api.messages import ApiResponse

_LONGEST_WAIT = 30.0
_NAP = 0.1


class Hearing:
    """Lets answers wait, and is told whenever a webhook has answered or did not in time."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Say that something was heard."""
        self._told.set()

    async def final(self, reply: ApiResponse, is_over: Callable[[], bool]) -> ApiResponse:
        """Return an answer as it is once everybody has decided.

        Args:
            reply: The answer as it is now.
            is_over: Returns whether nobody will be heard any more: then it stays as it is.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_WAIT):
                while reply.later is not None and not is_over():
                    await self._listen()
                    reply = reply.later()
        return reply

    async def _listen(self) -> None:
        self._told.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_NAP):  # nobody tells of a reset
                await self._told.wait()
