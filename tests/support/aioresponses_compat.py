"""aioresponses for aiohttp 3.14.

Its version 0.7.9 builds `ClientResponse` without `stream_writer`, which aiohttp 3.14 requires
(https://github.com/pnuckowski/aioresponses/issues/289). The response class here fills it in.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock, patch

from aiohttp import ClientResponse, ClientSession
from aioresponses import aioresponses


class MockedResponse(ClientResponse):
    """A response whose request has nothing left to send."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **options)


class MockedAllawee(aioresponses):
    """Answers every request of aiohttp in the order told; the last answer is repeated."""

    def __init__(self) -> None:
        super().__init__()

        async def request(session: ClientSession, *args: Any, **options: Any) -> Any:
            return await self._request_mock(session, *args, **options)

        # A plain function instead of a mock with a signature of its own, which takes 10 ms to make.
        self.patcher = patch("aiohttp.client.ClientSession._request", new=request)

    def add(self, url: Any, method: str = "GET", **options: Any) -> None:  # type: ignore[override]
        options.setdefault("response_class", MockedResponse)
        super().add(url, method, **options)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Method and URL of what was sent, by URL."""
        return [(method, str(url)) for (method, url), calls in self.requests.items() for _ in calls]

    @property
    def options(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The keyword arguments of what was sent."""
        return [call.kwargs for calls in self.requests.values() for call in calls]
