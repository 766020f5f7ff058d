"""Customers: each verb sends exactly what the documents show, and reads what they show."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from allawee_async import (
    Address,
    AllaweeClient,
    BadRequestError,
    BusinessInformation,
    Claims,
    ConfigurationError,
    ConflictError,
    Customer,
    CustomerType,
    F,
    Gender,
    Identity,
    IdentityType,
    IndividualInformation,
    NotFoundError,
    VerificationTier,
    from_dict,
    to_dict,
)
from allawee_async.sandbox import Sandbox
from tests.support.raw_server import RawServer, answers, one
from tests.support.samples import full_customer

KEY = "sk.test.canary"
SAMPLES = Path(__file__).parents[1] / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


INDIVIDUAL = sample("customers.create.individual.request")
BUSINESS = sample("customers.create.business.request")
UPDATE = sample("customers.update.request")

INDIVIDUAL_CLAIMS = Claims(
    individual_information=IndividualInformation(
        title="string",
        gender=Gender.MALE,
        nationality_code="NG",
        first_name="string",
        middle_name="string",
        last_name="string",
        phone_number="+2348123456789",
        email="customer@example.com",
        extra={"dateOfBirth": "string"},  # what the documents show is no date
    ),
    individual_address=Address(
        city="Yaba",
        state="NG-LA",
        country_code="NG",
        address_line_one="No 10, Adekunle Close",
        address_line_two="Off Ciroma Rd",
    ),
    individual_identity=Identity(
        type=IdentityType.BVN,
        id="A015BVP13Z",
        url="https://example.com/document.png",
        issuing_country="NG",
    ),
)
BUSINESS_CLAIMS = Claims(
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
    business_directors=["string"],
    business_address=Address(
        city="Yaba",
        state="Lagos",
        country_code="NG",
        address_line_one="No 10, Adekunle Close",
        address_line_two="Off Ciroma Rd",
    ),
)


@pytest.mark.parametrize(
    ("body", "claims"),
    [
        (INDIVIDUAL, INDIVIDUAL["claims"]),
        (INDIVIDUAL, INDIVIDUAL_CLAIMS),
        (BUSINESS, BUSINESS["claims"]),
        (BUSINESS, BUSINESS_CLAIMS),
    ],
    ids=["individual mapping", "individual objects", "business mapping", "business objects"],
)
@pytest.mark.parametrize("verb", ["create", "update"])
async def test_writing_a_customer_sends_the_documented_body(
    verb: str, body: dict[str, Any], claims: Any
) -> None:
    fields = {**body, "claims": claims, "type": CustomerType(body["type"])}
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        if verb == "create":
            await allawee.customers.create(**fields)
        else:
            await allawee.customers.update("cus.1", **fields)

    (request,) = server.requests
    assert request.json == body
    assert request.headers["content-type"] == "application/json"
    assert (request.method, request.target) == (
        ("POST", "/customers") if verb == "create" else ("PUT", "/customers/cus.1")
    )


async def test_what_is_not_given_is_not_sent() -> None:
    fields: dict[str, Any] = {"name": "a", "reference": "b", "type": "individual", "claims": {}}
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        await allawee.customers.create(**fields)
        await allawee.customers.update("cus.1", **fields, metadata={}, verifications=())

    assert server.requests[0].json == fields
    assert server.requests[1].json == {**fields, "metadata": {}, "verifications": []}


async def test_verifications_are_sent_as_tiers_even_if_they_are_objects() -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        fields: dict[str, Any] = {"name": "Ada", "reference": "r", "type": "individual"}
        for verifications in (
            customer_with("tier-1", "tier-2").verifications,
            [{"type": "tier-1", "status": "verified"}, {"type": "tier-2"}],
            ("tier-1", "tier-2"),
        ):
            await allawee.customers.create(**fields, claims={}, verifications=verifications)

    for request in server.requests:
        assert request.json["verifications"] == ["tier-1", "tier-2"]


def customer_with(*tiers: str) -> Customer:
    shown = [{"type": tier, "status": "verified"} for tier in tiers]
    return from_dict(Customer, {**full_customer(), "verifications": shown})


async def test_a_date_and_enumerated_values_go_out_as_the_api_writes_them() -> None:
    born = IndividualInformation(first_name="Ada", date_of_birth=date(1997, 2, 3))
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        await allawee.customers.create(
            name="Ada",
            reference="r",
            type=CustomerType.INDIVIDUAL,
            claims=Claims(individual_information=born),
            verifications=[VerificationTier.TIER_1, "tier-9"],
            metadata={"when": date(2024, 1, 2), "deep": {"tier": VerificationTier.TIER_2}},
        )

    sent = server.requests[0].json
    assert sent["claims"] == {
        "individualInformation": {"firstName": "Ada", "dateOfBirth": "1997-02-03"}
    }
    assert sent["verifications"] == ["tier-1", "tier-9"]
    assert sent["metadata"] == {"when": "2024-01-02", "deep": {"tier": "tier-2"}}


async def test_what_json_cannot_hold_is_refused_before_anything_is_sent() -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        with pytest.raises(ConfigurationError):
            await allawee.customers.create(
                name="a", reference="b", type="individual", claims={}, metadata={"x": object()}
            )
    assert server.connections == 0


@pytest.mark.parametrize("verb", ["create", "get", "update"])
async def test_the_documented_answer_is_read_whole(verb: str) -> None:
    body = sample(f"customers.{verb}.response")
    async with RawServer(answers(body)) as server, AllaweeClient(KEY, base_url=server.url) as it:
        if verb == "create":
            read = await it.customers.create(**INDIVIDUAL)
        elif verb == "get":
            read = await it.customers.get("cus.2tXNjMhytgx7hCxu9")
        else:
            read = await it.customers.update("cus.2tXNjMhytgx7hCxu9", **UPDATE)

    assert isinstance(read, Customer)
    assert read == from_dict(Customer, body["data"])
    assert read.claims.individual_information is not None
    assert read.claims.individual_information.date_of_birth == date(1997, 2, 13)
    assert not read.extra
    written = to_dict(read)
    written["claims"]["individualInformation"]["dateOfBirth"] = "1997-2-13"  # type: ignore[index,call-overload]
    assert written == body["data"]


async def test_the_documented_list_is_read_whole() -> None:
    body = sample("customers.list.response")
    async with RawServer(answers(body)) as server, AllaweeClient(KEY, base_url=server.url) as it:
        page = await it.customers.list(limit=2)

    assert server.requests[0].target == "/customers?limit=2"
    assert [each.id for each in page.items] == ["cus.2tXNjMhytgx7hCxu9", "cus.2tVZh8GkvSJu6xgRJ"]
    assert not page.has_more


async def test_get_sends_one_request_to_the_documented_path() -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        await allawee.customers.get("cus.1")

    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/customers/cus.1")
    assert request.body == b""


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"individual_information": {}}, "claims.individual_information is claims.individualInfo"),
        (
            {"individualInformation": {"first_name": "Ada"}},
            r"firstName in a mapping, which .*; IndividualInformation\(first_name=…\)",
        ),
        ({"individualInformation": {"nick_name": "Ada"}, "own_field": 1}, None),
    ],
)
async def test_a_mapping_has_the_names_of_the_api(claims: Any, told: str | None) -> None:
    fields: Any = {"name": "Ada", "reference": "user-1", "type": "individual", "claims": claims}
    body = one(reference="user-1")
    async with RawServer(answers(body)) as server, AllaweeClient(KEY, base_url=server.url) as it:
        if told is None:
            await it.customers.create(**fields)
        else:
            with pytest.raises(ConfigurationError, match=told):
                await it.customers.create(**fields)

    assert len(server.requests) == (told is None)


async def test_unknown_fields_and_values_are_kept_at_every_depth() -> None:
    body = one(
        status="frozen",
        favouriteColour="blue",
        claims={"individualAddress": {"city": "Yaba", "planet": "Earth"}},
    )
    async with RawServer(answers(body)) as server, AllaweeClient(KEY, base_url=server.url) as it:
        read = await it.customers.get("cus.1")

    assert read.status == "frozen"
    assert read.extra == {"favouriteColour": "blue"}
    assert read.claims.individual_address is not None
    assert read.claims.individual_address.extra == {"planet": "Earth"}
    assert to_dict(read) == body["data"]


# Against the sandbox


async def test_a_customer_lives_through_all_verbs(allawee: AllaweeClient) -> None:
    made = await allawee.customers.create(
        name="Ada Obi",
        reference="ada-1",
        type="individual",
        claims=Claims(
            individual_information=IndividualInformation(first_name="Ada", last_name="Obi")
        ),
        verifications=["tier-1"],
        metadata={"userId": 7},
    )
    assert made.type == CustomerType.INDIVIDUAL
    assert await allawee.customers.get(made.id) == made
    assert await allawee.customers.find(reference="ada-1") == made
    assert await allawee.customers.list(limit=1).first() == made
    assert await allawee.customers.list(filter=F["metadata.userId"] == 7).to_list() == [made]

    changed = await allawee.customers.update(
        made.id,
        name="Ada N Obi",
        reference="ada-1",
        type=made.type,
        claims=made.claims,
        verifications=["tier-2"],
        metadata={},
    )
    assert (changed.id, changed.name, changed.created_at) == (made.id, "Ada N Obi", made.created_at)
    assert await allawee.customers.get(made.id) == changed


async def test_a_reference_in_use_is_a_conflict(allawee: AllaweeClient) -> None:
    fields: dict[str, Any] = {
        "name": "Ada",
        "reference": "documented-1",
        "type": "individual",
        "claims": {"individualInformation": {"firstName": "A", "lastName": "B"}},
        "verifications": [],
        "metadata": {},
    }
    with pytest.raises(ConflictError):
        await allawee.customers.create(**fields)


async def test_invalid_fields_are_told_one_by_one(allawee: AllaweeClient, sandbox: Sandbox) -> None:
    with pytest.raises(BadRequestError) as caught:
        await allawee.customers.create(name="", reference="", type="robot", claims={})

    assert len(caught.value.details) >= 3
    assert all(detail in str(caught.value) for detail in caught.value.details)
    assert len(sandbox.requests) == 1


async def test_an_unknown_id_is_not_found(allawee: AllaweeClient) -> None:
    with pytest.raises(NotFoundError) as caught:
        await allawee.customers.get("cus.unknown")
    assert caught.value.path == "/customers/cus.unknown"
    with pytest.raises(NotFoundError):
        await allawee.customers.update("cus.unknown", **INDIVIDUAL)
