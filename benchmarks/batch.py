"""Batches: `python -m benchmarks.batch [--check]`.

Payouts by `run_batch` with 32 under way and a journal that is synced to the disk, to a server in
another process that answers at once; and how the journal grows.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from aiohttp import web

from allawee_async import AllaweeClient
from allawee_async.batch import check_rows, run_batch
from benchmarks.processes import listening

_COUNTS = (1_000, 4_000)
_CONCURRENCY = 32
_PAYMENT = {
    "id": "py.1",
    "object": "payment",
    "status": "pending",
    "fees": 0,
    "createdAt": "2024-01-01T00:00:00.000Z",
    "updatedAt": "2024-01-01T00:00:00.000Z",
}


async def _pay(request: web.Request) -> web.Response:
    return web.json_response({"code": "success", "data": _PAYMENT | await request.json()})


async def _serve() -> None:
    app = web.Application()
    app.router.add_post("/payments/payouts", _pay)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps([runner.addresses[0][1]]), flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _measure(url: str, count: int, folder: Path) -> tuple[float, float]:
    """Rows a second, and bytes of the journal for each."""
    journal = folder / f"{count}.journal"
    account = {"accountNumber": "0123456789", "bankCode": "058"}
    common = {"method": "bank-transfer", "options": account, "currency": "NGN", "amount": 10_000}
    async with AllaweeClient("sk.test.benchmark", base_url=url) as allawee:
        pay = allawee.payments.create_payout
        started = perf_counter()
        plan = check_rows(pay, ({**common, "reference": f"row-{n:06}"} for n in range(count)))
        checked = perf_counter() - started
        report = await run_batch(pay, plan, journal=journal, concurrency=_CONCURRENCY)
        took = perf_counter() - started
    if report.done != count:
        raise AssertionError("a batch that is not done must not look fast")
    size = journal.stat().st_size / count
    print(
        f"{count:,} rows: {count / took:,.0f} rows/s, of which checking "
        f"{checked / count * 1e6:.0f} µs a row; journal {size:.0f} bytes a row"
    )
    return count / took, size


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve())
        return 0
    with listening("benchmarks.batch", "--serve") as (port,), tempfile.TemporaryDirectory() as name:
        url = f"http://127.0.0.1:{port}"
        found = [asyncio.run(_measure(url, count, Path(name))) for count in _COUNTS]
    is_linear = abs(found[1][1] / found[0][1] - 1) < 0.05
    return int(options.check and not (is_linear and min(rate for rate, _ in found) >= 400))


if __name__ == "__main__":
    sys.exit(main())
