"""Which documents satisfy which conditions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.sandbox.query.grammar import parse_conditions
from allawee_async.sandbox.query.matching import compile_condition
from tests.support.properties import examples
from tests.support.tables import for_each

DOCUMENT: dict[str, Any] = {
    "name": "Ada Obi",
    "amount": 50_000,
    "rate": 1.5,
    "vip": True,
    "zero": 0,
    "none": None,
    "createdAt": "2024-03-01T10:00:00.500Z",
    "tags": ["a", "b", 7],
    "empty": [],
    "metadata": {"userId": 2345, "code": "007", "text": "2345", "a": {"b": {"c": "deep"}}},
    "verifications": [{"type": "tier-1", "n": [1, 2]}, {"type": "tier-2"}, "odd"],
}


def holds(text: str) -> bool:
    (condition,) = parse_conditions(text)
    return compile_condition(condition)(DOCUMENT)


@for_each(
    "text",
    [
        'name:"Ada Obi"', "amount:50000", "amount:50000.0", "amount:5e4", "rate:1.5", "vip:true",
        "zero:0", "metadata.userId:2345", "metadata.text:2345", "metadata.code:007",
        "metadata.a.b.c:deep", "verifications.type:tier-2", "verifications.0.type:tier-1",
        "verifications.n:2", "tags:a", "tags:7", "tags.1:b",
        "-name:Ada", "missing!=x", "amount!=1", "vip!=1", "zero!=false", "-tags:c",
        "amount>49999", "amount>=50000", "amount<50001", "amount<=50000", "rate>1", "tags>6",
        "zero>-1", "amount|lt|1e300",
        "name~ada", "name~^ada\\s", "name~OBI$", "tags~^A$", "-name~xyz", "-amount~5", "-missing~a",
        "name|in|x,<Ada Obi>", "amount|in|1,50000", "tags|in|x,b", "name|nin|x,y", "missing|nin|x",
        "tags|all|a,b", "tags|all|7", "metadata.userId|all|2345", "tags|size|3", "empty|size|0",
        "tags|nsize|2", "name|nsize|1", "missing|nsize|1",
        "name|exists|true", "none|exists|true", "empty|exists|true", "missing|exists|false",
        "metadata.a.b|exists|true", "metadata.a.x|exists|false", "name.x|exists|false",
        "createdAt|gtd|2024-03-01", "createdAt|gtd|2024-03-01T10:00:00.499Z",
        "createdAt|gted|2024-03-01T10:00:00.500Z", "createdAt|lted|2024-03-01T11:00:00.5+01:00",
        "createdAt|ltd|2024-03-01T10:00:00.501", "createdAt|ltd|2024-03-02",
    ],
)  # fmt: skip
def test_holds(text: str) -> None:
    assert holds(text)


@for_each(
    "text",
    [
        "name:Ada", "amount:5", "amount:50000x", "vip:1", "zero:false", "missing:x", "none:null",
        "metadata.code:7", "metadata.userId:02346", "tags:c", "tags.9:a", "tags.99999999999:a",
        "-name:<Ada Obi>", "-tags:a", "metadata.userId!=2345",
        "name>1", "vip>0", "none>=0", "missing<5", "metadata.text>1", "amount>50000",
        "amount~5", "name~^obi", "-name~ada", "missing~a",
        "name|in|a,b", "tags|nin|a", "missing|in|x", "tags|all|a,x", "missing|all|a",
        "tags|size|2", "name|size|7", "missing|size|0", "tags|nsize|3",
        "missing|exists|true", "none|exists|false", "verifications.x|exists|true",
        "name|gtd|2024-01-01", "amount|ltd|2024-01-01", "missing|lted|2024-01-01",
        "createdAt|gtd|2024-03-01T10:00:00.500Z", "createdAt|ltd|2024-03-01T10:00:00.500Z",
    ],
)  # fmt: skip
def test_does_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("positive", "negative"),
    [("a|eq|1", "a|ne|1"), ("a|in|1,x", "a|nin|1,x"), ("a|size|1", "a|nsize|1"),
     ("a|like|x", "a|nlike|x"), ("a|exists|true", "a|exists|false")],
)  # fmt: skip
@examples(20, 1_000)
@given(
    document=st.dictionaries(
        st.sampled_from("ab"),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["1", "x"])),
            lambda inner: st.lists(inner, max_size=2),
        ),
    )
)
def test_a_negative_operator_is_the_opposite(
    positive: str, negative: str, document: dict[str, Any]
) -> None:
    (one,), (other,) = parse_conditions(positive), parse_conditions(negative)

    assert compile_condition(one)(document) != compile_condition(other)(document)
