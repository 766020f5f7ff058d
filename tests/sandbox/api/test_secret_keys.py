"""Secret keys: made once, told once, and each with the scopes that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox.api.app import ROUTES
from allawee_async.sandbox.core.keys import KeyRing

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox
    from tests.sandbox.conftest import Caller


async def _key(allawee: Caller, *scopes: str, **fields: Any) -> dict[str, str]:
    body = {"name": "Narrow", "scopes": list(scopes)} | fields
    answer = await allawee.send("POST", "/secret-keys", json=body)
    return {"Authorization": f"Bearer {answer.json['data']['key']}"}


async def test_a_new_key_is_told_and_works(allawee: Caller) -> None:
    body = {"name": "Reader", "scopes": ["customers:read"]}
    answer = await allawee.send("POST", "/secret-keys", json=body)
    made = answer.json["data"]

    assert made["key"].startswith("sk.test.")
    assert made["id"] not in made["key"]
    assert {name: made[name] for name in ("name", "scopes", "grpEnabled", "object")} == {
        **body, "grpEnabled": False, "object": "secret.key",
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await allawee.send("GET", "/customers", headers=headers)).status == 200


async def test_a_missing_scope_is_told_and_changes_nothing(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any]
) -> None:
    headers = await _key(allawee, "customers:read", "cards:create")
    answer = await allawee.send("POST", "/customers", json=new_customer, headers=headers)

    assert answer.status == 403
    assert answer.json == {
        "code": "insufficient-scope",
        "message": "This key lacks the scope customers:create.",
    }
    assert len(sandbox.state.customers) == 2


async def test_scopes_come_before_ids_and_after_paths(allawee: Caller) -> None:
    headers = await _key(allawee)

    assert (await allawee.send("GET", "/customers/x", headers=headers)).status == 403
    assert (await allawee.send("GET", "/nowhere", headers=headers)).status == 404
    assert (await allawee.send("PATCH", "/customers", headers=headers)).status == 405


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "", "scopes": "all", "grpEnabled": 1}, {"name": 1, "scopes": [1]}],
)
async def test_bad_keys_are_refused(allawee: Caller, body: dict[str, Any]) -> None:
    answer = await allawee.send("POST", "/secret-keys", json=body)

    assert answer.status == 400
    assert len(answer.json["message"]) >= 2


@pytest.mark.parametrize("path", ["/simulation/payments/pay-in", "/simulation/grp/cards"])
async def test_a_live_key_cannot_simulate(allawee: Caller, sandbox: Sandbox, path: str) -> None:
    sandbox.add_key("sk.live.real")
    headers = {"Authorization": "Bearer sk.live.real"}
    answer = await allawee.send("POST", path, json={}, headers=headers)

    assert answer.status == 403
    assert answer.json == {
        "code": "test-key-required",
        "message": "Only test keys can simulate.",
    }
    assert (await allawee.send("GET", "/customers", headers=headers)).status == 200


SCOPES = {(route.method, route.path): route.scope for route in ROUTES}


def test_the_documented_scopes_are_there() -> None:
    scopes = set(SCOPES.values())

    assert {"cards:create", "cards:update:status", "cards:update:link"} <= scopes
    assert SCOPES["GET", "/customers/:id"] == "customers:read"
    assert SCOPES["POST", "/payments/:id/requeue"] == "payments:update:requeue"
    assert SCOPES["POST", "/simulation/grp/cards/:id/block"] == "cards:update:status"
    assert all(scope.count(":") in (1, 2) and ":id" not in scope for scope in scopes)


def test_exceptions_from_the_rule_stay_what_they_are() -> None:
    exceptions = {
        ("POST", "/cards/:id/block"): "cards:update:status",
        ("POST", "/cards/:id/unblock"): "cards:update:status",
        ("POST", "/cards/:id/activate"): "cards:update:status",
        ("DELETE", "/cards/:id"): "cards:update:status",
        ("POST", "/cards/:id/link"): "cards:update:link",
        ("POST", "/cards/link"): "cards:update:link",
        ("POST", "/cards/:id/reset-pin"): "cards:update:pin",
        ("GET", "/cards/:id/secrets"): "cards:read:secrets",
        ("GET", "/webhooks/:id/secret"): "webhooks:read:secret",
        ("POST", "/webhooks/:id/enable"): "webhooks:update:status",
        ("POST", "/webhooks/:id/disable"): "webhooks:update:status",
        ("POST", "/webhooks/:id/secret/roll"): "webhooks:update:secret",
        ("PUT", "/disputes/:id/close"): "disputes:update:status",
        ("POST", "/payments/:id/resend-events/payment-completed"): "payments:update:resend-events",
    }
    assert exceptions.items() <= SCOPES.items()


def test_a_ring_comes_back_from_its_dump() -> None:
    ring, other = KeyRing(), KeyRing()
    ring.add("sk.test.all")
    ring.add("sk.test.some", scopes=["b", "a"], grp_enabled=True)
    other.add("sk.test.gone")
    other.load(ring.dump())

    assert other.dump() == ring.dump()
    assert "sk.test" not in str(ring.dump())
    some = other.admit("Bearer sk.test.some")
    assert (some.may("a"), some.may("c"), some.grp_enabled) == (True, False, True)
    assert other.admit("Bearer sk.test.all").may("whatever")
    with pytest.raises(ValueError, match="Expected"):
        other.load([1])
