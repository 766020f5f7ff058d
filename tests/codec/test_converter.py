"""From documents to models and back: nothing is lost but nulls."""

# No `from __future__ import annotations`: the models below are made of their annotations.

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async import models as room
from allawee_async.codec import converter as converter_room
from allawee_async.codec.converter import converter, decode, from_dict, make_converter, to_dict
from allawee_async.errors import AllaweeError, ConfigurationError, DecodeError
from allawee_async.models import Address, Claims, Customer, CustomerStatus, Identity
from allawee_async.models.base import Model, OpenEnum, model
from tests.support.properties import examples
from tests.support.samples import changed, documented_claims, documented_customers, full_customer
from tests.support.strategies import COMPLETE, MODELS, any_model
from tests.support.tables import for_each

DOCUMENTED = documented_customers()
REQUESTED = documented_claims()


def _without_nulls(document: Any) -> Any:
    if isinstance(document, dict):
        return {
            name: _without_nulls(value) for name, value in document.items() if value is not None
        }
    return [_without_nulls(item) for item in document] if isinstance(document, list) else document


def _with_padded_birthday(document: dict[str, Any]) -> dict[str, Any]:
    year, month, day = document["claims"]["individualInformation"]["dateOfBirth"].split("-")
    path = "claims.individualInformation.dateOfBirth"
    return changed(document, path, f"{year}-{month:0>2}-{day:0>2}")


# The documented bodies.


def test_there_are_documented_customers() -> None:
    assert len(DOCUMENTED) == 5
    assert len(REQUESTED) == 3


@pytest.mark.parametrize("document", DOCUMENTED.values(), ids=DOCUMENTED)
def test_a_documented_customer_comes_through_unchanged(document: dict[str, Any]) -> None:
    written = to_dict(from_dict(Customer, document))

    assert written == _with_padded_birthday(_without_nulls(document))


@pytest.mark.parametrize("document", DOCUMENTED.values(), ids=DOCUMENTED)
def test_the_models_know_every_documented_field(document: dict[str, Any]) -> None:
    assert _extras(from_dict(Customer, document)) == []


@pytest.mark.parametrize("claims", REQUESTED.values(), ids=REQUESTED)
def test_documented_claims_come_through_unchanged(claims: dict[str, Any]) -> None:
    if "individualInformation" in claims:  # the documents print the word "string" for the date
        claims = changed(claims, "individualInformation.dateOfBirth", "1997-02-13")

    read = from_dict(Claims, claims)

    assert to_dict(read) == claims
    assert _extras(read) == []


def _extras(value: Any) -> list[object]:
    if isinstance(value, tuple):
        return [extra for item in value for extra in _extras(item)]
    if not isinstance(value, Model):
        return []
    inner = [getattr(value, field.name) for field in attrs.fields(type(value))]
    return [*([value.extra] if value.extra else []), *_extras(tuple(inner))]


def test_a_customer_with_every_field_comes_through_unchanged() -> None:
    document = _with_padded_birthday(full_customer())

    assert to_dict(from_dict(Customer, document)) == document


def test_python_names_are_wire_names_by_rule() -> None:
    customer = from_dict(Customer, full_customer())

    assert customer.claims.individual_address is not None
    assert customer.claims.individual_address.address_line_one == "100 herbert macaulay road"
    assert customer.claims.business_directors == ("Ada Obi", "Ciroma Adekunle")
    assert customer.created_at.isoformat() == "2023-03-14T23:21:12.882000+00:00"
    assert customer.metadata == {"userId": 2345}


# Round trips.


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
@examples(12, 2_000)
@given(data=st.data())
def test_what_is_written_reads_back_as_the_same(cls: type[Model], data: st.DataObject) -> None:
    value = data.draw(MODELS[cls])

    again = from_dict(cls, to_dict(value))

    assert again == value
    assert type(again) is cls
    assert hash(again) == hash(value)
    assert to_dict(again) == to_dict(value)


OTHERS = sorted(
    (
        value
        for name in dir(room)
        if isinstance(value := getattr(room, name), type)
        and issubclass(value, Model)
        and value not in {Model, *MODELS}
    ),
    key=lambda cls: cls.__name__,
)


@pytest.mark.parametrize("cls", OTHERS, ids=lambda cls: cls.__name__)
@examples(4, 500)
@given(data=st.data())
def test_models_of_every_other_class_come_back_as_they_were(
    cls: type[Model], data: st.DataObject
) -> None:
    value = data.draw(any_model(cls))

    again = from_dict(cls, to_dict(value))

    assert again == value
    assert to_dict(again) == to_dict(value)


def test_no_unknown_fields_are_no_unknown_fields() -> None:
    assert Address(city="Yaba", extra={}) == Address(city="Yaba")
    assert from_dict(Address, to_dict(Address(extra={}))) == Address(extra={})
    assert hash(Address(extra={})) == hash(Address())


def test_a_list_and_a_tuple_of_a_caller_are_the_same() -> None:
    listed = Claims(business_directors=["Ada Obi"])

    assert from_dict(Claims, to_dict(listed)) == listed
    assert hash(listed) == hash(Claims(business_directors=("Ada Obi",)))


def test_plain_texts_of_a_caller_are_as_good_as_members() -> None:
    plain = Identity(type="bvn", issuing_country="NG")

    assert from_dict(Identity, to_dict(plain)) == plain
    assert hash(from_dict(Identity, to_dict(plain))) == hash(plain)


def test_a_field_that_is_known_is_not_written_over_by_an_unknown_one() -> None:
    address = Address(city="Yaba", extra={"city": "Lagos", "zone": 1})

    assert to_dict(address) == {"city": "Yaba", "zone": 1}


def test_what_was_read_far_down_can_be_written() -> None:
    """A body of a thousand brackets is JSON that can be read."""
    deep: list[Any] = []
    for _ in range(600):
        deep = [deep]

    try:
        written = to_dict(from_dict(Address, {"new": deep}))
    except AllaweeError:
        return
    assert written == {"new": deep}


# Types that the models of other nouns will have.


@model(kw_only=True)
class Sample(Model):
    """One field of each kind."""

    amount: int
    text: str | None = None
    share: float | None = None
    flag: bool | None = None
    moment: datetime | None = None
    day: date | None = None
    numbers: tuple[int, ...] | None = None
    words: list[str] | None = None
    names: Sequence[str] | None = None
    shares: tuple[float, ...] | None = None
    states: tuple[CustomerStatus, ...] | None = None
    free: Mapping[str, object] | None = None
    open: dict[str, int] | None = None
    customer: str | Customer | None = None
    parties: tuple[Address, ...] = ()
    limit: int = 5
    odd_name: str | None = attrs.field(default=None, metadata={"wire": "rnn"})


def read(**fields: Any) -> Sample:
    return from_dict(Sample, {"amount": 1, **fields})


@for_each(
    ("fields", "attribute", "value"),
    [
        ({}, "amount", 1),
        ({"amount": 0}, "amount", 0),
        ({"amount": -(10**25)}, "amount", -(10**25)),
        ({"text": ""}, "text", ""),
        ({"share": 1.5}, "share", 1.5),
        ({"share": 2}, "share", 2),
        ({"flag": True}, "flag", True),
        ({"flag": False}, "flag", False),
        ({"day": "1997-2-13"}, "day", date(1997, 2, 13)),
        ({"numbers": []}, "numbers", ()),
        ({"numbers": [1, 2]}, "numbers", (1, 2)),
        ({"words": ["a", "b"]}, "words", ("a", "b")),
        ({"names": ["a"]}, "names", ("a",)),
        ({"shares": [1, 2.5]}, "shares", (1, 2.5)),
        ({"states": ["active", "frozen"]}, "states", ("active", "frozen")),
        ({"free": {"a": [None]}}, "free", {"a": [None]}),
        ({"open": {}}, "open", {}),
        ({"parties": [{"city": "Yaba"}]}, "parties", (Address(city="Yaba"),)),
        ({}, "parties", ()),
        ({"parties": None}, "parties", ()),
        ({}, "limit", 5),
        ({"limit": None}, "limit", 5),
        ({"limit": 0}, "limit", 0),
        ({"rnn": "x"}, "odd_name", "x"),
    ],
)
def test_a_field_of_every_kind_is_read(fields: dict[str, Any], attribute: str, value: Any) -> None:
    found = getattr(read(**fields), attribute)

    assert found == value
    assert type(found) is type(value)


@for_each(
    ("fields", "path", "message"),
    [
        ({"amount": None}, "amount", "expected a whole number, found null or nothing"),
        ({"amount": 1.9}, "amount", "expected a whole number, found a number"),
        ({"amount": 1.0}, "amount", "expected a whole number, found a number"),
        ({"amount": True}, "amount", "expected a whole number, found a boolean"),
        ({"amount": "5"}, "amount", "expected a whole number, found a text"),
        ({"text": 1}, "text", "expected a text, found a number"),
        ({"share": "1.5"}, "share", "expected a number, found a text"),
        ({"share": True}, "share", "expected a number, found a boolean"),
        ({"flag": "false"}, "flag", "expected true or false, found a text"),
        ({"flag": 0}, "flag", "expected true or false, found a number"),
        ({"flag": 1.0}, "flag", "expected true or false, found a number"),
        ({"day": "x"}, "day", "expected a date (YYYY-MM-DD), found a text"),
        ({"numbers": "12"}, "numbers", "expected a list, found a text"),
        ({"numbers": [1, "2"]}, "numbers[1]", "expected a whole number, found a text"),
        ({"numbers": [1, None]}, "numbers[1]", "expected a whole number, found null or nothing"),
        ({"words": {"a": 1}}, "words", "expected a list, found an object"),
        ({"names": [[]]}, "names[0]", "expected a text, found a list"),
        ({"states": [True]}, "states[0]", "expected a text, found a boolean"),
        ({"free": "x"}, "free", "expected an object, found a text"),
        ({"parties": [{}, {"city": 5}]}, "parties[1].city", "expected a text, found a number"),
        ({"limit": "5"}, "limit", "expected a whole number, found a text"),
        ({"rnn": 5}, "rnn", "expected a text, found a number"),
    ],
)
def test_a_field_of_every_kind_is_strict(fields: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(**fields)

    assert (caught.value.path, caught.value.message) == (path, message)


def test_a_sample_of_every_kind_is_written_back() -> None:
    document = {
        "amount": 1,
        "text": "x",
        "share": 1.5,
        "flag": False,
        "moment": "2023-03-13T03:37:05.16974Z",
        "day": "1997-02-13",
        "numbers": [1, 2],
        "words": ["a"],
        "names": [],
        "shares": [0.5],
        "states": ["active", "frozen"],
        "free": {"a": {"b": [1, None]}},
        "open": {"a": 1},
        "customer": "cus.1",
        "parties": [{"city": "Yaba", "new": 1}],
        "limit": 7,
        "rnn": "x",
        "new": [1],
    }

    assert to_dict(from_dict(Sample, document)) == document


@given(
    share=st.floats(allow_nan=False, allow_infinity=False),
    amount=st.integers(),
    numbers=st.lists(st.integers()),
)
def test_numbers_come_through_exactly(share: float, amount: int, numbers: list[int]) -> None:
    document = {"amount": amount, "share": share, "numbers": numbers}

    assert to_dict(from_dict(Sample, document)) == document


# Relations: an id, or the object itself.


def test_a_relation_is_an_id_or_with_expand_the_object() -> None:
    document = DOCUMENTED["customers.get.response.json[0]"]
    expanded = read(customer=document).customer

    assert read(customer="cus.1").customer == "cus.1"
    assert type(read(customer="cus.1").customer) is str
    assert expanded == from_dict(Customer, document)
    assert type(expanded) is Customer


@pytest.mark.parametrize("fields", [{}, {"customer": None}])
def test_a_relation_may_be_absent(fields: dict[str, Any]) -> None:
    assert read(**fields).customer is None


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        (5, "customer", "a number"),
        (True, "customer", "a boolean"),
        (["cus.1"], "customer", "a list"),
        ({**full_customer(), "id": 5}, "customer.id", "a number"),
        (
            changed(full_customer(), "claims.individualAddress.city", []),
            "customer.claims.individualAddress.city",
            "a list",
        ),
    ],
)
def test_a_relation_is_strict(value: object, path: str, found: str) -> None:
    with pytest.raises(DecodeError, match=f"found {found}") as caught:
        read(customer=value)

    assert caught.value.path == path


def test_an_expanded_relation_is_written_back() -> None:
    document = {"amount": 1, "customer": _with_padded_birthday(full_customer())}

    assert to_dict(from_dict(Sample, document)) == document


# What a model may not be made of is noticed when the model is made, not when money is read.


@model(kw_only=True)
class Ambiguous(Model):
    """A field that is a text or a number: neither reading may be dropped in silence."""

    value: int | str | None = None


def test_a_text_or_a_number_is_read_as_both_or_refused_from_the_start() -> None:
    try:
        make_converter().get_structure_hook(Ambiguous)
    except TypeError:
        return
    assert from_dict(Ambiguous, {"value": "40000"}).value == "40000"
    assert from_dict(Ambiguous, {"value": 40000}).value == 40000


@model(kw_only=True)
class Unclear(Model):
    """A union of which nothing tells the members apart."""

    value: int | bool | None = None


def test_a_union_without_a_rule_is_refused() -> None:
    with pytest.raises(TypeError, match="no rule"):
        make_converter().get_structure_hook(Unclear)


@model(kw_only=True)
class Made(Model):
    """A field whose default is made anew."""

    values: tuple[int, ...] = attrs.field(factory=tuple)


def test_a_default_that_is_made_is_made_or_refused_from_the_start() -> None:
    try:
        made = from_dict(Made, {})
    except TypeError:
        return
    assert made == Made()
    assert made.values == ()
    assert to_dict(made) in ({}, {"values": []})


class Colour(OpenEnum):
    RED = "red"


@model(kw_only=True)
class Painted(Model):
    """All fields enumerated, so that its instances are remembered; one field only."""

    colour: Colour


@model(kw_only=True)
class Empty(Model):
    """No fields at all, as for bodies that no document shows."""


@pytest.mark.parametrize("text", ["red", "green", ""])
def test_a_model_of_one_enumerated_field_is_read(text: str) -> None:
    for _ in range(2):  # the second time it is remembered
        assert from_dict(Painted, {"colour": text}) == Painted(colour=Colour(text))
    assert from_dict(Painted, {"colour": text, "new": 1}).extra == {"new": 1}


def test_a_remembered_model_wants_a_text() -> None:
    values: tuple[object, ...] = (5, None, True, ["red"], {})
    for value in values:
        with pytest.raises(DecodeError, match="expected a text"):
            from_dict(Painted, {"colour": value})
    for document in (["colour"], "colour", 5, None):
        with pytest.raises(DecodeError, match="expected an object"):
            decode(document, Painted)


@pytest.mark.parametrize("document", [{}, {"a": 1}, {"extra": {"b": None}, "_extra": 1}])
def test_a_model_without_fields_keeps_everything(document: dict[str, Any]) -> None:
    loose = from_dict(Empty, document)

    assert loose.extra == document
    assert to_dict(loose) == document


# The converter itself.


def test_the_converter_reads_and_writes_like_the_two_functions() -> None:
    document = full_customer()

    customer = converter.structure(document, Customer)

    assert customer == from_dict(Customer, document)
    assert converter.unstructure(customer) == to_dict(customer)
    assert converter.unstructure(COMPLETE.created_at) == "2024-01-01T00:00:00.000Z"
    assert converter.unstructure(date(1997, 2, 3)) == "1997-02-03"


def test_a_reader_is_compiled_once() -> None:
    assert converter_room.reader(Customer) is converter_room.reader(Customer)


def test_an_item_of_a_list_with_select_is_no_model() -> None:
    item: Any = {"id": "cus.1", "claims": {}}

    with pytest.raises(ConfigurationError, match="takes a model, not dict; items of a list with"):
        to_dict(item, reveal=False)
