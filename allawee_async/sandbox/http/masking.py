"""Secrets out of what the sandbox shows of answers: the numbers of cards and people, PINs, keys."""

from __future__ import annotations

import re

import orjson

MASK = "***"
_FIELDS = "pan|cvv|pin|otp|key|apiKey|secretKey|signingKey|secret|password|bvn|nin"
# A text that was cut off may end within a value, so the closing quote may be missing.
_SECRET_FIELD = re.compile(
    rf'("(?:{_FIELDS})"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[0-9.]+)', re.IGNORECASE | re.DOTALL
)
_SECRET_TEXT = re.compile(
    r"sk\.(?:test|live)\.[0-9A-Za-z_.-]*"  # secret keys
    r"|whk\.[0-9A-Za-z]+"  # signing keys that the sandbox made up
    r"|[0-9](?:[ -]?[0-9]){10,}"  # numbers of people have 11 digits, those of cards 13 to 19
)
_HARMLESS_LENGTH = 12  # the network's own reference of a purchase
_LONGEST = 16 * 1024  # indenting makes a text longer
_CUT_NUMBER = re.compile(r"[0-9][0-9 -]*\Z")


def masked_text(text: str) -> str:
    """Return a text, JSON or not, with `***` in place of what looks like a secret."""
    return _SECRET_TEXT.sub(_replacement, _SECRET_FIELD.sub(rf'\1"{MASK}"', text))


def beginning(body: bytes, size: int) -> str:
    """Return the beginning of a body as text for people, without secrets.

    Args:
        body: The first bytes of it.
        size: How many bytes it has; if they are all there, JSON is indented.
    """
    if len(body) < size:
        text = body.decode(errors="ignore")
        return masked_text(_CUT_NUMBER.sub("", text)) + "…"
    try:
        text = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        text = body.decode(errors="replace")
    return masked_text(text)[:_LONGEST]


def _replacement(found: re.Match[str]) -> str:
    digits = found[0].replace(" ", "").replace("-", "")
    is_harmless = digits.isdecimal() and len(digits) == _HARMLESS_LENGTH
    return found[0] if is_harmless else MASK
