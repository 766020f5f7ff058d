"""The parameters of list methods: what goes to the wire, and what is refused."""

import inspect
import typing
from enum import Enum
from typing import Any

import pytest

from allawee_async.errors import ConfigurationError
from allawee_async.query.filters import F
from allawee_async.query.parameters import ListParams, list_query
from tests.support.tables import for_each


class Kind(str, Enum):  # noqa: UP042 - the older form, whose str() is not its value
    MAIN = "main"


ACTIVE = F.status == "active"
RICH = F.amount >= 50_000

WRITTEN: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"limit": 1}, {"limit": "1"}),
    ({"after": "cus.1"}, {"after": "cus.1"}),
    ({"before": "cus.1"}, {"before": "cus.1"}),
    ({"last_id": "cus.1", "page": 0}, {"lastId": "cus.1", "page": "0"}),
    ({"count_total": True}, {"countTotal": "true"}),
    ({"count_total": False}, {}),
    # filters
    ({"filter": "status:active  amount>5"}, {"filter": "status:active  amount>5"}),
    ({"filter": ACTIVE}, {"filter": "status|eq|active"}),
    ({"filter": ACTIVE & RICH}, {"filter": "status|eq|active amount|gte|50000"}),
    ({"filter": [ACTIVE, "amount>5"]}, {"filter": "status|eq|active amount>5"}),
    ({"filter": (ACTIVE & RICH, ACTIVE)}, {"filter": f"{ACTIVE} {RICH} {ACTIVE}"}),
    ({"filter": [Kind.MAIN]}, {"filter": "main"}),
    ({"or_": [ACTIVE, RICH]}, {"or": "status|eq|active amount|gte|50000"}),
    ({"nor": ACTIVE}, {"nor": "status|eq|active"}),
    ({"and_": ACTIVE & RICH}, {"and": "status|eq|active amount|gte|50000"}),
    ({"filter": "", "or_": "", "nor": " ", "and_": ["", ACTIVE]}, {"and": "status|eq|active"}),
    # sort
    ({"sort": "-createdAt amount"}, {"sort": "-createdAt amount"}),
    ({"sort": ["-created_at", "amount"]}, {"sort": "-createdAt amount"}),
    ({"sort": [-F.created_at, F.amount]}, {"sort": "-createdAt amount"}),
    ({"sort": -F.metadata["user_id"]}, {"sort": "-metadata.user_id"}),
    ({"sort": F.created_at}, {"sort": "createdAt"}),
    (
        {"sort": ["claims.individual_information.email"]},
        {"sort": "claims.individualInformation.email"},
    ),
    ({"sort": [], "select": "", "expand": ()}, {}),
    # select keeps the cursor
    ({"select": "id name -metadata"}, {"select": "id name -metadata"}),
    ({"select": "name tier"}, {"select": "name tier id"}),
    ({"select": "-metadata"}, {"select": "-metadata"}),
    ({"select": ["first_name", "-metadata"]}, {"select": "firstName -metadata id"}),
    ({"select": [F.id, -F.claims]}, {"select": "id -claims"}),
    ({"select": ["-created_at"]}, {"select": "-createdAt"}),
    ({"select": "status", "cursor_field": "_id"}, {"select": "status _id"}),
    ({"select": ["_id", "-id"], "cursor_field": "_id"}, {"select": "_id -id"}),
    # expand
    ({"expand": "customer program:name"}, {"expand": "customer program:name"}),
    ({"expand": ["customer"]}, {"expand": "customer"}),
    (
        {"expand": ["customer:first_name,email", "card_program.fees_account:account_name"]},
        {"expand": "customer:firstName,email cardProgram.feesAccount:accountName"},
    ),
    ({"expand": [F.card_program]}, {"expand": "cardProgram"}),
]


@for_each(("given", "query"), WRITTEN)
def test_what_is_written(given: dict[str, Any], query: dict[str, str]) -> None:
    assert list_query(**given) == query


def test_the_order_is_stable() -> None:
    query = list_query(
        page=1,
        count_total=True,
        expand="customer",
        select="id",
        sort="id",
        and_="a:1",
        nor="a:1",
        or_="a:1",
        filter="a:1",
        last_id="c",
        before="b",
        limit=2,
    )

    assert " ".join(query) == (
        "limit before lastId filter or nor and sort select expand countTotal page"
    )


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"or_": []}, "empty list"),
    ({"or_": ()}, "empty list"),
    ({"after": "a", "before": "b"}, "not both"),
    *(({"limit": value}, "limit is an int, 1 or more") for value in (0, -1, True, 1.0, "5")),
    *(({"page": value}, "page is an int, 0 or more") for value in (-1, False, 1.5, "1")),
    *(({"after": value}, "after is the id") for value in ("", " ", 5, b"x")),
    ({"before": ""}, "before is the id"),
    ({"last_id": ""}, "last_id is the id"),
    *(({"count_total": value}, "True or False") for value in (1, "true")),
    # filters
    ({"filter": True}, "filter takes text, a comparison .* not bool"),
    ({"filter": F.status}, "filter takes text, a comparison .* not Field"),
    ({"filter": [None]}, "not None"),
    ({"filter": [[ACTIVE]]}, "not list"),
    ({"filter": {"status": "active"}}, "not dict"),
    ({"filter": b"status:active"}, "not bytes"),
    ({"filter": "\ud800"}, "filter has a lone surrogate"),
    ({"or_": ACTIVE & RICH}, "or_ takes conditions one by one"),
    ({"or_": [ACTIVE, ACTIVE & RICH]}, "or_ takes conditions one by one"),
    ({"nor": [ACTIVE & RICH]}, "nor takes conditions one by one"),
    # names
    ({"sort": 5}, "sort takes .* not int"),
    ({"sort": [None]}, "sort takes .* not None"),
    ({"sort": {"a"}}, "sort takes .* not set"),
    ({"sort": [ACTIVE]}, "sort takes .* not Expression"),
    ({"sort": ["a b"]}, "no field path"),
    ({"sort": [""]}, "no field path"),
    ({"sort": ["-"]}, "no field path"),
    ({"select": "name -id"}, "paging needs it"),
    ({"select": ["-id"]}, "paging needs it"),
    ({"select": [-F.id]}, "paging needs it"),
    ({"select": "-_id", "cursor_field": "_id"}, "paging needs it"),
    ({"expand": [-F.customer]}, "expand takes .* not NegatedField"),
    ({"expand": ["-customer"]}, "no field path"),
    ({"expand": ["customer:"]}, "no field path"),
    ({"expand": ["customer:a,,b"]}, "no field path"),
    ({"expand": [":a"]}, "no field path"),
    ({"expand": ["customer:a:b"]}, "no field path"),
]


@for_each(("given", "hint"), REFUSED)
def test_what_is_refused(given: dict[str, Any], hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        list_query(**given)


def test_a_text_of_many_letters_passes() -> None:
    assert list_query(filter="name:Adé😀") == {"filter": "name:Adé😀"}


def test_an_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        list_query(colour="red")  # type: ignore[call-arg]


@for_each(
    ("name", "meant"),
    [
        *(("limt", "limit"), ("page_size", "limit"), ("per_page", "limit"), ("order_by", "sort")),
        *(("starting_after", "after"), ("cursor", "after"), ("ending_before", "before")),
        *(("include", "expand"), ("since", "created_since"), ("filters", "filter")),
    ],
)
def test_a_parameter_of_another_name_is_answered_by_the_right_one(name: str, meant: str) -> None:
    with pytest.raises(TypeError, match=f"'{name}': did you mean {meant}\\?"):
        list_query(**{name: "x"})  # type: ignore[arg-type]


def test_every_parameter_of_a_list_is_described() -> None:
    described = inspect.getdoc(list_query) or ""
    for name in typing.get_type_hints(ListParams):
        assert f"\n    {name}: " in described
