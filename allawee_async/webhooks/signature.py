"""Signatures of deliveries: HMAC-SHA512 over the raw body, as 128 hexadecimal digits."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, cast

from allawee_async.errors import ConfigurationError
from allawee_async.redaction import SecretBytes

Body: TypeAlias = bytes | bytearray | memoryview
"""A body as it goes over the wire."""

HEADER: Final = "Allawee-Signature"
"""The header that carries the signature."""

_AROUND: Final = "\r\n\ufeff"
"""Line ends, and the byte order mark that some editors write."""

_HEX: Final = re.compile("[0-9A-Fa-f]{128}")


def sign(body: Body | str, key: str) -> str:
    """Return the signature of a body as Allawee sends it, in lower case: for tests and tools.

    Args:
        body: The body as it goes over the wire; a text is written as UTF-8.
        key: The signing key of the webhook; line ends around it do not count.

    Raises:
        ConfigurationError: The key is empty or no text, or the body is neither bytes nor a text.
    """
    raw = raw_body(text_bytes(body) if isinstance(body, str) else body)
    secret = key_bytes(key)
    del body, key  # a traceback with local variables would show them
    if not secret:
        raise ConfigurationError("the signing key must be a text that is not empty")
    if raw is None:
        raise ConfigurationError("the body must be bytes, or a text that has a form in UTF-8")
    return hmac.digest(secret, raw, "sha512").hex()


def signature_in(headers: Mapping[str, str]) -> str | None:
    """Return the signature among the headers of a request, named in any case; None without one."""
    if not isinstance(cast("object", headers), Mapping):  # some servers give None for no headers
        return None
    named = cast("Mapping[object, str]", headers).items()
    return next((value for name, value in named if str(name).lower() == HEADER.lower()), None)


def fits(signature: bytes, body: bytes, keys: Iterable[bytes]) -> bool:
    """Return whether one of the keys signs the body so.

    It takes the same time wherever the first difference is and whichever key it is. What was
    expected stays in here: whoever saw it in a traceback could sign the body.

    Args:
        signature: The 64 bytes that came.
        body: The body.
        keys: The signing keys.
    """
    found = False
    for key in keys:
        found |= hmac.compare_digest(hmac.digest(key, body, "sha512"), signature)
    return found


def signature_bytes(signature: object) -> bytes | None:
    """Return the 64 bytes of a header's value: hex in any case, perhaps with blanks around it.

    None if it is anything else.
    """
    if isinstance(signature, bytes):
        signature = signature.decode("latin-1")  # which takes any bytes
    if not isinstance(signature, str):
        return None
    digits = signature.strip(" \t\r\n")
    return bytes.fromhex(digits) if _HEX.fullmatch(digits) else None


def raw_body(body: object) -> SecretBytes | None:
    """Return a body that a traceback may show, or None if it is no bytes."""
    if type(body) is SecretBytes:
        return body
    if not isinstance(body, bytes | bytearray | memoryview):
        return None
    try:
        return SecretBytes(cast("bytes", body))
    except ValueError:  # a memoryview that was released
        return None


def key_bytes(key: object) -> SecretBytes | None:
    """Return a signing key as it is used: what files put around it is no part of it.

    None if nothing is left, or it is no text.
    """
    return text_bytes(key.strip(_AROUND)) or None if isinstance(key, str) else None


def text_bytes(text: object) -> SecretBytes | None:
    """Return a text in UTF-8 that a traceback may show, or None if it has no such form."""
    try:
        return SecretBytes(text.encode()) if isinstance(text, str) else None
    except UnicodeEncodeError:  # half a surrogate pair
        return None
