"""The models: what the API's objects look like in Python."""

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
