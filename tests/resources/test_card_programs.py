"""Card programs: each verb sends exactly what the documents show, and reads what they show."""

from typing import Any

import pytest

from allawee_async import Address, to_dict
from allawee_async.models.card_programs import (
    CardAuthorizationSettings,
    CardDistribution,
    CardNetwork,
    CardPersonalization,
    CardProgram,
    CardType,
)
from tests.support.serving import recording, sample, without_nulls

PHYSICAL = sample("card-programs.create.physical.request")
VIRTUAL = sample("card-programs.create.virtual.request")
NEWEST = sample("card-programs.create.virtual.2026.request")
UPDATE = sample("card-programs.update.request")

ADDRESS = Address(
    city="Yaba",
    state="NG-LA",
    country_code="NG",
    phone_number="+2348123456789",
    address_line_one="No 10, Adekunle Close",
    address_line_two="Off Ciroma Rd",
)


@pytest.mark.parametrize("body", [PHYSICAL, VIRTUAL, NEWEST, UPDATE], ids=len)
@pytest.mark.parametrize("verb", ["create", "update"])
async def test_writing_sends_the_documented_body(verb: str, body: dict[str, Any]) -> None:
    async with recording() as (allawee, recorder):
        if verb == "create":
            await allawee.card_programs.create(**body)
        else:
            await allawee.card_programs.update("c.prg.1", **body)

    (sent,) = recorder.sent
    route = ("POST", "/card-programs") if verb == "create" else ("PUT", "/card-programs/c.prg.1")
    assert (sent.host, sent.method, sent.path) == ("api", *route)
    assert sent.json == body


async def test_the_physical_program_can_be_written_with_models() -> None:
    async with recording() as (allawee, recorder):
        await allawee.card_programs.create(
            name="string",
            description="string",
            network=CardNetwork.VERVE,
            type=CardType.PHYSICAL,
            quantity=1,
            currency="NGN",
            distribution=CardDistribution(
                type="bulked", shipping_address=ADDRESS, return_address=ADDRESS
            ),
            personalization=CardPersonalization(
                front_artwork_file="string",
                print_cardholder_name=True,
                default_cardholder_name="string",
            ),
            # the older documents show objects where ids belong
            authorization=CardAuthorizationSettings(
                funding_source_type="settlement-account",
                timeout_default="decline",
                extra={"settlementAccount": {}, "transactionFee": {}, "webhook": {}},
            ),
        )

    assert recorder.last.json == PHYSICAL


async def test_the_virtual_program_can_be_written_with_models() -> None:
    async with recording() as (allawee, recorder):
        await allawee.card_programs.create(
            name="USD Virtual Cards",
            network="mastercard",
            type="virtual",
            currency="USD",
            authorization=CardAuthorizationSettings(
                funding_source_type="prefunded",
                settlement_account="act_xxxxx",
                webhook="https://your-server.com/webhooks/card-auth",
                timeout_default="decline",
            ),
        )

    assert recorder.last.json == NEWEST


async def test_the_withdrawn_body() -> None:
    body = sample("withdrawn.card-programs.create.virtual.request")
    async with recording() as (allawee, recorder):
        await allawee.card_programs.create(**body)
    assert recorder.last.json == body


@pytest.mark.parametrize("kind", ["physical", "virtual"])
async def test_documented_programs_come_out_as_they_are(kind: str) -> None:
    body = sample(f"card-programs.create.{kind}.response")
    async with recording() as (allawee, recorder):
        recorder.answer = body
        created = await allawee.card_programs.create(
            name="n", network="verve", type=kind, currency="NGN"
        )
        assert await allawee.card_programs.get("c.prg.2tY3gamDwgZfxnKHS") == created

    assert isinstance(created, CardProgram)
    assert to_dict(created) == without_nulls(body["data"])
    assert created.authorization
    assert created.authorization.webhook == "wh.2tXPfsNc6CoZjbRWi"
    assert recorder.last.path == "/card-programs/c.prg.2tY3gamDwgZfxnKHS"


async def test_the_documented_list_comes_out_as_it_is() -> None:
    body = sample("card-programs.list.response")
    async with recording() as (allawee, recorder):
        recorder.answer = body
        programs = await allawee.card_programs.list().to_list()

    assert [to_dict(program) for program in programs] == without_nulls(body["data"])
    assert [program.status for program in programs] == ["new", "live", "live", "live"]
