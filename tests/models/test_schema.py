"""What the schema says of the fields of models, and what the models keep as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async import from_dict, models, to_dict
from allawee_async.models import (
    AccountBalance,
    Card,
    CardSecrets,
    Claims,
    Currency,
    Customer,
    CustomerStatus,
    Dispute,
    Fee,
    FxQuote,
    Identity,
    IndividualInformation,
    KeyScope,
    Model,
    OpenEnum,
    Payment,
    PaymentRequest,
    RequestAttempt,
    RequestRecord,
    SecretKey,
)
from allawee_async.models.schema import RULES, Kind, field_at, fields_of, paths_of, shape_of
from allawee_async.types import FreeForm, JSONObject, JSONValue
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Any = models
CLASSES: list[type[Any]] = [getattr(models, name) for name in PACKAGE.__all__]
MODELS: list[type[Model]] = [cls for cls in CLASSES if issubclass(cls, Model)]


@for_each(
    ("annotation", "kind"),
    [
        (str, Kind.TEXT),
        (int | None, Kind.WHOLE_NUMBER),
        (int | float | None, Kind.NUMBER),
        (float, Kind.NUMBER),
        (bool, Kind.TRUTH),
        (datetime | None, Kind.TIMESTAMP),
        (date, Kind.DATE),
        (date | str | None, Kind.DATE),
        (Currency | str | None, Kind.CHOICE),
        (Claims | FreeForm, Kind.OBJECT),
        (str | Customer | JSONObject | None, Kind.RELATION),
        (str | JSONObject | None, Kind.RELATION),
        (JSONObject | None, Kind.MAPPING),
        (Mapping[str, Any], Kind.MAPPING),
        (JSONValue | None, Kind.JSON),
        (Sequence[str] | None, Kind.LIST),
        (tuple[KeyScope, ...], Kind.LIST),
    ],
)
def test_an_annotation_has_a_kind(annotation: object, kind: Kind) -> None:
    assert shape_of(annotation).kind is kind


@pytest.mark.parametrize(
    "annotation", [int | bool, int | str, complex, list[complex], type], ids=str
)
def test_an_annotation_without_a_rule_is_refused(annotation: object) -> None:
    with pytest.raises(TypeError, match="no rule"):
        shape_of(annotation)


def test_a_field_knows_its_names_its_default_and_what_it_holds() -> None:
    fields = fields_of(Customer)

    assert list(fields)[:5] == ["id", "name", "type", "status", "claims"]
    assert fields["createdAt"].attribute == "created_at"
    assert fields["createdAt"].required
    assert not fields["claims"].required
    assert fields["claims"].default == Claims()
    assert fields["claims"].model is Claims
    assert fields["status"].choices == ("active",)
    assert fields["status"].enumeration is CustomerStatus
    assert fields_of(SecretKey)["scopes"].choices == tuple(KeyScope)
    assert fields_of(RequestRecord)["_id"].attribute == "id"
    assert "extra" not in fields
    assert fields_of(None) == {}


def test_the_fields_of_inner_objects_have_dotted_names() -> None:
    paths = dict(paths_of(Customer))

    assert paths["claims.individualInformation.dateOfBirth"].kind is Kind.DATE
    assert "claims" not in paths
    assert (
        field_at(Customer, "claims.individualIdentity.id") == paths["claims.individualIdentity.id"]
    )
    assert field_at(Card, "controls.spendingLimits.0.amount") is not None
    assert field_at(Customer, "nothing.id") is None
    assert field_at(Customer, "metadata.userId") is None


def test_models_say_what_is_secret() -> None:
    assert {name for name, field in fields_of(CardSecrets).items() if field.secret} == {
        "pan",
        "cvv",
    }


def test_models_say_what_is_money_and_in_which_currency() -> None:
    def money(cls: type[Model]) -> dict[str, str | None]:
        return {name: field.currency for name, field in fields_of(cls).items() if field.money}

    assert money(Payment) == {"amount": "currency", "fees": "currency"}
    assert money(FxQuote) == {"amount": "to"}
    assert money(Fee) == {"cap": "currency"}
    assert money(AccountBalance).keys() >= {"available", "availableChange"}
    for cls in MODELS:
        for name in money(cls):
            assert fields_of(cls)[name].kind is Kind.WHOLE_NUMBER, (cls, name)


# What is kept as it came.


def _relations() -> Iterator[tuple[type[Model], str, bool]]:
    for cls in MODELS:
        for name, field in fields_of(cls).items():
            if (field.item or field).kind is Kind.RELATION:
                yield cls, name, field.item is not None


def _document(cls: type[Model], name: str, value: object) -> dict[str, Any]:
    """Return an object with nothing but what it must have, and one field."""
    samples = {Kind.TEXT: "x", Kind.CHOICE: "x", Kind.TIMESTAMP: "2025-01-01T00:00:00Z"}
    needed = {wire: samples[field.kind] for wire, field in fields_of(cls).items() if field.required}
    return {**needed, name: value}


RELATIONS = list(_relations())


def test_there_are_many_relations() -> None:
    named = {(cls.__name__, name) for cls, name, _ in RELATIONS}

    assert len(RELATIONS) >= 25
    assert named >= {
        ("CardAuthorizationSettings", "webhook"),
        ("CardAuthorizationSettings", "transactionFee"),
        ("Dispute", "user"),
        ("Claims", "businessDirectors"),
        ("Payment", "events"),
    }


@for_each("value", ["some.id", {}, {"name": "Ada"}, {"new": {"deep": [1]}}])
@for_each(("cls", "name", "many"), RELATIONS)
def test_every_relation_holds_an_id_the_object_or_a_mapping(
    cls: type[Model], name: str, many: bool, value: Any
) -> None:
    document = _document(cls, name, [value] if many else value)
    model = from_dict(cls, document)
    held = getattr(model, fields_of(cls)[name].attribute)
    held = held[0] if many else held

    assert isinstance(held, str) or held == value or isinstance(held, Model)
    assert to_dict(model) == document
    assert {model: 1}[from_dict(cls, document)] == 1


def test_an_object_that_shows_null_for_what_it_must_have_is_a_mapping_too() -> None:
    for cls, name, many in RELATIONS:
        value = {"id": None}
        model = from_dict(cls, _document(cls, name, [value] if many else value))
        held = getattr(model, fields_of(cls)[name].attribute)
        held = held[0] if many else held

        assert held == value or (isinstance(held, Model) and not to_dict(held)), (cls, name)


@for_each(
    ("cls", "document"),
    [
        (Claims, {"businessDirectors": ["Ada", {"firstName": "Ada", "bvn": "22489035167"}]}),
        (Dispute, {"documents": ["https://a.example/1", {"url": "https://a.example/2"}]}),
        (Fee, {"structure": "percentage", "value": 1.5}),
        (Fee, {"structure": "flat", "value": 50_00}),
        (RequestAttempt, {"latency": 12.5}),
        (IndividualInformation, {"dateOfBirth": ""}),
        (IndividualInformation, {"dateOfBirth": "13/02/1996"}),
        (IndividualInformation, {"gender": "other"}),
        (Card, {"id": "c.1", "metadata": {"exact": 12345678901234567890123, "deep": [{}]}}),
        (Card, {"id": "c.1", "new": 12345678901234567890123}),
        (PaymentRequest, {"amount": 12345678901234567890123}),
    ],
)
def test_what_the_documents_only_show_is_kept_as_it_came(cls: Any, document: Any) -> None:
    written = to_dict(from_dict(cls, document))

    assert written == document
    assert repr(written) == repr(document)  # 2 is not 2.0


def test_directors_show_no_secrets() -> None:
    claims = from_dict(Claims, {"businessDirectors": [{"name": "Ada", "bvn": "22489035167"}]})

    assert repr(claims) == "Claims(business_directors=({'name': 'Ada', 'bvn': '***'},))"


def test_every_enumeration_keeps_what_it_does_not_know() -> None:
    for cls in CLASSES:
        if issubclass(cls, OpenEnum) and cls is not OpenEnum:
            assert cls("brand-new") == "brand-new"
            assert not cls("brand-new").is_known


def test_every_default_can_be_shared() -> None:
    for cls in MODELS:
        for field in fields_of(cls).values():
            assert field.required or hash(field.default) is not None
            assert not isinstance(field.default, attrs.Factory)  # type: ignore[arg-type]


def test_there_is_one_rule_for_each_kind() -> None:
    assert RULES.keys() == set(Kind)


# The mapping without secrets.

STARS = {"id": "***", "url": "***"}
IDENTITY = {"type": "bvn", "id": "22489035167", "url": "https://a.example/bvn.png"}


@pytest.mark.parametrize(
    ("cls", "document", "hidden"),
    [
        (CardSecrets, {"pan": "5060990000000000", "cvv": "123", "last4": "0000"}, ["pan", "cvv"]),
        (Identity, IDENTITY, ["id", "url"]),
        (SecretKey, {"key": "k", "secretKey": "k", "name": "n"}, ["key", "secretKey"]),
        (RequestRecord, {"_id": "r", "requestBody": {"pan": "1"}}, ["requestBody"]),
        (Card, {"id": "c.1", "pin": "1234", "note": "plain"}, ["pin"]),
    ],
)
def test_a_mapping_without_secrets_has_stars_in_their_places(
    cls: type[Model], document: dict[str, Any], hidden: list[str]
) -> None:
    model = from_dict(cls, document)

    assert to_dict(model) == to_dict(model, reveal=True) == document
    assert to_dict(model, reveal=False) == {**document, **dict.fromkeys(hidden, "***")}


@pytest.mark.parametrize(
    ("cls", "document", "shown"),
    [
        (Claims, {"individualIdentity": IDENTITY}, {"individualIdentity": IDENTITY | STARS}),
        (Claims, {"businessDirectors": ["Ada", {"bvn": "1"}]},
         {"businessDirectors": ["Ada", {"bvn": "***"}]}),
        (Card, {"id": "c", "customer": {"claims": {"individualIdentity": IDENTITY}}},
         {"id": "c", "customer": {"claims": {"individualIdentity": IDENTITY | STARS}}}),
        (Card, {"id": "c", "metadata": {"a": [{"password": "x", "b": 1}]}},
         {"id": "c", "metadata": {"a": [{"password": "***", "b": 1}]}}),
        (RequestRecord, {"_id": "r", "attempts": [{"responseBody": "x", "statusCode": 200}]},
         {"_id": "r", "attempts": [{"responseBody": "***", "statusCode": 200}]}),
    ],
)  # fmt: skip
def test_secrets_are_hidden_at_any_depth(cls: type[Model], document: Any, shown: Any) -> None:
    assert to_dict(from_dict(cls, document), reveal=False) == shown
