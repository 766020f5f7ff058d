"""Card authorizations and transactions: what the documents show comes out as it is."""

from typing import Any

import pytest

from allawee_async import from_dict, to_dict
from allawee_async.models.card_authorizations import CardAuthorization
from allawee_async.models.card_transactions import CardTransaction
from allawee_async.models.cards import Card
from tests.support.serving import SAMPLES, recording, sample
from tests.support.tables import for_each

NOUNS: dict[str, Any] = {
    "card-authorizations": CardAuthorization,
    "card-transactions": CardTransaction,
}
EVENTS = sorted(path.name.removesuffix(".json") for path in SAMPLES.glob("events.card.*.json"))


@pytest.mark.parametrize("noun", NOUNS)
async def test_the_documented_object_comes_out_as_it_is(noun: str) -> None:
    body = sample(f"{noun}.get.response")
    async with recording() as (allawee, recorder):
        recorder.answer = body
        found = await getattr(allawee, noun.replace("-", "_")).get("x.1")

    assert isinstance(found, NOUNS[noun])
    assert to_dict(found) == body["data"]
    sent = recorder.last
    assert (sent.host, sent.method, sent.path, sent.body) == ("api", "GET", f"/{noun}/x.1", b"")


@pytest.mark.parametrize("noun", NOUNS)
async def test_the_documented_list_comes_out_as_it_is(noun: str) -> None:
    body = sample(f"{noun}.list.response")
    async with recording() as (allawee, recorder):
        recorder.answer = body
        found = await getattr(allawee, noun.replace("-", "_")).list().to_list()

    assert [to_dict(item) for item in found] == body["data"]
    assert recorder.last.path == f"/{noun}"


@pytest.mark.parametrize("name", EVENTS)
def test_what_events_carry_comes_out_as_it_is(name: str) -> None:
    data = sample(name)["data"]
    cls = CardTransaction if "transaction" in name else CardAuthorization
    model = from_dict(cls, data)

    assert to_dict(model) == data
    assert model.extra == {}
    assert model.currency == "NGN"  # type: ignore[attr-defined]


@for_each(
    ("data", "rrn", "reference"),
    [
        (None, None, None),
        ({}, None, None),
        ({"rrn": "1", "reference": "2"}, "1", "2"),
        ({"rnn": "1", "txnReference": "2"}, "1", "2"),
        ({"rnn": "x", "rrn": "1", "txnReference": "x", "reference": "2"}, "1", "2"),
        ({"rrn": None, "rnn": "1", "reference": 5, "txnReference": "2"}, "1", "2"),
    ],
)
@for_each("cls", NOUNS.values())
def test_the_network_spells_its_numbers_in_two_ways(
    cls: Any, data: Any, rrn: str | None, reference: str | None
) -> None:
    model = from_dict(cls, {"id": "x.1", "networkData": data})

    assert (model.rrn, model.network_reference) == (rrn, reference)
    assert to_dict(model) == ({"id": "x.1"} if data is None else {"id": "x.1", "networkData": data})


def test_relations_may_be_objects() -> None:
    transaction = sample("card-transactions.get.response")["data"]
    transaction["card"] = sample("cards.get.response")["data"]
    transaction["authorization"] = sample("card-authorizations.get.response")["data"]
    transaction["source"] = transaction["authorization"]
    model = from_dict(CardTransaction, transaction)

    assert isinstance(model.card, Card)
    assert isinstance(model.authorization, CardAuthorization)
    assert model.source == model.authorization
    assert to_dict(model) == transaction
