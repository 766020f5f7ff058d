"""Batches in processes that are killed at any moment (kill -9), and a server that often fails."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.batch_run import batch_run
from tests.support.properties import LONG

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
async def test_nobody_is_paid_twice_or_not_at_all(tmp_path: Path) -> None:
    payouts, kills = (10_000, 30) if LONG else (150, 2)

    told = await batch_run(tmp_path, payouts=payouts, kills=kills)

    assert (told.doubled, told.lost, told.wrong, told.open_at_last) == (0, 0, 0, 0), told
    assert told.kills == kills, told
    assert told.journal < payouts * 1_000
