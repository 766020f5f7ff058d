"""Time, as filters write it and as people do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from allawee_async import ConfigurationError
from allawee_async.query.parameters import list_query
from allawee_async.query.times import read_time, with_date_operators
from tests.support.tables import for_each

NOW = datetime(2026, 11, 28, 15, 30, 12, tzinfo=UTC)
NOVEMBER, DECEMBER = "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"
LAGOS = timezone(timedelta(hours=1))


@for_each(
    ("text", "time"),
    [
        ("2026-11-27", datetime(2026, 11, 27, tzinfo=UTC)),
        (" Yesterday ", datetime(2026, 11, 27, tzinfo=UTC)),
        ("today", datetime(2026, 11, 28, tzinfo=UTC)),
        ("now", NOW),
        ("3h", NOW - timedelta(hours=3)),
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        ("7d", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(days=14)),
        ("2026-11-27T10:00:00Z", datetime(2026, 11, 27, 10, tzinfo=UTC)),
        ("2026-11-27T10:00:00+01:00", datetime(2026, 11, 27, 9, tzinfo=UTC)),
        ("2026-11-27t10:00:00.5", datetime(2026, 11, 27, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-27 10:00", datetime(2026, 11, 27, 10, tzinfo=UTC)),
    ],
)
def test_what_people_write(text: str, time: datetime) -> None:
    assert read_time(text, NOW) == time
    assert read_time(text, NOW.astimezone(LAGOS)) == time


@pytest.mark.parametrize(
    "text", ["", "soon", "3", "3y", "-3h", "999999w", "27/11/2026", "2026-13-01", "tomorrow"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="write a time as"):
        read_time(text, NOW)


@for_each(
    ("text", "written"),
    [
        ("updatedAt>=2026-11-27", "updatedAt|gted|2026-11-27T00:00:00.000Z"),
        ("updatedAt>2026-11-27", "updatedAt|gtd|2026-11-27T00:00:00.000Z"),
        ("createdAt<=2026-11-27T10:00:00Z", "createdAt|lted|2026-11-27T10:00:00.000Z"),
        ('createdAt<"2026-11-27 10:00"', "createdAt|ltd|2026-11-27T10:00:00.000Z"),
        ("createdAt|gte|2026-11-27", "createdAt|gted|2026-11-27T00:00:00.000Z"),
        ("createdAt||GTE||2026-11-27", "createdAt|gted|2026-11-27T00:00:00.000Z"),
        (
            "status:active createdAt>=2026-11-01 createdAt<2026-12-01",
            f"status:active createdAt|gted|{NOVEMBER} createdAt|ltd|{DECEMBER}",
        ),
        *(
            (same, same)
            for same in (
                "amount>=50000",
                "createdAt|gted|2026-11-27T00:00:00.000Z",
                'name:"a createdAt>=2026-11-27"',
                "name:<a createdAt>=2026-11-27 b>",
                "createdAt:2026-11-27",
                "createdAt>=2026-13-45",
                "createdAt>=2026-11-27x",
                "",
            )
        ),
    ],
)
def test_comparisons_with_a_time_get_the_operators_of_dates(text: str, written: str) -> None:
    assert with_date_operators(text) == written


def test_lists_are_bounded_by_time() -> None:
    query = list_query(
        filter="status:active",
        created_since=date(2026, 11, 27),
        created_until=datetime(2026, 11, 28, 1, tzinfo=LAGOS),
        updated_since=NOW,
    )

    assert query == {
        "filter": "status:active createdAt|gted|2026-11-27T00:00:00.000Z "
        "createdAt|ltd|2026-11-28T00:00:00.000Z updatedAt|gted|2026-11-28T15:30:12.000Z"
    }


@pytest.mark.parametrize("value", [datetime(2026, 1, 1), "2026-01-01", 5])  # noqa: DTZ001
def test_a_bound_without_a_time_zone_or_that_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError):
        list_query(created_since=value)
