"""What `F` writes, what it refuses, and that a reader of the grammar reads back what was meant."""

# ruff: noqa: SIM300, PLW0177 - both sides of the operators are tried, and NaN among the values

import copy
import pickle
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.errors import ConfigurationError
from allawee_async.query.filters import Expression, F, Field, NegatedField
from tests.support.tables import for_each


class Status(StrEnum):
    ACTIVE = "active"


class Kind(str, Enum):  # noqa: UP042 - the older form, whose str() is not its value
    MAIN = "main"


class Tier(IntEnum):
    TWO = 2


class Plain(Enum):
    ONE = 1


class LoudFloat(float):
    def __repr__(self) -> str:
        return f"LoudFloat({float(self)})"


NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)

WRITTEN: list[tuple[object, str]] = [
    # names and paths
    (F.created_at.exists(), "createdAt|exists|true"),
    (
        F.claims.individual_information.email == "a@b.c",
        "claims.individualInformation.email|eq|a@b.c",
    ),
    (F["metadata.user_id"] == 2345, "metadata.user_id|eq|2345"),
    (F.metadata["user_id"] == 2345, "metadata.user_id|eq|2345"),
    (F.metadata["user-id"].first_seen == 1, "metadata.user-id.firstSeen|eq|1"),
    (F.from_ == "NGN", "from|eq|NGN"),
    (F._id == "req_1", "_id|eq|req_1"),
    (F.like == 1, "like|eq|1"),
    (F.claims["size"] == 1, "claims.size|eq|1"),
    # equality and its values
    (F.status == "active", "status|eq|active"),
    (F.status != "active", "status|ne|active"),
    ("active" == F.status, "status|eq|active"),
    (F.status == Status.ACTIVE, "status|eq|active"),
    (F.type == Kind.MAIN, "type|eq|main"),
    (F.tier == Tier.TWO, "tier|eq|2"),
    (F.live == True, "live|eq|true"),  # noqa: E712
    (F.live != False, "live|ne|false"),  # noqa: E712
    (F.rate == 1.5, "rate|eq|1.5"),
    (F.rate == 1e-7, "rate|eq|0.0000001"),
    (F.rate == LoudFloat(2.5), "rate|eq|2.5"),
    (F.amount == Decimal("10.50"), "amount|eq|10.50"),
    (F.amount == Decimal("1e3"), "amount|eq|1000"),
    (F.amount == -5, "amount|eq|-5"),
    (F.name == "Obi,Ada", "name|eq|Obi,Ada"),
    (F.name == r"C:\cards", r"name|eq|C:\cards"),
    (F.name == "it's", "name|eq|it's"),
    # quotes, and with them the shorthand
    (F.name == "Ada Obi", 'name:"Ada Obi"'),
    (F.name != "Ada Obi", '-name:"Ada Obi"'),
    (F.name == 'Ada "JD" Obi', r'name:"Ada \"JD\" Obi"'),
    (F.name == 'a\\"b', r'name:"a\\\"b"'),
    (F.name == "ends \\", r'name:"ends \\"'),
    (F.name == "a|b", 'name:"a|b"'),
    (F.name == "<b>", 'name:"<b>"'),
    (F.name == ">5", 'name:">5"'),
    (F.name == "", 'name:""'),
    (F.name == "a\u00a0b", 'name:"a\u00a0b"'),
    (F.name == "\ufeffa", 'name:"\ufeffa"'),
    (F.name.like("ada obi"), 'name~"ada obi"'),
    (F.name.not_like("ada obi"), '-name~"ada obi"'),
    (F.name.like("ada|obi"), 'name~"ada|obi"'),
    # patterns
    (F.name.like("ade"), "name|like|ade"),
    (F.name.not_like("ade"), "name|nlike|ade"),
    (F.email.like(r"ada\.b"), r"email|like|ada\.b"),
    (F.email.like(r"ada\.b c"), r'email~"ada\\.b c"'),
    # order
    (F.amount < 5, "amount|lt|5"),
    (F.amount <= 5.5, "amount|lte|5.5"),
    (F.amount > Decimal("0.1"), "amount|gt|0.1"),
    (F.amount >= 50_000, "amount|gte|50000"),
    (5 < F.amount, "amount|gt|5"),
    # dates
    (F.created_at < NEW_YEAR, "createdAt|ltd|2024-01-01T00:00:00.000Z"),
    (F.created_at <= NEW_YEAR, "createdAt|lted|2024-01-01T00:00:00.000Z"),
    (F.created_at > NEW_YEAR, "createdAt|gtd|2024-01-01T00:00:00.000Z"),
    (F.created_at >= NEW_YEAR, "createdAt|gted|2024-01-01T00:00:00.000Z"),
    (NEW_YEAR <= F.created_at, "createdAt|gted|2024-01-01T00:00:00.000Z"),
    (
        F.created_at >= datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        "createdAt|gted|2024-01-01T00:00:00.000Z",
    ),
    (
        F.created_at >= NEW_YEAR + timedelta(milliseconds=7),
        "createdAt|gted|2024-01-01T00:00:00.007Z",
    ),
    (
        F.created_at >= NEW_YEAR + timedelta(microseconds=7),
        "createdAt|gted|2024-01-01T00:00:00.000007Z",
    ),
    (F.created_at >= date(2024, 1, 1), "createdAt|gted|2024-01-01T00:00:00.000Z"),
    (F.created_at < date(2024, 1, 1), "createdAt|ltd|2024-01-01T00:00:00.000Z"),
    (date(2024, 1, 1) >= F.created_at, "createdAt|lted|2024-01-01T00:00:00.000Z"),
    (F.created_at >= datetime.min.replace(tzinfo=UTC), "createdAt|gted|0001-01-01T00:00:00.000Z"),
    # lists
    (F.type.in_("main", "sub"), "type|in|main,sub"),
    (F.type.in_(["main", "sub"]), "type|in|main,sub"),
    (F.type.in_(("main",)), "type|in|main"),
    (F.type.in_("main"), "type|in|main"),
    (F.type.in_({"sub", "main", "fx"}), "type|in|fx,main,sub"),
    (F.type.in_(kind for kind in Kind), "type|in|main"),
    (F.tier.not_in(1, Tier.TWO, 3.5, True), "tier|nin|1,2,3.5,true"),
    (F.tags.all_of("a", "b"), "tags|all|a,b"),
    # arrays and presence
    (F.tags.size(2), "tags|size|2"),
    (F.tags.not_size(0), "tags|nsize|0"),
    (F.reference.exists(), "reference|exists|true"),
    (F.reference.exists(value=False), "reference|exists|false"),
    # joined
    ((F.a == 1) & (F.b == "x y") & (F.c < 3), 'a|eq|1 b:"x y" c|lt|3'),
    ((F.a == 1) & ((F.b == 2) & (F.c == 3)), "a|eq|1 b|eq|2 c|eq|3"),
]


@for_each(("expression", "text"), WRITTEN)
def test_what_is_written(expression: Expression, text: str) -> None:
    assert str(expression) == text
    assert repr(expression) == f"F({text!r})"


# The misuse is what the type checkers refuse too, hence the Any.
A: Any = F.a
B: Any = F.b
ONE: Any = F.a == 1

REFUSED: list[tuple[str, Callable[[], object], str]] = [
    # values
    ("== None", lambda: A == None, r"None.*exists\(False\)"),  # noqa: E711
    ("!= None", lambda: A != None, r"None.*exists\(False\)"),  # noqa: E711
    ("in None", lambda: A.in_("x", None), r"None.*exists\(False\)"),
    ("== datetime", lambda: A == NEW_YEAR, ">= and <"),
    ("!= date", lambda: A != date(2024, 1, 1), ">= and <"),
    ("in datetime", lambda: A.in_(NEW_YEAR), ">= and <"),
    ("== enum", lambda: A == Plain.ONE, r"value\.value"),
    ("== bytes", lambda: A == b"x", "with bytes"),
    ("== list", lambda: A == ["x"], "with list"),
    ("== field", lambda: A == B, "with Field"),
    ("== nan", lambda: A == float("nan"), "finite"),
    ("== inf", lambda: A == float("-inf"), "finite"),
    ("== Decimal nan", lambda: A == Decimal("sNaN"), "finite"),
    ("== huge", lambda: A == 10**5000, "400 digits"),
    ("== tiny", lambda: A == Decimal("1e-9999"), "400 digits"),
    ("== surrogate", lambda: A == "\ud800", "surrogate"),
    # order
    ("< text", lambda: A < "5", r"int\(text\)"),
    ("< bool", lambda: A < True, "not against bool"),
    ("< None", lambda: A < None, "not against None"),
    ("< nan", lambda: A < float("nan"), "finite"),
    ("> naive", lambda: A > datetime(2024, 1, 1), r"replace\(tzinfo=UTC\)"),  # noqa: DTZ001
    (
        ">= before year 1",
        lambda: A >= datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        "year 1",
    ),
    # patterns, lists, sizes, presence
    ("like number", lambda: A.like(5), "pattern as text"),
    ("not_like None", lambda: A.not_like(None), "pattern as text"),
    ("like surrogate", lambda: A.like("\udfff"), "surrogate"),
    ("in nothing", A.in_, "empty"),
    ("in []", lambda: A.in_([]), "empty"),
    ("in bytes", lambda: A.in_(b"ab"), "with bytes"),
    ("in mapping", lambda: A.in_({"a": 1}), "with dict"),
    ("in two lists", lambda: A.in_(["a"], ["b"]), "with list"),
    ("in field", lambda: A.in_(B), "with Field"),
    ("in space", lambda: A.in_("Ada Obi", "x"), "or_=.*nor="),
    ("in comma", lambda: A.not_in("a,b"), "or_=.*nor="),
    ("in quote", lambda: A.all_of('a"b'), "or_=.*nor="),
    ("in bar", lambda: A.in_("a|b"), "or_=.*nor="),
    ("in empty text", lambda: A.in_("a", ""), "or_=.*nor="),
    ("size text", lambda: A.size("2"), "0 or more"),
    ("size bool", lambda: A.size(True), "0 or more"),
    ("size negative", lambda: A.not_size(-1), "0 or more"),
    ("exists text", lambda: A.exists("yes"), "True or False"),
    # paths
    ("empty path", lambda: F[""], "no field path"),
    ("space", lambda: F["a b"], "no field path"),
    ("bar", lambda: F["a|b"], "no field path"),
    ("operator", lambda: F["a>"], "no field path"),
    ("colon", lambda: F.metadata["a:b"], "no field path"),
    ("minus in front", lambda: F["-a"], "no field path"),
    ("empty name", lambda: F["a..b"], "no field path"),
    ("dot at the end", lambda: F["a."], "no field path"),
    ("line end", lambda: F["a\n"], "no field path"),
    ("surrogate", lambda: F["\ud800"], "no field path"),
    ("number", lambda: F[0], "as text, not int"),  # type: ignore[index]
    # Python's own grammar
    ("chained", lambda: 1 < A < 5, r"range.*\(F.amount > 1\) & "),
    ("and", lambda: ONE and ONE, r"& \(not `and`\)"),
    ("or", lambda: ONE or ONE, r"or_="),
    ("not", lambda: not ONE, r"truth value"),
    ("in tuple", lambda: A in (1, 2), r"\.in_\("),
    ("in field", lambda: "x" in A, r"\.in_\("),
    ("iterated", lambda: list(A), "cannot be iterated"),
    ("not field", lambda: not A, r"F\['a'\]\.exists\(\)"),
    ("a == 1 & b == 2", lambda: A == 1 & B == 2, "parentheses"),
    ("a & 1", lambda: A & 1, "parentheses"),
    ("expression & field", lambda: ONE & B, "not Field: .*parentheses"),
    ("field & expression", lambda: A & ONE, "parentheses"),
    ("expression & text", lambda: ONE & "b|eq|2", "not str: .*list"),
    ("text & expression", lambda: "b|eq|2" & ONE, "not str: .*list"),
    ("expression & None", lambda: ONE & None, "not None"),
    ("a == 1 | b == 2", lambda: A == 1 | B == 2, "or_="),
    ("a | 1", lambda: A | 1, "or_="),
    ("expression | expression", lambda: ONE | ONE, "or_="),
    ("1 | expression", lambda: 1 | ONE, "or_="),
    ("~expression", lambda: ~ONE, "nor="),
]


@for_each(
    ("misuse", "hint"),
    [row[1:] for row in REFUSED],
)
def test_what_is_refused(misuse: Callable[[], object], hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        misuse()


@pytest.mark.parametrize(
    "misuse",
    [
        lambda secret: F.bvn.in_(secret, "with space"),
        lambda secret: bool(F.bvn == secret),
        lambda secret: F.bvn < secret,
        lambda secret: F.bvn == [secret],
        lambda secret: (F.bvn == secret) & secret,
    ],
)
def test_errors_do_not_print_values(misuse: Callable[[str], object]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        misuse("bvn-of-ada")

    assert "bvn-of-ada" not in str(caught.value)


def test_expressions_compare_by_their_text() -> None:
    one, same, other = F.a == 1, F["a"] == 1, F.a == 2

    assert one == same
    assert one != other
    assert one != "a|eq|1"
    assert {one, same, other} == {one, other}
    assert (one & other).parts == ("a|eq|1", "a|eq|2")


def test_fields_hash_by_identity_and_so_never_meet_in_a_set() -> None:
    field = F.a

    assert len({field, field, F.a}) == 2
    assert {field: 1}[field] == 1


def test_texts_of_fields() -> None:
    assert (str(F.created_at), repr(F.created_at)) == ("createdAt", "F['createdAt']")
    assert (str(-F.created_at), repr(-F.created_at)) == ("-createdAt", "-F['createdAt']")
    assert repr(F) == "F"


@pytest.mark.parametrize("target", [F, F.a, -F.a, F.a == 1], ids=repr)
def test_everything_is_immutable_and_without_a_dict(target: object) -> None:
    with pytest.raises(AttributeError, match="=="):
        target.status = "active"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="read-only"):
        del target.parts  # type: ignore[attr-defined]
    assert not hasattr(target, "__dict__")


@for_each("target", [F, F.a, F.a.b])
@for_each("name", ["__wrapped__", "__fspath__", "__len__", "_repr_html_", "_"])
def test_probing_finds_no_fields(target: object, name: str) -> None:
    assert not hasattr(target, name)


def test_copies_and_pickles() -> None:
    expression = (F.a == 1) & (F.b == "x y")
    again: Any
    for again in (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
        assert again(F) is F
        assert again(expression) == expression
        assert again(expression).parts == expression.parts
        assert isinstance(again(F.a.b), Field)
        assert str(again(F.a.b)) == "a.b"
        assert isinstance(again(-F.a), NegatedField)
        assert str(again(-F.a)) == "-a"


# A reader of its own, straight from section 5.3: field, then a long form or a quoted shorthand.
READER = re.compile(
    r'(?P<minus>-?)(?P<field>[^\s|:~"]+)'
    r"(?:\|(?P<operator>[a-z]+)\|(?P<bare>\S+)"
    r'|(?P<mark>[:~])"(?P<quoted>(?:[^"\\]|\\.)*)")'
    r"(?: |$)",
    re.DOTALL,
)
MARKS = {("", ":"): "eq", ("-", ":"): "ne", ("", "~"): "like", ("-", "~"): "nlike"}
METHODS: dict[str, Callable[[Field, str], Expression]] = {
    "eq": lambda field, value: field == value,
    "ne": lambda field, value: field != value,
    "like": lambda field, value: field.like(value),
    "nlike": lambda field, value: field.not_like(value),
}


def read(text: str) -> list[tuple[str, str, str]]:
    """The conditions of a filter as field, operator and value."""
    found: list[tuple[str, str, str]] = []
    position = 0
    while position < len(text):
        match = READER.match(text, position)
        assert match is not None, f"unreadable: {text[position:]!r}"
        position = match.end()
        if match["operator"]:
            assert not match["minus"]
            assert not match["bare"].startswith('"')
            found.append((match["field"], match["operator"], match["bare"]))
        else:
            value = re.sub(r"\\(.)", r"\1", match["quoted"], flags=re.DOTALL)
            found.append((match["field"], MARKS[match["minus"], match["mark"]], value))
    return found


TRICKY = st.text(alphabet='ab5 "\\<>|,:=~!-.\t\n\u00a0\ufeff', max_size=12)
TEXT = TRICKY | st.text(st.characters(exclude_categories=[]), max_size=20)
PATHS = st.lists(st.text(alphabet="abYZ_9-$é", min_size=1), min_size=1, max_size=3).map(".".join)


@given(TEXT, st.sampled_from(sorted(METHODS)))
def test_every_text_reads_back_or_is_refused(value: str, operator: str) -> None:
    try:
        expression = METHODS[operator](F.some_name, value)
    except ConfigurationError:
        with pytest.raises(UnicodeEncodeError):
            value.encode()
    else:
        assert read(str(expression)) == [("someName", operator, value)]


@given(st.lists(st.tuples(TRICKY, st.sampled_from(sorted(METHODS))), min_size=1, max_size=5))
def test_joined_conditions_read_back_one_by_one(rows: list[tuple[str, str]]) -> None:
    first, *rest = [METHODS[operator](F.a, value) for value, operator in rows]
    joined = first
    for expression in rest:
        joined &= expression

    assert read(str(joined)) == [("a", operator, value) for value, operator in rows]


@given(st.lists(TEXT, max_size=4))
def test_every_list_reads_back_or_is_refused(values: list[str]) -> None:
    try:
        expression = F.tags.in_(values)
    except ConfigurationError:
        unwritable = re.compile(r'[\s\ufeff"<>|,\ud800-\udfff]')
        assert not values or any(not value or unwritable.search(value) for value in values)
    else:
        [(field, operator, text)] = read(str(expression))
        assert (field, operator, text.split(",")) == ("tags", "in", values)


@given(PATHS | TRICKY)
def test_every_path_reads_back_or_is_refused(path: str) -> None:
    try:
        field = F[path]
    except ConfigurationError:
        names = path.split(".")
        assert path.startswith("-") or not all(names) or re.search(r'[\s\ufeff|:=!<>~"\\,]', path)
    else:
        assert read(str(field == "x y")) == [(path, "eq", "x y")]
        assert read(str(field != 1)) == [(path, "ne", "1")]


@given(st.integers(-(10**300), 10**300) | st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_back(value: float) -> None:
    [(_, operator, text)] = read(str(F.amount >= value))

    assert operator == "gte"
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)
    assert type(value)(text) == value


@given(st.datetimes(timezones=st.timezones()))
def test_every_aware_datetime_reads_back(value: datetime) -> None:
    try:
        [(_, operator, text)] = read(str(F.created_at > value))
    except ConfigurationError:
        assert value.year in {1, 9999}
    else:
        assert operator == "gtd"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\d{3})?Z", text)
        assert datetime.fromisoformat(text) == value.astimezone(UTC)
