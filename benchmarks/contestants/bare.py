"""The floor: aiohttp and `orjson.loads`, customers stay dicts, nothing is checked."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, cast

import aiohttp
import orjson

from benchmarks.contestants.base import API_KEY


class Bare:
    def __init__(self, base_url: str) -> None:
        self._customers = f"{base_url}/customers"
        self._first_page = f"{self._customers}?limit=100"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {API_KEY}"})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def walk(self) -> tuple[int, str]:
        seen, last = 0, ""
        async for page in self._pages():
            for customer in page:
                last = customer["id"]
                seen += 1
        return seen, last

    async def walk_items_at_leisure(self, rest: float) -> int:
        return await self.walk_pages_at_leisure(rest)

    async def walk_pages_at_leisure(self, rest: float) -> int:
        seen = 0
        async for page in self._pages():
            seen += len(page)
            await asyncio.sleep(rest)
        return seen

    async def read(self, identifier: str) -> str:
        async with self._session.get(f"{self._customers}/{identifier}") as reply:
            document = orjson.loads(await reply.read())
        return cast("str", document["data"]["id"])

    @staticmethod
    def decode(body: bytes) -> list[Any]:
        return cast("list[Any]", orjson.loads(body)["data"])

    @staticmethod
    def build(document: Any) -> list[Any]:
        return cast("list[Any]", document["data"])

    async def _pages(self) -> AsyncIterator[list[dict[str, Any]]]:
        url = self._first_page
        while True:
            async with self._session.get(url) as reply:
                document = orjson.loads(await reply.read())
            page = document["data"]
            if page:
                yield page
            if not page or not document["metadata"]["hasMore"]:
                return
            url = f"{self._first_page}&after={page[-1]['id']}"
