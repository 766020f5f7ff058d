"""Identifiers in Allawee's style, from a seeded source."""

from __future__ import annotations

from base64 import b64encode
from random import Random


class IdSource:
    """Makes identifiers, the same ones for the same seed.

    Args:
        seed: Any text; sources with different seeds do not meet.
    """

    def __init__(self, seed: str) -> None:
        # Identifiers of a sandbox need to be repeatable, not unpredictable.
        self._random = Random(seed)  # noqa: S311

    def reseed(self, seed: str) -> None:
        """Go on as a source with another seed."""
        self._random.seed(seed)

    def new(self, prefix: str, length: int = 17) -> str:
        """Return a prefix followed by that many letters and digits."""
        letters = b64encode(self._random.randbytes(length), altchars=b"Aa")
        return prefix + letters[:length].decode()

    def digits(self, length: int) -> str:
        """Return that many decimal digits."""
        return f"{self._random.randrange(10**length):0{length}d}"
