"""The main job: a walk through random faults yields each customer exactly once, in order."""

import pytest

from allawee_async import AllaweeError, RetryPolicy
from allawee_async.sandbox import RECOVERABLE, Sandbox
from tests.support.faketime import FakeTime
from tests.support.properties import LONG, more_in_the_long_run

CUSTOMERS = 3_000 if LONG else 600


async def ids_in_order(sandbox: Sandbox) -> list[str]:
    """Return all ids as a walk without faults finds them, and check that it misses none."""
    async with sandbox.client() as allawee:
        ids = [customer.id async for customer in allawee.customers.list(limit=CUSTOMERS // 30)]
    assert len(ids) == len(set(ids)) == CUSTOMERS
    return ids


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5 if LONG else 2))
async def test_a_walk_through_random_faults_yields_each_customer_exactly_once_in_order(
    seed: int, time: FakeTime
) -> None:
    async with Sandbox(customers=CUSTOMERS, seed=7) as sandbox:
        expected = await ids_in_order(sandbox)
        sandbox.faults.random(0.4, seed=seed, in_a_row=4)
        policy = RetryPolicy(attempts=12)
        async with sandbox.client(retry=policy, **time.seams) as allawee:
            found = [
                customer.id async for customer in allawee.customers.list(limit=CUSTOMERS // 60)
            ]

        assert found == expected
        hit = [entry for entry in sandbox.requests if entry.faults]
        assert len(hit) > 20
        assert len(time.slept) >= len(hit) / 3  # aiohttp itself gets over some of the resets
        assert not sandbox.crashes


@more_in_the_long_run
@pytest.mark.parametrize("kind", RECOVERABLE)
async def test_a_walk_gets_over_every_kind_of_fault_by_itself(kind: str, time: FakeTime) -> None:
    async with Sandbox(customers=300 if LONG else 100, seed=2) as sandbox:
        async with sandbox.client() as calm:
            expected = [customer.id for customer in await calm.customers.list().to_list()]
        sandbox.faults.random(0.5, seed=3, kinds=[kind])
        async with sandbox.client(retry=RetryPolicy(attempts=8), **time.seams) as allawee:
            found = [customer.id for customer in await allawee.customers.list(limit=7).to_list()]

    assert found == expected
    assert any(request.faults for request in sandbox.requests)


@more_in_the_long_run
async def test_a_page_that_fails_in_the_middle_of_a_walk_can_be_asked_for_again_until_it_comes(
    time: FakeTime,
) -> None:
    """Without retries every fault surfaces; the same iterator loses and repeats nothing."""
    async with Sandbox(customers=1_000 if LONG else 200, seed=3) as sandbox:
        async with sandbox.client() as calm:
            expected = [customer.id for customer in await calm.customers.list().to_list()]
        sandbox.faults.random(0.3, seed=11)
        async with sandbox.client(retry=RetryPolicy(attempts=1), **time.seams) as allawee:
            found, failures = [], 0
            walk = aiter(allawee.customers.list(limit=5))
            while True:
                try:
                    found.append((await anext(walk)).id)
                except StopAsyncIteration:
                    break
                except AllaweeError:
                    failures += 1

    assert found == expected
    assert failures > 5
