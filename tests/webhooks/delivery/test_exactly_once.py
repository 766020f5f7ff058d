"""The hard promise: each event has its effect once, whatever fails, repeats, or is killed when.

The whole of it (10,000 deliveries) is `python -m tests.support.crash_run`; see its help.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.crash_run import redis_run, sqlite_run
from tests.support.properties import LONG

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.crash_run import Outcome

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are killed by signals")


STORES = ["sqlite", "redis"]


@pytest.fixture
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "redis":
        server = request.getfixturevalue("redis_server")
        return lambda **options: redis_run(server.url, **options)
    return lambda **options: sqlite_run(tmp_path / "events.db", **options)


def was_hard(outcome: Outcome) -> bool:
    return outcome.kills >= outcome.deliveries // 100 and outcome.pauses > 0


@pytest.mark.long
@pytest.mark.parametrize("run", STORES if LONG else ["sqlite"], indirect=True)
async def test_every_effect_happens_once(run: Any) -> None:
    """Two processes, over HTTP, with a dispatcher; they are killed and paused all the time."""
    outcome = await run(deliveries=1000 if LONG else 100, dispatcher=True)

    assert was_hard(outcome), outcome
    assert (outcome.doubled, outcome.missing) == (0, 0), outcome


@pytest.mark.long
@pytest.mark.parametrize("run", STORES if LONG else ["redis"], indirect=True)
async def test_the_store_alone_keeps_the_promise(run: Any) -> None:
    outcome = await run(deliveries=300 if LONG else 100, dispatcher=False)

    assert was_hard(outcome), outcome
    assert (outcome.doubled, outcome.missing) == (0, 0), outcome


@pytest.mark.long
@pytest.mark.parametrize("run", STORES if LONG else ["redis"], indirect=True)
async def test_a_handler_that_is_not_transactional_is_caught(run: Any) -> None:
    """What proves that the two tests above can fail."""
    outcome = await run(deliveries=200, dispatcher=True, careless=True)

    assert outcome.doubled, outcome
    assert not outcome.missing, outcome
