"""Lists in parts: `python -m benchmarks.parts [--check]`.

20,000 customers at 100 a page, from a server in another process whose answers wait for 100 ms:
walked one page after the other, and by `parallel(16)`; and cut by `split(16)`. Once created evenly
over two years, once half of them in a hundredth of that time.
"""

import argparse
import asyncio
import json
import re
import sys
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter, process_time
from urllib.parse import parse_qsl

from aiohttp import web

from allawee_async import AllaweeClient
from benchmarks.dataset import customer_body, customer_id, position_of
from benchmarks.processes import listening

_TOTAL = 20_000
_PAGE = 100
_WORKERS = 16
_LATENCY = 0.1
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_SPAN = timedelta(days=730)
_CREATED = re.compile(rb'"createdAt":"[^"]*"')
_CONDITION = re.compile(r"createdAt\|(gted|ltd)\|(\S+)")


def _times(spread: str, total: int) -> list[datetime]:
    """When each customer was created, oldest first."""
    random = Random(spread)
    places = [random.random() for _ in range(total)]
    if spread == "skewed":
        places[::2] = [0.5 + place / 100 for place in places[::2]]
    return sorted(_BEGIN + _SPAN * place for place in places)


class Customers:
    """The list, newest first in its answers."""

    def __init__(self, spread: str, total: int, latency: float) -> None:
        self.times = [moment.replace(microsecond=0) for moment in _times(spread, total)]
        self.rows = [self._row(number) for number in range(total)]
        self.latency = latency
        self.counted = self.under_way = self.most = 0

    def _row(self, number: int) -> bytes:
        body = customer_body(number).removeprefix(b'{"code":"success","data":')[:-1]
        created = self.times[number].strftime("%Y-%m-%dT%H:%M:%S.000Z").encode()
        return _CREATED.sub(b'"createdAt":"%b"' % created, body)

    async def answer(self, request: web.Request) -> web.Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(self.latency)
        self.under_way -= 1
        query = dict(parse_qsl(request.query_string))
        self.counted += "countTotal" in query
        low, high = 0, len(self.rows)
        for operator, text in _CONDITION.findall(query.get("filter", "")):
            place = bisect_left(self.times, datetime.fromisoformat(text))
            low, high = (max(low, place), high) if operator == "gted" else (low, min(high, place))
        total, limit = max(high - low, 0), int(query["limit"])
        if "after" in query:
            high = min(high, position_of(query["after"]))
        found = self.rows[max(low, high - limit) : max(low, high)][::-1]
        if query.get("sort") == "createdAt":
            found = self.rows[low : min(low + limit, high)]
        more = b"true" if len(found) == limit else b"false"
        body = b'{"code":"success","data":[%b],"metadata":{"hasMore":%b,"totalCount":%d}}'
        return web.Response(
            body=body % (b",".join(found), more, total), content_type="application/json"
        )

    async def told(self, _: web.Request) -> web.Response:
        counted, most = self.counted, self.most
        self.counted = self.most = 0
        return web.json_response({"counted": counted, "most": most})


async def _serve(spreads: list[str], total: int, latency: float) -> None:
    ports = []
    for spread in spreads:
        customers = Customers(spread, total, latency)
        app = web.Application()
        app.router.add_get("/customers", customers.answer)
        app.router.add_get("/told", customers.told)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ports.append(runner.addresses[0][1])
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _walked(items: Callable[[AllaweeClient], Awaitable[list[str]]], url: str) -> list[float]:
    """How long a walk takes, and its CPU; it must yield each customer once."""
    async with AllaweeClient("sk.test.benchmark", base_url=url) as allawee:
        await allawee.customers.list(limit=1).first()
        started, cpu = perf_counter(), process_time()
        found = await items(allawee)
        took = [perf_counter() - started, process_time() - cpu]
    if sorted(found) != sorted(map(customer_id, range(_TOTAL))):
        raise AssertionError("a walk that loses or doubles a customer must not look fast")
    return took


async def _one_by_one(allawee: AllaweeClient) -> list[str]:
    return [each.id async for each in allawee.customers.list(limit=_PAGE)]


async def _at_once(allawee: AllaweeClient) -> list[str]:
    return [each.id async for each in allawee.customers.list(limit=_PAGE).parallel(_WORKERS)]


async def _measure(spread: str, url: str) -> bool:
    one, at_once = await _walked(_one_by_one, url), await _walked(_at_once, url)
    async with AllaweeClient("sk.test.benchmark", base_url=url) as allawee:
        await allawee.request("GET", "/told")
        started = perf_counter()
        parts = await allawee.customers.list(limit=_PAGE).split(_WORKERS)
        took = perf_counter() - started
        told = (await allawee.request("GET", "/told")).data
    counts = [part.count or 0 for part in parts]
    assert isinstance(told, dict)
    longest, asked = max(counts) * len(counts) / _TOTAL, int(str(told["counted"])) / _WORKERS
    print(
        f"{spread:7} one by one {one[0]:5.1f} s, parallel({_WORKERS}) {at_once[0]:4.1f} s "
        f"({one[0] / at_once[0]:.1f} times as fast, CPU {at_once[1]:.1f} s); split: longest part "
        f"{longest:.2f} of the mean, {asked:.1f} counts a part, {took:.1f} s"
    )
    return one[0] / at_once[0] >= 10 and longest <= 2 and asked <= 6 and sum(counts) == _TOTAL


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--serve", nargs="+", metavar="SPREAD", help=argparse.SUPPRESS)
    parser.add_argument("--customers", type=int, default=_TOTAL, help=argparse.SUPPRESS)
    parser.add_argument("--latency", type=float, default=_LATENCY, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve(options.serve, options.customers, options.latency))
        return 0
    with listening("benchmarks.parts", "--serve", "even", "skewed") as ports:
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        good = [asyncio.run(_measure(*case)) for case in zip(("even", "skewed"), urls, strict=True)]
    return int(options.check and not all(good))


if __name__ == "__main__":
    sys.exit(main())
