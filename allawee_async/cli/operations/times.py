"""Time as people write it: a day, yesterday, a span back from now, or a timestamp."""

import re
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import typer

from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.models.schema import fields_of
from allawee_async.query.filters import F
from allawee_async.resources.verbs import Returns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from allawee_async.query.filters import Expression
    from allawee_async.resources.verbs import Verb

_SPAN: Final = re.compile(r"(\d{1,6})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS: Final = {"today": 0, "yesterday": 1}

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Created then or later: 2026-11-27, yesterday, 3h, 7d or a timestamp; days are UTC.",
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Created before then; as --since.")
]
ChangedSince = Annotated[
    str | None,
    typer.Option("--changed-since", metavar="TIME", help="Changed then or later; as --since."),
]


@attrs.frozen(kw_only=True)
class TimeOptions:
    """Of which time the entries of a list are: an option for each attribute."""

    since: Since = None
    until: Until = None
    changed_since: ChangedSince = None

    @cached_property
    def moments(self) -> "Mapping[str, datetime]":
        """The moments that the options mean, by option; looked up once, as time goes on.

        Raises:
            CommandError: A text is no time.
        """
        typed = {
            "--since": self.since,
            "--until": self.until,
            "--changed-since": self.changed_since,
        }
        return {option: moment_of(option, text) for option, text in typed.items() if text}

    @property
    def conditions(self) -> "list[Expression]":
        """The conditions of a filter.

        Raises:
            CommandError: A text is no time.
        """
        asks = {
            "--since": F.created_at.__ge__,
            "--until": F.created_at.__lt__,
            "--changed-since": F.updated_at.__ge__,
        }
        return [asks[option](moment) for option, moment in self.moments.items()]

    def fixed(self, words: "Sequence[str]") -> list[str]:
        """Return what was typed with the moments: `3h` means another one later."""
        moments = {option: moment.isoformat() for option, moment in self.moments.items()}
        fixed: list[str] = []
        before = ""
        for word in words:
            option, equals, _ = word.partition("=")
            if equals and option in moments:
                fixed.append(f"{option}={moments[option]}")
            else:
                fixed.append(moments.get(before, word))
            before = word
        return fixed


def has_times(verb: "Verb") -> bool:
    """Return whether the entries of a list tell when they were created."""
    fields = fields_of(verb.model)
    return verb.returns is Returns.PAGES and (not fields or "createdAt" in fields)


def moment_of(option: str, text: str, now: datetime | None = None) -> datetime:
    """Return the moment that a text means; days begin at midnight, UTC.

    Args:
        option: The name of the option, for errors.
        text: A day, `today`, `yesterday`, a span back from now such as `3h`, or a timestamp.
        now: The time of the day.

    Raises:
        CommandError: It means none.
    """
    now = now or datetime.now(UTC)
    word = text.strip().lower()
    try:
        if word in _DAYS:
            day = now - timedelta(days=_DAYS[word])
            return day.replace(hour=0, minute=0, second=0, microsecond=0)
        if span := _SPAN.fullmatch(word):
            return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise CommandError(
            f"{option} takes a day (2026-11-27), today, yesterday, a span back from now (3h, 7d) "
            "or a timestamp (2026-11-27T08:00:00Z)",
            ExitCode.WRONG_USE,
        ) from None
