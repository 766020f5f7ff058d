"""Both variants of the ledger example as processes of their own, which are killed in between."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

import pytest

from tests.examples.card_world import EXAMPLES, KEY, OWN_FEE, World, together
from tests.support import nursery

if TYPE_CHECKING:
    from pathlib import Path

VARIANTS = {
    "aiohttp": (["card_ledger_aiohttp.py"], "/hooks"),
    "fastapi": (
        ["-m", "uvicorn", "--factory", "card_ledger_fastapi:from_environment", "--port", "{port}"],
        "/hooks/",
    ),
}
STARTS_WITHIN = 30


class Process:
    """The example as somebody runs it who has read its first lines."""

    def __init__(self, variant: str) -> None:
        command, path = VARIANTS[variant]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._command = [part.format(port=self._port) for part in command]
        self._process: nursery.Process | None = None
        self.url = f"http://127.0.0.1:{self._port}{path}"

    async def start(self, file: Path) -> None:
        if self._process is not None:
            return
        environment = os.environ | {
            "ALLAWEE_SIGNING_KEY": KEY,
            "LEDGER_FILE": str(file),
            "OWN_FEE": str(OWN_FEE),
            "PORT": str(self._port),
            "PYTHONPATH": str(EXAMPLES.parents[1]),
        }
        self._process = nursery.python(
            *self._command,
            cwd=EXAMPLES,
            env=environment,
            stdout=nursery.DEVNULL,
            stderr=nursery.DEVNULL,
        )
        async with asyncio.timeout(STARTS_WITHIN):
            while not await self._listens():
                assert self._process.poll() is None, "it has ended"
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await asyncio.to_thread(process.wait)

    def failures(self) -> int:
        return 0  # it does not tell; a handler that fails again and again shows in the events

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True


@pytest.mark.parametrize("variant", VARIANTS)
async def test_a_killed_application_loses_no_money(variant: str) -> None:
    world = World(Process(variant))
    try:
        await world.start()
        card, other = world.cards.values()
        made = await world.use(card, "capture", amount=5_000, fees=100)
        assert (made["status"], made["decisionType"]) == ("approved", "direct-response")
        checked = await world.use(card, "check")
        assert (checked["status"], checked["decisionType"]) == ("approved", "direct-response")

        world.sandbox.deliveries.random(0.3, seed=1, within=0.02)
        for amount in (7_000, 60_000):
            uses = [
                asyncio.ensure_future(world.use(name, "update-capture", amount=amount, fees=0,
                                                updateAmount=amount + 500, updateFees=10))
                for name in (card, other, card, other)
            ]  # fmt: skip
            await asyncio.sleep(0.03)
            await world.stop_app()
            await together(*uses)
            await world.start_app()
        world.sandbox.settle_cards()
        await world.quiet_down()
        world.check_always()
        world.check_quiet()
    finally:
        await world.close()
