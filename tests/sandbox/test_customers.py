"""Customers over HTTP: listed, read, created, replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox
    from tests.sandbox.conftest import Caller

SAMPLES = Path(__file__).parent.parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"customers.{name}.json").read_text(encoding="utf-8"))


async def test_the_list_is_the_documented_one(allawee: Caller) -> None:
    answer = await allawee.get("/customers")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.json == sample("list.response")


async def test_a_single_read_is_the_documented_one_of_another_day(allawee: Caller) -> None:
    documented = sample("get.response")
    answer = await allawee.get("/customers/cus.2tXNjMhytgx7hCxu9")

    changed = {"verifications": [{"type": "tier-2", "status": "verified"}]}
    assert answer.status == 200
    assert answer.json["data"] == documented["data"] | changed | {
        "updatedAt": "2023-03-14T23:21:12.882Z"
    }


async def test_an_unknown_customer_is_not_found(allawee: Caller) -> None:
    answer = await allawee.get("/customers/cus.nobody")

    assert answer.status == 404
    assert answer.json["code"] == "not-found"
    assert "cus.nobody" in answer.json["message"]


async def test_a_created_customer_is_active_and_verified(
    allawee: Caller, new_customer: dict[str, Any]
) -> None:
    answer = await allawee.post(new_customer)

    assert answer.status == 200
    assert answer.json["code"] == "success"
    created = answer.json["data"]
    assert created["id"].startswith("cus.")
    assert created == {
        "name": "Ada Obi",
        "type": "individual",
        "status": "active",
        "claims": new_customer["claims"],
        "verifications": [
            {"type": "tier-1", "status": "verified"},
            {"type": "tier-2", "status": "verified"},
        ],
        "metadata": {"userId": 7, "deep": {"er": [1, None]}},
        "createdAt": "2026-05-01T12:00:01.123Z",
        "updatedAt": "2026-05-01T12:00:01.123Z",
        "id": created["id"],
        "object": "customer",
    }
    assert (await allawee.get(f"/customers/{created['id']}")).json["data"] == created
    assert (await allawee.list(limit="1")).json["data"] == [created]


@pytest.mark.parametrize(
    "name", ["create.individual.request", "create.business.request", "update.request"]
)
async def test_documented_bodies_are_taken(allawee: Caller, name: str) -> None:
    body = sample(name)
    assert body["verifications"] == ["string"]  # a placeholder
    assert (await allawee.post(body | {"verifications": ["tier-3"]})).status == 200


async def test_directors_are_names_or_objects(
    allawee: Caller, new_customer: dict[str, Any]
) -> None:
    new_customer["claims"]["businessDirectors"] = ["Ada Obi", {"firstName": "Obi"}]
    created = (await allawee.post(new_customer)).json["data"]

    assert created["claims"]["businessDirectors"] == ["Ada Obi", {"firstName": "Obi"}]
    new_customer["claims"]["businessDirectors"] = ["", {"firstName": "Obi"}]
    assert (await allawee.put(created["id"], new_customer)).status == 400


async def test_verifications_are_the_three_documented_tiers(
    allawee: Caller, new_customer: dict[str, Any]
) -> None:
    new_customer["verifications"] = ["tier-1", "tier-9"]
    answer = await allawee.post(new_customer)

    assert answer.json["message"] == [
        "each value in verifications must be one of the following values: tier-1, tier-2, tier-3"
    ]


async def test_a_reference_is_stored_and_found_but_not_shown(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any]
) -> None:
    created = (await allawee.post(new_customer)).json["data"]
    found = await allawee.list(filter="reference|eq|ada@example.com")

    assert found.json["data"] == [created]
    assert "reference" not in created
    stored = sandbox.state.customers.get(created["id"])
    assert stored is not None
    assert stored["reference"] == "ada@example.com"


async def test_a_reference_is_taken_once(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any]
) -> None:
    await allawee.post(new_customer)
    answer = await allawee.post(new_customer | {"name": "Somebody Else"})

    assert answer.status == 409
    assert answer.json["code"] == "duplicate-reference"
    assert len(sandbox.state.customers) == 3


async def test_a_put_takes_the_place_of_what_was_sent_and_keeps_the_rest(
    allawee: Caller, new_customer: dict[str, Any]
) -> None:
    ciroma = "cus.2tXNjMhytgx7hCxu9"
    before = (await allawee.get(f"/customers/{ciroma}")).json["data"]
    answer = await allawee.put(ciroma, new_customer | {"unknown": 1})

    assert answer.status == 200
    after = answer.json["data"]
    assert after["claims"] == new_customer["claims"]
    assert after["metadata"] == new_customer["metadata"]
    assert after["updatedAt"] > before["updatedAt"]
    assert {name: after[name] for name in ("id", "object", "status", "createdAt")} == {
        name: before[name] for name in ("id", "object", "status", "createdAt")
    }
    assert (await allawee.get(f"/customers/{ciroma}")).json["data"] == after
    assert (await allawee.put(ciroma, new_customer)).status == 200


async def test_a_put_cannot_take_the_reference_of_another(
    allawee: Caller, new_customer: dict[str, Any]
) -> None:
    await allawee.post(new_customer)
    before = await allawee.get("/customers")
    answer = await allawee.put("cus.2tXNjMhytgx7hCxu9", new_customer)

    assert answer.status == 409
    assert (await allawee.get("/customers")).json == before.json


async def test_a_put_on_nobody_is_not_found(allawee: Caller, new_customer: dict[str, Any]) -> None:
    assert (await allawee.put("cus.nobody", new_customer)).status == 404


async def test_all_invalid_fields_are_told_at_once(allawee: Caller, sandbox: Sandbox) -> None:
    body = {
        "name": " ",
        "type": "company",
        "claims": {
            "individualInformation": {"firstName": "Ada", "title": 5},
            "individualAddress": "Yaba",
            "businessDirectors": ["Obi", ""],
        },
        "verifications": [{"type": "tier-1"}],
        "metadata": [],
    }
    answer = await allawee.post(body)

    assert answer.status == 400
    assert answer.json == {
        "statusCode": 400,
        "message": [
            "name should not be empty",
            "reference must be a string",
            "type must be one of the following values: business, individual",
            "claims.individualInformation.title must be a string",
            "claims.individualAddress must be an object",
            "each value in claims.businessDirectors must be a string",
            "each value in verifications must be a string",
            "metadata must be an object",
        ],
        "error": "Bad Request",
    }
    assert len(sandbox.state.customers) == 2


@pytest.mark.parametrize("body", [{}, {"claims": None}, {"claims": []}])
async def test_required_fields_are_required(allawee: Caller, body: Any) -> None:
    answer = await allawee.post(body)

    assert answer.json["message"] == [
        "name must be a string",
        "reference must be a string",
        "type must be one of the following values: business, individual",
        "claims must be an object",
    ]


async def test_verifications_and_metadata_may_be_left_out(
    allawee: Caller, new_customer: dict[str, Any]
) -> None:
    required = {k: v for k, v in new_customer.items() if k not in ("verifications", "metadata")}
    created = (await allawee.post(required)).json["data"]
    assert (created["verifications"], created["metadata"]) == ([], {})

    await allawee.put(created["id"], new_customer)
    kept = (await allawee.put(created["id"], required)).json["data"]
    assert [entry["type"] for entry in kept["verifications"]] == ["tier-1", "tier-2"]
    assert kept["metadata"] == new_customer["metadata"]


async def test_a_refused_put_changes_nothing(allawee: Caller, new_customer: dict[str, Any]) -> None:
    before = await allawee.get("/customers")
    answer = await allawee.put("cus.2tXNjMhytgx7hCxu9", new_customer | {"name": None})

    assert answer.status == 400
    assert (await allawee.get("/customers")).json == before.json


async def test_optional_texts_may_be_null(allawee: Caller, new_customer: dict[str, Any]) -> None:
    new_customer["claims"]["individualAddress"] = {"addressLineTwo": None, "city": ""}

    assert (await allawee.post(new_customer)).status == 200


async def test_a_customer_is_changed_under_each_of_its_ids(
    allawee: Caller, new_customer: dict[str, Any]
) -> None:
    created = (await allawee.post(new_customer)).json["data"]["id"]
    spelt = created.replace("cus.", "cus_")
    changed = await allawee.put(spelt, new_customer | {"name": "Ada Eze"})

    assert (changed.status, changed.json["data"]["id"]) == (200, created)
    assert (await allawee.get(f"/customers/{spelt}")).json["data"]["name"] == "Ada Eze"
