"""Events: each documented body becomes its class, anything else is kept, nothing is lost."""

from __future__ import annotations

import copy
import math
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import attrs
import pytest

from allawee_async.codec.converter import to_dict
from allawee_async.codec.json import dumps
from allawee_async.errors import DecodeError
from allawee_async.models import CardAuthorization, CardTransaction, RequestRecord
from allawee_async.models.webhooks import WebhookEventName
from allawee_async.redaction import SecretBytes
from allawee_async.webhooks.events import (
    EVENT_CLASSES,
    CardAuthorizationClosed,
    CardAuthorizationRequest,
    CardAuthorizationUpdate,
    CardTransactionCreated,
    Event,
    RequestCompleted,
    UnknownEvent,
    parse_event,
)
from tests.support.canaries import BVN, PAN, locals_text, traceback_text
from tests.support.deliveries import DOCUMENTED, documented, wire
from tests.support.samples import ABSENT, changed
from tests.support.tables import for_each

CLASS_OF_SAMPLE: dict[str, type[Any]] = {
    "card.authorization.closed.2024": CardAuthorizationClosed,
    "card.authorization.closed.approved": CardAuthorizationClosed,
    "card.authorization.request.capture": CardAuthorizationRequest,
    "card.authorization.request.check": CardAuthorizationRequest,
    "card.authorization.update.reversed": CardAuthorizationUpdate,
    "card.authorization.update.reversed.2024": CardAuthorizationUpdate,
    "card.transaction.created": CardTransactionCreated,
    "card.transaction.created.2024": CardTransactionCreated,
    "request.completed": RequestCompleted,
}

DATA_OF_CLASS: dict[type[Any], type[Any]] = {
    CardAuthorizationRequest: CardAuthorization,
    CardAuthorizationClosed: CardAuthorization,
    CardAuthorizationUpdate: CardAuthorization,
    CardTransactionCreated: CardTransaction,
    RequestCompleted: RequestRecord,
}

every_sample = pytest.mark.parametrize("name", DOCUMENTED)


def parsed(document: object) -> Event:
    return parse_event(wire(document))


def event_with(path: str, value: Any, sample: str = "card.authorization.request.capture") -> Event:
    return parsed(changed(documented(sample), path, value))


def refused(document: object) -> DecodeError:
    body = document if isinstance(document, bytes) else wire(document)
    with pytest.raises(DecodeError) as caught:
        parse_event(body)
    return caught.value


# The documented events.


def test_every_sample_is_tested() -> None:
    assert set(CLASS_OF_SAMPLE) == set(DOCUMENTED)


@every_sample
def test_a_documented_event_has_its_class_and_the_model_of_the_api(name: str) -> None:
    event = parse_event(DOCUMENTED[name])
    document = documented(name)

    assert type(event) is CLASS_OF_SAMPLE[name]
    assert type(event.data) is DATA_OF_CLASS[type(event)]
    assert event.type == document["event"]
    assert event.id == document["metadata"]["event"]
    assert event.sent_at == datetime.fromisoformat(document["metadata"]["sentAt"])
    assert event.payload == document


@every_sample
def test_nothing_of_a_documented_event_is_lost_or_unknown(name: str, unknown_fields: Any) -> None:
    event = parse_event(DOCUMENTED[name])
    written = {**documented(name)["data"]}
    if "attempts" in written:  # a model writes the fraction of a second that the sample leaves out
        written = changed(written, "attempts[0].createdAt", "2025-03-31T10:15:00.000Z")
        written = changed(written, "attempts[1].createdAt", "2025-03-31T10:15:30.000Z")

    assert not isinstance(event, UnknownEvent)
    assert to_dict(event.data) == written
    assert unknown_fields(event.data) == []


def test_the_facts_of_an_authorization() -> None:
    event = parse_event(DOCUMENTED["card.authorization.closed.2024"])

    assert isinstance(event, CardAuthorizationClosed)
    assert event.id == "evt.2tXJoYkRayFK8H9Eq"
    assert event.sent_at == datetime(2023, 3, 14, 18, 26, 54, 528995, UTC)
    assert (event.data.amount, event.data.fees, event.data.currency) == (50_000, 6_500, "NGN")
    assert event.data.rrn == "1678802924287"


def test_amounts_of_a_transaction_stay_negative() -> None:
    event = parse_event(DOCUMENTED["card.transaction.created"])

    assert isinstance(event, CardTransactionCreated)
    assert (event.data.amount, event.data.fees) == (-50_000, -6_500)


def test_the_names_are_those_that_a_webhook_may_ask_for() -> None:
    members: Any = WebhookEventName
    assert list(EVENT_CLASSES) == [member.value for member in members]
    assert set(get_args(Event)) == {*EVENT_CLASSES.values(), UnknownEvent}


def test_the_old_spelling_is_the_same_event() -> None:
    event = event_with("event", "request-completed", "request.completed")

    assert type(event) is RequestCompleted
    assert event.type == "request.completed"
    assert event.payload["event"] == "request-completed"


# Which answer they want.


@pytest.mark.parametrize("status", ["pending", "approved", "reversed", None, "new", ABSENT])
def test_a_request_always_wants_a_decision(status: Any) -> None:
    assert event_with("data.status", status).wants_decision is True


@pytest.mark.parametrize(
    ("status", "wants"),
    [("pending", True), ("reversed", False), ("approved", False), (None, False), (ABSENT, False)],
)
def test_an_update_wants_one_while_it_is_pending(status: Any, wants: bool) -> None:
    event = event_with("data.status", status, "card.authorization.update.reversed")

    assert event.wants_decision is wants


@pytest.mark.parametrize(
    "name", ["card.authorization.closed.approved", "card.transaction.created", "request.completed"]
)
def test_other_events_want_none(name: str) -> None:
    assert event_with("data.status", "pending", name).wants_decision is False
    assert parsed({"event": "new", "data": {"status": "pending"}}).wants_decision is False


def test_a_check_is_told_from_a_capture() -> None:
    check = parse_event(DOCUMENTED["card.authorization.request.check"])
    capture = parse_event(DOCUMENTED["card.authorization.request.capture"])

    assert isinstance(check, CardAuthorizationRequest)
    assert isinstance(capture, CardAuthorizationRequest)
    assert (check.is_check, capture.is_check) == (True, False)


# What is new, or missing.


@for_each(
    "name",
    [
        *("payment-completed", "payment.completed", "customer.created", "x", " ", "\x00", "é🎉"),
        *("CARD.AUTHORIZATION.REQUEST", "card.authorization.request ", "card.authorization"),
        *("card-authorization-request", "Request-Completed", "__class__", "x" * 10_000),
    ],
)
def test_a_new_name_is_an_unknown_event_with_all_that_came(name: str) -> None:
    document = documented("card.authorization.request.capture") | {"event": name}
    event = parsed(document)

    assert type(event) is UnknownEvent
    assert event.type == name
    assert event.id == "evt.xxxxx"
    assert event.data == document["data"]
    assert event.payload == document


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"id": "p.1", "deep": [{"a": None}]}, {"id": "p.1", "deep": [{"a": None}]}),
        ({}, {}),
        (None, {}),
        (ABSENT, {}),
        ([1, 2], {"value": [1, 2]}),
        ("text", {"value": "text"}),
        (0, {"value": 0}),
        (False, {"value": False}),
        ("", {"value": ""}),
    ],
    ids=repr,
)
def test_the_data_of_an_unknown_event_is_always_a_mapping(data: Any, kept: Any) -> None:
    document = {"event": "payment.completed"} | ({} if data is ABSENT else {"data": data})
    event = parsed(document)

    assert event.data == kept
    assert event.payload == document


@pytest.mark.parametrize("name", [name for name in DOCUMENTED if "2024" not in name])
def test_new_fields_at_any_depth_are_no_error_and_not_lost(name: str) -> None:
    document = documented(name)
    document["new"] = {"a": [1]}
    document["metadata"]["new"] = None
    document["data"]["brandNew"] = {"b": 1.5}
    event = parsed(document)

    assert type(event) is CLASS_OF_SAMPLE[name]
    assert event.payload == document
    assert not isinstance(event, UnknownEvent)
    assert event.data.extra == {"brandNew": {"b": 1.5}}
    assert to_dict(event.data)["brandNew"] == {"b": 1.5}


def test_new_values_of_enumerated_fields_are_kept() -> None:
    event = event_with("data.status", "suspended")

    assert isinstance(event, CardAuthorizationRequest)
    assert event.data.status == "suspended"


@pytest.mark.parametrize(
    "metadata", [ABSENT, None, [], "evt.1", 5, True, {}, {"event": None}, {"event": 5}]
)
def test_without_metadata_there_is_no_id_and_no_time(metadata: Any) -> None:
    event = event_with("metadata", metadata)

    assert (event.id, event.sent_at) == (None, None)
    assert type(event) is CardAuthorizationRequest


@pytest.mark.parametrize("value", [None, "", 1, ["evt.1"], {"id": "evt.1"}], ids=repr)
def test_an_id_that_is_no_text_is_none(value: Any) -> None:
    """An empty text neither: all events without an id would count as one."""
    assert event_with("metadata.event", value).id is None


NOON = datetime(2025, 3, 14, 12, tzinfo=UTC)


@for_each(
    ("metadata", "sent_at"),
    [
        ({"sentAt": "2025-03-14T12:00:00.000Z"}, NOON),
        ({"sentAt": "2025-03-14T13:00:00+01:00"}, NOON),
        ({"sentAt": "2025-03-14T12:00:00"}, NOON),
        ({"createdAt": "2025-03-14T12:00:00Z"}, NOON),
        ({"sentAt": "2025-03-14T12:00:00Z", "createdAt": "2024-01-01T00:00:00Z"}, NOON),
        ({"sentAt": None, "createdAt": "2025-03-14T12:00:00Z"}, NOON),
        ({"sentAt": "2023-03-13T03:37:05.16974Z"}, datetime(2023, 3, 13, 3, 37, 5, 169740, UTC)),
        ({"sentAt": "yesterday"}, None),
        ({"sentAt": ""}, None),
        ({"sentAt": 1_741_953_600}, None),
        ({"sentAt": {"$date": 0}}, None),
        ({"sentAt": "2025-02-30T12:00:00Z"}, None),
        ({"sentAt": "nonsense", "createdAt": "2025-03-14T12:00:00Z"}, None),
        ({"sentAt": 5, "createdAt": "2025-03-14T12:00:00Z"}, None),
    ],
)
def test_the_time_of_sending(metadata: Any, sent_at: datetime | None) -> None:
    """One that cannot be read is no reason to lose the event."""
    event = event_with("metadata", metadata)

    assert event.sent_at == sent_at
    assert sent_at is None or (event.sent_at is not None and event.sent_at.tzinfo is not None)


# What is no event.


@for_each(
    "body",
    [
        *(b"", b" ", b"\x00", b"{", b'{"event":"x"', b"{}}", b"event=x", b"<xml/>", b"\xff\xfe"),
        *(b'{"event":"x"}\x00', b"\xff"),
        '{"event":"x"}'.encode("utf-16"),
    ],
)
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    error = refused(body)

    assert "not JSON" in str(error)
    assert f"{len(body)} bytes" in str(error)
    assert error.body is None


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b'"a\xffb"', "a\ufffdb"),
        (b'"a\xed\xa0\xbdb"', "a\ufffd\ufffd\ufffdb"),
        (b'"a\\ud83d\xff"', "a\ufffd\ufffd"),
        (b'"a\nb\x00"', "a\nb\x00"),
        (b"1e999", math.inf),
        (b"-Infinity", -math.inf),
    ],
)
def test_what_is_hardly_json_is_read_as_far_as_it_can_be(data: bytes, read: object) -> None:
    event = parse_event(b'{"event":"x","data":{"x":%s}}' % data)

    assert isinstance(event, UnknownEvent)
    assert event.data == {"x": read}


@pytest.mark.parametrize("document", [None, True, 1, "x", [], [{"event": "x"}], b"NaN"], ids=repr)
def test_json_that_is_no_object_is_refused(document: object) -> None:
    assert "no object" in str(refused(document))


@pytest.mark.parametrize(
    "document",
    [{}, {"data": {}}, *({"event": name} for name in (None, "", 1, True, [], ["x"], {"a": 1}))],
    ids=repr,
)
def test_a_body_without_a_name_is_refused(document: dict[str, Any]) -> None:
    error = refused(document)

    assert error.path == "event"
    assert error.body == document


@for_each(
    ("path", "value", "told"),
    [
        ("data", ABSENT, "data"),
        ("data", None, "data"),
        ("data", [], "data"),
        ("data", "c.auth.x", "data"),
        ("data.id", ABSENT, "data.id"),
        ("data.id", None, "data.id"),
        ("data.amount", "50000", "data.amount"),
        ("data.amount", 500.0, "data.amount"),
        ("data.amount", 1e30, "data.amount"),
        ("data.reserved", "true", "data.reserved"),
        ("data.networkData", [], "data.networkData"),
        ("data.createdAt", "yesterday", "data.createdAt"),
        ("data.card", {"id": "c.1", "customer": "cus.1", "type": 5}, "data.card.type"),
    ],
)
def test_a_known_event_with_wrong_data_is_refused_with_the_place(
    path: str, value: Any, told: str
) -> None:
    document = changed(documented("card.authorization.request.capture"), path, value)
    error = refused(document)

    assert error.path == told
    assert f"at {told}" in str(error)
    assert error.body == document


def test_the_place_within_a_list_is_told() -> None:
    error = refused(changed(documented("request.completed"), "data.attempts[1].statusCode", "201"))

    assert error.path == "data.attempts[1].statusCode"


def nested(levels: int, empty: Any) -> Any:
    value = empty
    for number in range(levels):
        value = [value] if number % 2 else {"a": value}
    return value


@pytest.mark.parametrize("empty", [[], {}, 1, "[" * 1000])
def test_an_event_may_have_a_hundred_levels(empty: Any) -> None:
    levels = 98 if isinstance(empty, dict | list) else 99  # and one around them
    event = parsed({"event": "x", "data": nested(levels, empty)})

    assert repr(copy.deepcopy(event.data))
    assert dumps(event.payload)
    too_many = {"event": "x", "data": nested(levels + 1, empty)}
    assert "more than 100 levels" in str(refused(too_many))


@pytest.mark.parametrize("name", ["x", "card.authorization.request"])
@pytest.mark.parametrize("levels", [101, 250, 400])
def test_what_is_deeper_is_refused_whatever_it_is(name: str, levels: int) -> None:
    error = refused({"event": name, "data": {"id": "1", "networkData": nested(levels, 1)}})

    assert "levels" in str(error)


@pytest.mark.parametrize("levels", [2_000, 200_000])
def test_what_no_parser_can_read_is_refused(levels: int) -> None:
    error = refused(b'{"event":"x","data":' + b"[" * levels + b"]" * levels + b"}")

    assert str(error)


def test_many_objects_side_by_side_are_not_deep() -> None:
    rows = [{"a": [{}]} for _ in range(1_000)]  # type: ignore[var-annotated]

    assert parsed({"event": "x", "data": {"rows": rows}}).data == {"rows": rows}


def test_a_number_beyond_64_bits_is_exact() -> None:
    """As a float it would be another amount."""
    body = DOCUMENTED["card.authorization.request.capture"].replace(b"50000", b"9" * 30)
    event = parse_event(body)

    assert isinstance(event, CardAuthorizationRequest)
    assert event.data.amount == int("9" * 30)


@pytest.mark.parametrize(
    ("body", "name"),
    [(b'\xef\xbb\xbf{"event":"x"}', "x"), (b'{"event":"x\\ud800"}', "x\ufffd")],
    ids=["byte order mark", "half a character"],
)
def test_what_some_programs_write_is_read(body: bytes, name: str) -> None:
    """A signed authorization that is refused for such a thing is a purchase that is declined."""
    assert parse_event(body).type == name


def test_of_two_fields_with_one_name_the_last_counts() -> None:
    event = parse_event(b'{"event":"x","event":"y","data":1,"data":{"b":2}}')

    assert (event.type, event.data) == ("y", {"b": 2})


# Events are values.


@every_sample
def test_an_event_is_a_value(name: str) -> None:
    event, again = parse_event(DOCUMENTED[name]), parse_event(DOCUMENTED[name])

    assert event == again
    assert hash(event) == hash(again)
    assert pickle.loads(pickle.dumps(event)) == event
    assert pickle.loads(pickle.dumps(event)).payload == event.payload
    assert copy.deepcopy(event) == event
    assert not hasattr(event, "__dict__")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.id = "evt.2"  # type: ignore[misc]


def test_unknown_events_are_values_too() -> None:
    event = parsed({"event": "x", "data": {"a": [1]}})

    assert hash(event) == hash(parsed({"event": "x", "data": {"a": [1]}}))
    assert event == parsed({"event": "x", "data": {"a": [1]}, "new": 1})
    assert event != parsed({"event": "x", "data": {"a": [2]}})
    assert event != parsed({"event": "y", "data": {"a": [1]}})


def test_events_can_be_made_by_hand_for_tests() -> None:
    event = CardAuthorizationRequest(
        type="card.authorization.request",
        id=None,
        sent_at=datetime.now(timezone(timedelta(hours=1))),
        data=CardAuthorization(id="c.auth.1", type="check"),  # type: ignore[arg-type]
        payload={},
    )

    assert event.is_check
    assert isinstance(event, Event)


def test_a_match_takes_events_apart() -> None:
    match parse_event(DOCUMENTED["card.authorization.request.check"]):
        case CardAuthorizationRequest(data=CardAuthorization(type="check", id=found)):
            assert found == "c.auth.xxxxx"
        case other:
            pytest.fail(f"{other} is none")


# Secrets.


def test_a_repr_shows_what_it_is_and_nothing_of_the_body() -> None:
    document = {
        "event": "card.created",
        "data": {"id": "c.1", "pan": PAN},
        "metadata": {"event": "evt.1", "bvn": BVN},
    }
    event = parsed(document)

    assert repr(event) == "UnknownEvent(type='card.created', id='evt.1', sent_at=None)"
    assert repr(event.payload) == "<event, data, metadata>"


def test_a_repr_of_a_known_event_hides_what_the_models_hide() -> None:
    document = changed(documented("request.completed"), "data.requestBody", {"pan": PAN})
    document["data"] |= {"new": BVN}
    event = parsed(document)

    assert "req_abc123xyz789" in repr(event)
    assert PAN not in repr(event)
    assert BVN not in repr(event)


@pytest.mark.parametrize(
    "body",
    [
        wire({"event": "card.authorization.closed", "data": {"pan": PAN, "amount": 1}}),
        wire({"event": "card.authorization.closed", "data": [PAN]}),
        wire({"event": "card.authorization.closed", "metadata": {"bvn": PAN}}),
        wire({"event": "card.authorization.closed", "metadata": [PAN]}),
        wire({"event": 4111111111111111, "data": {"pan": PAN}}),
        wire([PAN]),
        wire({"event": "x", "pan": PAN, "data": nested(200, PAN)}),
        b'{"pan":"' + PAN.encode(),
    ],
    ids=["no id", "no object", "no data", "no metadata", "no name", "a list", "deep", "cut off"],
)
def test_an_error_shows_nothing_of_the_body(body: bytes) -> None:
    error = refused(SecretBytes(body))

    for text in (str(error), repr(error), traceback_text(error), locals_text(error)):
        assert PAN not in text
    assert error.__cause__ is None
    assert error.__context__ is None


def test_pickled_errors_keep_place_and_body() -> None:
    error = refused({"event": "card.authorization.closed", "data": {"id": 5}})
    again = pickle.loads(pickle.dumps(error))

    assert (str(again), again.path, again.body) == (str(error), "data.id", error.body)
