"""A client as one writes it by hand with httpx and pydantic."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import httpx

from benchmarks.contestants.base import API_KEY
from benchmarks.contestants.pydantic_models import Customer, CustomerReply, PageReply

# The default keeps only 20 connections alive: with 64 in flight it would dial all the time.
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=100)


class HttpxPydantic:
    def __init__(self, base_url: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {API_KEY}"}, limits=_LIMITS
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def walk(self) -> tuple[int, str]:
        seen, last = 0, ""
        async for page in self._pages():
            for customer in page:
                last = customer.id
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
        reply = await self._client.get(f"/customers/{identifier}")
        reply.raise_for_status()
        return CustomerReply.model_validate_json(reply.content).data.id

    @staticmethod
    def decode(body: bytes) -> list[Any]:
        return PageReply.model_validate_json(body).data

    @staticmethod
    def build(document: Any) -> list[Any]:
        return PageReply.model_validate(document).data

    async def _pages(self) -> AsyncIterator[list[Customer]]:
        query = {"limit": "100"}
        while True:
            reply = await self._client.get("/customers", params=query)
            reply.raise_for_status()
            page = PageReply.model_validate_json(reply.content)
            if page.data:
                yield page.data
            if not page.data or not page.metadata.has_more:
                return
            query["after"] = page.data[-1].id
