"""`sandbox.deliveries`: which events go astray on their way to a webhook, and how.

Nothing here touches a socket; the messenger carries out what is ordered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import TypeAlias, TypedDict, Unpack

import attrs

from allawee_async.sandbox.core.values import JsonObject
from allawee_async.sandbox.faults.plan import check_chance, check_times, fits_pattern

KINDS = ("repeat", "delay", "lose-answer")
"""What `DeliveryFaults.random` chooses from."""


@attrs.frozen
class Sending:
    """An event that is about to be sent, for the first time or again.

    Attributes:
        id: The id of the event.
        event: Its name.
        data: The resource.
        is_question: Whether a decision is wanted.
    """

    id: str
    event: str
    data: JsonObject = attrs.field(eq=False, repr=False)
    is_question: bool


@attrs.frozen
class AppliedDeliveryFault:
    """What becomes of one sending.

    Attributes:
        delay: Seconds until it arrives.
        copies: How many more of it arrive at the same time.
        loses_answer: Whether the sandbox does not hear the answer.
        is_held: Whether it is kept back.
    """

    delay: float = 0.0
    copies: int = 0
    loses_answer: bool = False
    is_held: bool = False


Choose: TypeAlias = Callable[[Sending], AppliedDeliveryFault | None]
Order: TypeAlias = Callable[[list[Sending]], Iterable[Sending]]


class DeliveryLimits(TypedDict, total=False):
    """Which deliveries are hit: the keyword arguments that all orders share.

    `event` is the name of the event; one that ends in `*` stands for all names that begin so, and
    without it every event is hit. `times` is how many deliveries are hit (None: all from now on).
    Each time that an event is sent counts as one delivery.
    """

    event: str | None
    times: int | None


class DeliveryFaults:
    """What is to happen to deliveries. All orders that fit a delivery hit it together.

    Each takes `event` and `times` of `DeliveryLimits`, and hits one delivery unless its docstring
    says otherwise.

    Args:
        send: Sends the events with the given ids, one after the other.
    """

    def __init__(self, send: Callable[[Sequence[str]], None]) -> None:
        self._send = send
        self._armed: list[_ArmedFault] = []
        self._held: dict[str, Sending] = {}

    def __len__(self) -> int:
        """Return how many orders have not worn off."""
        return len(self._armed)

    @property
    def held(self) -> Sequence[Sending]:
        """The events that are kept back, the oldest first."""
        return tuple(self._held.values())

    def repeat(self, copies: int = 1, **limits: Unpack[DeliveryLimits]) -> None:
        """Let so many copies arrive at the same time; the sandbox hears one of the answers.

        Raises:
            ValueError: `copies` or `times` is less than 1.
        """
        if copies < 1:
            raise ValueError("copies is at least 1")
        self._arm(lambda _: AppliedDeliveryFault(copies=copies), limits)

    def delay(self, seconds: float | Callable[[], float], **limits: Unpack[DeliveryLimits]) -> None:
        """Let deliveries arrive later, all of them by default; a callable is asked for each one.

        The time to decide runs meanwhile: when it is over, the sandbox goes on without an answer,
        and the event arrives nevertheless.
        """
        limits.setdefault("times", None)
        self._arm(
            lambda _: AppliedDeliveryFault(delay=seconds() if callable(seconds) else seconds),
            limits,
        )

    def lose_answer(self, **limits: Unpack[DeliveryLimits]) -> None:
        """Let the webhook answer, and the sandbox not hear it.

        It sends the event again; where it wants a decision, `timeoutDefault` takes the place of it.
        """
        self._arm(lambda _: AppliedDeliveryFault(loses_answer=True), limits)

    def hold(self, *, questions: bool = False, **limits: Unpack[DeliveryLimits]) -> None:
        """Keep deliveries back until they are released, all of them by default.

        Args:
            questions: Whether events that want a decision are kept back too. They count as not
                answered in time, at once.
            limits: See `DeliveryLimits`.
        """
        limits.setdefault("times", None)
        held = AppliedDeliveryFault(is_held=True)
        self._arm(lambda it: held if questions or not it.is_question else None, limits, holds=True)

    def release(self, order: Order | None = None) -> None:
        """Hold nothing back any more, and send what was held: the next one when one is answered.

        Args:
            order: Returns in which order, such as `reversed`; what it leaves out stays held. None
                keeps the order in which the events came to be.
        """
        self._armed = [armed for armed in self._armed if not armed.holds]
        held = list(self._held.values())
        ids = [sending.id for sending in (held if order is None else order(held))]
        self._held = {sending.id: sending for sending in held if sending.id not in ids}
        self._send(ids)

    def shuffle(self, seed: int = 0) -> None:
        """Release what was held in an order by chance, the same one for the same seed."""
        chance = Random(seed)  # noqa: S311 - it needs to be repeatable, not unpredictable
        self.release(lambda held: chance.sample(held, len(held)))

    def random(
        self,
        rate: float,
        seed: int = 0,
        *,
        kinds: Sequence[str] = KINDS,
        within: float = 0.05,
        **limits: Unpack[DeliveryLimits],
    ) -> None:
        """Hit deliveries by chance, the same ones for the same seed, for ever by default.

        Args:
            rate: Share of the deliveries, from 0 to 1.
            seed: Where chance starts.
            kinds: Names of `KINDS`; one of them is drawn for each hit. At most two answers to one
                event are lost.
            within: The longest delay, in seconds.
            limits: See `DeliveryLimits`.

        Raises:
            ValueError: The rate is no share, or a kind is unknown.
        """
        check_chance(rate, kinds, KINDS)
        limits.setdefault("times", None)
        chance = Random(seed)  # noqa: S311 - it needs to be repeatable, not unpredictable
        lost = Counter[str]()

        def choose(sending: Sending) -> AppliedDeliveryFault | None:
            if chance.random() >= rate:
                return None
            match chance.choice(kinds):
                case "repeat":
                    return AppliedDeliveryFault(copies=1)
                case "delay":
                    return AppliedDeliveryFault(delay=chance.uniform(0, within))
                case _:
                    lost[sending.id] += 1
                    is_lost = lost[sending.id] <= 2
                    return AppliedDeliveryFault(loses_answer=True) if is_lost else None

        self._arm(choose, limits)

    def clear(self) -> None:
        """Take back all orders, and send what was held."""
        self._armed.clear()
        self.release()

    def forget(self) -> None:
        """Take back all orders, and drop what was held: the events are gone."""
        self._armed.clear()
        self._held.clear()

    def apply(self, sending: Sending) -> AppliedDeliveryFault:
        """Return what becomes of a sending, and count it off. One that is held is kept here."""
        if not self._armed:
            return AppliedDeliveryFault()
        hits = [hit for armed in self._armed if (hit := armed.hit(sending)) is not None]
        applied = AppliedDeliveryFault(
            delay=sum(hit.delay for hit in hits),
            copies=sum(hit.copies for hit in hits),
            loses_answer=any(hit.loses_answer for hit in hits),
            is_held=any(hit.is_held for hit in hits),
        )
        self._armed = [armed for armed in self._armed if armed.left != 0]
        if applied.is_held:
            self._held[sending.id] = sending
        return applied

    def _arm(self, choose: Choose, limits: DeliveryLimits, *, holds: bool = False) -> None:
        left = check_times(limits.get("times", 1), "deliveries")
        self._armed.append(_ArmedFault(choose, left, limits.get("event"), holds))


@attrs.define
class _ArmedFault:
    """A fault that waits for its deliveries; `left` is None when it never wears off."""

    choose: Choose
    left: int | None
    event: str | None
    holds: bool

    def hit(self, sending: Sending) -> AppliedDeliveryFault | None:
        applied = self.choose(sending) if fits_pattern(self.event, sending.event) else None
        if applied is not None and self.left is not None:
            self.left -= 1
        return applied
