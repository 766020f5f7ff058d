"""The whole state of one sandbox, with the clock and the ids it is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from allawee_async.sandbox.collection import Collection

if TYPE_CHECKING:
    from allawee_async.sandbox.ids import IdSource

Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def to_timestamp(moment: datetime) -> str:
    """Return a moment the way Allawee writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


class State:
    """Everything that a sandbox remembers; one collection for each kind of resource.

    Args:
        clock: Returns the present moment, with a zone.
        ids: Where identifiers of new resources come from.
    """

    def __init__(self, *, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self.customers = Collection(unique=("reference",), hidden=("reference",))

    def now(self) -> str:
        """Return the present moment as a timestamp of the API."""
        return to_timestamp(self._clock())

    def new_id(self, prefix: str, collection: Collection) -> str:
        """Return an identifier that the collection does not have yet."""
        while (fresh := self._ids.new(prefix)) in collection:
            pass
        return fresh
