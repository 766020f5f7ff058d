"""A verb made of its signature: what it sends, and what a call of another form is told."""

from __future__ import annotations

import inspect
import traceback
from typing import Any

import pytest

from allawee_async import ConfigurationError
from allawee_async.models.common import ActionResult
from allawee_async.models.customers import Claims, Identity
from allawee_async.redaction import is_secret_name
from allawee_async.resources.base import Resource, route, session_of
from allawee_async.resources.signatures import ParameterKind
from allawee_async.resources.verbs import all_verbs
from allawee_async.types import FreeForm, Secret, Strings
from tests.support.canaries import locals_text
from tests.support.serving import recording
from tests.support.tables import for_each

MONEY = [(verb, one.name) for verb in all_verbs() for one in verb.parameters if one.shape.money]
SECRET = [
    (verb, one.name)
    for verb in all_verbs()
    for one in verb.parameters
    if one.kind is ParameterKind.SECRET
]


class Things(Resource):
    """A noun of these tests."""

    @route("POST", "/things")
    async def create(
        self,
        *,
        from_: str,
        address_line_one: str,
        claims: Claims | FreeForm,
        verifications: Strings,
        metadata: FreeForm,
        amount: int,
        flag: bool,
        text: str,
        reference: str | None = None,
    ) -> ActionResult:
        """Create one."""

    @route("PUT", "/things/:id/:part")
    async def change(self, thing_id: str, part: str, *, pin: Secret | None = None) -> ActionResult:
        """Change a part."""

    @route("GET", "/things")
    async def search(self, *, at_most: int | None = None) -> tuple[ActionResult, ...]:
        """Search."""


async def test_a_body_has_wire_names_and_nothing_that_is_none() -> None:
    async with recording() as (allawee, recorder):
        await Things(session_of(allawee.customers)).create(
            from_="NGN",
            address_line_one="Road 1",
            claims=Claims(individual_identity=Identity(type="bvn", issuing_country="NG")),
            verifications=("tier-1", "tier-2"),
            metadata={"user_id": 5, "nothing": None},
            amount=0,
            flag=False,
            text="",
            reference=None,
        )

    assert recorder.last.json == {
        "from": "NGN",
        "addressLineOne": "Road 1",
        "claims": {"individualIdentity": {"type": "bvn", "issuingCountry": "NG"}},
        "verifications": ["tier-1", "tier-2"],
        "metadata": {"user_id": 5, "nothing": None},  # the caller's own data is left alone
        "amount": 0,
        "flag": False,
        "text": "",
    }


async def test_ids_are_given_by_place_or_by_name() -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"code": "success", "data": {"id": "t.1"}}
        things = Things(session_of(allawee.customers))
        await things.change("t.1", "p.1")
        await things.change("t.1", part="p.1", pin="1234")
        await things.change(part="p.1", thing_id="t.1")

    assert [sent.path for sent in recorder.sent] == ["/things/t.1/p.1"] * 3
    assert [sent.json for sent in recorder.sent] == [{}, {"pin": "1234"}, {}]


async def test_what_a_read_takes_is_its_query() -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"code": "success", "data": [{"id": "t.1"}]}
        found = await Things(session_of(allawee.customers)).search(at_most=5)

    assert [thing.id for thing in found] == ["t.1"]
    assert (recorder.last.query, recorder.last.body) == ({"atMost": "5"}, b"")


@pytest.mark.parametrize(
    ("ids", "named", "told"),
    [
        ((), {"thing_id": "t.1"}, "change() missing 1 required positional argument: 'part'"),
        (("t.1", "p", "4921"), {}, "takes 3 positional arguments but 4 were given"),
        (("t.1", "p"), {"pni": "4921"}, "unexpected keyword argument 'pni'"),
        (("t.1", "p"), {"part": "p", "pin": "4921"}, "multiple values for argument 'part'"),
    ],
)
async def test_a_call_of_another_form_is_told_as_python_does(
    ids: tuple[str, ...], named: dict[str, Any], told: str
) -> None:
    async with recording() as (allawee, recorder):
        with pytest.raises(TypeError) as caught:
            await Things(session_of(allawee.customers)).change(*ids, **named)

    assert told in str(caught.value)
    assert str(caught.value).startswith("Things.change()")
    assert "4921" not in locals_text(caught.value)
    assert recorder.sent == []


async def test_what_is_missing_is_named() -> None:
    async with recording() as (allawee, _):
        with pytest.raises(TypeError, match=r"^Payments\.create_payout\(\) missing 3 required"):
            await allawee.payments.create_payout(amount=1)  # type: ignore[call-arg]


async def test_tools_see_the_verb_itself() -> None:
    async with recording() as (allawee, recorder):
        recorder.status = 404
        block = allawee.cards.block
        assert inspect.iscoroutinefunction(block)
        assert [*inspect.signature(block).parameters] == ["card_id"]
        with pytest.raises(Exception, match="404") as caught:
            await block("c.1")

    assert "block" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


def test_what_is_secret_is_said_to_be() -> None:
    assert {name for _, name in SECRET} == {"cvv", "pan", "pin", "signing_key"}
    for verb in all_verbs():
        for one in verb.parameters:
            assert not is_secret_name(one.name) or one.kind is ParameterKind.SECRET, verb.call


@for_each(("verb", "name"), MONEY)
async def test_no_verb_sends_an_amount_that_is_no_whole_number(verb: Any, name: str) -> None:
    assert await refusal(verb, name, 1.5) == f"{name} must be an int in minor units (kobo, cents)"


@pytest.mark.parametrize(("verb", "name"), SECRET, ids=lambda it: getattr(it, "call", it))
async def test_no_verb_sends_a_secret_that_is_empty(verb: Any, name: str) -> None:
    assert await refusal(verb, name, "") == f"{name} must be a text that is not empty"


async def refusal(verb: Any, name: str, value: object) -> str:
    """Return what a verb says first to one wrong argument."""
    ids = ["x.1" for one in verb.parameters if one.is_argument]
    named = {
        one.name: 1 if one.shape.money or one.kind is ParameterKind.NUMBER else "x"
        for one in verb.parameters
        if one.required and not one.is_argument
    }
    async with recording() as (allawee, recorder):
        noun: Any = allawee
        for step in verb.noun.split("."):
            noun = getattr(noun, step)
        with pytest.raises(ConfigurationError) as caught:
            await getattr(noun, verb.name)(*ids, **{**named, name: value})
    assert recorder.sent == []
    return str(caught.value).partition(", not")[0]
