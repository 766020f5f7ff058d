"""The library, used as its documentation says."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from allawee_async import AllaweeClient
from allawee_async.codec.converter import decode_items
from allawee_async.models import Customer
from allawee_async.transport.response import read_response
from benchmarks.contestants.base import API_KEY


class Ours:
    def __init__(self, base_url: str) -> None:
        self._client = AllaweeClient(API_KEY, base_url=base_url, secure_url=base_url)

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
        async for customer in self._client.customers.list(limit=100):
            last = customer.id
            seen += 1
        return seen, last

    async def walk_items_at_leisure(self, rest: float) -> int:
        seen = 0
        async for customer in self._client.customers.list(limit=100):
            seen += bool(customer.id)
            if seen % 100 == 0:
                await asyncio.sleep(rest)
        return seen

    async def walk_pages_at_leisure(self, rest: float) -> int:
        seen = 0
        async for page in self._client.customers.list(limit=100).pages():
            seen += len(page.items)
            await asyncio.sleep(rest)
        return seen

    async def read(self, identifier: str) -> str:
        return (await self._client.customers.get(identifier)).id

    @staticmethod
    def decode(body: bytes) -> Sequence[Any]:
        return decode_items(read_response(200, {}, body).raw, Customer)

    @staticmethod
    def build(document: Any) -> Sequence[Any]:
        return decode_items(document["data"], Customer)
