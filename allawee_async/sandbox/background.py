"""What a running sandbox does besides answering: saving its state, sending events, due jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from allawee_async.sandbox.core.sqlite import StateFile
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.events.messenger import Messenger
from allawee_async.sandbox.events.recording import WAITING
from allawee_async.sandbox.http.adapter import HttpAdapter


class Background:
    """Belongs to one HTTP adapter, and to one state at a time.

    Args:
        adapter: Whose state it is; it says when something has changed.
        data: The file for the state; None for none.
        pauses: Seconds between the attempts to send an event.
        anywhere: Whether events may leave this computer.
    """

    def __init__(
        self, adapter: HttpAdapter, *, data: Path | None, pauses: Sequence[float], anywhere: bool
    ) -> None:
        self._adapter = adapter
        self._data = data
        self._store: StateFile | None = None
        self._state: State | None = None
        self.messenger = Messenger(
            pauses=pauses, anywhere=anywhere, hear=adapter.hear, run_due=adapter.run_due
        )
        adapter.changed = self.changed

    def start(self, state: State) -> bool:
        """Fill the state from its file, if there is one, and begin to work for it.

        Returns:
            Whether there was a state in the file.

        Raises:
            StateFileError: The file cannot hold a state, or another process has it.
        """
        found = False
        if self._data is not None:
            self._store = StateFile(self._data)
            found = self._store.load(state)
            if found:
                fresh = os.urandom(16).hex()  # what the seed gives has been given already
                state.ids.reseed(fresh)
                self._adapter.ids.reseed(fresh)
            state.outbox = [one["id"] for one in state.events if one["status"] == WAITING]
        self._state = state
        self.messenger.start(state)
        self.changed()
        return found

    def replace(self, state: State) -> None:
        """Go on with another state; the file forgets the one before. Without `start` do nothing."""
        if self._state is None:
            return
        if self._store is not None:
            self._store.clear()
            self._store.load(state)
        self._state = state
        self.messenger.replace(state)
        self.changed()

    def changed(self) -> None:
        """Save what has changed, and see whether there is something to send."""
        if self._store is not None and self._state is not None:
            self._store.save(self._state)
        self.messenger.call()

    async def close(self) -> None:
        """Stop at once; what happened to the state up to now is saved."""
        await self.messenger.close()
        store, self._store = self._store, None
        state, self._state = self._state, None
        if store is not None:
            try:
                if state is not None:
                    store.save(state)
            finally:
                store.close()
