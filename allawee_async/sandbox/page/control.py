"""The sandbox from a terminal of the same computer: its requests and faults as JSON. Pure.

Each address is that of the page with `PREFIX` and a name behind it, each request has the header
`HEADER`. What is done is sent as a form, what comes back is an object of JSON; its `told` is a
sentence for people, and the only thing in it if the status is 400 or 404.

| | Takes | Answers |
|---|---|---|
| `GET requests` | `count` (20), `bodies` (`yes` for those of requests and answers) | `requests`, oldest first, as `_request` writes them |
| `GET faults` | | `faults` to come, as `_fault` writes them, and the `kinds` that can be ordered, each with its label |
| `POST faults` | the fields of the page's form: `kind`, `times` (0 for all), `method`, `path`, `seconds`, `after` (`yes`) | `told` |
| `POST faults/clear` | | `told` |

A web page cannot send the header of such a request without asking first, and is not let: there is
nothing here for a request that a browser sends, and the page's own rules hold besides.
"""  # noqa: E501 - the rows of a table

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allawee_async.sandbox.core.values import JsonObject, to_timestamp
from allawee_async.sandbox.faults.kinds import CHOICES
from allawee_async.sandbox.faults.plan import PendingFault
from allawee_async.sandbox.http.request_log import LoggedRequest
from allawee_async.sandbox.page.actions import ActionContext, WrongInputError, clear_faults, fault
from allawee_async.sandbox.page.texts import whole_number

HEADER: Final = "Sandbox-Control"
"""The header that a request for this has, with any value."""

PREFIX: Final = "control/"
"""What its addresses begin with, behind that of the page."""


def controlled(
    context: ActionContext, method: str, name: str, form: Mapping[str, str]
) -> tuple[int, JsonObject]:
    """Return the status and the answer to a request.

    Args:
        context: What is looked at and worked on.
        method: GET to look, POST to do.
        name: `requests`, `faults` or `faults/clear`.
        form: The fields of the query and of the form.
    """
    match method, name:
        case "POST", "faults" | "faults/clear":
            act = fault if name == "faults" else clear_faults
            try:
                return 200, {"told": act(context, form).text}
            except WrongInputError as error:
                return 400, {"told": f"{error} Known: {', '.join(CHOICES)}."}
        case "GET", "requests":
            bodies = form.get("bodies") == "yes"
            latest = context.adapter.log.latest(whole_number(form.get("count", ""), 20))
            return 200, {"requests": [_request(entry, bodies=bodies) for entry in latest[::-1]]}
        case "GET", "faults":
            pending = context.adapter.faults.pending()
            kinds: JsonObject = {name: choice.label for name, choice in CHOICES.items()}
            return 200, {"faults": [*map(_fault, pending)], "kinds": kinds}
        case _:
            return 404, {"told": "There is no such thing."}


def _request(entry: LoggedRequest, *, bodies: bool) -> JsonObject:
    """Return a request as JSON; bodies are texts without secrets, null if there are none."""
    shown: JsonObject = {"body": entry.body, "answer": entry.answer} if bodies else {}
    return {
        "at": to_timestamp(entry.at),
        "host": entry.host,
        "method": entry.method,
        "path": entry.path.encode(errors="replace").decode(),
        "query": "&".join(f"{name}={value}" for name, value in entry.query),
        "status": entry.status,
        "seconds": entry.seconds,
        "faults": [*entry.faults],
        "requestId": entry.request_id,
        **shown,
    }


def _fault(pending: PendingFault) -> JsonObject:
    """Return a fault to come as JSON: in words, and what it hits; null is any, and for ever."""
    return {
        "fault": str(pending),
        "left": pending.left,
        "method": pending.method,
        "path": pending.path,
    }
