"""Deliveries of Allawee: whether it signed them, whether they are fresh, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn, cast

from allawee_async.errors import ConfigurationError, SignatureError
from allawee_async.redaction import SecretBytes
from allawee_async.webhooks import signature as signing
from allawee_async.webhooks.events import Event, parse_event
from allawee_async.webhooks.signature import Body

MAX_BODY: Final = 1024 * 1024
"""The longest body that is accepted unless told otherwise, in bytes."""


class WebhookVerifier:
    """Tells deliveries that Allawee signed from all others.

    Whatever comes over the network, `SignatureError` and `DecodeError` are all that it raises.

    Args:
        keys: The signing key of the webhook; while it is rolled the new one and the old one.
            Line ends and a byte order mark around a key do not count.
        max_age: How far the time of sending (`metadata.sentAt`, which is signed) may be from the
            time of receipt, before or after it: seconds or a timedelta. A delivery that tells no
            time is then refused. None accepts any age. The documents do not say whether a delivery
            that is sent again tells a new time, so leave room for that.
        max_body: The longest body in bytes; a longer one is refused before it is hashed.

    Raises:
        ConfigurationError: There is no key, or a value makes no sense.
    """

    # a traceback with local variables shows a verifier that is half made
    _keys: tuple[SecretBytes, ...] = ()
    _max_age: timedelta | None = None
    _max_body: int = MAX_BODY

    def __init__(
        self,
        keys: str | Sequence[str],
        *,
        max_age: float | timedelta | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        secrets = _secrets(keys)
        del keys  # a traceback with local variables would show them
        if not secrets:
            raise ConfigurationError(
                "no signing key: pass the webhook's, WebhookVerifier(key), or several in a list; "
                "each must be a text that is not empty"
            )
        self._keys = secrets
        self._max_age = _age(max_age)
        self._max_body = _length(max_body)

    def verify(self, body: Body, signature: str | bytes | None) -> None:
        """Do nothing if Allawee signed the body.

        Args:
            body: The body as it came, byte for byte: not parsed, not decoded.
            signature: The value of the header `Allawee-Signature`; None if there was none.

        Raises:
            SignatureError: It did not, or the body is too long.
        """
        raw = signing.raw_body(body)
        del body  # a traceback with local variables would show it
        self._signed(raw, signature)

    def parse(
        self, body: Body, signature: str | bytes | None, *, received_at: datetime | None = None
    ) -> Event:
        """Return the event of a delivery that Allawee signed.

        Args:
            body: The body as it came, byte for byte: not parsed, not decoded.
            signature: The value of the header `Allawee-Signature`; None if there was none.
            received_at: When it was received, if that was not just now: deliveries may wait in a
                queue. It matters for `max_age` only.

        Raises:
            SignatureError: Allawee did not sign it, or it is too long, too old or too new.
            DecodeError: Allawee signed it, but it is not what the documents say.
            ConfigurationError: `received_at` has no time zone.
        """
        raw = signing.raw_body(body)
        del body  # a traceback with local variables would show it
        _check_moment(received_at)
        event = parse_event(self._signed(raw, signature))
        if self._max_age is not None:
            _check_age(event.sent_at, received_at or datetime.now(UTC), self._max_age)
        return event

    def parse_request(
        self, body: Body, headers: Mapping[str, str], *, received_at: datetime | None = None
    ) -> Event:
        """Return the event of a request: as `parse`, but it finds the signature in the headers.

        Args:
            body: The body as it came, byte for byte: not parsed, not decoded.
            headers: The headers of the request, with names in any case.
            received_at: When it was received, if that was not just now.

        Raises:
            SignatureError: Allawee did not sign it, or it is too long, too old or too new.
            DecodeError: Allawee signed it, but it is not what the documents say.
            ConfigurationError: `received_at` has no time zone.
        """
        raw = signing.raw_body(body)
        del body  # a traceback with local variables would show it
        return self.parse(
            cast("bytes", raw), signing.signature_in(headers), received_at=received_at
        )

    def _signed(self, raw: SecretBytes | None, signature: object) -> SecretBytes:
        """Return the body if one of the keys signs it."""
        if raw is None:
            raise SignatureError(
                "pass the body as the raw bytes that came: they are what is signed"
            )
        if len(raw) > self._max_body:
            raise SignatureError(f"the body has {len(raw)} bytes, and max_body is {self._max_body}")
        if signature is None:
            raise SignatureError(f"the request has no header {signing.HEADER}")
        presented = signing.signature_bytes(signature)
        if presented is None:
            raise SignatureError(f"the header {signing.HEADER} is not 128 hexadecimal digits")
        if not signing.fits(presented, raw, self._keys):
            raise SignatureError(
                "the signature does not fit the body: the signing key is not that of the webhook, "
                "the body is not what came byte for byte, or Allawee did not send it"
            )
        return raw

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled, which would write the keys down."""
        raise TypeError("a verifier cannot be pickled; make a new one from the keys instead")

    def __repr__(self) -> str:
        """Say how many keys there are, never the keys."""
        return (
            f"WebhookVerifier(<keys: {len(self._keys)}>, max_age={self._max_age!r}, "
            f"max_body={self._max_body})"
        )


def _secrets(keys: object) -> tuple[SecretBytes, ...]:
    """Return the keys as bytes that a traceback may show; none if one of them is none."""
    listed = (keys,) if isinstance(keys, str) else keys
    given = cast("Sequence[object]", listed) if isinstance(listed, Sequence) else ()
    secrets = tuple(filter(None, map(signing.key_bytes, given)))
    return secrets if len(secrets) == len(given) else ()


def _age(max_age: object) -> timedelta | None:
    if max_age is None:
        return None
    age: object = max_age
    if isinstance(max_age, int | float) and not isinstance(max_age, bool):
        try:
            age = timedelta(seconds=max_age)
        except (OverflowError, ValueError):  # more than a timedelta holds, or no number
            age = None
    if not isinstance(age, timedelta) or age <= timedelta(0):
        raise ConfigurationError("max_age must be a number of seconds or a timedelta, above 0")
    return age


def _length(max_body: object) -> int:
    if not isinstance(max_body, int) or isinstance(max_body, bool) or max_body < 1:
        raise ConfigurationError("max_body must be a whole number of bytes, 1 at least")
    return max_body


def _check_moment(received_at: object) -> None:
    if received_at is None:
        return
    if not isinstance(received_at, datetime) or received_at.utcoffset() is None:
        raise ConfigurationError(
            "received_at must be a datetime with a time zone, e.g. datetime.now(UTC)"
        )


def _check_age(sent_at: datetime | None, received_at: datetime, max_age: timedelta) -> None:
    if sent_at is None:
        raise SignatureError("the delivery does not tell when it was sent, and there is a max_age")
    age = received_at - sent_at
    if abs(age) > max_age:
        seconds = age.total_seconds()
        when = f"{seconds:.0f} s before" if seconds > 0 else f"{-seconds:.0f} s after"
        raise SignatureError(f"it was sent {when} it was received, and max_age is {max_age}")
