"""Generated customers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.seed.people import make_customers


def people(count: int | None, seed: int = 1) -> list[Any]:
    return list(make_customers(count, seed))


def test_without_a_number_there_are_the_two_of_the_documents() -> None:
    assert [person["id"] for person in people(None)] == [
        "cus.2tVZh8GkvSJu6xgRJ",
        "cus.2tXNjMhytgx7hCxu9",
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_there_are_exactly_so_many(count: int) -> None:
    assert len(people(count)) == len(Sandbox(customers=count).state.customers) == count


def test_one_is_the_first_of_the_documents() -> None:
    assert people(1)[0]["name"] == "Ciroma C Adekunle"


def test_the_same_seed_gives_the_same_customers_and_another_seed_others() -> None:
    assert people(200, 5) == people(200, 5)
    assert people(200, 5)[2:] != people(200, 6)[2:]


@pytest.mark.parametrize("field", ["id", "reference", "createdAt"])
def test_what_must_be_distinct_is(field: str) -> None:
    values = [person[field] for person in people(3000)]

    assert len(set(values)) == len(values)


def test_identity_numbers_and_phones_are_distinct() -> None:
    claims = [person["claims"] for person in people(3000)[2:]]
    persons = [claim for claim in claims if "individualIdentity" in claim]

    assert len({claim["individualIdentity"]["id"] for claim in persons}) == len(persons)
    assert len({claim["individualInformation"]["phoneNumber"] for claim in persons}) == len(persons)


def test_all_kinds_occur() -> None:
    everyone = people(1000)

    assert {person["type"] for person in everyone} == {"individual", "business"}
    assert {person["status"] for person in everyone} == {"active", "inactive", "blocked"}
    assert {check["type"] for person in everyone for check in person["verifications"]} == {
        "tier-1",
        "tier-2",
        "tier-3",
    }
    assert {type(person["metadata"]["userId"]) for person in everyone} == {int, str}
    assert any(person["createdAt"] != person["updatedAt"] for person in everyone)


def test_generated_customers_have_the_fields_of_the_documented_ones() -> None:
    documented = people(None)[1]
    for person in people(300)[2:]:
        assert list(person) == list(documented)
        assert json.loads(json.dumps(person)) == person
        assert person["object"] == "customer"
        if person["type"] == "individual":
            for section, fields in documented["claims"].items():
                assert list(person["claims"][section]) == list(fields)
        else:
            assert person["claims"].keys() == {
                "businessInformation",
                "businessIdentity",
                "businessDirectors",
                "businessAddress",
            }


def test_generated_customers_are_plausible() -> None:
    timestamp = re.compile(r"202[2-6]-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    for person in people(500)[2:]:
        assert timestamp.fullmatch(person["createdAt"])
        assert timestamp.fullmatch(person["updatedAt"])
        assert person["createdAt"] <= person["updatedAt"]
        claims = person["claims"]
        address = claims.get("individualAddress") or claims["businessAddress"]
        assert re.fullmatch(r"NG-[A-Z]{2}", address["state"])
        information = claims.get("individualInformation") or claims["businessInformation"]
        assert re.fullmatch(r"\+234\d{10}", information["phoneNumber"])
        if person["type"] == "individual":
            assert re.fullmatch(r"22\d{9}", claims["individualIdentity"]["id"])
            assert re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", information["dateOfBirth"])
