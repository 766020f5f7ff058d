"""An async, typed client for the Allawee API (now also "Paystack Issuing").

    async with AllaweeClient("sk.test.…") as allawee:
        async for customer in allawee.customers.list():
            print(customer.id, customer.name)

Names are loaded when they are first used, so that a program that needs only models, errors or
signatures does not pay for an HTTP client.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from allawee_async.version import __version__

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient
    from allawee_async.converter import from_dict, to_dict
    from allawee_async.errors import (
        AllaweeError,
        APIError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        DecodeError,
        NotFoundError,
        PaginationError,
        PermissionDeniedError,
        RateLimitError,
        RequestAccepted,
        RequestFailedError,
        RequestTimeoutError,
        ServerError,
        SignatureError,
        TransportError,
        UnprocessableEntityError,
    )
    from allawee_async.models import (
        Address,
        BusinessInformation,
        Claims,
        Customer,
        CustomerStatus,
        CustomerType,
        Gender,
        Identity,
        IdentityType,
        IndividualInformation,
        Verification,
        VerificationStatus,
        VerificationTier,
    )
    from allawee_async.pagination import AsyncPager, Page
    from allawee_async.query import F
    from allawee_async.retry import Attempt, RetryPolicy
    from allawee_async.session import RetryEvent
    from allawee_async.wire import Reply

__all__ = [
    "APIError",
    "Address",
    "AllaweeClient",
    "AllaweeError",
    "AsyncPager",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "BusinessInformation",
    "Claims",
    "ConfigurationError",
    "ConflictError",
    "Customer",
    "CustomerStatus",
    "CustomerType",
    "DecodeError",
    "F",
    "Gender",
    "Identity",
    "IdentityType",
    "IndividualInformation",
    "NotFoundError",
    "Page",
    "PaginationError",
    "PermissionDeniedError",
    "RateLimitError",
    "Reply",
    "RequestAccepted",
    "RequestFailedError",
    "RequestTimeoutError",
    "RetryEvent",
    "RetryPolicy",
    "ServerError",
    "SignatureError",
    "TransportError",
    "UnprocessableEntityError",
    "Verification",
    "VerificationStatus",
    "VerificationTier",
    "__version__",
    "from_dict",
    "to_dict",
]

_ROOM_OF = {
    "AllaweeClient": "client",
    "AsyncPager": "pagination",
    "Attempt": "retry",
    "F": "query",
    "Page": "pagination",
    "Reply": "wire",
    "RetryEvent": "session",
    "RetryPolicy": "retry",
    "from_dict": "converter",
    "to_dict": "converter",
}


def __getattr__(name: str) -> object:
    """Load a public name from its room (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    errors = import_module("allawee_async.errors")
    room = _ROOM_OF.get(name) or ("errors" if hasattr(errors, name) else "models")
    value: object = getattr(import_module(f"allawee_async.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
