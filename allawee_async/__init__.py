"""An async, typed client for the Allawee API (now also "Paystack Issuing").

    async with AllaweeClient("sk.test.…") as allawee:
        async for customer in allawee.customers.list():
            print(customer.id, customer.name)

Names are loaded when they are first used, so that a program that needs only models, errors or
signatures does not pay for an HTTP client.
"""

from typing import TYPE_CHECKING

from allawee_async.lazy import lazy_names
from allawee_async.version import __version__

if TYPE_CHECKING:
    from allawee_async.calls import RetryEvent
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
    from allawee_async.pages import Page
    from allawee_async.pagination import AsyncPager
    from allawee_async.query import F
    from allawee_async.replies import Reply
    from allawee_async.retry import Attempt, RetryPolicy

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

_ROOMS = {
    "calls": ["RetryEvent"],
    "client": ["AllaweeClient"],
    "converter": ["from_dict", "to_dict"],
    "pages": ["Page"],
    "pagination": ["AsyncPager"],
    "query": ["F"],
    "retry": ["Attempt", "RetryPolicy"],
    "replies": ["Reply"],
    "errors": [
        "APIError",
        "AllaweeError",
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
    ],
    "models": [
        "Address",
        "BusinessInformation",
        "Claims",
        "Customer",
        "CustomerStatus",
        "CustomerType",
        "Gender",
        "Identity",
        "IdentityType",
        "IndividualInformation",
        "Verification",
        "VerificationStatus",
        "VerificationTier",
    ],
}

__getattr__, __dir__ = lazy_names(
    globals(), {name: room for room, names in _ROOMS.items() for name in names}
)
