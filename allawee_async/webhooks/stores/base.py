"""Who handles a delivery: what a store of claims can do, and under which key an event is claimed.

A delivery is claimed before its handler runs. Who holds the claim handles the event and records the
answer; everybody else gets that answer, or hears that somebody is at it.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final, Protocol, TypeAlias, runtime_checkable

import attrs

from allawee_async.codec.json import dumps
from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.types import JSONValue
from allawee_async.webhooks.events import Event
from allawee_async.webhooks.responses import SUCCESS, Approve, Decision, Decline, decision_body

Answer: TypeAlias = Decision | Callable[[], Decision | None] | None
"""A decision, a function that is asked for it when the transaction ends, or no decision."""

LEASE: Final = 30.0
"""Seconds after which a claim that nobody renews may be taken over."""

KEEP: Final = 7 * 24 * 3600.0
"""Seconds for which stores remember the events that are done."""


class ClaimLostError(AllaweeError):
    """The claim of a delivery is no longer held: it was taken over, or its time was up.

    A transaction that raises this has had no effect. Let it pass: somebody else has handled the
    event, or the default decision has gone out already.
    """


class StoreError(AllaweeError):
    """The store cannot be used now: a full disk, a damaged file, a server that does not answer.

    With `outcome_unknown`, a transaction may have taken effect. Its event is marked as done in the
    same step, so let the error pass: if it did take effect, the next delivery runs no handler.
    """


@attrs.frozen
class Claim:
    """The right to handle one delivery.

    Attributes:
        key: What is claimed; see `key_of`.
        token: Tells this claim from an earlier or later one of the same key.
        digest: That of the delivery. A store that keeps it with the answer lets the dispatcher
            notice when the same event comes with another body.
    """

    key: str
    token: str
    digest: str = attrs.field(default="", eq=False, repr=False)


@attrs.frozen
class Done:
    """The event was handled before.

    Attributes:
        body: What was answered then.
        digest: That of the delivery that was handled; empty if the store does not know it.
    """

    body: bytes
    digest: str = attrs.field(default="", eq=False, repr=False)


@attrs.frozen
class Busy:
    """Somebody else holds the claim, and its lease has not run out."""


ClaimResult: TypeAlias = Claim | Done | Busy


@runtime_checkable
class Store(Protocol):
    """Remembers which events are being handled, and which are done.

    Every method is atomic, and raises `StoreError` where the store cannot be used.
    """

    async def claim(self, key: str, *, lease: float) -> ClaimResult:
        """Claim a key for so many seconds, unless it is done or somebody else holds it.

        A claim whose lease has run out is taken over: its token is worth nothing from then on.
        """
        ...

    async def renew(self, claim: Claim, *, lease: float) -> bool:
        """Let a claim hold for so many seconds from now; False if it is no longer held."""
        ...

    async def finish(self, claim: Claim, body: bytes) -> bytes:
        """Record that the event is done and what is answered; return the answer that counts.

        That is `body`, unless the event is done already: then it is what was recorded first (for
        instance by a transaction of the handler). A claim that somebody else has taken over is left
        alone.
        """
        ...

    async def release(self, claim: Claim) -> None:
        """Give a claim back, so that the next delivery is handled. What is done stays done."""

    async def close(self) -> None:
        """Let go of connections and files; a closed store opens them again when it is used."""


@runtime_checkable
class AskableStore(Protocol):
    """A store that can also be asked. One of your own that cannot is asked by a claim."""

    async def is_done(self, key: str) -> bool:
        """Return whether an event is done, and leave it as it is."""
        ...


@runtime_checkable
class WatchedStore(Protocol):
    """A store that notices when it has lost what it knew, or may lose it."""

    async def trouble(self) -> str | None:
        """Return what there is to tell since the last call, or None."""
        ...


def key_of(event: Event) -> str:
    """Return the key of an event: its type, the object, the object's status, the event's id.

    The documents do not say whether a delivery that is sent again keeps the id of the event. Where
    there is no id, a digest of the data stands in for it.
    """
    data = event.payload.get("data")
    fields = data if isinstance(data, dict) else {}
    last = _digest(data) if event.id is None else event.id
    parts = [event.type, fields.get("id") or fields.get("_id"), fields.get("status"), last]
    return "|".join(map(_escaped, parts))


def digest_of(event: Event) -> str:
    """Return a digest of all that a repeat must say again; its times of sending may be others."""
    payload = event.payload
    return _digest({name: payload[name] for name in payload if name != "metadata"})


def _digest(value: JSONValue) -> str:
    return sha256(dumps(value, sort=True)).hexdigest()


def _escaped(part: JSONValue) -> str:
    """Return a part that no other split of the same key could have; what is no text is empty."""
    return part.replace("\\", "\\\\").replace("|", "\\|") if isinstance(part, str) else ""


def checked_seconds(name: str, value: object) -> float:
    """Return an option of a store that is a time.

    Raises:
        ConfigurationError: It is no positive number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise ConfigurationError(f"{name} must be a positive number of seconds")
    return float(value)


def checked_count(name: str, value: object) -> int:
    """Return an option that is a number of things.

    Raises:
        ConfigurationError: It is no whole number, or less than 1.
    """
    if type(value) is not int or value < 1:
        raise ConfigurationError(f"{name} must be a whole number of at least 1")
    return value


def first_body(answer: Answer) -> bytes:
    """Return what is recorded when a transaction starts."""
    return _body(None if callable(answer) else answer)


def last_body(answer: Answer) -> bytes | None:
    """Return what is recorded when a transaction ends, or None if it has been recorded."""
    return _body(answer()) if callable(answer) else None


def _body(decision: object) -> bytes:
    if decision is None:
        return SUCCESS
    if not isinstance(decision, Approve | Decline):
        raise ConfigurationError(
            "a transaction takes Approve(…), Decline(…), or a function that returns one of them"
        )
    return decision_body(decision)
