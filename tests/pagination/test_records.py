"""Records that cannot be read stop nothing, in whatever way a list is read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from allawee_async import AllaweeClient, AllaweeError, Customer, DecodeError, RetryPolicy
from tests.support.raw_server import RawServer, answers, customer, page_of
from tests.support.tables import for_each

KEY = "sk.test.canary"
BAD = {"createdAt": 5}


def page(*records: Any, has_more: bool = False) -> Any:
    """Return the answer of a list with these records; a text is the id of a good one."""
    data = [customer(each) if isinstance(each, str) else each for each in records]
    return answers({**page_of(has_more=has_more), "data": data})


def bad(name: str) -> dict[str, object]:
    return {**customer(name), **BAD}


async def walked(walk: Any) -> list[str]:
    """Return what an iterator yields: ids, and `!` with the id of what cannot be read."""
    found: list[str] = []
    while True:
        try:
            got = await anext(walk)
        except StopAsyncIteration:
            return found
        except DecodeError as error:
            found.append(f"!{error.cursor}")
        else:
            found += [each.id for each in (got.items if hasattr(got, "items") else [got])]


PLACES = [
    ([["a", "b"], ["c", bad("x"), "d"], ["e"]], ["a", "b", "c", "!x", "d", "e"]),
    ([[bad("x"), "a"], ["b"]], ["!x", "a", "b"]),
    ([["a", bad("x")], ["b"]], ["a", "!x", "b"]),
    ([[bad("x"), bad("y")], ["a"]], ["!x", "!y", "a"]),
    ([["a"], [bad("x")]], ["a", "!x"]),
    ([[bad("x")]], ["!x"]),
    ([["a", 5, "b"]], ["a", "!None", "b"]),
    ([["a", None], ["b"]], ["a", "!None", "b"]),
]


@for_each(("pages", "expected"), PLACES)
@for_each("how", ["items", "pages"])
async def test_an_item_that_cannot_be_read_raises_at_its_own_place(
    how: str, pages: list[list[Any]], expected: list[str]
) -> None:
    steps = [page(*each, has_more=each is not pages[-1]) for each in pages]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        pager = allawee.customers.list()
        assert await walked(aiter(pager) if how == "items" else pager.pages()) == expected
        assert len(server.requests) == len(pages)


MANY = 200_000
NO_JSON = {
    "not a number": b'{"id": "x", "amount": NaN}',
    "infinity": b'{"id": "x", "amount": -Infinity}',
    "a raw line break": b'{"id": "x", "name": "Ada\nObi, [1]"}',
    "a raw control character": b'{"id": "x", "name": "\x01"}',
    "a wrong escape": b'{"id": "x", "name": "\\q"}',
    "more levels than any Python reads": b'{"id": "x", "metadata": %s}'
    % (b"[" * MANY + b"]" * MANY),
    "no value": b'{"id": "x", "name": }',
}


@for_each("record", NO_JSON.values())
@for_each("fields", [None, "id"])
async def test_a_record_that_is_no_json_leaves_the_others_of_its_page(
    record: bytes, fields: str | None
) -> None:
    good = [json.dumps(customer(name)).encode() for name in "ab"]
    step = b'{"code": "success", "data": [%s, %s, %s], "metadata": {"hasMore": false}}' % (
        good[0],
        record,
        good[1],
    )
    told: list[DecodeError] = []
    async with (
        RawServer(answers(step), answers(step)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        options: Any = {} if fields is None else {"select": fields}
        found = await allawee.customers.list(**options, on_invalid=told.append).to_list()
        walk = aiter(allawee.customers.list(**options))
        await anext(walk)
        with pytest.raises(DecodeError, match="found a text that is not JSON"):
            await anext(walk)
        last: Any = await anext(walk)

    assert [error.path for error in told] == ["data[1]"]
    try:
        readable = json.loads(record, strict=False)
    except (ValueError, RecursionError):
        assert (told[0].item, told[0].cursor) == (record.decode(), None)
    else:
        assert (repr(told[0].item), told[0].cursor) == (repr(readable), "x")
    assert len(found) == 2
    assert (last.id if fields is None else last["id"]) == "b"


@pytest.mark.parametrize(
    "body", [b'{"data": [{"id": NaN}, {"id": "b"}', b'{"data": [1, "a]}', b'{data: [{"id": "a"}]}']
)
async def test_what_no_records_can_be_told_apart_in_is_refused_whole(body: bytes) -> None:
    async with (
        RawServer(answers(body)) as server,
        AllaweeClient(KEY, base_url=server.url, retry=RetryPolicy(attempts=1)) as allawee,
    ):
        with pytest.raises(DecodeError, match="not JSON, or is cut off"):
            await allawee.customers.list()


async def test_the_error_tells_the_record_its_place_and_where_to_go_on() -> None:
    step = answers(
        {**page_of(), "data": [customer("a"), bad("x"), customer("b")]},
        headers={"x-request-id": "req_1"},
    )
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        walk = aiter(allawee.customers.list())
        await anext(walk)
        with pytest.raises(DecodeError) as caught:
            await anext(walk)

    error = caught.value
    assert error.path == "data[1].createdAt"
    assert error.item == bad("x")
    assert error.cursor == "x"
    assert (error.request_id, error.status, error.method) == ("req_1", 200, "GET")
    assert "Name of x" not in str(error)


async def test_a_page_ends_before_such_an_item_and_leads_to_it() -> None:
    steps = [page("a", bad("x"), "b", has_more=True), page(bad("x"), "b", "c")]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        first = await allawee.customers.list()
        assert [each.id for each in first.items] == ["a"]
        assert (first.has_more, first.cursor) == (True, "a")
        with pytest.raises(DecodeError) as caught:
            await first.next_page()
        assert caught.value.cursor == "x"


@for_each(("pages", "expected"), PLACES)
@for_each("how", ["items", "pages", "to_list"])
async def test_on_invalid_is_told_and_the_rest_comes(
    how: str, pages: list[list[Any]], expected: list[str]
) -> None:
    told: list[DecodeError] = []
    steps = [page(*each, has_more=each is not pages[-1]) for each in pages]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        pager = allawee.customers.list(on_invalid=told.append)
        if how == "to_list":
            found = [each.id for each in await pager.to_list()]
        else:
            found = await walked(aiter(pager) if how == "items" else pager.pages())

    assert found == [each for each in expected if not each.startswith("!")]
    assert [f"!{each.cursor}" for each in told] == [each for each in expected if each[0] == "!"]


async def test_an_async_on_invalid_is_waited_for() -> None:
    told: list[str | None] = []

    async def note(error: DecodeError) -> None:
        await asyncio.sleep(0)
        told.append(error.cursor)

    step = page("a", bad("x"), "b")
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        found = await allawee.customers.list(on_invalid=note).to_list()
    assert ([each.id for each in found], told) == (["a", "b"], ["x"])


async def test_with_on_invalid_a_page_stays_one_page() -> None:
    step = page("a", bad("x"), "b")
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        first = await allawee.customers.list(on_invalid=lambda _: None)
    assert [each.id for each in first.items] == ["a", "b"]


@pytest.mark.parametrize("pages", [[[bad("x")]], [[bad("x")], [bad("y")]]])
async def test_where_all_is_left_out_the_first_page_is_empty(pages: list[list[Any]]) -> None:
    steps = [page(*each, has_more=each is not pages[-1]) for each in pages]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        first = await allawee.customers.list(on_invalid=lambda _: None)
    assert (first.items, first.has_more) == ((), False)


async def test_what_on_invalid_raises_reaches_the_caller_and_the_walk_goes_on() -> None:
    def refuse(error: DecodeError) -> None:
        raise ZeroDivisionError

    step = page("a", bad("x"), "b")
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        walk = aiter(allawee.customers.list(on_invalid=refuse))
        with pytest.raises(ZeroDivisionError):
            await anext(walk)
        assert [each.id async for each in walk] == ["a", "b"]


async def test_first_and_to_list_raise_only_for_what_they_reach() -> None:
    step = page("a", bad("x"), "b")
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        pager = allawee.customers.list()
        first = await pager.first()
        assert isinstance(first, Customer)
        assert [each.id for each in await pager.to_list(1)] == ["a"]
        with pytest.raises(DecodeError):
            await pager.to_list(2)
        with pytest.raises(DecodeError):
            await pager.to_list()


async def test_find_raises_with_the_record() -> None:
    step = page(bad("x"))
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        with pytest.raises(DecodeError) as caught:
            await allawee.customers.find(reference="r")
    assert caught.value.item == bad("x")


async def test_with_select_a_record_that_is_no_object_is_left_out_as_well() -> None:
    step = page({"id": "a"}, 5, {"id": "b"})
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        walk = aiter(allawee.customers.list(select="id"))
        found: list[Any] = [await anext(walk)]
        with pytest.raises(DecodeError) as caught:
            await anext(walk)
        assert caught.value.item == 5
        found += [each async for each in walk]
    assert found == [{"id": "a"}, {"id": "b"}]


async def test_a_record_without_an_id_at_the_end_of_a_page_comes_once() -> None:
    """The next page begins behind the last id, so it comes with the next page once more."""
    steps = [page("a", 5, has_more=True), page(5, "b", 6, has_more=True), page(6)]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        found = await walked(aiter(allawee.customers.list()))
    assert found == ["a", "!None", "b", "!None"]


# Pages that overlap


async def test_what_came_with_the_page_before_does_not_come_again() -> None:
    steps = [page("a", "b", has_more=True), page("b", "c", has_more=True), page("b", "c", "d")]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        assert await walked(aiter(allawee.customers.list())) == ["a", "b", "c", "d"]
        server.requests.clear()  # begins the script anew
        first = await allawee.customers.list()
        second = await first.next_page()
    assert second is not None
    assert [each.id for each in second.items] == ["c"]


async def test_a_server_that_gives_all_that_it_has_whatever_the_cursor_is_no_error() -> None:
    step = answers({"code": "success", "data": [customer("a"), customer("b")]})
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        assert await walked(aiter(allawee.customers.list())) == ["a", "b"]
        assert len(server.requests) == 2


async def test_a_server_that_caps_the_limit_and_says_nothing_is_read_to_the_end() -> None:
    numbers = [f"cus.{number}" for number in range(50)]
    steps = [
        answers({"code": "success", "data": [customer(each) for each in numbers[at : at + 10]]})
        for at in range(0, 60, 10)
    ]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        assert await walked(aiter(allawee.customers.list(limit=100))) == numbers


# Entries that are deleted while they are walked


class Shop:
    """A list of which entries can be deleted; it refuses a cursor that is gone."""

    def __init__(self, count: int, status: int = 400) -> None:
        self.names = [f"cus.{number:03}" for number in range(count)]
        self.status = status

    async def __call__(self, line: Any, request: Any) -> None:
        from urllib.parse import parse_qs

        query = parse_qs(request.target.partition("?")[2])
        after = query.get("after", [""])[0]
        if after and after not in self.names:
            await line.answer({"code": "invalid-cursor", "message": "gone"}, status=self.status)
            return
        begin = self.names.index(after) + 1 if after else 0
        limit = int(query.get("limit", ["20"])[0])
        found = self.names[begin : begin + limit]
        await line.answer(page_of(*found, has_more=begin + limit < len(self.names)))


@for_each("status", [400, 404, 409, 410, 422])
@for_each("gone", [[9], [8, 9], [*range(3, 10)], [*range(1, 10)], [*range(10)]])
async def test_a_cursor_that_is_gone_is_gone_around(gone: list[int], status: int) -> None:
    shop = Shop(35, status)
    expected = [*shop.names]
    deleted = [shop.names[place] for place in gone]
    async with RawServer(shop) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        walk, found = aiter(allawee.customers.list(limit=10)), []
        async for each in walk:
            found.append(each.id)
            if len(found) == 10:
                shop.names = [name for name in shop.names if name not in deleted]
    assert found == expected


async def test_where_all_cursors_are_gone_the_error_says_what_to_do() -> None:
    shop = Shop(40)
    async with RawServer(shop) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        walk = aiter(allawee.customers.list(limit=10))
        for _ in range(20):
            await anext(walk)
        shop.names = shop.names[25:]
        with pytest.raises(AllaweeError) as caught:
            async for _ in walk:  # the page ahead may have come before
                pass
    assert type(caught.value).__name__ == "PaginationError"
    assert "deleted" in str(caught.value)
    assert "created_until" in str(caught.value)
    assert len(server.requests) < 20


async def test_the_cursor_of_the_caller_is_not_replaced() -> None:
    async with RawServer(Shop(5)) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        with pytest.raises(AllaweeError) as caught:
            await allawee.customers.list(after="cus.999").to_list()
        assert type(caught.value).__name__ == "BadRequestError"
        assert len(server.requests) == 1
