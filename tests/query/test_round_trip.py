"""What the client writes, the sandbox's own parser reads back as it was meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async import ConfigurationError, F
from allawee_async.query.filters import Expression
from allawee_async.query.parameters import list_query
from allawee_async.sandbox.query.grammar import Condition, MalformedQueryError, parse_conditions

texts = st.text(max_size=20)
words = st.text(st.sampled_from("abcXYZ09._-@+ \"<>|\\,:=~'é"), max_size=12)
numbers = st.integers(-(10**12), 10**12) | st.decimals(
    min_value=-(10**9), max_value=10**9, allow_nan=False, places=3
)
moments = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC) | st.just(timezone(timedelta(hours=1))),
)
paths = st.sampled_from(["status", "metadata.userId", "claims.individualInformation.email"])


def read_back(expression: Expression) -> tuple[Condition, ...]:
    return parse_conditions(list_query(filter=expression)["filter"])


def written(make: Any, *values: Any) -> Expression | None:
    """Return the expression, or None if the writer refuses the value and says so."""
    try:
        expression = make(*values)
    except ConfigurationError:
        return None
    assert isinstance(expression, Expression)
    return expression


@given(path=paths, value=texts | words)
@pytest.mark.parametrize("operator", ["eq", "ne"])
def test_any_text_to_be_compared_is_read_back_as_it_was(
    operator: str, path: str, value: str
) -> None:
    field = F[path]
    made = written(lambda v: field == v if operator == "eq" else field != v, value)

    if made is not None:
        assert read_back(made) == (Condition(path, operator, (value,)),)


@given(path=paths, value=words)
@pytest.mark.parametrize("operator", ["like", "nlike"])
def test_any_pattern_that_the_sandbox_takes_is_read_back_as_it_was(
    operator: str, path: str, value: str
) -> None:
    field = F[path]
    made = written(field.like if operator == "like" else field.not_like, value)
    try:
        conditions = () if made is None else read_back(made)
    except MalformedQueryError:  # not a pattern, or one that it refuses
        return

    assert made is None or conditions == (Condition(path, operator, (value,)),)


@given(path=paths, values=st.lists(words, min_size=1, max_size=4))
@pytest.mark.parametrize("operator", ["in", "nin", "all"])
def test_any_list_is_read_back_entry_by_entry(operator: str, path: str, values: list[str]) -> None:
    field = F[path]
    make = {"in": field.in_, "nin": field.not_in, "all": field.all_of}[operator]
    made = written(make, values)

    if made is not None:
        assert read_back(made) == (Condition(path, operator, tuple(values)),)


@given(path=paths, value=numbers)
@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte"])
def test_numbers_are_read_back_with_their_value(
    operator: str, path: str, value: int | Decimal
) -> None:
    field = F[path]
    make = {"gt": field > value, "gte": field >= value, "lt": field < value, "lte": field <= value}
    (condition,) = read_back(make[operator])

    assert (condition.field, condition.operator) == (path, operator)
    assert Decimal(condition.operands[0]) == value


@given(value=moments)
@pytest.mark.parametrize("operator", ["gtd", "gted", "ltd", "lted"])
def test_moments_are_read_back_to_the_microsecond(operator: str, value: datetime) -> None:
    field = F.created_at
    make = {
        "gtd": field > value,
        "gted": field >= value,
        "ltd": field < value,
        "lted": field <= value,
    }
    (condition,) = read_back(make[operator])

    assert (condition.field, condition.operator) == ("createdAt", operator)
    assert datetime.fromisoformat(condition.operands[0]) == value


@given(count=st.integers(0, 10**6), there=st.booleans())
def test_sizes_and_existence_are_read_back(count: int, there: bool) -> None:
    made = F.tags.size(count) & F.tags.not_size(count) & F.reference.exists(there)

    assert read_back(made) == (
        Condition("tags", "size", (str(count),)),
        Condition("tags", "nsize", (str(count),)),
        Condition("reference", "exists", ("true" if there else "false",)),
    )


@given(first=words, second=words)
def test_joined_conditions_stay_apart(first: str, second: str) -> None:
    made = written(lambda a, b: (F.name == a) & (F.status != b), first, second)

    if made is not None:
        assert read_back(made) == (
            Condition("name", "eq", (first,)),
            Condition("status", "ne", (second,)),
        )
