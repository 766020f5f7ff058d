"""Requests: the API's own records of calls, of those that it queued above all."""

from datetime import datetime
from typing import Annotated

import attrs

from allawee_async.models.base import Model, OpenEnum, known, model
from allawee_async.types import SECRET, JSONValue

__all__ = ["RequestAttempt", "RequestRecord", "RequestSource", "RequestStatus"]


class RequestStatus(OpenEnum):
    """How far the API has come with a request.

    `completed` means processed, successfully or not: the last attempt tells.
    """

    PENDING = known("pending")
    COMPLETED = known("completed")
    CANCELLED = known("cancelled")


@model(kw_only=True)
class RequestAttempt(Model):
    """One attempt of the API to process a request; the first may be the 202 itself.

    Attributes:
        status_code: The HTTP status; 2xx is a success, 202 is not done yet.
        latency: How long it took, in milliseconds (the documents name no unit).
        response_body: What was answered; `repr` masks it, as it may be anything.
        created_at: When it was made, UTC.
    """

    status_code: int | None = None
    latency: int | float | None = None
    response_body: Annotated[JSONValue, SECRET] | None = None
    created_at: datetime | None = None


@model(kw_only=True)
class RequestSource(Model):
    """Where a request came from."""

    ip_address: str | None = None


@model(kw_only=True)
class RequestRecord(Model):
    """The record of one call of the API.

    Attributes:
        id: The id that the header `x-request-id` told, for instance `req_abc123xyz789`; on the
            wire it is `_id`.
        status: `pending`, `completed` (successfully or not) or `cancelled`.
        path: The path of the call.
        method: The HTTP method of the call.
        api_version: The version that the call ran under.
        attempts: What was tried, oldest first.
        request_body: What was sent; `repr` masks it, as it may hold a card number.
        source: Where the call came from.
        initiator: Who made the call; the documents do not say in which form.
    """

    id: str = attrs.field(metadata={"wire": "_id"})
    status: RequestStatus | None = None
    path: str | None = None
    method: str | None = None
    api_version: str | None = None
    attempts: tuple[RequestAttempt, ...] | None = None
    request_body: Annotated[JSONValue, SECRET] | None = None
    source: RequestSource | None = None
    initiator: JSONValue | None = None
