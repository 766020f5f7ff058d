"""Webhooks and events over HTTP: what can be done to them, and what is refused."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox
    from tests.sandbox.conftest import Caller

HOOK: dict[str, Any] = {
    "name": "Ledger",
    "events": ["card.authorization.closed"],
    "url": "http://127.0.0.1:1/hooks",
    "signingKey": "signing-key-for-tests",
    "metadata": {"team": "cards"},
}


async def _create(allawee: Caller, **changes: Any) -> dict[str, Any]:
    answer = await allawee.send("POST", "/webhooks", json=HOOK | changes)
    assert answer.status == 200, answer.text
    created: dict[str, Any] = answer.json["data"]
    return created


async def test_a_webhook_is_made_disabled_and_its_key_is_not_shown(allawee: Caller) -> None:
    created = await _create(allawee, apiVersion="2023-02-01", description="For tests")

    assert created["id"].startswith("wh.")
    assert created["object"] == "webhook"
    assert created["status"] == "disabled"
    assert created["description"] == "For tests"
    assert "signing-key" not in str(created)
    assert (await allawee.get(f"/webhooks/{created['id']}")).json["data"] == created
    assert (await allawee.get("/webhooks")).json["data"] == [created]


async def test_it_is_enabled_and_disabled(allawee: Caller) -> None:
    path = f"/webhooks/{(await _create(allawee))['id']}"

    assert (await allawee.send("POST", f"{path}/enable", json={})).json["data"][
        "status"
    ] == "enabled"
    assert (await allawee.get(path)).json["data"]["status"] == "enabled"
    disabled = await allawee.send("POST", f"{path}/disable", json={})
    assert disabled.json["data"]["status"] == "disabled"


async def test_an_update_leaves_the_key_alone(allawee: Caller) -> None:
    created = await _create(allawee)
    path = f"/webhooks/{created['id']}"
    answer = await allawee.send("PUT", path, json=HOOK | {"name": "Other", "signingKey": "new"})

    assert answer.json["data"]["name"] == "Other"
    assert answer.json["data"]["updatedAt"] > created["updatedAt"]
    assert (await allawee.get(f"{path}/secret")).json["data"] == {
        "signingKey": "signing-key-for-tests"
    }


@pytest.mark.parametrize(("body", "key"), [({"signingKey": "new-key"}, "new-key"), ({}, None)])
async def test_the_key_is_rolled(allawee: Caller, body: dict[str, str], key: str | None) -> None:
    path = f"/webhooks/{(await _create(allawee))['id']}/secret"
    rolled = (await allawee.send("POST", f"{path}/roll", json=body)).json["data"]["signingKey"]

    assert rolled == (key or rolled)
    assert rolled != HOOK["signingKey"]
    assert (await allawee.get(path)).json["data"] == {"signingKey": rolled}


async def test_a_key_is_made_when_none_is_sent(allawee: Caller) -> None:
    body = {name: value for name, value in HOOK.items() if name != "signingKey"}
    created = (await allawee.send("POST", "/webhooks", json=body)).json["data"]
    key = (await allawee.get(f"/webhooks/{created['id']}/secret")).json["data"]["signingKey"]

    assert len(key) > 30


async def test_a_deleted_webhook_is_gone(allawee: Caller, sandbox: Sandbox) -> None:
    first, second = await _create(allawee), await _create(allawee)
    assert (await allawee.get("/webhooks")).ids == [second["id"], first["id"]]
    gone = await allawee.send("DELETE", f"/webhooks/{first['id']}")

    assert gone.json["data"] == first
    assert len(sandbox.state.webhooks) == 1
    assert (await allawee.get("/webhooks")).ids == [second["id"]]
    actions = [
        ("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/enable"), ("POST", "/disable"),
        ("GET", "/secret"), ("POST", "/secret/roll"),
    ]  # fmt: skip
    for method, path in actions:
        answer = await allawee.send(method, f"/webhooks/{first['id']}{path}", json={})
        assert (answer.status, answer.json["code"]) == (404, "not-found")


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_everything_that_is_wrong_is_told_at_once(
    allawee: Caller, sandbox: Sandbox, method: str
) -> None:
    created = await _create(allawee)
    path = "/webhooks" if method == "POST" else f"/webhooks/{created['id']}"
    body = {"events": [1], "url": "string", "description": 5, "metadata": []}
    answer = await allawee.send(method, path, json=body)

    assert answer.status == 400
    assert answer.json["message"] == [
        "name must be a string",
        "each value in events must be a string",
        "url must be a URL address",
        "description must be a string",
        "metadata must be an object",
    ]
    assert (await allawee.get("/webhooks")).json["data"] == [created]


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "http://", "http://[", "http://a:99999999/", "http://a:0/", "/x"]
)
async def test_other_urls_are_refused(allawee: Caller, url: str) -> None:
    answer = await allawee.send("POST", "/webhooks", json=HOOK | {"url": url})

    assert answer.json["message"] == ["url must be a URL address"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (5, "signingKey must be a string"),
        (" ", "signingKey should not be empty"),
        ("k" * 257, "signingKey must be shorter than or equal to 256 characters"),
    ],
)
async def test_a_bad_key_is_refused_and_changes_nothing(
    allawee: Caller, key: Any, message: str
) -> None:
    created = await _create(allawee)
    path = f"/webhooks/{created['id']}/secret"
    rolled = await allawee.send("POST", f"{path}/roll", json={"signingKey": key})
    made = await allawee.send("POST", "/webhooks", json=HOOK | {"signingKey": key})

    assert (rolled.status, rolled.json["message"]) == (400, [message])
    assert (made.status, made.json["message"]) == (400, [message])
    assert (await allawee.get(path)).json["data"] == {"signingKey": HOOK["signingKey"]}


@pytest.mark.parametrize(
    "path", ["/webhooks", "/secret-keys", "/simulation/grp/cards", "/events/evt.x/retry"]
)
async def test_huge_and_deep_bodies_are_refused(allawee: Caller, path: str) -> None:
    huge = await allawee.send("POST", path, data=BytesIO(b"x" * 10_000_000))
    deep = await allawee.send("POST", path, data=b'{"a":' * 50_000 + b"1" + b"}" * 50_000)

    assert huge.status == 413
    assert 400 <= deep.status < 500
    assert (await allawee.get("/webhooks")).status == 200


async def test_an_event_without_a_webhook_is_recorded_and_waits_for_nobody(
    allawee: Caller, sandbox: Sandbox
) -> None:
    sent = sandbox.state.emit("card.transaction.created", {"id": "c.txn.1"})
    await sandbox.deliver()
    (event,) = (await allawee.get("/events")).json["data"]

    assert event == (await allawee.get(f"/events/{sent}")).json["data"]
    assert (event["id"], event["status"], event["webhook"]) == (sent, "unclaimed", None)
    assert event["data"] == {"id": "c.txn.1"}
    assert event["attempts"] == []
    again = await allawee.send("POST", f"/events/{sent}/retry", json={})
    assert again.json["data"]["status"] == "unclaimed"


async def test_unknown_events_are_not_found(allawee: Caller) -> None:
    for method, path in [("GET", "/events/evt.x"), ("POST", "/events/evt.x/retry")]:
        assert (await allawee.send(method, path)).json["code"] == "not-found"


def test_the_events_of_a_planted_webhook_are_no_text(sandbox: Sandbox) -> None:
    name = "card.authorization.request"

    with pytest.raises(TypeError, match=rf"a list of names: \['{name}'\]"):
        sandbox.add_webhook("http://127.0.0.1:9/hooks", name)
