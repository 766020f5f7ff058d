"""Time, as filters write it and as people do: pure."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias

from allawee_async.errors import ConfigurationError

Time: TypeAlias = datetime | date
"""An aware datetime; or a date, which is the beginning of that day in UTC."""

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO: Final = re.compile(r"(\d{1,6})([smhdw])")
_COMPARISON: Final = re.compile(
    r'"(?:\\.|[^"\\])*"|[:=~]<[^>]*>'  # a quoted text is none
    r"|(?<!\S)(?P<path>[^\s|:=!<>~\"]+)"
    r"(?P<operator>[<>]=?|\|{1,2}[gl]te?\|{1,2})"
    r'(?P<quote>"?)(?P<time>\d{4}-\d\d-\d\d(?:[T ]?[\d:.]+(?:Z|[+-][\d:]+)?)?)(?P=quote)(?!\S)',
    re.IGNORECASE,
)
_OPERATORS: Final = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


def utc(name: str, value: object) -> datetime:
    """Return a time in UTC.

    Args:
        name: What it is for, for errors.
        value: An aware datetime or a date.

    Raises:
        ConfigurationError: It is neither, has no time zone, or lies beyond all calendars.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), tzinfo=UTC)
    if not isinstance(value, datetime):
        raise ConfigurationError(
            f"{name} is an aware datetime or a date, not {type(value).__name__}"
        )
    if value.utcoffset() is None:
        raise ConfigurationError(
            f"the datetime for {name} has no time zone: take datetime.now(UTC), or give it one "
            "with .replace(tzinfo=UTC)"
        )
    try:
        return value.astimezone(UTC)
    except OverflowError:
        message = f"the datetime for {name} is before year 1 or after year 9999 in UTC"
        raise ConfigurationError(message) from None


def timestamp(name: str, value: object) -> str:
    """Return a time as filters write it: `2026-11-27T00:00:00.000Z`.

    Raises:
        ConfigurationError: As for `utc`.
    """
    moment = utc(name, value).replace(tzinfo=None)
    unit = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return f"{moment.isoformat(timespec=unit)}Z"


def read_time(text: str, now: datetime) -> datetime:
    """Return the time that a person wrote; without a time zone it is UTC.

    Args:
        text: A day (`2026-11-27`, `today`, `yesterday`), how long ago (`90s`, `30m`, `3h`, `7d`,
            `2w`), `now`, or an ISO timestamp.
        now: The present time, aware.

    Raises:
        ValueError: It is none of these.
    """
    word = text.strip().lower()
    today = datetime.combine(now.astimezone(UTC), time(), tzinfo=UTC)
    words = {"now": now.astimezone(UTC), "today": today, "yesterday": today - timedelta(days=1)}
    if word in words:
        return words[word]
    try:
        if ago := _AGO.fullmatch(word):
            return now.astimezone(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(word.upper())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        problem = "write a time as 2026-11-27, yesterday, 3h, 7d or 2026-11-27T10:00:00Z"
    raise ValueError(problem)


def with_date_operators(text: str) -> str:
    """Return a filter in which comparisons with a time have the operators of dates.

    `updatedAt>=2026-11-27` becomes `updatedAt|gted|2026-11-27T00:00:00.000Z`: the query language
    compares numbers with `>=`.
    """
    return _COMPARISON.sub(_dated, text)


def _dated(found: re.Match[str]) -> str:
    if not found["path"]:
        return found[0]
    operator = found["operator"].strip("|").lower()
    try:
        moment = read_time(found["time"], datetime.now(UTC))
    except ValueError:
        return found[0]
    name = _OPERATORS.get(operator, operator)
    return f"{found['path']}|{name}d|{timestamp(found['path'], moment)}"
