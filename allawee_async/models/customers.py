"""Customers: the persons and businesses that hold cards and accounts."""

from datetime import date, datetime
from typing import Final

from allawee_async.models.base import Model, OpenEnum, known, model
from allawee_async.models.common import Address
from allawee_async.types import JSONObject, Secret, Things

__all__ = ["Claims", "Customer", "Verification"]
__all__ += ["BusinessInformation", "Identity", "IndividualInformation"]
__all__ += ["CustomerStatus", "CustomerType", "Gender", "IdentityType"]
__all__ += ["VerificationStatus", "VerificationTier"]


class CustomerType(OpenEnum):
    """What a customer is."""

    INDIVIDUAL = known("individual")
    BUSINESS = known("business")


class CustomerStatus(OpenEnum):
    """The state of a customer; the documents name one."""

    ACTIVE = known("active")


class VerificationTier(OpenEnum):
    """How far a customer's claims were checked."""

    TIER_1 = known("tier-1")
    TIER_2 = known("tier-2")
    TIER_3 = known("tier-3")


class VerificationStatus(OpenEnum):
    """The outcome of a verification; the documents name one."""

    VERIFIED = known("verified")


class IdentityType(OpenEnum):
    """The kind of an identity number."""

    BVN = known("bvn")
    CAC = known("cac")


class Gender(OpenEnum):
    """A person's gender as the API writes it."""

    FEMALE = known("F")
    MALE = known("M")


@model(kw_only=True)
class IndividualInformation(Model):
    """Who a person is.

    Attributes:
        phone_number: In international form, `+2349154109234`.
        date_of_birth: The API writes it with and without zero padding (`1997-2-13`). A text that is
            no date is kept as it is; of a timestamp the date is taken.
        nationality_code: ISO 3166-1 alpha-2 (`NG`).
    """

    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    gender: Gender | str | None = None
    email: str | None = None
    phone_number: str | None = None
    date_of_birth: date | str | None = None
    nationality_code: str | None = None


@model(kw_only=True)
class BusinessInformation(Model):
    """What a business is.

    Attributes:
        registration_name: The name in the register of companies.
        phone_number: In international form, `+2348123456789`.
        email: Where the business is reached.
    """

    registration_name: str | None = None
    phone_number: str | None = None
    email: str | None = None


@model(kw_only=True)
class Identity(Model):
    """An identity number and who issued it. `repr` masks the number and the document.

    Attributes:
        type: `bvn` for persons, `cac` for businesses, or another.
        id: The number itself.
        issuing_country: ISO 3166-1 alpha-2 (`NG`).
        url: Where a picture of the document is.
    """

    type: IdentityType | str | None = None
    id: Secret | None = None
    issuing_country: str | None = None
    url: Secret | None = None


@model(kw_only=True)
class Claims(Model):
    """What a customer says of itself: persons the first three, businesses the last four.

    Directors are told by their names, or as objects.
    """

    individual_information: IndividualInformation | None = None
    individual_address: Address | None = None
    individual_identity: Identity | None = None
    business_information: BusinessInformation | None = None
    business_identity: Identity | None = None
    business_directors: Things | None = None
    business_address: Address | None = None


NO_CLAIMS: Final = Claims()


@model(kw_only=True)
class Verification(Model):
    """How far one check of a customer's claims has come."""

    type: VerificationTier
    status: VerificationStatus | None = None


@model(kw_only=True)
class Customer(Model):
    """A person or business that holds cards and accounts.

    Attributes:
        id: Opaque, for instance `cus.2tXNjMhytgx7hCxu9`.
        name: The legal or registered name.
        type: `individual` or `business`.
        status: `active`, or a value that the documents do not name.
        claims: Who the customer is; empty if the API sent none.
        verifications: The tiers that were checked.
        metadata: Your own data, as you stored it.
        reference: Your own handle; the documents never show it in a response.
        created_at: When the customer was created, UTC.
        updated_at: When the customer last changed, UTC.
        object: The API's name of the type, `customer`.
    """

    id: str
    name: str
    type: CustomerType
    status: CustomerStatus
    claims: Claims = NO_CLAIMS
    verifications: tuple[Verification, ...] | None = None
    metadata: JSONObject | None = None
    reference: str | None = None
    created_at: datetime
    updated_at: datetime
    object: str | None = None
