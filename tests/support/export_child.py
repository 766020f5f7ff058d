"""A process that exports customers, to be killed: `python -m tests.support.export_child FILE [N]`.

The sandbox comes from the environment. Portions are small, so that a short export has many.
"""

import asyncio
import sys

from allawee_async import AllaweeClient
from allawee_async.export import export, exporting

exporting._PORTION_BYTES = 30_000  # type: ignore[misc]
exporting._SMALLEST = 10_000  # type: ignore[misc]


async def main(target: str, parallel: int) -> None:
    async with AllaweeClient() as allawee:
        customers = allawee.customers.list(limit=20)
        await export(customers, target, resume=True, parallel=parallel)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
