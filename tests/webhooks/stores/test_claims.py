"""Under which key an event is claimed: the same event again has the same key, no other has it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.errors import AllaweeError
from allawee_async.webhooks.events import UnknownEvent, parse_event
from allawee_async.webhooks.stores.base import ClaimLostError, key_of
from tests.support.deliveries import DOCUMENTED, documented, wire
from tests.support.samples import ABSENT, changed

REQUEST = "card.authorization.request.capture"


def key(document: dict[str, Any]) -> str:
    return key_of(parse_event(wire(document)))


def key_with(path: str, value: Any) -> str:
    return key(changed(documented(REQUEST), path, value))


def test_a_key_is_type_object_status_and_event() -> None:
    assert key(documented(REQUEST)) == "card.authorization.request|c.auth.xxxxx|pending|evt.xxxxx"
    assert (
        key(documented("request.completed"))
        == "request.completed|req_abc123xyz789|completed|evt.xxxxx"
    )
    assert (
        key(documented("card.transaction.created"))
        == "card.transaction.created|c.txn.xxxxx||evt.xxxxx"
    )


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_repeat_has_the_same_key(name: str) -> None:
    """The time of sending, and whatever else may differ, is no part of it."""
    again = changed(documented(name), "metadata.sentAt", "2030-01-01T00:00:00Z")
    again["new"] = 1

    assert key(again) == key(documented(name))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("event", "card.authorization.closed"),
        ("data.id", "c.auth.other"),
        ("data.status", "approved"),
        ("metadata.event", "evt.other"),
    ],
)
def test_another_event_has_another_key(path: str, value: str) -> None:
    assert key_with(path, value) != key(documented(REQUEST))


def test_both_spellings_of_an_event_are_one() -> None:
    old = changed(documented("request.completed"), "event", "request-completed")

    assert key(old) == key(documented("request.completed"))


def test_without_an_id_of_the_event_the_data_tell() -> None:
    nameless = changed(documented(REQUEST), "metadata", ABSENT)
    reordered = {**nameless, "data": dict(reversed(nameless["data"].items()))}
    other = changed(nameless, "data.amount", 50_001)

    assert key(nameless) == key(reordered)
    assert key(nameless) != key(other)
    assert len({key(nameless), key(documented(REQUEST))}) == 2


@pytest.mark.parametrize("value", ["", None, 5, ["evt.1"]], ids=repr)
def test_an_id_that_is_none_is_as_absent(value: Any) -> None:
    """Else all events with an empty id would count as one."""
    assert key_with("metadata.event", value) == key_with("metadata", ABSENT)


@pytest.mark.parametrize("data", [None, [], [1], "c.1", 5, True, {}, {"id": 5, "status": ["x"]}])
def test_data_of_any_kind_has_a_key(data: Any) -> None:
    assert key({"event": "new", "data": data}) == key({"event": "new", "data": data})
    assert key({"event": "new", "data": data, "metadata": {"event": "evt.1"}}).endswith("|evt.1")


def test_the_deepest_event_has_a_key() -> None:
    deep: Any = 1
    for _ in range(99):
        deep = [deep]

    assert key({"event": "new", "data": deep})


parts = st.text(alphabet="a|\\", max_size=4)


@given(st.tuples(parts, parts, parts, parts), st.tuples(parts, parts, parts, parts))
def test_no_two_events_share_a_key_whatever_their_ids_are(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    def made(values: tuple[str, ...]) -> str:
        kind, thing, status, event_id = values
        data: Any = {"id": thing, "status": status}
        return key_of(
            UnknownEvent(type=kind, id=event_id, sent_at=None, data={}, payload={"data": data})
        )

    assert (made(one) == made(other)) is (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a|", "b", "c"), ("a", "|b", "c")),
        (("a\\|", "b", "c"), ("a\\", "|b", "c")),
        (("a\\", "b", "c|d"), ("a|b", "c\\", "d")),
    ],
)
def test_bars_and_backslashes_do_not_move_the_borders(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    def made(thing: str, status: str, event_id: str) -> str:
        data = {"id": thing, "status": status}
        return key({"event": "x", "data": data, "metadata": {"event": event_id}})

    assert made(*one) != made(*other)


def test_a_lost_claim_is_an_error_of_the_library() -> None:
    assert issubclass(ClaimLostError, AllaweeError)
