"""List requests over HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from allawee_async.sandbox.api.app import ROUTES

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox
    from tests.sandbox.conftest import Caller


@pytest.fixture
def sandbox_of_fifty(sandbox: Sandbox) -> Sandbox:
    for index in range(48):
        sandbox.add_customer(
            {"id": f"cus.{index:02d}", "name": f"N{index % 5}", "metadata": {"n": index}}
        )
    return sandbox


async def test_a_page_has_twenty_and_a_full_page_says_that_there_is_more(
    allawee: Caller, sandbox_of_fifty: Sandbox
) -> None:
    answer = await allawee.list()

    assert answer.ids == [f"cus.{index:02d}" for index in range(47, 27, -1)]
    assert answer.json["metadata"] == {"hasMore": True}


async def test_a_full_last_page_says_that_there_is_more_and_the_next_is_empty(
    allawee: Caller,
) -> None:
    last = await allawee.list(limit="2")
    empty = await allawee.list(limit="2", after=last.ids[-1])

    assert last.json["metadata"] == {"hasMore": True}
    assert empty.json == {"code": "success", "data": [], "metadata": {"hasMore": False}}


@pytest.mark.parametrize("limit", ["1", "7", "50", "100"])
async def test_a_walk_finds_everyone_once_and_back_again(
    allawee: Caller, sandbox_of_fifty: Sandbox, limit: str
) -> None:
    forward: list[str] = []
    answer = await allawee.list(limit=limit)
    while answer.ids:
        forward += answer.ids
        answer = await allawee.list(limit=limit, after=forward[-1])
    back = [forward[-1]]
    answer = await allawee.list(limit=limit, before=back[0])
    while answer.ids:
        back = answer.ids + back
        answer = await allawee.list(limit=limit, before=back[0])

    assert len(set(forward)) == len(forward) == 50
    assert back == forward


async def test_a_walk_goes_on_while_customers_come(
    allawee: Caller, sandbox_of_fifty: Sandbox
) -> None:
    first = await allawee.list(limit="25")
    sandbox_of_fifty.add_customer({"id": "cus.newest"})
    second = await allawee.list(limit="25", after=first.ids[-1])

    assert len({*first.ids, *second.ids}) == 50
    assert (await allawee.list(limit="1")).ids == ["cus.newest"]


async def test_groups_stand_side_by_side(allawee: Caller, sandbox_of_fifty: Sandbox) -> None:
    answer = await allawee.list(
        filter="metadata.n>10 metadata.n<=20",
        and_="name~n",
        or_="name:N1 name:N2 metadata.n:20",
        nor="metadata.n:16 metadata.n:12",
        countTotal="",
    )

    assert answer.ids == ["cus.20", "cus.17", "cus.11"]
    assert answer.json["metadata"] == {"hasMore": False, "totalCount": 3}


async def test_sort_by_several_fields(allawee: Caller, sandbox_of_fifty: Sandbox) -> None:
    answer = await allawee.list(
        sort="name -metadata.n", limit="12", filter="metadata.n|exists|true"
    )

    assert answer.ids[:2] == ["cus.45", "cus.40"]
    assert answer.ids[9:] == ["cus.00", "cus.46", "cus.41"]


async def test_select_shows_exactly_what_is_asked_for(allawee: Caller) -> None:
    answer = await allawee.list(select="id name", countTotal="true")

    assert answer.json == {
        "code": "success",
        "data": [
            {"name": "Ciroma C Adekunle", "id": "cus.2tXNjMhytgx7hCxu9"},
            {"name": "Iyanu Deborah Oluwole", "id": "cus.2tVZh8GkvSJu6xgRJ"},
        ],
        "metadata": {"hasMore": False, "totalCount": 2},
    }
    assert (await allawee.list(select="reference")).json["data"] == [{}, {}]


async def test_expanding_a_relation_that_does_not_exist_changes_nothing(allawee: Caller) -> None:
    assert (await allawee.list(expand="program:name")).json == (await allawee.list()).json


async def test_valueless_count_total(allawee: Caller) -> None:
    answer = await allawee.send("GET", "/customers?countTotal")

    assert answer.json["metadata"]["totalCount"] == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("filter", "status|eq"), ("or", "x"), ("nor", "name~["), ("and", "a>b"), ("select", "a.b"),
        ("sort", "-"), ("expand", "a.b.c"), ("limit", "0"), ("limit", "1001"), ("page", "x"),
        ("after", "cus.nobody"), ("before", ""), ("countTotal", "x"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_in_the_documented_shape(
    allawee: Caller, name: str, text: str
) -> None:
    answer = await allawee.get("/customers", **{name: text})

    assert answer.status == 400
    assert answer.json == {
        "statusCode": 400,
        "message": f"Incorrect format for '{name}' parameter.",
    }


async def test_last_id_is_named_after_in_errors(allawee: Caller) -> None:
    assert "'after'" in (await allawee.list(lastId="cus.nobody")).text


async def test_many_at_once_do_not_disturb_each_other(
    allawee: Caller, sandbox_of_fifty: Sandbox
) -> None:
    pages = await asyncio.gather(*(allawee.list(filter=f"metadata.n:{n}") for n in range(48)))

    assert [page.ids for page in pages] == [[f"cus.{n:02d}"] for n in range(48)]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("filter", " ".join(["name:a"] * 101)),
        ("or", " ".join(["name:a"] * 101)),
        ("sort", " ".join(f"field{number}" for number in range(11))),
    ],
)
async def test_a_request_has_so_many_conditions_and_fields_to_sort_by_and_no_more(
    allawee: Caller, parameter: str, value: str
) -> None:
    refused = await allawee.get("/customers", **{parameter: value})
    taken = await allawee.get("/customers", **{parameter: value.rpartition(" ")[0]})

    assert (refused.status, taken.status) == (400, 200)
    assert refused.json["message"] == f"Incorrect format for '{parameter}' parameter."


async def test_a_search_that_would_stop_the_sandbox_is_given_up(
    allawee: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allawee_async.sandbox.core.listing.SEARCH_SECONDS", 0.05)
    for _ in range(100):
        sandbox.add_customer({"name": "a" * 128})
    found = await allawee.get("/customers", filter="name~[a-z]*a[a-z]*a[a-z]*!")

    assert found.status == 400
    assert (await allawee.get("/customers", filter="name~[a-z]*[a-z]*[a-z]*!")).status == 400
    assert (await allawee.get("/customers", filter="name~a*")).status == 200
    assert sandbox.crashes == []


@pytest.mark.parametrize("group", ["filter", "or", "nor", "and"])
async def test_the_patterns_of_a_group_share_their_weight(allawee: Caller, group: str) -> None:
    light = " ".join(f"name~ada.{number}" for number in range(100))
    heavy = " ".join(f"-name~.*a.*a.*b{number}" for number in range(2))

    assert (await allawee.get("/customers", **{group: light})).status == 200
    assert (
        await allawee.get("/customers", **{group: "name~a.*b name~b.*c name~c.*d"})
    ).status == 200
    assert (await allawee.get("/customers", **{group: heavy})).status == 400


async def test_many_values_are_looked_up_and_not_gone_through(allawee: Caller) -> None:
    numbers = ",".join(str(number) for number in range(8_000))

    found = await allawee.get("/customers", filter=f"metadata.number|in|{numbers}")

    assert (found.status, found.json["data"]) == (200, [])


LISTS = sorted(
    route.path
    for route in ROUTES
    if route.method == "GET" and ":id" not in route.path and not route.path.startswith("/tools/")
)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("field", ["createdAt", "updatedAt"])
async def test_every_list_takes_conditions_on_dates_and_sorts_by_them(
    allawee: Caller, sandbox: Sandbox, path: str, field: str
) -> None:
    sandbox.add_webhook("http://127.0.0.1:1/")
    since = {"filter": f"{field}|gted|2020-01-01", "sort": f"-{field}", "countTotal": "true"}
    everything = await allawee.get(path)
    found = await allawee.get(path, **since)
    none = await allawee.get(path, filter=f"{field}|ltd|2020-01-01", limit="1", countTotal="true")

    assert (found.status, none.status) == (200, 200)
    assert none.json["metadata"] == {"hasMore": False, "totalCount": 0}
    if path != "/requests":  # its records tell no dates of their own
        times = [document[field] for document in found.json["data"]]
        assert times == sorted(times, reverse=True)
        assert len(times) == len(everything.json["data"]) == found.json["metadata"]["totalCount"]
