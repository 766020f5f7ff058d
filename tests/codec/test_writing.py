"""What is written: wire names, ISO dates, nothing that is absent, nothing that JSON cannot hold."""

from __future__ import annotations

import math
from collections import OrderedDict, UserDict, deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async import from_dict, to_dict
from allawee_async.codec.reading import read_timestamp
from allawee_async.codec.writing import write, write_timestamp
from allawee_async.errors import ConfigurationError
from allawee_async.models import Account, Address, Claims, CustomerType, IndividualInformation
from tests.support.tables import for_each


class Colour(StrEnum):
    RED = "red"


class Old(str, Enum):  # noqa: UP042 - the older form, whose str() is not its value
    MAIN = "main"


class Tier(IntEnum):
    TWO = 2


class Plain(Enum):
    PAIR = ("a", 1)
    NOTHING = None


WEST = timezone(timedelta(hours=-5, minutes=-30))
EAST = timezone(timedelta(hours=1))


@for_each(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (False, False),
        (0, 0),
        (10**30, 10**30),
        (-1.5, -1.5),
        ("", ""),
        ("é\n", "é\n"),
        ([], []),
        ([1, [2, [3]]], [1, [2, [3]]]),
        ((), []),
        ((1, (2,)), [1, [2]]),
        ({7}, [7]),
        (frozenset({"a"}), ["a"]),
        ({}, {}),
        ({"a": {"b": (1, None)}}, {"a": {"b": [1, None]}}),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": (1,)}), {"a": [1]}),
        (UserDict({"a": 1}), {"a": 1}),
        ({"snake_case": 1}, {"snake_case": 1}),
        (CustomerType.BUSINESS, "business"),
        (CustomerType("partner"), "partner"),
        (Colour.RED, "red"),
        (Old.MAIN, "main"),
        (Tier.TWO, 2),
        (Plain.PAIR, ["a", 1]),
        (Plain.NOTHING, None),
        ({Colour.RED: 1, Old.MAIN: 2}, {"red": 1, "main": 2}),
        (date(1997, 2, 3), "1997-02-03"),
        (date(1, 1, 1), "0001-01-01"),
        (Address(), {}),
        (Address(city="Yaba", address_line_two=""), {"city": "Yaba", "addressLineTwo": ""}),
        ([Address(city="Yaba")], [{"city": "Yaba"}]),
        ({"a": Claims(individual_address=Address())}, {"a": {"individualAddress": {}}}),
        (
            IndividualInformation(date_of_birth=date(1997, 2, 3), gender="M"),
            {"gender": "M", "dateOfBirth": "1997-02-03"},
        ),
        (Address(extra={"new": {"a": [1, None]}}), {"new": {"a": [1, None]}}),
        (Address(extra={"nothing": None}), {"nothing": None}),
    ],
)
def test_what_has_a_form_in_json_is_written(value: object, written: object) -> None:
    result = write(value)

    assert result == written
    assert type(result) is type(written)


@pytest.mark.parametrize("value", [Colour.RED, Old.MAIN, Tier.TWO, CustomerType("partner")])
def test_a_member_is_written_as_its_plain_value(value: Any) -> None:
    assert type(write(value)) in (str, int)


def test_the_order_of_a_set_does_not_matter() -> None:
    values = {f"tier-{number}" for number in range(20)}

    written = write(values)

    assert isinstance(written, list)
    assert sorted(map(str, written)) == sorted(values)


@for_each(
    ("moment", "text"),
    [
        (datetime(2025, 3, 31, 10, 15, tzinfo=UTC), "2025-03-31T10:15:00.000Z"),
        (datetime(2023, 3, 14, 23, 21, 12, 882000, UTC), "2023-03-14T23:21:12.882Z"),
        (datetime(2023, 3, 13, 3, 37, 5, 169740, UTC), "2023-03-13T03:37:05.16974Z"),
        (datetime(2023, 3, 14, 18, 26, 54, 528995, UTC), "2023-03-14T18:26:54.528995Z"),
        (datetime(2023, 3, 14, 18, 26, 54, 500000, UTC), "2023-03-14T18:26:54.500Z"),
        (datetime(2023, 3, 14, 18, 26, 54, 1, UTC), "2023-03-14T18:26:54.000001Z"),
        (datetime(2023, 3, 14, 0, 30, tzinfo=EAST), "2023-03-13T23:30:00.000Z"),
        (datetime(2023, 3, 14, 20, 0, tzinfo=WEST), "2023-03-15T01:30:00.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
        (datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), "9999-12-31T23:59:59.999999Z"),
        (datetime(1, 1, 1, 0, 30, tzinfo=EAST), "0001-01-01T00:30:00.000+01:00"),
        (datetime(9999, 12, 31, 20, 0, tzinfo=WEST), "9999-12-31T20:00:00.000-05:30"),
    ],
)
def test_a_moment_is_written_as_the_api_writes_it(moment: datetime, text: str) -> None:
    assert write(moment) == text
    assert write_timestamp(moment) == text


OFFSETS = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=OFFSETS))  # noqa: DTZ001
def test_a_moment_reads_back_as_the_same_instant(moment: datetime) -> None:
    assert read_timestamp(write_timestamp(moment), datetime) == moment


@pytest.mark.parametrize(
    "value",
    [
        datetime(2024, 1, 1),  # noqa: DTZ001 - that is the point
        {"deep": [datetime(2024, 1, 1)]},  # noqa: DTZ001
        Address(extra={"at": datetime(2024, 1, 1)}),  # type: ignore[dict-item]  # noqa: DTZ001
    ],
)
def test_a_moment_without_a_zone_is_refused_with_advice(value: object) -> None:
    with pytest.raises(ConfigurationError, match="time zone"):
        write(value)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-01:00"])
def test_a_document_at_an_end_of_the_calendar_is_written_back(text: str) -> None:
    account = from_dict(Account, {"id": "ac.1", "createdAt": text})

    assert from_dict(Account, to_dict(account)) == account


@for_each(
    "value",
    [
        object(),
        object,
        b"bytes",
        bytearray(b"x"),
        Decimal("1.5"),
        1j,
        time(12, 0),
        timedelta(1),
        UUID(int=1),
        range(3),
        deque([1]),
        iter([1]),
        (item for item in [1]),
        {}.keys(),
        print,
        math.nan,
        math.inf,
        -math.inf,
        [1, [object()]],
        {"a": {"b": Decimal(1)}},
        {"amount": math.nan},
        Address(extra={"a": object()}),  # type: ignore[dict-item]
    ],
)
def test_what_has_no_form_in_json_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError):
        write(value)


@pytest.mark.parametrize("key", [1, 1.5, None, True, b"a", ("a",), Tier.TWO, Plain.PAIR])
def test_a_key_that_is_no_text_is_refused(key: object) -> None:
    with pytest.raises(ConfigurationError, match="key"):
        write({"outer": {key: 1}})


def test_a_refused_value_is_not_printed() -> None:
    class Telling:
        def __repr__(self) -> str:
            return "CANARY"

    with pytest.raises(ConfigurationError) as caught:
        write({"pin": Telling()})

    assert "CANARY" not in str(caught.value)
    assert "Telling" in str(caught.value)


def test_what_is_written_does_not_share_the_callers_lists() -> None:
    given = {"a": [1], "b": {"c": 2}}

    written = write(given)

    assert isinstance(written, dict)
    assert written is not given
    assert written["a"] is not given["a"]
    assert written["b"] is not given["b"]
