"""Whether the state of a sandbox has changed: cheaper than a picture of it before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.core.sqlite import collections_of, parts_of

if TYPE_CHECKING:
    from allawee_async.sandbox import State
    from allawee_async.sandbox.core.values import Json


class Watch:
    """Begins to watch a state; `is_still` says whether nothing has been written since then."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._parts = self._dumped()
        for collection in collections_of(state).values():
            collection.track()
            collection.forget_changes()

    def is_still(self) -> bool:
        documents = collections_of(self._state).values()
        return not any(one.changes() for one in documents) and self._parts == self._dumped()

    def _dumped(self) -> list[Json]:
        dumped = [part.dump() for part in parts_of(self._state).values()]
        return [*dumped, [*self._state.outbox]]
