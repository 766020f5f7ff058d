"""What every contestant can do, so that each task is written once."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self

API_KEY = "sk.test.benchmark"


class Contestant(Protocol):
    """A client of the loopback server.

    Every method does the whole loop itself: a shared loop around it would cost the floor more
    than it costs the others.
    """

    def __init__(self, base_url: str) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def walk(self) -> tuple[int, str]:
        """Visit every customer; how many there were, and the identifier of the last one."""
        ...

    async def walk_items_at_leisure(self, rest: float) -> int:
        """Visit every customer and rest for `rest` seconds after each hundredth."""
        ...

    async def walk_pages_at_leisure(self, rest: float) -> int:
        """Visit every page and rest for `rest` seconds after each."""
        ...

    async def read(self, identifier: str) -> str:
        """Fetch one customer; the identifier that the answer holds."""
        ...

    @staticmethod
    def decode(body: bytes) -> Sequence[Any]:
        """The customers of one page, from the bytes of its body."""
        ...

    @staticmethod
    def build(document: Any) -> Sequence[Any]:
        """The customers of one page, from its parsed JSON."""
        ...
