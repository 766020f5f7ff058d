"""Customers: persons and businesses, as the documents show them and as a caller writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from allawee_async.codec.converter import from_dict, to_dict
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
from allawee_async.models.customers import NO_CLAIMS
from tests.support.samples import documented_claims, sample
from tests.support.strategies import COMPLETE

ADEKUNLE = Customer(
    id="cus.2tXNjMhytgx7hCxu9",
    name="Ciroma C Adekunle",
    type=CustomerType.INDIVIDUAL,
    status=CustomerStatus.ACTIVE,
    claims=Claims(
        individual_information=IndividualInformation(
            first_name="Ciroma",
            middle_name="Chukwuma",
            last_name="Adekunle",
            title="Mr",
            gender=Gender.MALE,
            email="ciroma@gmail.com",
            phone_number="+2349154109234",
            date_of_birth=date(1997, 2, 13),
            nationality_code="NG",
        ),
        individual_address=Address(
            city="Yaba",
            state="NG-LA",
            country_code="NG",
            address_line_one="100 herbert macaulay road",
            address_line_two="",
            postal_code="11041",
        ),
        individual_identity=Identity(type=IdentityType.BVN, id="22489035167", issuing_country="NG"),
    ),
    verifications=(Verification(type=VerificationTier.TIER_3, status=VerificationStatus.VERIFIED),),
    metadata={"userId": 2345},
    created_at=datetime(2023, 3, 14, 23, 21, 12, 882000, UTC),
    updated_at=datetime(2023, 3, 16, 2, 3, 49, 738000, UTC),
    object="customer",
)


def test_the_documented_customer_is_exactly_this() -> None:
    assert from_dict(Customer, sample("customers.get.response")["data"]) == ADEKUNLE


def test_the_second_customer_of_the_list_has_no_second_address_line() -> None:
    second = from_dict(Customer, sample("customers.list.response")["data"][1])

    assert second.claims.individual_address is not None
    assert second.claims.individual_address.address_line_two is None
    assert second.metadata == {"userId": "1234"}


def test_a_business_is_read() -> None:
    claims = from_dict(Claims, documented_claims()["customers.create.business.request.json"])

    assert claims == Claims(
        business_information=BusinessInformation(
            registration_name="Good Mill Ltd",
            phone_number="+2348123456789",
            email="goodmill@gmail.com",
        ),
        business_identity=Identity(
            type="cac",
            id="A015BVP13Z",
            url="https://example.com/document.png",
            issuing_country="NG",
        ),
        business_directors=("string",),
        business_address=Address(
            city="Yaba",
            state="Lagos",
            country_code="NG",
            address_line_one="No 10, Adekunle Close",
            address_line_two="Off Ciroma Rd",
        ),
    )
    assert claims.individual_information is None


def test_a_caller_writes_claims_with_plain_texts() -> None:
    claims = Claims(
        individual_information=IndividualInformation(
            first_name="Ada", gender="F", date_of_birth=date(1997, 2, 3)
        ),
        individual_identity=Identity(type="bvn", id="22489035167", issuing_country="NG"),
        business_directors=["Ada Obi"],
    )

    assert to_dict(claims) == {
        "individualInformation": {"firstName": "Ada", "gender": "F", "dateOfBirth": "1997-02-03"},
        "individualIdentity": {"type": "bvn", "id": "22489035167", "issuingCountry": "NG"},
        "businessDirectors": ["Ada Obi"],
    }


@pytest.mark.parametrize("missing", ["id", "name", "type", "status", "created_at", "updated_at"])
def test_a_customer_must_have_what_every_document_shows(missing: str) -> None:
    arguments: dict[str, Any] = {
        "id": "cus.1",
        "name": "Ada",
        "type": CustomerType.INDIVIDUAL,
        "status": CustomerStatus.ACTIVE,
        "created_at": COMPLETE.created_at,
        "updated_at": COMPLETE.updated_at,
    }
    del arguments[missing]

    with pytest.raises(TypeError, match=missing):
        Customer(**arguments)


def test_everything_else_may_be_absent() -> None:
    assert to_dict(COMPLETE) == {
        "id": "cus.1",
        "name": "Ada Obi",
        "type": "individual",
        "status": "active",
        "createdAt": "2024-01-01T00:00:00.000Z",
        "updatedAt": "2024-01-02T00:00:00.000Z",
    }
    assert COMPLETE.claims is NO_CLAIMS
    assert COMPLETE.verifications is None
    assert COMPLETE.metadata is None


@pytest.mark.parametrize("status", ["active", "inactive", "blocked"])
def test_a_state_is_compared_to_its_text(status: str) -> None:
    document = sample("customers.get.response")["data"] | {"status": status}

    assert from_dict(Customer, document).status == status


def test_customers_go_into_sets_whatever_their_metadata() -> None:
    first = from_dict(Customer, sample("customers.get.response")["data"])
    second = from_dict(
        Customer, sample("customers.get.response")["data"] | {"metadata": {"a": [1]}}
    )

    assert first != second
    assert len({first, second, ADEKUNLE}) == 2
