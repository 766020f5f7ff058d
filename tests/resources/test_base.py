"""What all resources share: looking up by reference, and telling where a reply is wrong."""

from collections.abc import Awaitable
from functools import partial
from typing import Any

import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    CardControls,
    ConfigurationError,
    Customer,
    DecodeError,
    PaginationError,
    RetryPolicy,
    SpendingLimit,
    from_dict,
    to_dict,
)
from allawee_async.sandbox import Sandbox
from tests.support.canaries import BVN, locals_text
from tests.support.faketime import FakeTime
from tests.support.raw_server import RawServer, answers, customer, one
from tests.support.tables import for_each
from tests.support.wire import Wire

KEY = "sk.test.canary"
FIELDS: dict[str, Any] = {
    "name": "Ada Obi",
    "reference": "ref-1",
    "type": "individual",
    "claims": {"individualInformation": {"firstName": "Ada", "lastName": "Obi"}},
    "verifications": [],
    "metadata": {},
}


async def failure(call: Awaitable[object]) -> AllaweeError:
    with pytest.raises(AllaweeError) as caught:
        await call
    return caught.value


def found(*customers: dict[str, Any]) -> Any:
    body = {"code": "success", "data": list(customers), "metadata": {"hasMore": False}}
    return answers(body)


# Looking up by reference


async def test_find_asks_for_the_reference_and_for_no_more_than_two_entries() -> None:
    async with (
        RawServer(found(customer("cus.1"))) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        it = await allawee.customers.find(reference="order-17")

    assert isinstance(it, Customer)
    assert it.id == "cus.1"
    (request,) = server.requests
    assert request.method == "GET"
    assert request.target == "/customers?limit=2&filter=reference%7Ceq%7Corder-17"


def empty(**metadata: object) -> Any:
    return answers({"code": "success", "data": [], "metadata": {"hasMore": True, **metadata}})


async def test_find_goes_on_behind_an_empty_page_that_announces_more() -> None:
    steps = empty(lastId="cus.7"), found(customer("cus.8"))
    async with (
        RawServer(*steps) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        it = await allawee.customers.find(reference="r")
    assert it is not None
    assert it.id == "cus.8"


async def test_find_does_not_say_that_there_is_none_where_more_was_announced() -> None:
    async with (
        RawServer(empty()) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        assert type(await failure(allawee.customers.find(reference="r"))) is PaginationError


@pytest.mark.parametrize(
    ("given", "path"),
    [("email", "claims.individualInformation.email"), ("name", "name"), ("nick", "nick")],
)
async def test_find_says_how_to_search_by_another_field(
    allawee: AllaweeClient, given: str, path: str
) -> None:
    find: Any = allawee.customers.find

    with pytest.raises(TypeError, match=rf"find takes reference=… alone, not '{given}'") as caught:
        await find(**{given: "x"})

    assert f"list(filter=F.{path} == …)" in str(caught.value)


async def test_find_gives_none_where_there_is_none(allawee: AllaweeClient) -> None:
    assert await allawee.customers.find(reference="unheard-of") is None


@pytest.mark.parametrize(
    "reference",
    [
        "plain",
        "a blank",
        "quo'te",
        'quo"te',
        "a|eq|b",
        "50%",
        "5",
        "true",
        "null",
        "ünïcödé",
        "a,b",
    ],
)
async def test_find_finds_exactly_the_one_with_the_reference(
    reference: str, sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    sandbox.add_customer({"reference": f"{reference}-"})
    planted = sandbox.add_customer({"reference": reference})
    it = await allawee.customers.find(reference=reference)
    assert it is not None
    assert it.id == planted["id"]


async def test_find_refuses_to_choose_between_two() -> None:
    async with (
        RawServer(found(customer("cus.1"), customer("cus.2"))) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        error = await failure(allawee.customers.find(reference="r"))
    assert type(error) is DecodeError
    assert error.path == "data"


@pytest.mark.parametrize("others", [1, 2])
async def test_find_does_not_take_an_object_with_another_reference(others: int) -> None:
    """A server that ignores the filter answers with whatever is newest."""
    wrong = [customer(f"cus.{number}", reference=f"r{number}") for number in range(others)]
    async with (
        RawServer(found(*wrong)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        assert type(await failure(allawee.customers.find(reference="r"))) is DecodeError


async def test_find_takes_an_object_that_shows_the_right_reference() -> None:
    async with (
        RawServer(found(customer("cus.1", reference="r"))) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        it = await allawee.customers.find(reference="r")
    assert it is not None
    assert it.reference == "r"


@pytest.mark.parametrize("reference", ["", None, 5])
async def test_find_needs_a_reference(
    reference: Any, sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    assert type(await failure(allawee.customers.find(reference=reference))) is ConfigurationError
    assert len(sandbox.requests) == 0


# A write whose end was not seen


@pytest.mark.parametrize("fault", ["reset", "cut_body", "cut_json", "garbage", "status"])
async def test_a_create_that_took_effect_unseen_is_sent_once_and_found_by_its_reference(
    fault: str, sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    options: dict[str, Any] = {"method": "POST"}
    if fault in ("reset", "status"):
        options["after_effect"] = True
    order = getattr(sandbox.faults, fault)
    order(502, **options) if fault == "status" else order(**options)

    error = await failure(allawee.customers.create(**FIELDS))

    assert error.outcome_unknown
    assert "look it up" in str(error)
    assert [entry.method for entry in sandbox.requests] == ["POST"]
    made = await allawee.customers.find(reference="ref-1")
    assert made is not None
    assert made.name == "Ada Obi"
    assert len([entry for entry in sandbox.requests if entry.method == "POST"]) == 1


async def test_a_create_that_never_took_effect_is_not_found(
    sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    sandbox.faults.reset(method="POST")

    error = await failure(allawee.customers.create(**FIELDS))

    assert error.outcome_unknown
    assert await allawee.customers.find(reference="ref-1") is None
    assert (await allawee.customers.create(**FIELDS)).id


async def test_an_update_is_sent_again_after_it_was_lost(
    sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    made = await allawee.customers.create(**FIELDS)
    sandbox.faults.cut_body(method="PUT", times=2)

    changed = await allawee.customers.update(made.id, **{**FIELDS, "name": "Ada N Obi"})

    assert changed.name == "Ada N Obi"
    assert [entry.method for entry in sandbox.requests].count("PUT") == 3


# Replies that are not what the documents say


@for_each("method", ["GET", "POST", "PUT"])
@for_each(
    ("bad", "path"),
    [
        ({"name": 5}, "data.name"),
        ({"id": None}, "data.id"),
        ({"createdAt": "yesterday"}, "data.createdAt"),
        ({"claims": "x"}, "data.claims"),
        (
            {"claims": {"individualInformation": {"dateOfBirth": 1997}}},
            "data.claims.individualInformation.dateOfBirth",
        ),
        ({"verifications": [5]}, "data.verifications[0]"),
        ({"metadata": []}, "data.metadata"),
    ],
)
async def test_a_wrong_value_in_a_reply_is_told_with_its_place(
    bad: dict[str, Any], path: str, method: str, time: FakeTime
) -> None:
    step = answers(one(**bad), headers={"x-request-id": "req_1"})
    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        call = {
            "GET": lambda: allawee.customers.get("cus.1"),
            "POST": lambda: allawee.customers.create(**FIELDS),
            "PUT": lambda: allawee.customers.update("cus.1", **FIELDS),
        }[method]
        error = await failure(call())  # type: ignore[no-untyped-call]

    assert isinstance(error, DecodeError)
    assert error.path == path
    assert (error.status, error.request_id, error.method) == (200, "req_1", method)
    assert [attempt.status for attempt in error.attempts] == [200]
    assert error.outcome_unknown is (method != "GET")
    assert len(server.requests) == 1  # asking again would give the same


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"5", b'"x"', b'{"code":"success"}'])
async def test_a_reply_without_an_object_is_told(body: bytes, time: FakeTime) -> None:
    async with (
        RawServer(answers(body)) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await failure(allawee.customers.get("cus.1"))

    assert isinstance(error, DecodeError)
    assert error.path in ("data", "data.id", "data.name")


async def test_a_bare_object_is_read_as_if_it_were_in_an_envelope() -> None:
    async with (
        RawServer(answers(customer("cus.1"))) as server,
        AllaweeClient(KEY, base_url=server.url, retry=RetryPolicy(attempts=1)) as allawee,
    ):
        assert (await allawee.customers.get("cus.1")).id == "cus.1"


# Money checks and values of further nouns


@pytest.mark.parametrize("amount", [10.5, True, "10", -1])
async def test_a_queued_card_is_checked_for_money_like_any_other(wire: Wire, amount: Any) -> None:
    limits = {"spendingLimits": [{"amount": amount, "interval": "daily"}]}
    grp = wire.client().simulation.grp
    for call in (
        grp.create_card(program="cp.1", customer="cus.1", controls=limits),
        grp.link_card("c.1", customer="cus.1", controls=limits),
        grp.link_card_by_pan(pan="5061000000000000", customer="cus.1", controls=limits),
    ):
        with pytest.raises(ConfigurationError):
            await call
    assert wire.sent == []


def test_controls_made_of_lists_are_the_values_that_are_read_back() -> None:
    made = CardControls(allowed_channels=["online"], spending_limits=[SpendingLimit(amount=5)])

    assert made == CardControls(
        allowed_channels=("online",), spending_limits=(SpendingLimit(amount=5),)
    )
    assert from_dict(CardControls, to_dict(made)) == made
    assert hash(made) == hash(from_dict(CardControls, to_dict(made)))


@for_each(
    ("ask", "hint"),
    [
        (lambda a: a.payouts, r"did you mean payments\.create_payout\? there is accounts, "),
        (lambda a: a.customer, r"did you mean customers\?"),
        (lambda a: a.wallets, r"did you mean accounts\?"),
        (lambda a: a.cards.freeze, r"did you mean block\? there is activate, block, "),
        (lambda a: a.tools.bank, r"did you mean banks\?"),
        (lambda a: a.simulation.cards, r"there is authorization_capture"),
        (lambda a: a.tools.rates, r"did you mean fx\.rates\? there is banks, "),
        (lambda a: a.tools.fx.quote, r"did you mean create_quote\? "),
        (lambda a: a.simulation.block, r"did you mean grp\.block_card or "),
        (lambda a: a.resolve, r"did you mean tools\.banks\.resolve\? "),
        (lambda a: a.closed, r"did you mean close\? there is accounts, .* request, "),
    ],
)
def test_a_name_that_is_not_there_is_answered_by_those_that_are(ask: Any, hint: str) -> None:
    with pytest.raises(AttributeError, match=hint):
        ask(AllaweeClient("sk.test.1"))


def test_names_that_frameworks_ask_for_get_a_short_answer() -> None:
    allawee = AllaweeClient("sk.test.1")

    assert not hasattr(allawee, "_ipython_display_")
    assert not hasattr(allawee.cards, "__wrapped__")
    assert not hasattr(allawee, "anything")


def test_a_keyword_that_no_list_has_is_answered_by_a_filter() -> None:
    allawee: Any = AllaweeClient("sk.test.1")
    for listed in (allawee.customers.list, partial(allawee.accounts.logs, "ac.1")):
        with pytest.raises(TypeError, match=r"'status'.*filter=F\.status == "):
            listed(status="active")


IDENTITY = {"individualIdentity": {"type": "bvn", "id": BVN}}


MISNAMED = {"individualIdentity": {"id": BVN, "issuing_country": "NG"}}


@pytest.mark.parametrize(
    "claims", [IDENTITY, {"businessDirectors": [IDENTITY]}, {"odd": object()}, MISNAMED]
)
async def test_no_frame_of_the_package_shows_the_identity_of_a_customer(claims: Any) -> None:
    given = {**IDENTITY, **claims}
    async with (
        RawServer(answers({"message": "no"}, status=500)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        error = await failure(
            allawee.customers.create(name="n", type="individual", reference="r", claims=given)
        )
    assert BVN not in locals_text(error)


@pytest.mark.parametrize("body", [{"claims": IDENTITY}, {"claims": IDENTITY, "odd": object()}])
async def test_no_frame_of_the_package_shows_the_body_of_a_call_without_a_method(body: Any) -> None:
    async with (
        RawServer(answers({"message": "no"}, status=500)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        error = await failure(allawee.request("POST", "/new", json=body))
    assert BVN not in locals_text(error)
