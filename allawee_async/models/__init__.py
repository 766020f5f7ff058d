"""The models: what the API's objects look like in Python. One file for each noun."""

from typing import TYPE_CHECKING

from allawee_async.lazy import lazy_names

if TYPE_CHECKING:
    from allawee_async.models.common import Address, Model, OpenEnum
    from allawee_async.models.customers import (
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

__all__ = [
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
    "Model",
    "OpenEnum",
    "Verification",
    "VerificationStatus",
    "VerificationTier",
]

_ROOMS = {
    "common": ["Address", "Model", "OpenEnum"],
    "customers": [
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
