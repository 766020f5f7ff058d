"""The secret keys that a sandbox accepts, and what each may do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

import attrs
import msgspec

from allawee_async.sandbox.core.values import Json

_FORM = re.compile(r"sk\.(test|live)\.[!-~]+")


@attrs.frozen
class Key:
    """What is known of a secret key.

    Attributes:
        id: Names the key where the key itself must not be told.
        scopes: What it may do; None for everything.
        grp_enabled: Whether requests that fail downstream are queued.
        is_live: Whether it is for real money, so that nothing can be simulated with it.
    """

    id: str
    scopes: frozenset[str] | None = None
    grp_enabled: bool = False
    is_live: bool = False

    def may(self, scope: str) -> bool:
        """Return whether the key has a scope."""
        return self.scopes is None or scope in self.scopes


class KeyRefusedError(Exception):
    """A header that does not let a request in; its text is Allawee's message."""


class KeyRing:
    """Secret keys that can be added and revoked; only their digests are kept."""

    def __init__(self) -> None:
        # Looking a digest up tells nothing about how close a wrong key came.
        self._keys: dict[str, Key] = {}

    def __contains__(self, key: str) -> bool:
        return _digest(key) in self._keys

    def add(
        self, key: str, *, scopes: Iterable[str] | None = None, grp_enabled: bool = False
    ) -> Key:
        """Accept one more key; one that is there already stays as it is.

        Args:
            key: The key.
            scopes: What it may do; None for everything.
            grp_enabled: Whether requests that fail downstream are queued.

        Raises:
            ValueError: It does not start with `sk.test.` or `sk.live.`, or has blanks in it.
        """
        if _FORM.fullmatch(key) is None:
            raise ValueError("a secret key starts with sk.test. or sk.live. and has no blanks")
        digest = _digest(key)
        allowed = None if scopes is None else frozenset(scopes)
        return self._keys.setdefault(digest, Key(f"key.{digest[:17]}", allowed, grp_enabled))

    def revoke(self, key: str) -> None:
        """Accept a key no longer.

        Raises:
            ValueError: It is not accepted now.
        """
        if self._keys.pop(_digest(key), None) is None:
            raise ValueError("this key is not accepted, so it cannot be revoked")

    def admit(self, authorization: str | None) -> Key:
        """Return the key that a header holds.

        Raises:
            KeyRefusedError: The header does not let a request in.
        """
        if not authorization:
            raise KeyRefusedError("Authorization Required")
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise KeyRefusedError("Invalid Authorization Type")
        key = key.strip(" ")
        if _FORM.fullmatch(key) is None:
            raise KeyRefusedError("Malformed Authorization Key")
        found = self._keys.get(_digest(key))
        if found is None:
            raise KeyRefusedError("Invalid Authorization Key")
        return attrs.evolve(found, is_live=True) if key.startswith("sk.live.") else found

    def dump(self) -> Json:
        """Return the digests of the keys and what each may do as JSON."""
        return [
            [digest, key.id, None if key.scopes is None else [*sorted(key.scopes)], key.grp_enabled]
            for digest, key in self._keys.items()
        ]

    def load(self, dumped: Json) -> None:
        """Take the keys of a dump in place of the present ones.

        Raises:
            ValueError: It is not the dump of a key ring.
        """
        entries = msgspec.convert(dumped, list[tuple[str, str, frozenset[str] | None, bool]])
        self._keys = {digest: Key(own, scopes, queues) for digest, own, scopes, queues in entries}


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
