"""The verifier: only what Allawee signed, not too long, not too old, becomes an event."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from allawee_async.errors import ConfigurationError, DecodeError, SignatureError
from allawee_async.redaction import SecretBytes
from allawee_async.webhooks import (
    CardAuthorizationRequest,
    CardTransactionCreated,
    UnknownEvent,
    WebhookVerifier,
    sign,
)
from tests.support.canaries import API_KEY, PAN, locals_text, traceback_text
from tests.support.deliveries import (
    DOCUMENTED,
    KEY,
    VECTOR_BODY,
    VECTOR_SIGNATURE,
    signature_of,
    wire,
)
from tests.support.tables import for_each

VERIFIER = WebhookVerifier(KEY)

BODY = DOCUMENTED["card.authorization.request.capture"]
SENT_AT = datetime(2025, 3, 14, 18, 22, 51, tzinfo=UTC)


def refused(
    body: Any, signature: Any, verifier: WebhookVerifier = VERIFIER, **options: Any
) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        verifier.parse(body, signature, **options)
    return caught.value


# What is accepted.


def test_the_documented_vector_becomes_an_event() -> None:
    event = VERIFIER.parse(VECTOR_BODY, VECTOR_SIGNATURE)

    assert type(event) is CardTransactionCreated
    assert (event.id, event.data.id) == ("evt.test", "c.txn.test")
    assert VERIFIER.verify(VECTOR_BODY, VECTOR_SIGNATURE) is None


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_documented_event_is_accepted(name: str) -> None:
    body = DOCUMENTED[name]

    assert VERIFIER.parse(body, sign(body, KEY)).payload


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, SecretBytes])
def test_a_body_may_be_any_kind_of_bytes(make: Any) -> None:
    VERIFIER.verify(make(VECTOR_BODY), VECTOR_SIGNATURE)
    assert VERIFIER.parse(make(VECTOR_BODY), VECTOR_SIGNATURE).id == "evt.test"


@pytest.mark.parametrize(
    "signature",
    [
        VECTOR_SIGNATURE.upper(),
        VECTOR_SIGNATURE.encode(),
        f" {VECTOR_SIGNATURE}\r\n",
        VECTOR_SIGNATURE.upper().encode() + b"\t",
    ],
)
def test_a_signature_may_be_hex_in_any_case_text_or_bytes_with_blanks(
    signature: str | bytes,
) -> None:
    assert VERIFIER.parse(VECTOR_BODY, signature).id == "evt.test"


@given(body=st.binary(max_size=200), key=st.text(max_size=20).filter(str.strip))
def test_any_body_that_is_signed_passes_and_none_that_is_changed(body: bytes, key: str) -> None:
    verifier = WebhookVerifier(key)
    verifier.verify(body, sign(body, key))

    for other in (body + b"\x00", b" " + body, body[:-1] if body else b"x"):
        with pytest.raises(SignatureError):
            verifier.verify(other, sign(body, key))
    with pytest.raises(SignatureError):
        verifier.verify(body, sign(body, f"{key}x"))


# Keys.


def test_while_a_key_is_rolled_both_keys_count() -> None:
    rolling = WebhookVerifier(["new key", "old key"])

    assert rolling.parse(BODY, signature_of(BODY, "new key")).id
    assert rolling.parse(BODY, signature_of(BODY, "old key")).id
    refused(BODY, signature_of(BODY, "older key"), rolling)
    refused(BODY, signature_of(BODY, "new keyold key"), rolling)


def test_a_key_is_taken_as_it_is() -> None:
    """It is a text: not decoded, blanks are part of it, in UTF-8."""
    for key in ("6b6579", " key ", "kéy", "a2V5", "k\x00"):
        assert WebhookVerifier(key).parse(BODY, signature_of(BODY, key)).id


@for_each(
    "keys",
    [
        *("", None, [], (), [""], ["key", ""], ["key", None], b"key", [b"key"], 5, ["key", 5]),
        *({"key": "x"}, {"key"}, iter(["key"]), object(), "\ud800", ["key", "\ud800"]),
    ],
)
def test_without_a_proper_key_there_is_no_verifier(keys: Any) -> None:
    with pytest.raises(ConfigurationError, match="signing key"):
        WebhookVerifier(keys)


# What is refused.


@for_each(
    ("signature", "told"),
    [
        (None, "no header Allawee-Signature"),
        ("", "128 hexadecimal digits"),
        (b"", "128 hexadecimal digits"),
        ("0" * 127, "128 hexadecimal digits"),
        ("0" * 129, "128 hexadecimal digits"),
        (VECTOR_SIGNATURE + ",", "128 hexadecimal digits"),
        ("é" * 128, "128 hexadecimal digits"),
        (b"\xff" * 128, "128 hexadecimal digits"),
        ("\ud800" * 128, "128 hexadecimal digits"),
        ([VECTOR_SIGNATURE], "128 hexadecimal digits"),
        (5, "128 hexadecimal digits"),
        ("0" * 128, "does not fit the body"),
        (signature_of(VECTOR_BODY + b"\n"), "does not fit the body"),
        (signature_of(VECTOR_BODY, "other"), "does not fit the body"),
    ],
)
def test_a_wrong_signature_is_refused_with_the_reason(signature: Any, told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        VERIFIER.verify(VECTOR_BODY, signature)
    assert told in str(refused(VECTOR_BODY, signature))


@pytest.mark.parametrize(
    "body",
    [None, "", VECTOR_BODY.decode(), {"event": "x"}, [], 5, 95, object()],
    ids=lambda body: type(body).__name__,
)
def test_a_body_that_is_not_the_raw_bytes_is_refused(body: Any) -> None:
    assert "raw bytes" in str(refused(body, VECTOR_SIGNATURE))
    with pytest.raises(SignatureError, match="raw bytes"):
        VERIFIER.verify(body, VECTOR_SIGNATURE)


def test_a_body_that_was_parsed_and_written_again_does_not_fit() -> None:
    assert "byte for byte" in str(refused(BODY.replace(b" ", b""), signature_of(BODY)))


def test_the_signature_is_checked_before_anything_is_parsed() -> None:
    refused(b"no json at all", VECTOR_SIGNATURE)
    with pytest.raises(DecodeError):
        VERIFIER.parse(b"no json at all", signature_of(b"no json at all"))


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"event":""}', b"null"])
def test_a_signed_body_that_is_no_event_is_told_apart(body: bytes) -> None:
    VERIFIER.verify(body, signature_of(body))
    with pytest.raises(DecodeError):
        VERIFIER.parse(body, signature_of(body))


# The length.


def test_a_longer_body_is_refused_before_it_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []
    monkeypatch.setattr(
        "allawee_async.webhooks.signature.fits", lambda _, body, __: hashed.append(body) or True
    )
    verifier = WebhookVerifier(KEY, max_body=10)

    verifier.verify(b"x" * 10, "0" * 128)
    for body in (b"x" * 11, bytearray(11), memoryview(bytes(44)).cast("I")):
        assert "max_body is 10" in str(refused(body, "0" * 128, verifier))
    assert hashed == [b"x" * 10]


def test_a_mebibyte_is_accepted_unless_told_otherwise() -> None:
    start = b'{"event":"x","data":{"a":"'
    body = start + b"a" * (1024 * 1024 - len(start) - 3) + b'"}}'

    assert len(body) == 1024 * 1024
    assert type(VERIFIER.parse(body, signature_of(body))) is UnknownEvent
    assert "max_body" in str(refused(body + b" ", signature_of(body + b" ")))


def test_a_length_of_one_byte_is_a_length() -> None:
    verifier = WebhookVerifier(KEY, max_body=1)
    assert "max_body is 1" in str(refused(b"{}", signature_of(b"{}"), verifier))


@pytest.mark.parametrize("max_body", [0, -1, 1.5, True, None, "1000", float("inf")], ids=repr)
def test_a_length_is_a_whole_number(max_body: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_body"):
        WebhookVerifier(KEY, max_body=max_body)


# The age.


def aged(seconds: float, *, max_age: float | timedelta = 300) -> Any:
    """Parse a delivery so many seconds after it was sent."""
    verifier = WebhookVerifier(KEY, max_age=max_age)
    received_at = SENT_AT + timedelta(seconds=seconds)
    return verifier.parse(BODY, signature_of(BODY), received_at=received_at)


@for_each("seconds", [0, 1, -1, 299.9, -299.9, 300, -300])
@for_each("max_age", [300, 300.0, timedelta(minutes=5)])
def test_a_fresh_delivery_is_accepted(seconds: float, max_age: float | timedelta) -> None:
    assert aged(seconds, max_age=max_age).sent_at == SENT_AT


@for_each("seconds", [300.001, 301, 10**9, -300.001, -301, -(10**9)])
@for_each("max_age", [300, 300.0, timedelta(minutes=5)])
def test_one_that_is_too_old_or_from_the_future_is_refused(
    seconds: float, max_age: float | timedelta
) -> None:
    with pytest.raises(SignatureError, match="before" if seconds > 0 else "after"):
        aged(seconds, max_age=max_age)


def test_the_time_of_receipt_may_be_in_any_zone() -> None:
    verifier = WebhookVerifier(KEY, max_age=1)
    lagos = SENT_AT.astimezone(timezone(timedelta(hours=1)))

    assert verifier.parse(BODY, signature_of(BODY), received_at=lagos).sent_at == SENT_AT


def test_without_a_time_of_receipt_it_is_now() -> None:
    now = datetime.now(UTC)
    verifier = WebhookVerifier(KEY, max_age=60)

    def delivery(sent_at: datetime) -> tuple[bytes, str]:
        body = wire({"event": "x", "metadata": {"sentAt": sent_at.isoformat()}})
        return body, signature_of(body)

    assert verifier.parse(*delivery(now)).sent_at == now
    refused(*delivery(now - timedelta(seconds=120)), verifier)
    refused(*delivery(now + timedelta(seconds=120)), verifier)


@pytest.mark.parametrize(
    "metadata", [None, {}, {"sentAt": None}, {"sentAt": "soon"}, {"sentAt": 5}, []], ids=repr
)
def test_a_delivery_without_a_time_is_refused_only_if_there_is_a_limit(metadata: Any) -> None:
    body = wire({"event": "x", "metadata": metadata})

    assert "when it was sent" in str(
        refused(body, signature_of(body), WebhookVerifier(KEY, max_age=300))
    )
    assert VERIFIER.parse(body, signature_of(body)).sent_at is None


def test_without_a_limit_any_age_is_accepted() -> None:
    assert VERIFIER.parse(BODY, signature_of(BODY)).sent_at == SENT_AT


@pytest.mark.parametrize(
    "sent_at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z"]
)
def test_times_at_the_ends_of_the_calendar_are_just_too_far(sent_at: str) -> None:
    body = wire({"event": "x", "metadata": {"sentAt": sent_at}})

    error = refused(body, signature_of(body), WebhookVerifier(KEY, max_age=1e9))

    assert "sent" in str(error)


def test_the_signature_counts_before_the_age() -> None:
    error = refused(BODY, VECTOR_SIGNATURE, WebhookVerifier(KEY, max_age=1))

    assert "does not fit" in str(error)


@pytest.mark.parametrize("verifier", [VERIFIER, WebhookVerifier(KEY, max_age=10**9)])
@pytest.mark.parametrize("received_at", [datetime(2025, 3, 14), 5.0, "2025-03-14T12:00:00Z"])  # noqa: DTZ001
def test_a_time_of_receipt_needs_a_zone(verifier: WebhookVerifier, received_at: Any) -> None:
    with pytest.raises(ConfigurationError, match="received_at"):
        verifier.parse(BODY, signature_of(BODY), received_at=received_at)


@for_each(
    "max_age",
    [
        *(0, -1, float("nan"), float("inf"), 1e300, True, "300", [300]),
        *(timedelta(0), timedelta(seconds=-1)),
    ],
)
def test_an_age_is_a_time_above_zero(max_age: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_age"):
        WebhookVerifier(KEY, max_age=max_age)


# Headers.


@pytest.mark.parametrize("name", ["Allawee-Signature", "allawee-signature", "ALLAWEE-SIGNATURE"])
def test_a_request_is_read_with_its_headers(name: str) -> None:
    headers = {"Content-Type": "application/json", name: signature_of(BODY)}

    event = VERIFIER.parse_request(BODY, headers)

    assert type(event) is CardAuthorizationRequest
    assert VERIFIER.parse_request(BODY, CIMultiDict(headers)) == event


@pytest.mark.parametrize("headers", [{}, {"Signature": VECTOR_SIGNATURE}, None, []])
def test_a_request_without_the_header_is_refused(headers: Any) -> None:
    with pytest.raises(SignatureError, match="no header Allawee-Signature"):
        VERIFIER.parse_request(BODY, headers)


def test_a_request_has_an_age_too() -> None:
    verifier = WebhookVerifier(KEY, max_age=5)
    headers = {"allawee-signature": signature_of(BODY)}

    assert verifier.parse_request(BODY, headers, received_at=SENT_AT).sent_at == SENT_AT
    with pytest.raises(SignatureError, match="max_age"):
        verifier.parse_request(BODY, headers)
    with pytest.raises(SignatureError, match="raw bytes"):
        verifier.parse_request("text", headers)  # type: ignore[arg-type]


# Secrets.


def test_a_repr_shows_no_key() -> None:
    text = repr(WebhookVerifier([API_KEY, f"{API_KEY}2"], max_age=5))

    assert text == (
        "WebhookVerifier(<keys: 2>, max_age=datetime.timedelta(seconds=5), max_body=1048576)"
    )
    assert KEY not in repr(vars(VERIFIER))


def test_a_verifier_is_not_written_down() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(VERIFIER)


SIGNED = wire({"event": "card.authorization.closed", "data": {"pan": PAN}})
SECRET_DELIVERIES: list[tuple[Any, Any, dict[str, Any]]] = [
    (SIGNED, signature_of(SIGNED, API_KEY), {}),
    (bytearray(SIGNED), VECTOR_SIGNATURE, {}),
    (memoryview(SIGNED), None, {}),
    (SIGNED.decode(), VECTOR_SIGNATURE, {}),
    ({"pan": PAN}, VECTOR_SIGNATURE, {}),
    (SIGNED, signature_of(SIGNED, API_KEY), {"received_at": 1}),
]


@pytest.mark.parametrize(("body", "signature", "options"), SECRET_DELIVERIES)
def test_no_error_shows_a_key_a_body_or_the_signature_that_was_expected(
    body: Any, signature: Any, options: dict[str, Any]
) -> None:
    verifier = WebhookVerifier([API_KEY], max_age=1)
    headers = {} if signature is None else {"Allawee-Signature": signature}
    with pytest.raises((SignatureError, DecodeError, ConfigurationError)) as parsing:
        verifier.parse(body, signature, **options)
    with pytest.raises((SignatureError, DecodeError, ConfigurationError)) as reading:
        verifier.parse_request(body, headers, **options)

    for error in (parsing.value, reading.value):
        text = str(error) + repr(error) + traceback_text(error) + locals_text(error)
        assert API_KEY not in text
        assert PAN not in text
        if signature != signature_of(SIGNED, API_KEY):
            assert signature_of(SIGNED, API_KEY) not in text
            assert repr(bytes.fromhex(signature_of(SIGNED, API_KEY))) not in text


@pytest.mark.parametrize(
    "options", [{"max_age": -1}, {"max_body": 0}, {"max_age": "x"}], ids=["age", "length", "text"]
)
def test_no_verifier_that_could_not_be_made_shows_its_keys(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as option:
        WebhookVerifier([API_KEY], **options)
    with pytest.raises(ConfigurationError) as key:
        WebhookVerifier([API_KEY, None], **options)  # type: ignore[list-item]

    assert API_KEY not in locals_text(option.value)
    assert API_KEY not in locals_text(key.value)


def test_headers_of_aiohttp_are_a_mapping_like_any_other() -> None:
    headers = CIMultiDict({aiohttp.hdrs.HOST: "x", "ALLAWEE-signature": VECTOR_SIGNATURE})

    assert VERIFIER.parse_request(VECTOR_BODY, headers).id == "evt.test"
