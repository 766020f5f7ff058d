"""What requests have in common: works that are done at once."""

from __future__ import annotations

import asyncio

import pytest

from allawee_async.transport.request import together


async def test_the_first_error_is_raised_with_its_cause_and_cancels_the_others() -> None:
    ended: list[str] = []

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("mine") from KeyError("why")

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    with pytest.raises(ValueError, match="mine") as raised:
        await together([wait(), fail()])

    assert isinstance(raised.value.__cause__, KeyError)
    assert ended == ["cancelled"]
