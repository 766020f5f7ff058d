"""Keeping secrets out of everything that is printed: texts, `repr`, tracebacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from allawee_async.types import JSONValue

MASK: Final = "***"

_KEY: Final = re.compile(
    r"sk[._](?:test|live)[._][^\s\"'<>,;]+"
    r"|(?:Bearer\s+)[^\s\"'<>,;]+"  # whatever was sent as one
)
_SECRET_TEXT: Final = re.compile(
    rf"{_KEY.pattern}"
    r"|\d(?:(?:[ -]|%20)?\d){10,}"  # card numbers have 12 to 19 digits, identity numbers 11
)

_SECRET_NAMES: Final = frozenset(
    {
        *("pan", "cardnumber", "cvv", "cvv2", "cvc", "pin", "pinblock"),
        *("signingkey", "secret", "secretkey", "apikey", "password"),
        *("bvn", "nin", "requestbody", "responsebody"),
    }
)
_SHORTEST_NUMBER: Final = 100  # what has fewer digits is a part of others: of an HTTP status
_SECRETS_OF_AN_IDENTITY: Final = ("id", "url")
_UNTELLING: Final = frozenset({int, float, bool, type(None)})


def mask(text: str) -> str:
    """Return `text` with everything in it that looks like a key or a long number as `***`."""
    return _SECRET_TEXT.sub(MASK, text)


def masked_id(text: str, secrets: Iterable[str]) -> str:
    """Return an id that a server told, without a key or one of the secrets that it repeats.

    Long numbers are kept: ids may have them.
    """
    clean = _KEY.sub(MASK, text) if "sk" in text or "Bearer" in text else text
    return scrub(clean, secrets) if secrets else clean


def one_line(text: str) -> str:
    """Return `text` masked and in one line, as a message that somebody else wrote is shown."""
    return mask(printable(text))


def printable(text: str) -> str:
    """Return a text that came from elsewhere as one line that no terminal obeys."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(c if c.isprintable() else "?" for c in line)


class SecretText(str):
    """A text that `repr`, and so a traceback with local variables, shows as `***`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show nothing of it."""
        return repr(MASK)

    def __rich_repr__(self) -> Iterator[str]:
        """Show nothing of it: Rich cuts texts, and would show a part."""
        yield MASK


class SecretBytes(bytes):
    """Bytes that show no more than their number in a repr: a request body."""

    def __repr__(self) -> str:
        """Show the length."""
        return f"<{len(self)} bytes>"

    def __rich_repr__(self) -> Iterator[int]:
        """Show the length to Rich, too."""
        yield len(self)


class SecretObject(dict[str, "JSONValue"]):
    """A JSON object that shows no more than its keys in a repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show the keys."""
        return f"<{', '.join(self)}>"

    def __rich_repr__(self) -> Iterator[str]:
        """Show the keys to Rich, too, which takes a dict apart."""
        yield from self


def secret_text(value: object) -> SecretText:
    """Return a secret that a caller passed, as a `SecretText`; an empty one if it is no text.

    It refuses nothing, because the frame that a refusal leaves through still shows the argument:
    a verb first puts the result in the place of its argument, and then calls `needed`.
    """
    return SecretText(value) if isinstance(value, str) else SecretText()


def secret_texts(body: Mapping[str, object]) -> tuple[str, ...]:
    """Return the `SecretText`s of a request body, which no error may quote."""
    return tuple([value for value in body.values() if type(value) is SecretText])


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return a text without the secrets that it quotes."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    return text


def scrub_json(value: JSONValue, secrets: tuple[str, ...]) -> JSONValue:
    """Return a JSON value in which no text quotes a secret."""
    match value:
        case bool() | None:
            return value
        case str():
            return scrub(value, secrets)
        case int() | float():
            return MASK if str(value) in secrets else value
        case list():
            return [scrub_json(item, secrets) for item in value]
        case dict():
            return {scrub(key, secrets): scrub_json(item, secrets) for key, item in value.items()}


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Return whether a name stands for a secret where no model knows the field."""
    return _bare(name) in _SECRET_NAMES


def named_secrets(value: JSONValue, name: str = "") -> Iterator[str]:
    """Yield the texts and numbers of a JSON value whose names say that they are secrets."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from named_secrets(inner, key)
        case list():
            for item in value:
                yield from named_secrets(item, name)
        case str() if is_secret_name(name):
            yield value
        case int() if value >= _SHORTEST_NUMBER and is_secret_name(name):
            yield str(value)
        case _:
            pass


def without_named_secrets(name: str, value: JSONValue) -> JSONValue:
    """Return a value that no model knows, without what names in it say is a secret.

    Args:
        name: The name of the value itself, or `""`.
        value: The value.
    """
    if value is not None and is_secret_name(name):
        return MASK
    match value:
        case str():
            return mask(value) if "sk." in value or "sk_" in value else value
        case list():
            return [without_named_secrets(name, item) for item in value]
        case dict():
            clean = {
                key: inner  # as most are; a call for each would cost more than all else
                if (type(inner) in _UNTELLING or (type(inner) is str and "sk" not in inner))
                and not is_secret_name(key)
                else without_named_secrets(key, inner)
                for key, inner in value.items()
            }
            if _bare(name).endswith("identity"):
                clean.update({key: MASK for key in _SECRETS_OF_AN_IDENTITY if clean.get(key)})
            return clean
        case _:
            return value


@lru_cache(maxsize=1024)  # the same names come with each document of a list
def _bare(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
