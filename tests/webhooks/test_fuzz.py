"""Whatever comes over the network: an event, `SignatureError` or `DecodeError`, nothing else."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.errors import DecodeError, SignatureError
from allawee_async.webhooks import Event, WebhookVerifier
from allawee_async.webhooks.events import EVENT_CLASSES
from allawee_async.webhooks.stores.base import key_of
from tests.support.deliveries import DOCUMENTED, KEY, documented, signature_of, wire
from tests.support.properties import LONG
from tests.support.strategies import json_values, values
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS: Final = 100_000 if LONG else 2_000

VERIFIERS: Final = (
    WebhookVerifier(KEY),
    WebhookVerifier(["new key", KEY], max_age=60, max_body=4_000),
)
RECEIVED_AT: Final = datetime(2025, 3, 14, 18, 22, 55, tzinfo=UTC)


def outcome(verifier: WebhookVerifier, body: Any, signature: Any) -> str:
    """Return what a delivery comes to; any other exception passes and fails the test."""
    try:
        event = verifier.parse(body, signature, received_at=RECEIVED_AT)
    except (SignatureError, DecodeError) as error:
        reason = error
    else:
        assert isinstance(event, Event)
        assert event.type
        assert isinstance(event.wants_decision, bool)
        assert key_of(event)
        return type(event).__name__
    assert str(reason).isprintable()
    return "refused" if isinstance(reason, SignatureError) else "no event"


# Seeded mutations of documented bodies, and of headers.

ODD_VALUES: Final = [
    *(
        b"null",
        b"true",
        b"0",
        b"-1",
        b"1.5",
        b"1e5",
        b"9" * 30,
        b"-" + b"9" * 25,
        b"1e308",
        b"1e999",
    ),
    *(b'""', b'"x"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\xff"', b'"\xed\xa0\x80"'),
    *(b"[]", b"{}", b"[null]", b'{"id":null}', b'{"id":5}', b"[" * 80 + b"]" * 80, b"[" * 2_000),
    *(b'{"a":' * 120 + b"1" + b"}" * 120, b"NaN", b"Infinity", b"'x'", b"0x10", b"01", b"\x00"),
    *(
        b'"2025-03-14T18:22:51.000Z"',
        b'"2025-13-41"',
        b'"pending"',
        b'"card.authorization.request"',
    ),
]
ODD_BODIES: Final = [
    *(
        b"",
        b" ",
        b"\x00",
        b"null",
        b"[]",
        b'""',
        b"{}",
        b"\xff" * 50,
        b"\xef\xbb\xbf{}",
        b"{" * 5_000,
    ),
    *(
        b'{"event":"x"}',
        b'{"event":"x","data":' + b"9" * 400 + b"}",
        b'{"event":null}',
        b"x" * 5_000,
    ),
    b'{"event":"x","data":' + b"[" * 1_100 + b"]" * 1_100 + b"}",
    '{"event":"x","data":{}}'.encode("utf-16"),
]
STEMS: Final = [*DOCUMENTED.values(), *(wire(json.loads(body)) for body in DOCUMENTED.values())]
NAMES: Final = [
    b'"' + name.encode() + b'"' for name in [*EVENT_CLASSES, "request-completed", "new"]
]


def flip(rng: random.Random, body: bytes) -> bytes:
    place = rng.randrange(len(body))
    return body[:place] + bytes([rng.randrange(256)]) + body[place + 1 :]


def cut(rng: random.Random, body: bytes) -> bytes:
    start, end = sorted((rng.randrange(len(body)), rng.randrange(len(body))))
    return rng.choice([body[:start], body[end:], body[:start] + body[end:]])


def insert(rng: random.Random, body: bytes) -> bytes:
    place = rng.randrange(len(body))
    return body[:place] + rng.choice(ODD_VALUES) + body[place:]


def replace_value(rng: random.Random, body: bytes) -> bytes:
    """Put an odd value behind one of the colons; the rest stays JSON."""
    colons = [place for place, byte in enumerate(body) if byte == ord(":")]
    if not colons:
        return body
    start = rng.choice(colons) + 1
    ends = [end for mark in b",}\n" if (end := body.find(mark, start)) >= 0]
    return body[:start] + rng.choice(ODD_VALUES) + body[min(ends, default=len(body)) :]


def double_field(rng: random.Random, body: bytes) -> bytes:
    name = rng.choice([b'"event"', b'"data"', b'"metadata"', b'"id"', b'"new"'])
    return body.replace(b"{", b"{" + name + b":" + rng.choice(ODD_VALUES) + b",", 1)


def rename(rng: random.Random, body: bytes) -> bytes:
    names = [name for name in NAMES if name in body]
    return body.replace(names[0], rng.choice(NAMES), 1) if names else body


def splice(rng: random.Random, body: bytes) -> bytes:
    other = rng.choice(STEMS)
    return body[: rng.randrange(len(body))] + other[rng.randrange(len(other)) :]


def noise(rng: random.Random, _: bytes) -> bytes:
    return rng.choice([rng.randbytes(rng.randrange(60)), rng.choice(ODD_BODIES)])


MUTATIONS: Final[list[Callable[[random.Random, bytes], bytes]]] = [
    *(flip, cut, insert, splice, noise, double_field),
    *(replace_value, replace_value, replace_value, rename, rename),
]


def odd_header(rng: random.Random, signature: str) -> Any:
    place = rng.randrange(128)
    return rng.choice(
        [
            *(None, "", b"", 0, 1.5, [signature], {"a": 1}, "\x00" * 128, "é" * 128, b"\xff" * 128),
            *("\ud800" * 128, "0" * 128, "f" * 100_000, signature[:place], signature + "0"),
            signature[:place] + rng.choice("gG \n\x00é٣") + signature[place + 1 :],
            signature[: place or 1] + " " + signature[place or 1 :],
            signature.encode("utf-16"),
            signature.encode()[:place],
            f"\u2003{signature}",
            rng.randbytes(64),
            rng.randbytes(64).hex(),
        ]
    )


@pytest.mark.long
def test_mutated_deliveries_are_refused_or_understood() -> None:
    rng = random.Random(20261122)
    seen: Counter[str] = Counter()
    for number in range(ROUNDS):
        body = rng.choice(STEMS)
        for _ in range(rng.randrange(3)):
            body = rng.choice(MUTATIONS)(rng, body) or b"{"
        signature: Any = signature_of(body)
        forged = number % 4 == 0
        if forged:
            signature = odd_header(rng, signature)
        found = outcome(VERIFIERS[number % 3 == 0], body, signature)
        assert not forged or found == "refused"
        seen[found] += 1

    expected = {"refused", "no event", "UnknownEvent"} | {
        cls.__name__ for cls in EVENT_CLASSES.values()
    }
    assert set(seen) == expected
    assert min(seen.values()) > ROUNDS // 100, seen


@pytest.mark.long
def test_no_changed_body_passes_with_the_signature_of_another() -> None:
    rng = random.Random(1)
    for _ in range(ROUNDS):
        body = rng.choice(STEMS)
        other = rng.choice(MUTATIONS)(rng, body)
        if other != body:
            assert outcome(VERIFIERS[0], other, signature_of(body)) == "refused"


@for_each("body", ODD_BODIES)
def test_odd_bodies_signed_and_unsigned(body: bytes) -> None:
    for verifier in VERIFIERS:
        assert outcome(verifier, body, signature_of(body, "other")) == "refused"
        assert outcome(verifier, body, signature_of(body)) in {
            "no event",
            "refused",
            "UnknownEvent",
        }


@pytest.mark.parametrize("name", ["card.authorization.request.capture", "request.completed"])
def test_an_odd_value_in_every_place(name: str) -> None:
    def body_with_a_hole(place: int) -> bytes:
        left = place

        def dig(value: Any) -> Any:
            nonlocal left
            left -= 1
            if left == -1:
                return "HOLE"
            if isinstance(value, dict):
                return {key: dig(inner) for key, inner in value.items()}
            return [dig(inner) for inner in value] if isinstance(value, list) else value

        return wire(dig(documented(name)))

    place = 0
    while b'"HOLE"' in (holed := body_with_a_hole(place)):
        for odd in ODD_VALUES:
            body = holed.replace(b'"HOLE"', odd)
            assert outcome(VERIFIERS[0], body, signature_of(body)) != "refused", odd
        place += 1
    assert place > 15


# Hypothesis.

anything = json_values | values


@given(body=st.binary() | st.text().map(str.encode), signature=st.text() | st.binary() | st.none())
def test_what_nobody_signed_is_refused(body: bytes, signature: Any) -> None:
    for verifier in VERIFIERS:
        assert outcome(verifier, body, signature) == "refused"


@given(
    body=st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers()), json_values),
    signature=st.one_of(st.none(), st.integers(), st.text(), st.binary(), json_values),
)
def test_arguments_of_any_type_are_refused(body: Any, signature: Any) -> None:
    assert outcome(VERIFIERS[0], body, signature) == "refused"


@given(
    name=st.sampled_from([*EVENT_CLASSES, "request-completed"]) | anything,
    data=anything | st.dictionaries(st.sampled_from(["id", "_id", "status", "amount"]), anything),
    metadata=anything
    | st.dictionaries(st.sampled_from(["event", "sentAt", "createdAt"]), anything),
)
def test_any_signed_json_is_an_event_or_is_none(name: Any, data: Any, metadata: Any) -> None:
    body = wire({"event": name, "data": data, "metadata": metadata})
    found = outcome(VERIFIERS[0], body, signature_of(body))

    assert found != "refused"
    if not isinstance(name, str) or not name:
        assert found == "no event"
    elif name not in {*EVENT_CLASSES, "request-completed"}:
        assert found == "UnknownEvent"
    else:
        assert found in {"no event", *(cls.__name__ for cls in EVENT_CLASSES.values())}
