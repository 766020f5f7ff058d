"""Everything that this library raises.

AllaweeError
├── ConfigurationError            no key, an unsafe host, a bad option        (also ValueError)
├── TransportError                no usable answer: refused, reset, cut off, DNS, TLS
│   └── RequestTimeoutError       no answer in time                         (also TimeoutError)
├── APIError                      the API answered with an error
│   ├── BadRequestError           400
│   ├── AuthenticationError       401
│   ├── RequestFailedError        402
│   ├── PermissionDeniedError     403
│   ├── NotFoundError             404
│   ├── ConflictError             409
│   ├── UnprocessableEntityError  422
│   ├── RateLimitError            429
│   └── ServerError               5xx
├── RequestAccepted               202: queued by the API, not done yet
├── DecodeError                   a body that is not what the documents say
├── PaginationError               the cursor does not advance
└── SignatureError                a webhook that Allawee did not sign

Every error can be pickled and copied, and no text of an error holds a key, a card number or an
identity number: messages are masked and kept to one line.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from allawee_async.redaction import mask, one_line, printable

if TYPE_CHECKING:
    from allawee_async.types import JSONValue

__all__ = [
    "APIError",
    "AllaweeError",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "DecodeError",
    "NotFoundError",
    "PaginationError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestAccepted",
    "RequestFailedError",
    "RequestTimeoutError",
    "ServerError",
    "SignatureError",
    "TransportError",
    "UnprocessableEntityError",
]


class Attempt(NamedTuple):
    """One attempt of a call.

    Attributes:
        number: 1 for the first.
        status: The HTTP status, or None if there was no answer.
        error: What went wrong in one line, or None. It holds no secrets.
        request_id: The API's id of the request, if it told one.
        elapsed: Seconds that the attempt took.
        pause: Seconds of waiting after it, or None if it was the last.
    """

    number: int
    status: int | None
    error: str | None
    request_id: str | None
    elapsed: float
    pause: float | None


class AllaweeError(Exception):
    """The root of all errors of this library.

    Attributes:
        message: What happened and, where it helps, what to do next.
        attempts: What was tried, oldest first; empty where nothing was sent.
        outcome_unknown: True when a write may have taken effect although no success was seen
            (connection lost after sending, timeout, 5xx on a write). Look the object up, for
            instance by its `reference`, before you send the request again.
        request_id: The API's own id of the request (`x-request-id`), if it told one.
        method: The HTTP method of the call, or `""` outside of one.
    """

    message: str
    attempts: tuple[Attempt, ...] = ()
    outcome_unknown: bool = False
    request_id: str | None = None
    method: str = ""

    def __init__(self, message: str) -> None:
        self.message = one_line(message)
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the message, with what is known beside it."""
        notes = printable(", ".join(self._notes()))
        return f"{self.message} [{notes}]" if notes else self.message

    def _notes(self) -> list[str]:
        notes: list[str] = []
        if self.request_id:
            notes.append(f"request id {self.request_id}")
        if len(self.attempts) > 1:
            notes.append(f"{len(self.attempts)} attempts")
        if self.outcome_unknown:
            notes.append("it may have taken effect: look it up before you send it again")
        return notes


class ConfigurationError(AllaweeError, ValueError):
    """The call cannot be made as asked: no key, an unsafe host, an impossible option."""


class TransportError(AllaweeError):
    """No usable answer came: connection refused, reset or cut off, a DNS or TLS failure.

    Attributes:
        sent: False when the request provably never left; True when it may have arrived.
        final: True when another attempt would end the same way.
    """

    def __init__(self, message: str, *, sent: bool = True, final: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.final = final


class RequestTimeoutError(TransportError, TimeoutError):
    """No answer came in time (`timeout` for one attempt, `deadline` for the whole call)."""


class APIError(AllaweeError):
    """The API answered with an error.

    Attributes:
        status: The HTTP status.
        code: The API's error code (kebab-case), if it sent one.
        message: The API's message; several are joined with `; `.
        details: The API's messages one by one (for instance one for each invalid field).
        path: The path of the request, without the query; what looks like a secret is masked.
        body: The body as it came: parsed JSON, or text. It is never part of `str(error)`.
        retry_after: Seconds that the server asked to wait, or None.
    """

    path: str = ""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str | None = None,
        details: tuple[str, ...] = (),
        request_id: str | None = None,
        body: JSONValue = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = None if code is None else one_line(code)
        self.details = tuple(one_line(detail) for detail in details)
        self.request_id = request_id
        self.body = body
        self.retry_after = retry_after

    def _notes(self) -> list[str]:
        known = [f"HTTP {self.status}"]
        if self.code:
            known.append(f"code {self.code}")
        if self.path:
            known.append(f"{self.method} {mask(self.path)}")
        return known + super()._notes()


class BadRequestError(APIError):
    """400: the request is malformed or invalid; `details` names the fields."""


class AuthenticationError(APIError):
    """401: there is no key, or it is not valid."""


class RequestFailedError(APIError):
    """402: the parameters were fine, and the request failed all the same."""


class PermissionDeniedError(APIError):
    """403: the key lacks the scope for this call."""


class NotFoundError(APIError):
    """404: there is no such resource."""


class ConflictError(APIError):
    """409: the request contradicts the present state, for instance a `reference` in use."""


class UnprocessableEntityError(APIError):
    """422: the request is well formed and makes no sense."""


class RateLimitError(APIError):
    """429: too many requests; `retry_after` tells the seconds to wait, if the server did."""


class ServerError(APIError):
    """5xx: a fault on the server side."""


ERROR_OF_STATUS: Final[Mapping[int, type[APIError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: RequestFailedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
"""The statuses that have a class of their own."""


def error_class(status: int) -> type[APIError]:
    """Return the class for an HTTP status: the status decides it, never the text."""
    fallback = ServerError if 500 <= status <= 599 else APIError
    return ERROR_OF_STATUS.get(status, fallback)


class RequestAccepted(AllaweeError):  # noqa: N818 - a third outcome beside success and error
    """202 `request-accepted`: the API queued the request (GRP) and has not processed it yet.

    `await error.wait()` waits for the outcome. Do not send the request again.

    Attributes:
        status: The HTTP status, 202.
        request_id: The id to follow it by, from the header `x-request-id`.
        code: The code of what went wrong at first (`service-unavailable`).
        body: The body as it came.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str | None = None,
        code: str | None = None,
        body: JSONValue = None,
    ) -> None:
        super().__init__(message)
        self.status = 202
        self.request_id = request_id
        self.code = None if code is None else one_line(code)
        self.body = body
        self._waiter: Callable[[float | None], Awaitable[object]] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the waiter, which belongs to a client of this process."""
        return type(self), self.args, {**vars(self), "_waiter": None}

    def attach(self, waiter: Callable[[float | None], Awaitable[object]]) -> None:
        """Say how to wait for the outcome; the client does so."""
        self._waiter = waiter

    async def wait(self, timeout: float | None = None) -> object:  # noqa: ASYNC109
        """Wait until the API has processed the queued request.

        Asks `GET /requests/:id` with growing pauses.

        Args:
            timeout: Seconds to wait at most; None waits until there is an outcome.

        Returns:
            What the call itself would have returned.

        Raises:
            APIError: The request was processed, and failed.
            AllaweeError: The request was cancelled before it ran.
            RequestTimeoutError: There was no outcome in time.
            ConfigurationError: The API told no request id, or the error comes from another
                process.
        """
        if self._waiter is None:
            raise ConfigurationError(
                "this error is not tied to a client (was it pickled?); "
                f"read GET /requests/{self.request_id} with a client of your own"
            )
        return await self._waiter(timeout)


class DecodeError(AllaweeError):
    """A body is not what the documents say: not JSON, cut off, or of a wrong shape.

    Attributes:
        path: Where, in the wire's names (`data[3].claims.individualInformation.dateOfBirth`).
        body: What was read, as far as it could be; never part of `str(error)`.
        item: The record that could not be read, of a list; never part of `str(error)`.
        cursor: Where to go on behind that record: `list(after=error.cursor)`.
        status: The HTTP status of the reply, or None outside of a call.
    """

    cursor: str | None = None

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        body: JSONValue = None,
        item: JSONValue = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        self.body = body
        self.item = item
        self.status = status
        self.request_id = request_id

    def _notes(self) -> list[str]:
        place = [f"at {one_line(self.path)}"] if self.path else []
        return place + super()._notes()


class PaginationError(AllaweeError):
    """The server answered with a page whose cursor was there before; going on would not end.

    Attributes:
        cursor: The cursor that came twice.
    """

    def __init__(self, message: str, *, cursor: str | None = None) -> None:
        super().__init__(message)
        self.cursor = cursor


class SignatureError(AllaweeError):
    """A webhook delivery carries no signature of Allawee's, or one that does not fit its body."""
