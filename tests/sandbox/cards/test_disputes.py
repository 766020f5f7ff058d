"""Disputes over HTTP: opened, changed, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.card_user import sample

if TYPE_CHECKING:
    from tests.sandbox.card_user import CardUser

SOURCE = "c.auth.2tW3sESJQ4ZW9DKSG"


async def opened(user: CardUser) -> Any:
    body = sample("disputes.create.request") | {"source": SOURCE}
    return await user.make("POST", "/disputes", body)


async def test_a_dispute_is_opened_changed_and_closed(user: CardUser) -> None:
    made = await opened(user)
    path = f"/disputes/{made['id']}"
    assert made == sample("disputes.create.request") | {
        "source": SOURCE,
        "status": "open",
        "createdAt": "2026-05-13T12:00:00.000Z",
        "updatedAt": "2026-05-13T12:00:00.000Z",
        "id": made["id"],
        "object": "dispute",
    }
    assert await user.get("/disputes") == [made]
    assert await user.get(path) == made

    user.clock.go_on(seconds=1)
    body = {"text": "Other", "reason": "duplicate", "source": "c.auth.other", "status": "closed"}
    changed = await user.make("PUT", path, body)
    assert changed == made | {"text": "Other", "updatedAt": "2026-05-13T12:00:01.000Z"}
    await user.make("PUT", path, sample("disputes.update.request"))

    closed = await user.make("PUT", f"{path}/close", sample("disputes.close.request"))
    assert closed["status"] == "closed"
    assert (await user.refused(402, "PUT", path, {}))["code"] == "dispute-closed"
    assert await user.make("PUT", f"{path}/close", {}) == closed


async def test_the_source_is_expanded(user: CardUser) -> None:
    await opened(user)
    (found,) = await user.get("/disputes", expand="source:status source.card:status")
    assert found["source"]["status"] == "declined"
    assert found["source"]["card"] == {"status": "active"}


async def test_all_that_is_missing_is_told(user: CardUser) -> None:
    answer = await user.refused(400, "POST", "/disputes", {})
    assert answer["message"] == [
        (
            "reason must be one of the following values: "
            "duplicate, fraudulent, general, value-not-received"
        ),
        "source must be the id of a card authorization",
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": "c.2tVghquVL5LxCkjB3"}, "source must be the id of a card authorization"),
        ({"text": 1}, "text must be a string"),
        ({"documents": "https://example.com"}, "documents must be an array"),
        ({"user": {}}, "user must be a string"),
    ],
)
async def test_wrong_values_are_told(user: CardUser, fields: dict[str, Any], message: str) -> None:
    body = {"reason": "general", "source": SOURCE} | fields
    assert (await user.refused(400, "POST", "/disputes", body))["message"] == [message]


async def test_unknown_disputes_are_not_found(user: CardUser) -> None:
    for method, path in (("GET", ""), ("PUT", ""), ("PUT", "/close")):
        answer = await user.refused(404, method, f"/disputes/dsp.none{path}", {})
        assert answer["code"] == "not-found"
