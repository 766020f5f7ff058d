"""Accounts, cards and what belongs to them: the models know all that the documents show."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async import DecodeError, from_dict, to_dict
from allawee_async.models.accounts import (
    Account,
    AccountBalance,
    AccountLogEntry,
    AccountStatus,
    AccountType,
    DepositChannelType,
)
from allawee_async.models.base import Model
from allawee_async.models.card_authorizations import (
    AuthorizationStatus,
    AuthorizationType,
    CardAuthorization,
    DecisionType,
)
from allawee_async.models.card_programs import (
    CardAuthorizationSettings,
    CardDistribution,
    CardNetwork,
    CardPersonalization,
    CardProgram,
    CardProgramStatus,
    CardType,
    DistributionType,
    FundingSourceType,
    TimeoutDefault,
)
from allawee_async.models.card_transactions import CardTransaction, CardTransactionType
from allawee_async.models.cards import (
    Card,
    CardChannel,
    CardControls,
    CardSecrets,
    CardStatus,
    FundingSource,
    SpendingInterval,
)
from allawee_async.models.disputes import Dispute, DisputeReason
from tests.support.serving import SAMPLES, without_nulls
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

CLASSES: dict[str, type[Model]] = {
    "accounts": Account,
    "card-programs": CardProgram,
    "cards": Card,
    "card-authorizations": CardAuthorization,
    "card-transactions": CardTransaction,
}
NEWEST_LIST = [*CLASSES.values(), Dispute]


def documented() -> Iterator[tuple[str, type[Model], Any]]:
    """Yield every object that a response or an event shows, with its class."""
    for path in sorted(SAMPLES.glob("*.json")):
        body = json.loads(path.read_bytes())
        name = path.name.removeprefix("withdrawn.")
        if name.startswith("events.card."):
            cls: type[Model] = CardTransaction if "transaction" in name else CardAuthorization
            yield path.name, cls, body["data"]
        elif name.endswith(".response.json") and name.partition(".")[0] in CLASSES:
            cls = CardSecrets if "secrets" in name else CLASSES[name.partition(".")[0]]
            data = body.get("data", body)
            for number, item in enumerate(data if isinstance(data, list) else [data]):
                yield f"{path.name}[{number}]", cls, item


def requested() -> Iterator[tuple[str, type[Model], Any]]:
    """Yield every part of a request that may be given as a model."""
    parts: dict[str, type[Model]] = {
        "controls": CardControls,
        "distribution": CardDistribution,
        "personalization": CardPersonalization,
        "authorization": CardAuthorizationSettings,
    }
    for path in sorted(SAMPLES.glob("*card*.request.json")):
        body = json.loads(path.read_bytes())
        for name, cls in parts.items():
            if isinstance(part := body.get(name), dict):
                # the older documents show {} where an id belongs
                known = {key: "id.1" if value == {} else value for key, value in part.items()}
                yield f"{path.name}:{name}", cls, known


DOCUMENTED = {name: (cls, body) for name, cls, body in [*documented(), *requested()]}


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """Yield the place of each field that a model does not know, at any depth."""
    if isinstance(value, Model):
        yield from (f"{path}.{name}" for name in value.extra)
        for field in attrs.fields(type(value)):
            yield from unknown_fields(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from unknown_fields(item, f"{path}[{index}]")


def test_there_are_samples() -> None:
    assert len(DOCUMENTED) >= 40


@for_each("name", DOCUMENTED)
def test_the_models_know_every_documented_field(name: str) -> None:
    cls, body = DOCUMENTED[name]
    assert list(unknown_fields(from_dict(cls, body))) == []


@for_each("name", DOCUMENTED)
def test_a_documented_object_comes_out_as_it_is(name: str) -> None:
    cls, body = DOCUMENTED[name]
    model = from_dict(cls, body)

    assert without_nulls(to_dict(model)) == without_nulls(body)
    assert from_dict(cls, to_dict(model)) == model
    assert from_dict(cls, to_dict(model)).extra == {}


@for_each("name", DOCUMENTED)
def test_what_is_new_is_kept_at_any_depth(name: str) -> None:
    cls, body = DOCUMENTED[name]

    def with_more(value: Any) -> Any:
        if isinstance(value, dict):
            return {**{key: with_more(item) for key, item in value.items()}, "brandNew": [1, None]}
        return [with_more(item) for item in value] if isinstance(value, list) else value

    assert without_nulls(to_dict(from_dict(cls, with_more(body)))) == without_nulls(with_more(body))


@pytest.mark.parametrize("cls", NEWEST_LIST)
def test_an_id_is_all_that_is_needed(cls: Any) -> None:
    model = from_dict(cls, {"id": "x.1"})

    assert to_dict(model) == {"id": "x.1"}
    assert repr(model) == f"{cls.__name__}(id='x.1')"
    assert hash(model) == hash(from_dict(cls, {"id": "x.1"}))


@pytest.mark.parametrize("cls", [AccountBalance, AccountLogEntry, FundingSource, Dispute])
def test_what_no_document_shows_needs_nothing_and_keeps_everything(cls: Any) -> None:
    body = {"anything": {"goes": [1, 2.5, None, "x", True]}, "amount": 5}

    assert to_dict(from_dict(cls, {})) == {}
    assert to_dict(from_dict(cls, body)) == body
    assert from_dict(cls, body) == from_dict(cls, body)


@pytest.mark.parametrize("cls", list(CLASSES.values()))
def test_without_an_id_there_is_no_object(cls: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        from_dict(cls, {"status": "active"})
    assert caught.value.path == "id"


@for_each(
    ("cls", "values"),
    [
        (AccountType, "main sub virtual"),
        (AccountStatus, "active"),
        (DepositChannelType, "bank-account"),
        (CardNetwork, "verve mastercard visa"),
        (CardType, "virtual physical"),
        (CardProgramStatus, "new live"),
        (DistributionType, "bulked individually"),
        (FundingSourceType, "settlement-account card-account prefunded"),
        (TimeoutDefault, "approve decline"),
        (CardStatus, "active inactive created"),
        (CardChannel, "atm pos online in-app"),
        (SpendingInterval, "daily monthly"),
        (AuthorizationType, "check capture"),
        (AuthorizationStatus, "pending approved declined reversed"),
        (DecisionType, "direct-response system-response"),
        (CardTransactionType, "capture"),
        (DisputeReason, "fraudulent duplicate value-not-received general"),
    ],
)
def test_the_documented_values_are_known_and_others_kept(cls: Any, values: str) -> None:
    assert [str(member) for member in cls] == values.split()
    assert all(member.is_known for member in cls)
    assert cls("brand-new") == "brand-new"
    assert not cls("brand-new").is_known


@for_each(
    ("cls", "body", "path"),
    [
        (Account, {"id": 5}, "id"),
        (Account, {"id": "a", "depositChannels": {}}, "depositChannels"),
        (Account, {"id": "a", "depositChannels": [None]}, "depositChannels[0]"),
        (Account, {"id": "a", "customer": 5}, "customer"),
        (Account, {"id": "a", "customer": {"id": 5}}, "customer.id"),
        (Account, {"id": "a", "settlementAccount": {"id": 5}}, "settlementAccount.id"),
        (Account, {"id": "a", "createdAt": "2023"}, "createdAt"),
        (CardProgram, {"id": "p", "quantity": "1"}, "quantity"),
        (CardProgram, {"id": "p", "personalization": {"printCardholderName": "false"}},
         "personalization.printCardholderName"),
        (Card, {"id": "c", "details": {"last4": 2668}}, "details.last4"),
        (Card, {"id": "c", "controls": {"allowedMcc": "7399"}}, "controls.allowedMcc"),
        (Card, {"id": "c", "controls": {"allowedMcc": [7399]}}, "controls.allowedMcc[0]"),
        (Card, {"id": "c", "controls": {"spendingLimits": [None, {"amount": 1.5}]}},
         "controls.spendingLimits[1].amount"),
        (CardAuthorization, {"id": "a", "amount": 1.9}, "amount"),
        (CardAuthorization, {"id": "a", "amount": True}, "amount"),
        (CardAuthorization, {"id": "a", "amount": "5"}, "amount"),
        (CardAuthorization, {"id": "a", "reserved": "false"}, "reserved"),
        (CardAuthorization, {"id": "a", "networkData": "x"}, "networkData"),
        (CardTransaction, {"id": "t", "mcc": 5541}, "mcc"),
        (CardTransaction, {"id": "t", "fees": None, "channel": 1}, "channel"),
        (Dispute, {"documents": "url"}, "documents"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_refused_with_its_place(cls: Any, body: Any, path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        from_dict(cls, body)
    assert caught.value.path == path


def test_an_account_may_settle_into_another() -> None:
    account: Any = {"id": "ac.0"}
    for number in range(1, 50):
        account = {"id": f"ac.{number}", "settlementAccount": account}
    model = from_dict(Account, account)

    assert to_dict(model) == account
    assert isinstance(model.settlement_account, Account)


def test_a_model_is_a_value() -> None:
    card = Card(id="c.1", customer="cus.1")

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        card.status = CardStatus.ACTIVE  # type: ignore[misc]
    assert attrs.evolve(card, status=CardStatus.ACTIVE).status == "active"
    assert {card: 1}[Card(id="c.1", customer="cus.1")] == 1


def test_the_signature_of_a_model_tells_what_its_lists_hold() -> None:
    parameters = inspect.signature(CardControls).parameters

    assert "Sequence[str]" in str(parameters["allowed_mcc"])
    assert "Sequence[allawee_async.models.cards.SpendingLimit" in str(parameters["spending_limits"])
