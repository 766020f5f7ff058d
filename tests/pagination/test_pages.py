"""The walk from page to page, by what the pages say; the server is a few answers in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async import AsyncPager, DecodeError, NotFoundError, Page, PaginationError
from allawee_async.pagination.pages import Listing, PageWalk, Place, Source
from allawee_async.transport.response import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Entries = tuple[str | None, ...]


@attrs.define
class Answers:
    """Answers of a list, one after the other; the last one is repeated.

    Attributes:
        replies: What comes; an error is raised.
        queries: What was asked for.
    """

    replies: Sequence[Reply | Exception]
    queries: list[Mapping[str, str]] = attrs.field(factory=list)

    async def fetch(self, query: Mapping[str, str]) -> Reply:
        self.queries.append(query)
        reply = self.replies[min(len(self.queries), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def source(
        self, *, query: Mapping[str, str] | None = None, loose: bool = False, **options: Any
    ) -> Source[dict[str, Any]]:
        listing = Listing(path="/things", query=query or {}, model=None, loose=loose)
        return Source(listing=listing, fetch=self.fetch, decode=decoded, **options)

    def pager(self, **options: Any) -> AsyncPager[dict[str, Any]]:
        return AsyncPager(self.source(**options))

    @property
    def cursors(self) -> list[str | None]:
        """The cursor of each request."""
        return [query.get("after", query.get("before")) for query in self.queries]


def decoded(raw: Any) -> list[dict[str, Any] | DecodeError]:
    """Return entries as they are; one whose number is negative cannot be read."""
    return [
        DecodeError("odd", path=f"data[{place}]", item=item) if item["n"] < 0 else item
        for place, item in enumerate(raw)
    ]


def reply(*entries: tuple[int, str | None], **metadata: Any) -> Reply:
    """Return an answer with entries of a number and an id."""
    raw: Any = [{"n": n} if name is None else {"n": n, "id": name} for n, name in entries]
    return Reply(200, {}, request_id="req_1", raw=raw, metadata=metadata)


def numbers(items: Sequence[dict[str, Any]]) -> list[int]:
    return [item["n"] for item in items]


# Entries without an id


async def test_forwards_those_at_the_end_of_a_page_come_with_the_next_one_and_count_once() -> None:
    """The next page begins behind the last id, so they lead it."""
    answers = Answers(
        [
            reply((1, "a"), (2, None), (3, None), hasMore=True),
            reply((2, None), (3, None), (4, None), (5, "b"), hasMore=False),
        ]
    )
    assert numbers(await answers.pager().to_list()) == [1, 2, 3, 4, 5]
    assert answers.cursors == [None, "a"]


async def test_no_more_of_them_are_left_out_than_came_before() -> None:
    answers = Answers(
        [
            reply((1, "a"), (2, None), hasMore=True),
            reply((2, None), (3, None), (4, "b"), (5, None), hasMore=False),
        ]
    )
    assert numbers(await answers.pager().to_list()) == [1, 2, 3, 4, 5]


async def test_backwards_all_of_them_are_new() -> None:
    """The next page ends before the first id: nothing behind that one comes again."""
    answers = Answers(
        [
            reply((1, None), (2, "c"), (3, None), hasMore=True),
            reply((4, None), (5, "b"), hasMore=False),
        ]
    )
    assert numbers(await answers.pager(query={"before": "d"}).to_list()) == [1, 2, 3, 4, 5]
    assert answers.cursors == ["d", "c"]


async def test_where_the_server_tells_the_cursor_beside_the_list_all_of_them_are_new() -> None:
    answers = Answers(
        [
            reply((1, None), (2, None), hasMore=True, lastId="x"),
            reply((3, None), (4, None), hasMore=False, lastId="y"),
        ]
    )
    assert numbers(await answers.pager().to_list()) == [1, 2, 3, 4]
    assert answers.cursors == [None, "x"]


@pytest.mark.parametrize("last_id", [None, "", 5])
async def test_a_page_of_them_that_announces_more_leads_nowhere(last_id: object) -> None:
    answers = Answers([reply((1, None), hasMore=True, lastId=last_id)])
    walk = answers.pager().pages()
    page = await anext(walk)
    with pytest.raises(PaginationError, match="keep the id in select"):
        await anext(walk)
    with pytest.raises(PaginationError, match="keep the id in select"):
        await page.next_page()
    assert len(answers.queries) == 1


@pytest.mark.parametrize("name", ["", 7, None])
async def test_what_is_no_text_is_no_id(name: Any) -> None:
    answers = Answers([reply((1, "a"), (2, name), hasMore=True), reply(hasMore=False)])
    assert numbers(await answers.pager().to_list()) == [1, 2]
    assert answers.cursors == [None, "a"]


# Cursors


@pytest.mark.parametrize(
    ("ids", "is_backwards", "expected"),
    [
        (("a", "b"), False, "b"),
        (("a", "b"), True, "a"),
        (("a", None), False, "a"),
        ((None, "b"), True, "b"),
        ((None,), False, "told"),
        ((), True, "told"),
    ],
)
async def test_a_walk_goes_on_from_the_last_id_that_it_reached_and_else_from_what_is_told(
    ids: Entries, is_backwards: bool, expected: str
) -> None:
    answers = Answers([reply(*enumerate(ids), lastId="told")])
    source = answers.source(query={"before": "z"} if is_backwards else {})

    assert (await source.batch(None)).reached == expected


@pytest.mark.parametrize(
    ("is_backwards", "expected"),
    [(False, ["g", "f", "d", "z"]), (True, ["b", "c", "e", "z"])],
)
def test_where_the_cursor_is_gone_near_ones_are_tried_first_and_the_one_before_last(
    is_backwards: bool, expected: list[str]
) -> None:
    place = Place(cursor="h", known=["a", "b", None, "c", "d", "e", "f", "g", "h"], came_from="z")
    assert list(place.earlier(is_backwards=is_backwards)) == expected


async def test_a_cursor_takes_the_place_of_all_that_the_first_query_had() -> None:
    query = {"limit": "5", "lastId": "y", "page": "3", "after": "x"}
    answers = Answers([reply((1, "a"), hasMore=True), reply((2, "b"), hasMore=False)])
    await answers.pager(query=query).to_list()
    assert answers.queries == [query, {"limit": "5", "after": "a"}]


# Where it ends


@pytest.mark.parametrize(("unless_told", "expected"), [(True, [1]), (False, [1, 2])])
async def test_a_list_that_ends_unless_told_is_not_asked_on(
    unless_told: bool, expected: list[int]
) -> None:
    answers = Answers([reply((1, "a")), reply((2, "b")), reply()])
    assert numbers(await answers.pager(loose=unless_told).to_list()) == expected


async def test_a_short_page_that_came_before_is_the_end_where_the_server_says_nothing() -> None:
    """Some servers give all that they have, whatever the cursor."""
    answers = Answers([reply((1, "a"))])
    assert numbers(await answers.pager().to_list()) == [1]
    assert answers.cursors == [None, "a"]


async def test_going_on_from_a_cursor_such_a_server_has_nothing_new() -> None:
    answers = Answers([reply((1, "a"))])
    walk = PageWalk(answers.source(), Place(cursor="a", known=["a"]))
    assert [page async for page in walk] == []


async def test_a_full_page_that_came_before_is_an_error() -> None:
    answers = Answers([reply((1, "a"), (2, "b"))])
    walk = answers.pager(query={"limit": "2"}).pages()
    assert numbers((await anext(walk)).items) == [1, 2]
    with pytest.raises(PaginationError, match="ignores the cursor") as caught:
        await anext(walk)
    assert caught.value.cursor == "b"


async def test_an_empty_page_that_tells_no_cursor_and_announces_more_is_asked_for_again() -> None:
    answers = Answers([reply((1, "a"), hasMore=True), reply(hasMore=True), reply((2, "b"))])
    walk = PageWalk(answers.source(loose=True))
    await anext(walk)
    with pytest.raises(PaginationError, match="ask again later"):
        await anext(walk)
    assert numbers((await anext(walk)).items) == [2]
    assert answers.cursors == [None, "a", "a"]


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([reply(hasMore=False)], [[]]),
        ([reply(hasMore=True, lastId="a"), reply((1, "b"), hasMore=False)], [[1]]),
        ([reply((1, "a"), hasMore=True), reply(hasMore=False)], [[1]]),
        ([reply((-1, "a"), hasMore=False)], []),
    ],
)
async def test_only_a_list_that_is_empty_has_an_empty_page(
    replies: list[Reply], expected: list[list[int]]
) -> None:
    pager = Answers(replies).pager(on_invalid=lambda _: None)
    assert [numbers(page.items) async for page in pager.pages()] == expected


# Items that cannot be read


async def test_such_an_item_ends_a_page_whose_cursor_is_the_id_before_it() -> None:
    answers = Answers([reply((1, "a"), (2, None), (-3, "c"), (4, "d"), hasMore=False)])
    walk = answers.pager().pages()
    page = await anext(walk)
    assert (numbers(page.items), page.cursor, page.has_more) == ([1, 2], "a", True)
    with pytest.raises(DecodeError) as caught:
        await anext(walk)
    assert (caught.value.cursor, caught.value.request_id, caught.value.status) == (
        "c",
        "req_1",
        200,
    )
    page = await anext(walk)
    assert (numbers(page.items), page.cursor, page.has_more) == ([4], "d", False)


async def test_backwards_such_a_page_has_no_cursor() -> None:
    """What stands behind its last id is not what a walk backwards has still to read."""
    answers = Answers([reply((1, "a"), (-2, "b"), (3, "c"), hasMore=False)])
    page = await answers.pager(query={"before": "d"})
    assert (numbers(page.items), page.cursor) == ([1], None)


# Requests ahead


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("ahead", "expected"), [(True, [1, 3, 4]), (False, [1, 2, 3])])
async def test_from_the_second_page_on_the_next_one_is_fetched_before_it_is_asked_for(
    ahead: bool, expected: list[int]
) -> None:
    answers = Answers([reply((n, str(n)), hasMore=True) for n in range(9)])
    walk, sent = PageWalk(answers.source(), ahead=ahead), []
    for _ in range(3):
        await anext(walk)
        await turns()
        sent.append(len(answers.queries))
    await walk.aclose()
    assert sent == expected


async def test_behind_the_last_page_nothing_is_fetched() -> None:
    answers = Answers([reply((n, str(n)), hasMore=n < 2) for n in range(3)])
    assert numbers(await answers.pager().to_list()) == [0, 1, 2]
    await turns()
    assert len(answers.queries) == 3


async def test_a_page_fetched_ahead_that_fails_is_fetched_anew_when_it_is_asked_for() -> None:
    gone = NotFoundError("down", status=404)
    ok = [reply((n, str(n)), hasMore=n < 2) for n in range(3)]
    answers = Answers([*ok[:2], gone, ok[2]])
    assert numbers(await answers.pager().to_list()) == [0, 1, 2]


# A page


async def test_a_page_knows_whether_another_follows_and_leads_to_it() -> None:
    answers = Answers([reply((1, "a"), hasMore=True, totalCount=2), reply((2, "b"), hasMore=False)])
    first = await answers.pager()
    second = await first.next_page()
    assert isinstance(second, Page)
    assert (first.total_count, second.total_count, second.request_id) == (2, None, "req_1")
    assert (numbers(second.items), await second.next_page()) == ([2], None)
    assert len(answers.queries) == 2
