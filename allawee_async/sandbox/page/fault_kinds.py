"""The faults that the page can order, and how it tells of those to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

from allawee_async.sandbox.faults.kinds import GATEWAY_PAGE, Hang, Latency, StatusFault
from allawee_async.sandbox.page.texts import counted, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.sandbox.faults.plan import FaultLimits, Faults, Pending

FaultOrder: TypeAlias = "Callable[[Faults, FaultOptions], None]"


@attrs.frozen
class FaultOptions:
    """What somebody wants besides the kind of fault.

    Attributes:
        limits: Which requests it hits.
        seconds: How long a delay is.
        after_effect: Whether the request is carried out first, where there is a choice.
    """

    limits: FaultLimits
    seconds: float = 0.0
    after_effect: bool = False


@attrs.frozen
class FaultChoice:
    """A fault to choose: what people call it, and how it is ordered."""

    label: str
    order: FaultOrder


def _status(code: int, label: str, **headers: str) -> FaultChoice:
    body = GATEWAY_PAGE if code in (502, 504) else None
    told = {name.replace("_", "-"): value for name, value in headers.items()}

    def order(faults: Faults, options: FaultOptions) -> None:
        faults.status(
            code, headers=told, body=body, after_effect=options.after_effect, **options.limits
        )

    return FaultChoice(f"{code} {label}", order)


FAULT_CHOICES: dict[str, FaultChoice] = {
    "503": _status(503, "Service Unavailable"),
    "429": _status(429, "Too Many Requests, try again in 1 s", Retry_After="1"),
    "500": _status(500, "Internal Server Error"),
    "502": _status(502, "Bad Gateway, a page of HTML"),
    "504": _status(504, "Gateway Timeout, a page of HTML"),
    "401": _status(401, "Unauthorized"),
    "403": _status(403, "Forbidden"),
    "404": _status(404, "Not Found"),
    "delay": FaultChoice(
        "A delay", lambda faults, options: faults.latency(options.seconds, **options.limits)
    ),
    "hang": FaultChoice(
        "No answer, for ever",
        lambda faults, options: faults.hang(after_effect=options.after_effect, **options.limits),
    ),
    "reset": FaultChoice(
        "The connection is reset",
        lambda faults, options: faults.reset(after_effect=options.after_effect, **options.limits),
    ),
    "cut-body": FaultChoice(
        "The answer is cut off", lambda faults, options: faults.cut_body(**options.limits)
    ),
    "cut-json": FaultChoice(
        "Half of the JSON", lambda faults, options: faults.cut_json(**options.limits)
    ),
    "garbage": FaultChoice(
        "200 with a page of HTML", lambda faults, options: faults.garbage(**options.limits)
    ),
}
"""The faults by the value that a form sends; the most usual one first."""


def told_of(pending: Pending) -> str:
    """Return in words what a fault will do, and to which requests."""
    fault = pending.fault
    what = "a fault by chance" if fault is None else fault.name
    if isinstance(fault, Latency) and not callable(fault.seconds):
        what = f"delay of {fault.seconds:g} s"
    if isinstance(fault, StatusFault | Hang) and fault.after_effect:
        what += " after effect"
    where = " ".join(part for part in (pending.method, short(pending.path)) if part)
    return f"{what}: {_many(pending.left)}{f', {where}' if where else ''}"


def _many(left: int | None) -> str:
    if left is None:
        return "all requests"
    return "the next request" if left == 1 else f"the next {counted(left, 'request')}"
