"""The texts of `filter`, `or`, `nor` and `and`, and the conditions that they are."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.sandbox.query.grammar import (
    LISTS,
    NUMERIC,
    OPERATORS,
    PATTERNS,
    SIZES,
    TEMPORAL,
    Condition,
    MalformedQueryError,
    parse_conditions,
)
from tests.support.properties import examples
from tests.support.tables import for_each


@for_each(
    ("text", "field", "operator", "operands"),
    [
        ("status|eq|active", "status", "eq", ("active",)),
        ("status|ne|active", "status", "ne", ("active",)),
        ("amount|gt|5", "amount", "gt", ("5",)),
        ("amount|gte|5.5", "amount", "gte", ("5.5",)),
        ("amount|lt|-5", "amount", "lt", ("-5",)),
        ("amount|lte|0", "amount", "lte", ("0",)),
        ("name|like|^ade", "name", "like", ("^ade",)),
        ("name|nlike|o.i", "name", "nlike", ("o.i",)),
        ("type|in|main,sub", "type", "in", ("main", "sub")),
        ("type|nin|main", "type", "nin", ("main",)),
        ("tags|all|a,b,c", "tags", "all", ("a", "b", "c")),
        ("tags|size|2", "tags", "size", ("2",)),
        ("tags|nsize|0", "tags", "nsize", ("0",)),
        ("metadata|exists|true", "metadata", "exists", ("true",)),
        ("metadata|exists|false", "metadata", "exists", ("false",)),
        ("date|gtd|2024-01-01T00:00:00.000Z", "date", "gtd", ("2024-01-01T00:00:00.000Z",)),
        ("createdAt|gted|2024-01-01", "createdAt", "gted", ("2024-01-01",)),
        ("date|ltd|2024-01-01T00:00:00+01:00", "date", "ltd", ("2024-01-01T00:00:00+01:00",)),
        ("date|lted|2024-01-01T00:00", "date", "lted", ("2024-01-01T00:00",)),
    ],
)  # fmt: skip
def test_the_long_form_has_eighteen_operators(
    text: str, field: str, operator: str, operands: tuple[str, ...]
) -> None:
    assert parse_conditions(text) == (Condition(field, operator, operands),)


def test_eighteen() -> None:
    assert len(OPERATORS) == 18


@for_each(
    ("text", "operator", "operand"),
    [
        ("f:v", "eq", "v"),
        ("f=v", "eq", "v"),
        ("-f:v", "ne", "v"),
        ("f!=v", "ne", "v"),
        ("f>1", "gt", "1"),
        ("f>=1", "gte", "1"),
        ("f<1", "lt", "1"),
        ("f<=1", "lte", "1"),
        ("f>-1", "gt", "-1"),
        ("f~v", "like", "v"),
        ("-f~v", "nlike", "v"),
    ],
)
def test_shorthands(text: str, operator: str, operand: str) -> None:
    assert parse_conditions(text) == (Condition("f", operator, (operand,)),)


@for_each(
    ("text", "operand"),
    [
        ('f:"Ada Obi"', "Ada Obi"),
        ("f:<Ada Obi>", "Ada Obi"),
        ("f=<Ada Obi>", "Ada Obi"),
        ('f:"Ada \\"JD\\" Obi"', 'Ada "JD" Obi'),
        (r'f:"back\\slash"', r"back\slash"),
        (r'f:"a\.b"', r"a\.b"),
        (r"f:<a\>b\<c>", "a>b<c"),
        (r"f:<a\\>", "a\\"),
        ('f:<say "hi">', 'say "hi"'),
        ('f|eq|"Ada Obi"', "Ada Obi"),
        ("f|eq|<Ada Obi>", "Ada Obi"),
        ('f:""', ""),
        ("f|eq|a|b|c", "a|b|c"),
        ("f:a|b", "a|b"),
        ("f:a:b=c", "a:b=c"),
        ("f|eq|5>4", "5>4"),
        ('f:a"b', 'a"b'),
        (r"f:a\b", r"a\b"),
        ("f:-5", "-5"),
        ("f:,", ","),
        ("f:a\tb", "a\tb"),
    ],
)
def test_values(text: str, operand: str) -> None:
    assert parse_conditions(text) == (Condition("f", "eq", (operand,)),)


def test_entries_of_lists_may_be_quoted() -> None:
    assert parse_conditions('f|in|"a, b",<c d>,e') == (Condition("f", "in", ("a, b", "c d", "e")),)


def test_fields_are_dotted_paths_and_may_have_a_minus_inside() -> None:
    fields = [condition.field for condition in parse_conditions("a.b-c.0:1 -x-y:2 $z:3")]

    assert fields == ["a.b-c.0", "x-y", "$z"]


def test_spaces_separate_expressions_and_are_of_no_other_account() -> None:
    assert parse_conditions("  a:1   b:2 ") == parse_conditions("a:1 b:2")
    assert parse_conditions("   ") == ()


def test_the_path_of_a_field_has_an_end() -> None:
    longest = "a" + ".b" * 99 + "c"

    assert parse_conditions(f"{longest}:1")[0].field == longest
    with pytest.raises(MalformedQueryError):
        parse_conditions(f"{longest}d:1")


@for_each(
    "text",
    [
        "status", "status|eq", "status|eq|", "status|", "|eq|x", "status:", ":x", "-", "-:x", "=",
        "status||eq||x", "status||GT||1", "-status||EQ||x", "status|EQ|x",
        "status|foo|x", "-status|eq|x", "-f=v", "-f>1", "-f!=v",
        '"a":b', 'f:"open', "f:<open", 'f:"a"b', 'f:"a\\"', "f:a b", "a : b", "f!v",
        "f\\g:1", "a,b:1",
        "f>x", "f>", "f|gt|1x", "f|gt|0x10", "f|gt|\u0663", "f|gt|1e9999", "f|lte|NaN",
        "f>2024-01-01",
        "f|gtd|yesterday", "f|gtd|2024-13-01", "f|ltd|20240101", "f|gtd|5",
        "f|size|-1", "f|size|x", "f|size|1.0", "f|exists|maybe", "f|exists|1",
        "f|in|", "f|in|a,", "f|in|,a", "f|in|a,,b", 'f|in|"a"b',
        "f~[", "f|like|(", "f~*", "f~(a+)+", "f|nlike|" + "a" * 201,
    ],
)  # fmt: skip
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(MalformedQueryError):
        parse_conditions(text)


def test_the_error_names_the_parameter_and_the_reason() -> None:
    with pytest.raises(MalformedQueryError) as caught:
        parse_conditions("a:1 b", "nor")

    assert caught.value.parameter == "nor"
    assert "'nor'" in str(caught.value)
    assert "character 5" in str(caught.value)


FIELDS = st.from_regex(r"[a-zA-Z_$][a-zA-Z0-9_.$-]{0,8}", fullmatch=True)
NUMBERS = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6)).map(str)
INSTANTS = st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='milliseconds')}Z")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PATTERNS_IN_TEXT = st.text('ab c\\"<>,|', max_size=8).map(lambda text: text.replace("\\", "\\\\"))


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    operator = draw(st.sampled_from(sorted(OPERATORS)))
    if operator in LISTS:
        operands = tuple(draw(st.lists(WORDS, min_size=1, max_size=3)))
    elif operator in NUMERIC:
        operands = (draw(NUMBERS),)
    elif operator in TEMPORAL:
        operands = (draw(INSTANTS),)
    elif operator in SIZES:
        operands = (str(draw(st.integers(0, 999))),)
    elif operator == "exists":
        operands = (draw(st.sampled_from(["true", "false"])),)
    elif operator in PATTERNS:
        operands = (draw(PATTERNS_IN_TEXT),)
    else:
        operands = (draw(WORDS),)
    return Condition(draw(FIELDS), operator, operands)


def quoted(text: str, pair: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(pair[0], "\\" + pair[0])
    if pair == "<>":
        escaped = escaped.replace(">", "\\>")
    return pair[0] + escaped + pair[1]


@st.composite
def written(draw: st.DrawFn, condition: Condition) -> str:
    """Write a condition in one of its forms, quoted where it must be or by chance."""
    values: list[str] = []
    for operand in condition.operands:
        bare = operand and not set(operand) & set(' "<>,\\')
        pair = draw(st.sampled_from(['""', "<>"]))
        values.append(operand if bare and draw(st.booleans()) else quoted(operand, pair))
    long = f"{condition.field}|{condition.operator}|{','.join(values)}"
    short = {
        "eq": ["{f}:{v}", "{f}={v}"], "ne": ["-{f}:{v}", "{f}!={v}"], "gt": ["{f}>{v}"],
        "gte": ["{f}>={v}"], "lt": ["{f}<{v}"], "lte": ["{f}<={v}"],
        "like": ["{f}~{v}"], "nlike": ["-{f}~{v}"],
    }.get(condition.operator, [])  # fmt: skip
    forms = [form.replace("{f}", condition.field).replace("{v}", values[0]) for form in short]
    return draw(st.sampled_from([long, *forms]))


@examples(20, 1_000)
@given(st.data(), st.lists(conditions(), max_size=4))
def test_what_is_written_is_read_back(data: st.DataObject, wanted: list[Condition]) -> None:
    text = " ".join(data.draw(written(condition)) for condition in wanted)

    assert parse_conditions(text) == tuple(wanted)


@examples(20, 1_000)
@given(st.one_of(st.text(max_size=40), st.text('af|:=!<>~"\\ ,-eqinlike.*+()[]5', max_size=40)))
def test_any_text_is_read_or_refused(text: str) -> None:
    found: tuple[Condition, ...] = ()
    with suppress(MalformedQueryError):
        found = parse_conditions(text)

    assert all(isinstance(condition, Condition) for condition in found)


def test_the_older_form_has_its_operators_in_capitals() -> None:
    text = 'status||EQ||pending type||NEQ||"a b" name||LIKE||^a tier||IN||1,2 tier||NIN||3'

    assert parse_conditions(text) == (
        Condition("status", "eq", ("pending",)),
        Condition("type", "ne", ("a b",)),
        Condition("name", "like", ("^a",)),
        Condition("tier", "in", ("1", "2")),
        Condition("tier", "nin", ("3",)),
    )
