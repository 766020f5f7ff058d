"""A process that pays, to be killed: `python -m tests.support.batch_child JOURNAL ROWS RESEND`.

At its end it prints how each row ended. The server comes from the environment.
"""

import asyncio
import json
import sys
from typing import Any

from allawee_async import AllaweeClient, RetryPolicy
from allawee_async.batch import run_batch


def payouts(count: int) -> list[dict[str, Any]]:
    """Return rows of payouts; each has an amount of its own."""
    account = {"accountNumber": "0123456789", "bankCode": "058"}
    return [
        {
            "method": "bank-transfer",
            "options": account,
            "currency": "NGN",
            "amount": 100_000 + number,
            "reference": f"salary-{number}",
        }
        for number in range(count)
    ]


async def main(journal: str, count: int, *, resend: bool) -> None:
    retry = RetryPolicy(base_delay=0.001, max_delay=0.01)
    async with AllaweeClient(retry=retry) as allawee:
        report = await run_batch(
            allawee.payments.create_payout,
            payouts(count),
            journal=journal,
            concurrency=32,
            resend_unknown=resend,
        )
    sys.stdout.write(json.dumps({one.reference: one.state for one in report}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), resend=sys.argv[3] == "True"))
