"""The secret keys that a sandbox accepts."""

from __future__ import annotations

import hmac
import re

_FORM = re.compile(r"sk\.(test|live)\.[!-~]+")


class KeyRing:
    """Secret keys that can be added and revoked, compared in constant time.

    Args:
        first: The key that the sandbox starts with.

    Raises:
        ValueError: The key has not the form of one.
    """

    def __init__(self, first: str) -> None:
        self._keys: list[bytes] = []
        self.add(first)

    def add(self, key: str) -> None:
        """Accept one more key.

        Raises:
            ValueError: It does not start with `sk.test.` or `sk.live.`, or has blanks in it.
        """
        if _FORM.fullmatch(key) is None:
            raise ValueError("a secret key starts with sk.test. or sk.live. and has no blanks")
        if key.encode() not in self._keys:
            self._keys.append(key.encode())

    def revoke(self, key: str) -> None:
        """Accept a key no longer.

        Raises:
            ValueError: It is not accepted now.
        """
        if key.encode() not in self._keys:
            raise ValueError("this key is not accepted, so it cannot be revoked")
        self._keys.remove(key.encode())

    def objection_to(self, authorization: str | None) -> str | None:
        """Return Allawee's message for a header that does not let a request in, or None."""
        if not authorization:
            return "Authorization Required"
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return "Invalid Authorization Type"
        key = key.strip(" ")
        if _FORM.fullmatch(key) is None:
            return "Malformed Authorization Key"
        # Every key is compared, so that the time tells nothing about which one came close.
        matches = [hmac.compare_digest(key.encode(), known) for known in self._keys]
        return None if any(matches) else "Invalid Authorization Key"
