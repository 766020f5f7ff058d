"""A process that exports customers, to be killed: `python -m tests.support.export_child FILE`.

The sandbox comes from the environment. Portions are small, so that a short export has many.
"""

import asyncio
import sys

from allawee_async import AllaweeClient
from allawee_async.export import export, exporting

exporting._PORTION_BYTES = 30_000


async def main(target: str) -> None:
    async with AllaweeClient() as allawee:
        await export(allawee.customers.list(limit=20), target, resume=True)


asyncio.run(main(sys.argv[1]))
