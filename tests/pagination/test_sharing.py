"""Iterators that are shared: by tasks, by event loops one after the other, with the collector."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import AllaweeClient, ConfigurationError
from tests.support.loops import told_in_developers_mode
from tests.support.threads import sandbox_in_thread

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox


@pytest.mark.parametrize("how", ["items", "pages"])
@pytest.mark.parametrize("tasks", [2, 7, 64])
async def test_tasks_that_share_an_iterator_get_everything_once(
    tasks: int, how: str, allawee: AllaweeClient
) -> None:
    expected = [each.id for each in await allawee.customers.list().to_list()]
    pager = allawee.customers.list(limit=3)
    walk: Any = aiter(pager) if how == "items" else pager.pages()
    taken: list[str] = []

    async def work() -> None:
        async for got in walk:
            taken.extend([got.id] if how == "items" else [each.id for each in got.items])
            await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(tasks)))

    assert sorted(taken) == sorted(expected)


async def test_a_task_that_is_cancelled_leaves_the_others_their_share(sandbox: Sandbox) -> None:
    async with sandbox.client() as allawee:
        expected = [each.id for each in await allawee.customers.list().to_list()]
        walk = aiter(allawee.customers.list(limit=2))
        taken: list[str] = []

        async def work() -> None:
            async for each in walk:
                taken.append(each.id)  # noqa: PERF401 - what came before the cancelling counts

        workers = [asyncio.create_task(work()) for _ in range(6)]
        for worker in workers[:4]:
            await asyncio.sleep(0.005)
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    assert sorted(taken) == sorted(expected)


async def test_closing_a_walk_under_those_who_wait_ends_theirs(allawee: AllaweeClient) -> None:
    walk = allawee.customers.list(limit=2).pages()
    await anext(walk)
    await anext(walk)
    waiting = [asyncio.create_task(anext(walk, None)) for _ in range(3)]
    await asyncio.sleep(0)
    await walk.aclose()
    async with asyncio.timeout(5):
        found = await asyncio.gather(*waiting)
    assert found[-1] is None


async def test_a_page_ahead_that_somebody_cancels_is_fetched_anew(allawee: AllaweeClient) -> None:
    before = asyncio.all_tasks()
    walk = aiter(allawee.customers.list(limit=5))
    found = [(await anext(walk)).id for _ in range(10)]
    fresh = asyncio.all_tasks() - before
    ahead = [task for task in fresh if "batch" in str(task.get_coro())]  # the others are servers'
    assert len(ahead) == 1
    ahead[0].cancel()
    found += [each.id async for each in walk]
    assert len(found) == len(set(found)) == 50


@pytest.mark.parametrize("how", ["items", "pages"])
def test_a_walk_may_be_driven_from_one_loop_after_the_other(how: str) -> None:
    with sandbox_in_thread(customers=30) as sandbox:
        allawee = AllaweeClient(sandbox.api_key, base_url=sandbox.url)
        pager = allawee.customers.list(limit=4)
        walk: Any = aiter(pager) if how == "items" else pager.pages()
        found: list[str] = []

        async def one() -> bool:
            got = await anext(walk, None)
            if got is not None:
                found.extend([got.id] if how == "items" else [each.id for each in got.items])
            await asyncio.sleep(0)
            return got is not None

        while asyncio.run(one()):
            pass
        asyncio.run(allawee.close())

    assert len(found) == len(set(found)) == 30


def test_a_parallel_walk_says_that_it_belongs_to_one_loop() -> None:
    with sandbox_in_thread(customers=30) as sandbox:
        allawee = AllaweeClient(sandbox.api_key, base_url=sandbox.url)
        walk = allawee.customers.list(limit=4).parallel(2)

        async def one() -> None:
            await anext(walk)

        asyncio.run(one())
        with pytest.raises(ConfigurationError, match="event loop"):
            asyncio.run(one())
        asyncio.run(allawee.close())


def test_tasks_of_one_loop_after_the_other_may_share_a_walk() -> None:
    with sandbox_in_thread(customers=30) as sandbox:
        allawee = AllaweeClient(sandbox.api_key, base_url=sandbox.url)
        walk = allawee.customers.list(limit=4).pages()

        async def three() -> list[str]:
            pages = await asyncio.gather(*(anext(walk, None) for _ in range(3)))
            return [each.id for page in pages if page is not None for each in page.items]

        found = [name for _ in range(3) for name in asyncio.run(three())]
        asyncio.run(allawee.close())

    assert len(found) == len(set(found)) == 30


def test_a_walk_that_is_collected_in_another_thread_ends_its_fetching() -> None:
    async def main(url: str, key: str) -> set[Any]:
        async with AllaweeClient(key, base_url=url) as allawee:
            before = asyncio.all_tasks()
            walks = [allawee.customers.list(limit=5).pages()]

            def drop() -> None:
                walks.clear()
                gc.collect()

            await anext(walks[0])
            await anext(walks[0])
            thread = threading.Thread(target=drop)
            thread.start()
            await asyncio.to_thread(thread.join)
            await asyncio.sleep(0.01)
            return asyncio.all_tasks() - before

    with sandbox_in_thread(customers=30) as sandbox:
        left = asyncio.run(main(sandbox.url, sandbox.api_key), debug=True)
    assert left == set()


PROGRAM = """
import asyncio, gc, threading
from allawee_async import AllaweeClient
from allawee_async.sandbox import Sandbox

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60
    async with Sandbox(customers=40) as sandbox, sandbox.client() as allawee:
        walk = aiter(allawee.customers.list(limit=3))
        taken = []
        async def work():
            async for each in walk:
                taken.append(each.id)
        await asyncio.gather(*(work() for _ in range(8)))
        assert len(taken) == len(set(taken)) == 40, taken
        async for each in allawee.customers.list(limit=3):
            if each.id == taken[5]:
                break
        walks = [allawee.customers.list(limit=3).pages()]
        await anext(walks[0]); await anext(walks[0])
        thread = threading.Thread(target=lambda: (walks.clear(), gc.collect()))
        thread.start(); await asyncio.to_thread(thread.join)
        await allawee.customers.list(limit=3).to_list(7)
        at_once = allawee.customers.list(limit=3)
        assert len({each.id async for each in at_once.parallel(4)}) == 40
        async for each in at_once.parallel(4):
            break
"""


def test_in_developers_mode_nothing_warns_in_any_loop() -> None:
    assert told_in_developers_mode(PROGRAM) == (0, "done\n")
