"""The sandbox from a terminal of the same computer: its requests and faults as JSON. Pure.

A web page cannot send the header of such a request without asking first, and is not let.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from allawee_async.sandbox.core.values import to_timestamp
from allawee_async.sandbox.faults.kinds import CHOICES
from allawee_async.sandbox.page.actions import WrongInputError, clear_faults, fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.sandbox.core.values import JsonObject
    from allawee_async.sandbox.http.request_log import LoggedRequest
    from allawee_async.sandbox.page.actions import ActionContext

HEADER: Final = "Sandbox-Control"
"""The header that a request for this has, with any value."""

PREFIX: Final = "control/"
"""What its addresses begin with, behind that of the page."""

_ACTIONS: Final = {"faults": fault, "faults/clear": clear_faults}


def controlled(
    context: ActionContext, method: str, name: str, form: Mapping[str, str]
) -> tuple[int, JsonObject]:
    """Return the status and the answer to a request.

    Args:
        context: What is looked at and worked on.
        method: GET to look, POST to do.
        name: `requests`, `faults` or `faults/clear`.
        form: The fields that an action of the page takes, or `count`.
    """
    if method == "POST" and name in _ACTIONS:
        try:
            return 200, {"told": _ACTIONS[name](context, form).text}
        except WrongInputError as error:
            return 400, {"told": f"{error} Known: {', '.join(CHOICES)}."}
    if method == "GET" and name == "requests":
        count = form.get("count", "")
        latest = context.adapter.log.latest(int(count) if count.isdecimal() else 20)
        return 200, {"requests": [_request(entry) for entry in reversed(latest)]}
    if method == "GET" and name == "faults":
        return 200, {"faults": [{"fault": str(one)} for one in context.adapter.faults.pending()]}
    return 404, {"told": "There is no such thing."}


def _request(entry: LoggedRequest) -> JsonObject:
    return {
        "at": to_timestamp(entry.at),
        "host": entry.host,
        "method": entry.method,
        "path": entry.path,
        "query": "&".join(f"{name}={value}" for name, value in entry.query),
        "status": entry.status,
        "seconds": entry.seconds,
        "faults": [*entry.faults],
        "requestId": entry.request_id,
    }
