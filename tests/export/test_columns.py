"""The columns of an export: one for each field of the model, whatever it holds."""

from __future__ import annotations

import importlib
import pkgutil
from operator import attrgetter
from typing import Any

import attrs
import pytest

from allawee_async import resources
from allawee_async.errors import ConfigurationError
from allawee_async.export.columns import EXTRA, chosen, columns_of
from allawee_async.models import Card, Customer, Payment, RequestRecord, Webhook
from allawee_async.models.schema import Kind
from allawee_async.resources.base import Listable
from tests.support.tables import for_each


def listed_models() -> list[type[Any]]:
    """Return what every noun that can be listed lists."""
    found: list[type[Any]] = []
    waiting: list[Any] = [Listable]
    for module in pkgutil.iter_modules(resources.__path__, "allawee_async.resources."):
        importlib.import_module(module.name)
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if "_listing" in vars(cls) and cls.__module__.startswith("allawee_async."):
            found.append(cls._listing.model)
    return sorted(found, key=lambda model: model.__name__)


def kinds_of(model: type[Any]) -> dict[str, Kind]:
    return {column.name: column.field.kind for column in columns_of(model)}


@for_each("model", listed_models())
def test_every_listed_model_has_columns_with_names_of_their_own(model: type[Any]) -> None:
    columns = columns_of(model)

    assert len({column.name for column in columns}) == len(columns) > 1
    assert len({column.wire for column in columns}) == len(columns)
    assert columns[-1] is EXTRA


def test_nested_models_are_taken_apart_down_to_plain_fields() -> None:
    kinds = kinds_of(Customer)

    assert kinds["claims.individual_information.first_name"] is Kind.TEXT
    assert kinds["claims.individual_information.date_of_birth"] is Kind.DATE
    assert kinds["created_at"] is Kind.TIMESTAMP
    assert kinds["status"] is Kind.CHOICE
    assert kinds["verifications"] is Kind.LIST
    assert kinds["metadata"] is Kind.MAPPING
    assert "claims" not in kinds


def test_money_is_whole_and_relations_are_ids() -> None:
    assert kinds_of(Payment)["amount"] is Kind.WHOLE_NUMBER
    assert kinds_of(Payment)["events"] is Kind.LIST
    assert kinds_of(Card)["customer"] is Kind.RELATION


def test_wire_names_lead_to_the_field() -> None:
    wires = {column.name: column.wire for column in columns_of(Customer)}

    assert wires["claims.business_address.address_line_one"] == (
        "claims",
        "businessAddress",
        "addressLineOne",
    )
    assert columns_of(RequestRecord)[0].wire == ("_id",)


@pytest.mark.parametrize("model", [Customer, RequestRecord, Webhook])
def test_what_repr_hides_is_secret(model: type[Any]) -> None:
    secret = {column.name for column in columns_of(model) if column.field.secret}
    top = {field.name for field in attrs.fields(model) if "secret" in field.metadata}

    assert top <= secret
    if model is Customer:
        assert secret == {
            f"claims.{side}_identity.{name}"
            for side in ("individual", "business")
            for name in ("id", "url")
        }


def test_a_name_is_the_path_in_python() -> None:
    customer = Customer(
        id="cus.1",
        name="Ada",
        type="individual",  # type: ignore[arg-type]
        status="active",  # type: ignore[arg-type]
        created_at=None,  # type: ignore[arg-type]
        updated_at=None,  # type: ignore[arg-type]
    )
    names = [one.name for one in columns_of(Customer) if not one.name.startswith("claims.")]

    assert len(attrgetter(*names)(customer)) == len(names) > 5


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (None, [column.name for column in columns_of(Card)]),
        (["status", "id"], ["status", "id"]),
        ("status, id", ["status", "id"]),
        ("status id status", ["status", "id"]),
        ("details", ["details.card_holder_name", "details.last4", "details.expiry"]),
        ("details.last4,details", ["details.last4", "details.card_holder_name", "details.expiry"]),
        ("createdAt,fundingSource", ["created_at", "funding_source"]),
        ("details.cardHolderName", ["details.card_holder_name"]),
        ("extra", ["extra"]),
    ],
)
def test_columns_are_chosen_in_the_order_of_the_caller(names: Any, expected: list[str]) -> None:
    assert [column.name for column in chosen(columns_of(Card), names)] == expected


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("statsu", "did you mean status"),
        ("last4", "did you mean details.last4"),
        ("detail", "did you mean details"),
        ("qqq", "there are id, type, status"),
        ("details.", "did you mean details"),
    ],
)
def test_an_unknown_column_is_told_with_what_may_be_meant(name: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=f"there is no column '{name}'; {advice}"):
        chosen(columns_of(Card), ["id", name])


@pytest.mark.parametrize("names", [[], "", " , "])
def test_no_columns_at_all_are_a_mistake(names: Any) -> None:
    with pytest.raises(ConfigurationError, match="no columns were named"):
        chosen(columns_of(Card), names)
