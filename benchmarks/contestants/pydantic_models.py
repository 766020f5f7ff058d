"""The customer as one writes it by hand in pydantic: camelCase by rule, unknown fields kept."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel


def _unpadded_date(value: Any) -> Any:
    """Allawee writes `1997-2-13`, which pydantic refuses."""
    return date(*map(int, value.split("-"))) if isinstance(value, str) else value


BirthDate = Annotated[date, BeforeValidator(_unpadded_date)]


class Document(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="allow", frozen=True)


class IndividualInformation(Document):
    first_name: str
    last_name: str
    middle_name: str | None = None
    email: str
    phone_number: str
    title: str
    gender: str
    date_of_birth: BirthDate
    nationality_code: str


class Address(Document):
    city: str
    state: str
    country_code: str
    address_line_one: str
    address_line_two: str | None = None
    postal_code: str | None = None


class Identity(Document):
    type: str
    id: str
    issuing_country: str


class Claims(Document):
    individual_information: IndividualInformation | None = None
    individual_address: Address | None = None
    individual_identity: Identity | None = None


class Verification(Document):
    type: str
    status: str


class Customer(Document):
    id: str
    object: str
    name: str
    type: str
    status: str
    claims: Claims
    verifications: list[Verification]
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class PageMetadata(Document):
    has_more: bool


class CustomerReply(Document):
    code: str
    data: Customer


class PageReply(Document):
    code: str
    data: list[Customer]
    metadata: PageMetadata
