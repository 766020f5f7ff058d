"""Signatures: how they are made, found in a request, read and compared."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.errors import ConfigurationError
from allawee_async.redaction import SecretBytes
from allawee_async.webhooks.signature import fits, raw_body, sign, signature_bytes, signature_in
from allawee_async.webhooks.verifier import WebhookVerifier
from tests.support.canaries import API_KEY, PAN, locals_text
from tests.support.deliveries import KEY, VECTOR_BODY, VECTOR_SIGNATURE, signature_of
from tests.support.tables import for_each

DIGEST = bytes.fromhex(VECTOR_SIGNATURE)

keys = st.text(min_size=1, max_size=20).filter(lambda key: key == key.strip("\r\n\ufeff"))


# Signing.


def test_the_documented_vector() -> None:
    assert sign(VECTOR_BODY, KEY) == VECTOR_SIGNATURE


@given(body=st.binary(), key=keys)
def test_a_signature_is_the_hmac_sha512_in_lower_case_hex(body: bytes, key: str) -> None:
    assert sign(body, key) == signature_of(body, key)


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, bytes.decode])
def test_a_body_may_be_any_kind_of_bytes_or_a_text(make: Any) -> None:
    assert sign(make(VECTOR_BODY), KEY) == VECTOR_SIGNATURE


def test_a_text_is_written_as_utf_8() -> None:
    assert sign("Adé", "ké") == signature_of("Adé".encode(), "ké")
    assert sign("", KEY) == signature_of(b"")


@pytest.mark.parametrize("key", ["", None, b"key", 1, ["key"], "\ud800"], ids=ascii)
def test_a_key_is_a_text_that_is_not_empty(key: Any) -> None:
    with pytest.raises(ConfigurationError, match="signing key"):
        sign(VECTOR_BODY, key)


@pytest.mark.parametrize("body", [None, 1, {"event": "x"}, [1], "\udfff"], ids=ascii)
def test_only_bytes_and_texts_can_be_signed(body: Any) -> None:
    with pytest.raises(ConfigurationError, match="body"):
        sign(body, KEY)


def test_a_refusal_shows_neither_key_nor_body() -> None:
    with pytest.raises(ConfigurationError) as bad_body:
        sign({"pan": PAN}, API_KEY)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError) as bad_key:
        sign(f"\ud800{PAN}", [API_KEY])  # type: ignore[arg-type]

    for error in (bad_body.value, bad_key.value):
        assert API_KEY not in locals_text(error)
        assert PAN not in locals_text(error)


# Finding the header.


@pytest.mark.parametrize(
    "name", ["Allawee-Signature", "allawee-signature", "ALLAWEE-SIGNATURE", "aLLAWEE-sIGNATURE"]
)
def test_the_header_is_found_in_any_case(name: str) -> None:
    assert signature_in({"Host": "example.com", name: "abc", "Accept": "*/*"}) == "abc"


@pytest.mark.parametrize(
    "headers", [{}, {"Signature": "x"}, {"X-Allawee-Signature": "x"}, {b"a": 1, 2: "x", None: "y"}]
)
def test_no_header_is_none(headers: Any) -> None:
    assert signature_in(headers) is None


@pytest.mark.parametrize("headers", [None, [("Allawee-Signature", "x")], "Allawee-Signature"])
def test_what_is_no_mapping_holds_no_header(headers: Any) -> None:
    assert signature_in(headers) is None


# Reading the header.


@pytest.mark.parametrize(
    "signature",
    [
        VECTOR_SIGNATURE,
        VECTOR_SIGNATURE.upper(),
        VECTOR_SIGNATURE[:64].upper() + VECTOR_SIGNATURE[64:],
        VECTOR_SIGNATURE.encode(),
        f"  {VECTOR_SIGNATURE}\t",
        f"{VECTOR_SIGNATURE}\r\n".encode(),
    ],
    ids=["lower", "upper", "mixed", "bytes", "blanks", "bytes with a line end"],
)
def test_hex_is_read_in_any_case_and_with_blanks_around_it(signature: str | bytes) -> None:
    assert signature_bytes(signature) == DIGEST


WRONG_SIGNATURES: list[Any] = [
    *(None, "", b"", " ", 0, 1.5, True, [VECTOR_SIGNATURE], {"a": 1}, object),
    bytearray(VECTOR_SIGNATURE.encode()),
    *(
        VECTOR_SIGNATURE[:-1],
        VECTOR_SIGNATURE[:-2],
        VECTOR_SIGNATURE + "0",
        "00" + VECTOR_SIGNATURE,
    ),
    VECTOR_SIGNATURE * 10_000,
    *(
        VECTOR_SIGNATURE[:-1] + end
        for end in ("g", " ", "\n0", "\x00", "\ud800", "٣", "\uff41", "é")
    ),
    VECTOR_SIGNATURE[:64] + " " + VECTOR_SIGNATURE[64:],
    VECTOR_SIGNATURE[:63] + "  " + VECTOR_SIGNATURE[65:],  # fromhex alone would skip blanks
    " ".join(VECTOR_SIGNATURE[i : i + 2] for i in range(0, 128, 2)),
    "sha512=" + VECTOR_SIGNATURE,
    "0x" + VECTOR_SIGNATURE[2:],
    f"\u00a0{VECTOR_SIGNATURE}",
    f"\ufeff{VECTOR_SIGNATURE}",
    VECTOR_SIGNATURE.encode("utf-16"),
    b"\xff" * 128,
    VECTOR_SIGNATURE.encode()[:-1] + b"\xb2",
]


@for_each("signature", WRONG_SIGNATURES)
def test_anything_but_128_hexadecimal_digits_is_no_signature(signature: object) -> None:
    assert signature_bytes(signature) is None


@given(st.text() | st.binary() | st.none() | st.integers())
def test_no_value_makes_it_fail(signature: object) -> None:
    found = signature_bytes(signature)

    assert found is None or len(found) == 64


# Comparing.


def test_a_signature_fits_its_body_and_key_only() -> None:
    assert fits(DIGEST, VECTOR_BODY, [KEY.encode()])
    assert not fits(DIGEST, VECTOR_BODY + b" ", [KEY.encode()])
    assert not fits(DIGEST, VECTOR_BODY, [KEY.encode() + b" "])
    assert not fits(DIGEST, VECTOR_BODY, [])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_any_of_several_keys_will_do(place: int) -> None:
    several = [b"first", b"second", b"third"]
    several[place] = KEY.encode()

    assert fits(DIGEST, VECTOR_BODY, several)


@pytest.mark.parametrize("place", [0, 1, None], ids=["first", "second", "none"])
def test_all_keys_are_compared_in_constant_time_whichever_fits(
    place: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    several = [b"first", b"second"]
    if place is not None:
        several[place] = KEY.encode()
    monkeypatch.setattr("allawee_async.webhooks.signature.hmac.compare_digest", spy)

    assert fits(DIGEST, VECTOR_BODY, several) is (place is not None)
    assert compared == [(64, 64), (64, 64)]


@given(body=st.binary(max_size=50), bit=st.integers(0, 511))
def test_one_wrong_bit_is_enough(body: bytes, bit: int) -> None:
    digest = bytearray.fromhex(signature_of(body))
    digest[bit // 8] ^= 1 << bit % 8

    assert not fits(bytes(digest), body, [KEY.encode()])


# Bodies.


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, SecretBytes])
def test_a_body_is_taken_as_it_is_and_shows_its_length_only(make: Any) -> None:
    taken = raw_body(make(VECTOR_BODY))

    assert taken == VECTOR_BODY
    assert repr(taken) == f"<{len(VECTOR_BODY)} bytes>"


def test_a_hidden_body_is_not_copied() -> None:
    body = SecretBytes(VECTOR_BODY)

    assert raw_body(body) is body


def test_a_view_of_parts_is_read_as_it_shows_them() -> None:
    assert raw_body(memoryview(b"a.b.c.")[::2]) == b"abc"


def test_a_released_view_is_no_body() -> None:
    view = memoryview(VECTOR_BODY)
    view.release()

    assert raw_body(view) is None


@pytest.mark.parametrize("body", [None, "", "{}", 0, 5, {}, [], [1, 2], object], ids=ascii)
def test_what_is_no_bytes_is_no_body(body: object) -> None:
    assert raw_body(body) is None


@pytest.mark.parametrize("around", ["{}\n", "\ufeff{}\r\n"])
def test_what_files_put_around_a_key_is_no_part_of_it(around: str) -> None:
    key = around.format("key")

    assert sign(b"{}", key) == sign(b"{}", "key")
    WebhookVerifier(key).verify(b"{}", sign(b"{}", "key"))
