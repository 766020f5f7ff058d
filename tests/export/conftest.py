"""Exports that leave out the way to another thread, where it is not what a test is about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import pytest

from allawee_async.export import exporting

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def _in_this_thread(work: Callable[[], T], _: object) -> T:
    await asyncio.sleep(0)
    return work()


@pytest.fixture
def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do in the loop what an export does on the disk."""
    monkeypatch.setattr(exporting, "in_thread", _in_this_thread)
