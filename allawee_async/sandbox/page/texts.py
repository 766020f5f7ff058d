"""How the page writes things: money, moments, amounts that people type. No state, no I/O."""

from __future__ import annotations

import re
import shlex
import sys
from typing import Final

from allawee_async.sandbox.core.values import Json, JsonObject, entries, part, to_bytes
from allawee_async.sandbox.http.request_log import beginning

LONGEST = 120
REASONS: Final = {
    "timeout-error": "no webhook decided in time",
    "no-webhook": "there is no webhook that could decide",
    "webhook-unreachable": "nobody answers at the address of the webhook",
    "spending-control": "its controls do not allow this",
    "insufficient-funds": "the account that pays for it has too little",
    "customer-inactive": "its customer is not active",
}
"""What the reasons for a decline mean."""

_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")


def short(value: Json, most: int = LONGEST) -> str:
    """Return a value as a text that is not long: the beginning of a long one, empty for none."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text if len(text) <= most else f"{text[:most]}…"


def money(amount: Json, currency: Json) -> str:
    """Return an amount in minor units as people read it, such as `NGN 1,234.50`."""
    minor = amount if isinstance(amount, int) else 0
    whole, rest = divmod(abs(minor), 100)
    sign = "-" if minor < 0 else ""
    return f"{sign}{short(currency, 8)} {whole:,}.{rest:02}"


def minor_units(text: str) -> int | None:
    """Return an amount as somebody typed it, such as `1,234.5`, in minor units, or None."""
    found = _AMOUNT.fullmatch(text.replace(",", "").strip())
    if found is None:
        return None
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def whole_number(text: str, default: int) -> int:
    """Return a number as an address has it, or the default for one that is none or too large."""
    return int(text) if text.isdecimal() and len(text) < 7 else default


def moment(timestamp: Json) -> str:
    """Return a timestamp of the API without its milliseconds: `2026-05-13 12:00:00`."""
    return short(timestamp, 24)[:19].replace("T", " ")


def clock(timestamp: Json, now: str) -> str:
    """Return the time of a timestamp if it is of today, by the timestamp `now`, else its date."""
    text = short(timestamp, 24)
    return text[11:19] if text[:10] == now[:10] else text[:10]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 event` or `2 events`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def json_text(value: Json) -> str:
    """Return the beginning of a value as JSON for people, without secrets."""
    return _beginning(to_bytes(value))


def payload(event: JsonObject) -> str:
    """Return the beginning of what was sent for an event, without secrets."""
    return _beginning(str(event["payload"]).encode())


def _beginning(whole: bytes) -> str:
    return beginning(whole[: 4 * 1024], len(whole))


def reason(value: Json) -> str:
    """Return why something was declined, with what that means if it is known."""
    told = short(value)
    return f"{told}: {REASONS[told]}" if told in REASONS else told


def card_label(card: JsonObject | None) -> str:
    """Return what tells a card from others without its number."""
    printed, network = part(card, "details"), (card or {}).get("network")
    holder = short(printed.get("cardHolderName"), 40)
    number = f"{short(network, 20)} •••• {short(printed.get('last4'), 4)}".strip()
    return f"{number}, {holder}" if holder else number


def controls(card: JsonObject) -> list[str]:
    """Return what the spending controls of a card say, in a few words each."""
    told, currency = list[str](), card.get("currency")
    stored: JsonObject = part(card, "controls")
    for name, value in stored.items():
        items = value if isinstance(value, list) else [value]
        if name == "spendingLimits":
            limits = [it for it in items if isinstance(it, dict)]
            told += [
                f"{money(it.get('amount'), currency)} {short(it.get('interval'), 20)}"
                for it in limits
            ]
        elif value:
            kind = "only" if name.startswith("allowed") else "not"
            told.append(f"{kind} {', '.join(short(it, 30) for it in items)}")
    return told[:6]


def account_numbers(account: JsonObject) -> list[str]:
    """Return the bank account numbers under which an account gets money."""
    channels = entries(account, "depositChannels")
    return [short(it.get("accountNumber"), 20) for it in channels if isinstance(it, dict)]


def exports(url: str, secure_url: str, key: str, platform: str = sys.platform) -> list[str]:
    """Return the lines that make a shell's programs use a sandbox; an empty key is left out."""
    values = {"BASE_URL": url, "SECURE_URL": secure_url, "API_KEY": key}
    given = {f"ALLAWEE_{name}": value for name, value in values.items() if value}
    if platform == "win32":
        return [f'$env:{name} = "{value}"' for name, value in given.items()]
    # fish takes them as well
    return [f"export {name}={shlex.quote(value)}" for name, value in given.items()]
