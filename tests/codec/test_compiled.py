"""The fast way: what is usual is read by it, and it says nothing else than the careful one."""

# No `from __future__ import annotations`: the models below are made of their annotations.

import copy
import json
import sys
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest
from cattrs import Converter
from hypothesis import example, given
from hypothesis import strategies as st

from allawee_async import models as room
from allawee_async.codec import converter as converter_room
from allawee_async.codec.converter import (
    ModelReader,
    decode,
    decode_items,
    from_dict,
    make_converter,
    reader,
    to_dict,
)
from allawee_async.codec.json import Raw
from allawee_async.codec.reading import Mismatch
from allawee_async.errors import DecodeError
from allawee_async.models import (
    Address,
    Card,
    Claims,
    Customer,
    IndividualInformation,
    VerificationStatus,
    VerificationTier,
)
from allawee_async.models.base import Model, model
from tests.support.properties import examples
from tests.support.samples import changed, documented_customers, full_customer
from tests.support.strategies import any_model, gone_wrong, odd_customers, values
from tests.support.tables import for_each

FULL = full_customer()
TEN_KEYS = {str(number): number for number in range(10)}
ALL_MODELS = sorted(
    (
        value
        for name in dir(room)
        if isinstance(value := getattr(room, name), type)
        and issubclass(value, Model)
        and value is not Model
    ),
    key=lambda cls: cls.__name__,
)


def raw(document: object) -> Raw:
    return Raw(json.dumps(document).encode())


def _refuse(*_: object) -> None:
    pytest.fail("the careful way was needed")


@pytest.fixture
def fast_only() -> Iterator[None]:
    """Let every test fail that needs the careful way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter_room, "read_carefully", _refuse)
        yield


# What is usual.


@pytest.mark.parametrize("cls", ALL_MODELS, ids=lambda cls: cls.__name__)
@examples(4, 400)
@given(data=st.data())
def test_what_a_model_says_of_itself_is_read_fast(cls: type[Model], data: st.DataObject) -> None:
    value = attrs.evolve(data.draw(any_model(cls)), extra={})
    document = json.dumps(to_dict(value)).encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter_room, "read_carefully", _refuse)
        assert decode(Raw(document), cls) == value
        assert decode_items(Raw(b"[%b,%b]" % (document, document)), cls) == [value, value]
        assert from_dict(cls, to_dict(value)) == value


class _Careful(ModelReader[Any]):
    """A reader that does nothing fast, at any depth."""

    def _fast(self) -> None:
        return None


@pytest.fixture(scope="module")
def careful() -> Converter:
    """A converter that reads everything carefully."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter_room, "ModelReader", _Careful)
        return make_converter()


def _outcome(read: Any, *arguments: Any) -> tuple[Any, ...]:
    try:
        model = read(*arguments)
    except Mismatch as mismatch:
        return mismatch.path, str(mismatch)
    # 1 == 1.0 == True in Python, so what is written is compared as well
    return model, json.dumps(to_dict(model), sort_keys=True)


@pytest.mark.parametrize("cls", ALL_MODELS, ids=lambda cls: cls.__name__)
@examples(4, 400)
@given(data=st.data())
def test_both_ways_agree_on_every_document_of_every_model(
    careful: Converter, cls: type[Model], data: st.DataObject
) -> None:
    document = data.draw(gone_wrong(any_model(cls).map(to_dict)))

    expected = _outcome(careful.structure, document, cls)

    assert _outcome(reader(cls), document) == expected
    assert _outcome(reader(cls).text, raw(document)) == expected


@examples(40, 2_000)
@given(document=odd_customers())
@example(document=changed(FULL, "createdAt", "20230314T2321Z"))
@example(document=changed(FULL, "createdAt", "2023-03-14T23Z"))
@example(document=changed(FULL, "createdAt", "2023-03-14T23:21:12"))
@example(document=changed(FULL, "claims.individualInformation.dateOfBirth", TEN_KEYS))
@example(document=changed(FULL, "verifications[1]", {"type": "tier-1", "new": "x"}))
@example(document=changed(FULL, "verifications[1]", {"type": 1, "status": 1.0}))
@example(document=changed(FULL, "metadata", OrderedDict(a=1)))
def test_both_readers_agree_on_every_document(careful: Converter, document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)

    expected = _outcome(careful.structure, document, Customer)

    assert _outcome(reader(Customer), document) == expected
    assert document == before
    assert _outcome(reader(Customer).text, raw(document)) == expected


@given(document=values)
def test_both_readers_agree_on_what_is_no_customer(careful: Converter, document: Any) -> None:
    expected = _outcome(careful.structure, document, Customer)

    assert _outcome(reader(Customer), document) == expected
    assert _outcome(reader(Customer).text, raw(document)) == expected


@pytest.mark.usefixtures("fast_only")
def test_an_expanded_relation_is_read_fast() -> None:
    card = decode(raw({"id": "c.1", "customer": FULL, "program": "prg.1"}), Card)

    assert card.customer == from_dict(Customer, FULL)
    assert card.program == "prg.1"


def test_what_an_expansion_has_left_of_an_object_stays_a_mapping() -> None:
    for _ in range(2):
        card = decode(raw({"id": "c.1", "customer": {"name": "Ada Obi"}}), Card)
        assert card.customer == {"name": "Ada Obi"}


@pytest.mark.usefixtures("fast_only")
@pytest.mark.parametrize("document", [FULL, *documented_customers().values()])
def test_documented_customers_are_read_fast(document: dict[str, Any]) -> None:
    assert decode(raw(document), Customer) == from_dict(Customer, document)


@pytest.mark.usefixtures("fast_only")
@pytest.mark.parametrize("text", ["1997-2-13", "1997-02-13", "1997-2-3", "1997-12-3"])
def test_dates_without_zeros_are_read_fast(text: str) -> None:
    document = changed(FULL, "claims.individualInformation.dateOfBirth", text)

    information = decode(raw(document), Customer).claims.individual_information

    assert information is not None
    assert type(information.date_of_birth) is date


@pytest.mark.usefixtures("fast_only")
def test_a_timestamp_without_a_zone_is_read_fast_as_utc() -> None:
    customer = decode(raw(changed(FULL, "createdAt", "2023-03-14T23:21:12")), Customer)

    assert customer.created_at == datetime(2023, 3, 14, 23, 21, 12, tzinfo=UTC)
    assert customer.created_at.tzinfo is UTC


@pytest.mark.usefixtures("fast_only")
def test_values_that_no_enumeration_names_are_read_fast() -> None:
    customer = decode(raw(changed(FULL, "status", "frozen")), Customer)

    assert customer.status == "frozen"
    assert not customer.status.is_known


# Classes that no other test reads, so that nothing has been learned of them.


@model(kw_only=True)
class Check(Model):
    """All fields are enumerated."""

    type: VerificationTier
    status: VerificationStatus | None = None


@model(kw_only=True)
class Inner(Model):
    """What stands in another."""

    city: str | None = None


@model(kw_only=True)
class Outer(Model):
    """What has others in it."""

    inner: Inner | None = None
    listed: tuple[Inner, ...] | None = None
    checks: tuple[Check, ...] | None = None


OUTER: dict[str, Any] = {
    "inner": {"city": "Yaba"},
    "listed": [{"city": "Wuse"}, {}],
    "checks": [{"type": "tier-1"}, {"type": "tier-1"}],
}


@pytest.mark.usefixtures("fast_only")
def test_equal_objects_of_enumerated_fields_are_one() -> None:
    """A frozen value; a page of customers has a third fewer objects."""

    @model(kw_only=True)
    class Holder(Model):
        checks: tuple[Check, ...]

    document = {"checks": OUTER["checks"]}
    first, second = decode_items(raw([document, document]), Holder)

    assert isinstance(first, Holder)
    assert isinstance(second, Holder)
    assert first.checks[0] is first.checks[1] is second.checks[0]
    assert first.checks[0] == Check(type=VerificationTier.TIER_1)


# Unknown fields.


@pytest.mark.parametrize("place", ["x1", "inner.x2", "listed[1].x3", "checks[0].x4"])
def test_an_unknown_field_costs_the_careful_way_once(place: str) -> None:
    document = changed(OUTER, place, {"a": [1]})
    expected = from_dict(Outer, document)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter_room, "read_carefully", _refuse)
        again = decode_items(raw([document, document, OUTER]), Outer)

    assert again == [expected, expected, from_dict(Outer, OUTER)]
    assert to_dict(expected) == document


def test_an_unknown_field_is_learned_by_every_model_that_holds_the_class() -> None:
    from_dict(Inner, {"x5": 5})
    document = changed(OUTER, "inner.x5", 5)
    from_dict(Outer, document)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter_room, "read_carefully", _refuse)
        outer = decode(raw(document), Outer)

    assert outer.inner == Inner(city="Yaba", extra={"x5": 5})


def test_null_in_an_unknown_field_is_kept() -> None:
    for document in ({"x6": 1}, {"x6": None}, {"x6": None}, {}):
        assert decode(raw(document), Address).extra == document


@model(kw_only=True)
class Mapped(Model):
    """What has the keys of a map beside its field."""

    city: str | None = None


def test_the_keys_of_a_map_are_read_and_not_learned_for_ever() -> None:
    documents = [{"city": "Yaba", f"key-{number}": number} for number in range(200)]

    for _ in range(2):
        read = decode_items(raw(documents), Mapped)
        assert [to_dict(item) for item in read if isinstance(item, Mapped)] == documents

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter_room, "read_carefully", lambda *_: Mapped(city="carefully"))
        read = decode_items(raw(documents), Mapped)
    assert read.count(Mapped(city="carefully")) > 100


@for_each(
    "name", ["extra_0", "_extra", "extra", "self", "class", "a b", "ä", "", 'a"b', "a\\b", "a\nb"]
)
def test_an_unknown_field_may_have_any_name(name: str) -> None:
    for _ in range(2):
        assert decode(raw({"city": "Yaba", name: 1}), Address).extra == {name: 1}
        assert from_dict(Address, {name: 1}).extra == {name: 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter_room, "read_carefully", _refuse)
        assert decode(raw({"city": "Yaba"}), Address) == Address(city="Yaba")


def test_an_unknown_field_may_have_half_a_character_in_its_name() -> None:
    for _ in range(2):
        assert from_dict(Address, {"\ud800": 1}).extra == {"\ud800": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter_room, "read_carefully", _refuse)
        assert from_dict(Address, {"city": "Yaba"}) == Address(city="Yaba")


# Records that cannot be read.


def test_one_odd_record_leaves_the_others_of_its_page_alone() -> None:
    documents = [FULL, changed(FULL, "id", 5), FULL, changed(FULL, "new", 1), "x"]

    items = decode_items(raw(documents), Customer)

    assert [type(item) for item in items] == [
        *(Customer, DecodeError, Customer, Customer, DecodeError)
    ]
    assert isinstance(items[1], DecodeError)
    assert (items[1].path, items[1].item) == ("data[1].id", documents[1])
    assert isinstance(items[4], DecodeError)
    assert (items[4].path, items[4].item) == ("data[4]", "x")


@pytest.mark.parametrize(
    "odd", [b'{"city":"\xff"}', b'{"city":1e999}', b'{"city":"Yaba","x":1e999}']
)
def test_a_record_that_is_no_json_is_the_only_one_that_is_refused(odd: bytes) -> None:
    first, second, third = decode_items(Raw(b'[{"city":"Yaba"},%b,{}]' % odd), Address)

    assert (first, third) == (Address(city="Yaba"), Address())
    assert isinstance(second, DecodeError)
    assert second.path == "data[1]"
    assert second.message == "expected JSON, found a text that is not JSON"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"{}", "an object"),
        (b"5", "a number"),
        (b'"x"', "a text"),
        (b"null", "null or nothing"),
        (b"[1e999", "a text that is not JSON"),
    ],
)
def test_the_text_of_records_must_be_a_list(text: bytes, found: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_items(Raw(text), Address)

    assert (caught.value.path, caught.value.message) == ("data", f"expected a list, found {found}")


def test_the_text_of_a_record_is_in_the_error_as_what_it_says() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(raw({"city": 5}), Address)

    assert (caught.value.path, caught.value.body) == ("city", {"city": 5})


@pytest.mark.parametrize("depth", [10, 400, 5_000, 100_000])
def test_any_depth_is_read_or_refused(depth: int) -> None:
    text = Raw(b'{"new":' + b"[" * depth + b"]" * depth + b"}")

    for _ in range(2):
        try:
            address = decode(text, Address)
        except DecodeError:
            continue
        assert address.extra


def test_a_number_of_any_length_is_exact() -> None:
    number = 12345678901234567890123
    document = changed(FULL, "metadata", {"number": number, "deep": [{"number": -number}]})

    assert decode(raw(document), Customer).metadata == document["metadata"]
    assert to_dict(decode(raw(document), Customer))["metadata"] == document["metadata"]


# Classes of a user.


class Plain(Customer):
    """A subclass with a method, and nothing that attrs knows of."""

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


@pytest.mark.usefixtures("fast_only")
@pytest.mark.parametrize("read", [lambda: from_dict(Plain, FULL), lambda: decode(raw(FULL), Plain)])
def test_a_plain_subclass_is_read(read: Any) -> None:
    customer = read()

    assert type(customer) is Plain
    assert customer.first_name == customer.name.split()[0]
    assert to_dict(customer) == to_dict(from_dict(Customer, FULL))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        customer.name = "x"  # type: ignore[misc]


@model(kw_only=True)
class Wider(Address):
    """A subclass with a field of its own."""

    zone: int | None = None


@pytest.mark.usefixtures("fast_only")
def test_a_subclass_with_a_field_is_read() -> None:
    assert from_dict(Wider, {"city": "Yaba", "zone": 5}) == Wider(city="Yaba", zone=5)


def _upper(value: str | None) -> str | None:
    return None if value is None else value.upper()


@attrs.frozen(kw_only=True)
class Converting(Address):
    zone: str | None = attrs.field(default=None, converter=_upper)


@attrs.frozen(kw_only=True)
class Validating(Address):
    zone: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.max_len(3))
    )


@attrs.frozen(kw_only=True)
class Initialising(Address):
    zone: str | None = None

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "zone", "made")


class Constructing(Address):
    def __init__(self, **fields: Any) -> None:
        super().__init__(**{**fields, "state": "made"})


def test_what_a_subclass_does_with_its_values_is_done() -> None:
    for _ in range(2):
        assert from_dict(Converting, {"zone": "a"}).zone == "A"
        assert decode(raw({"zone": "a"}), Converting).zone == "A"
        assert from_dict(Initialising, {}).zone == "made"
        assert from_dict(Constructing, {}).state == "made"
        assert decode_items(raw([{}]), Constructing) == [Constructing()]
        with pytest.raises(ValueError, match="must be <= 3"):
            from_dict(Validating, {"zone": "long"})


def test_a_class_that_holds_such_a_subclass_is_read_as_well() -> None:
    @model(kw_only=True)
    class Holder(Model):
        inner: Converting | None = None

    assert from_dict(Holder, {"inner": {"zone": "a"}}) == Holder(inner=Converting(zone="a"))


def test_a_half_filled_model_is_never_seen() -> None:
    """The twin that is filled is no class of the package."""
    from_dict(Customer, FULL)

    assert type(from_dict(IndividualInformation, {})) is IndividualInformation
    assert type(from_dict(Claims, {})) is Claims
    assert not [
        name
        for module in list(sys.modules)
        if module.startswith("allawee_async.models")
        for name in vars(sys.modules[module])
        if name.endswith("Twin")
    ]
