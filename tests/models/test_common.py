"""What all models and open enumerations have in common."""

from __future__ import annotations

import copy
import pickle
import weakref
from typing import TYPE_CHECKING, Any, get_type_hints

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.codec.converter import from_dict, to_dict
from allawee_async.models import (
    Address,
    Card,
    Claims,
    CustomerStatus,
    CustomerType,
    Gender,
    Identity,
    IdentityType,
    Model,
    OpenEnum,
    VerificationStatus,
    VerificationTier,
)
from tests.support.canaries import BVN, PAN
from tests.support.samples import changed, full_customer
from tests.support.strategies import COMPLETE, MODELS
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Callable

ENUMERATIONS: list[type[OpenEnum]] = [
    CustomerStatus,
    CustomerType,
    Gender,
    IdentityType,
    VerificationStatus,
    VerificationTier,
]

AGAIN: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "oldest pickle that takes slots": lambda value: pickle.loads(pickle.dumps(value, 2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}

FULL = full_customer() | {"new": [1]}


def _full(cls: type[Model]) -> Model:
    """Return a decoded model of a class with its documented fields."""
    claims = FULL["claims"]
    documents: dict[str, Any] = {
        "Address": claims["individualAddress"] | {"new": 1},
        "Identity": claims["individualIdentity"],
        "IndividualInformation": claims["individualInformation"],
        "BusinessInformation": claims["businessInformation"],
        "Claims": claims,
        "Verification": {"type": "tier-2", "status": "verified"},
        "Customer": FULL,
    }
    return from_dict(cls, documents[cls.__name__])


def _constructed(decoded: Model) -> Model:
    """Return the same value, made by constructors at every depth."""

    def made(value: Any) -> Any:
        if isinstance(value, Model):
            return _constructed(value)
        return tuple(map(made, value)) if isinstance(value, tuple) else value

    fields = attrs.fields(type(decoded))
    arguments = {field.alias: made(getattr(decoded, field.name)) for field in fields}
    return type(decoded)(**arguments)


every_class = pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
both_makes = pytest.mark.parametrize(
    "make",
    [_full, lambda cls: _constructed(_full(cls))],
    ids=["decoded", "constructed"],
)


# Models are values, whoever made them.


@every_class
def test_a_decoded_model_is_one_made_by_the_constructor(cls: type[Model]) -> None:
    decoded = _full(cls)
    made = _constructed(decoded)

    assert type(decoded) is type(made) is cls
    assert decoded == made
    assert not decoded != made  # noqa: SIM202 - both operators are tried
    assert hash(decoded) == hash(made)
    assert repr(decoded) == repr(made)
    assert len({decoded, made}) == 1
    assert to_dict(decoded) == to_dict(made)


@pytest.mark.parametrize(
    "card",
    [
        {"id": "c.1", "customer": {"id": "cus.1", "name": "Ada"}},
        {"id": "c.1", "customer": {}},
        {"id": "c.1", "metadata": {"lists": [[{"deep": []}]]}},
        {"id": "c.1", "new": {"deep": []}},
        {"id": "c.1", "controls": {"spendingLimits": [None, {"amount": 1, "more": {}}]}},
    ],
)
def test_a_model_is_hashable_whatever_it_holds(card: dict[str, Any]) -> None:
    first, again = from_dict(Card, card), from_dict(Card, card)

    assert {first, again} == {first}
    assert hash(first) == hash(again)
    assert len({first, from_dict(Card, {**card, "id": "c.2"})}) == 2


def test_models_of_different_classes_differ() -> None:
    assert Address() != Identity()
    assert Address() != {}
    assert Address(city="Yaba") != Address(city="Ikeja")
    assert Address(extra={"a": 1}) != Address()
    assert Address(extra={}) == Address()


@every_class
@both_makes
def test_a_model_is_frozen(cls: type[Model], make: Any) -> None:
    value = make(cls)

    for field in attrs.fields(cls):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, field.name, None)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            delattr(value, field.name)
    with pytest.raises(AttributeError):
        value.extra = {}
    with pytest.raises(AttributeError):
        value.brand_new = 1
    assert value == make(cls)


@every_class
@both_makes
def test_a_model_has_slots_and_no_dict(cls: type[Model], make: Any) -> None:
    assert not hasattr(make(cls), "__dict__")


@every_class
@both_makes
def test_a_model_can_be_referred_to_weakly(cls: type[Model], make: Any) -> None:
    value = make(cls)

    assert weakref.ref(value)() is value


@every_class
@both_makes
@for_each("again", AGAIN.values())
def test_a_model_can_be_pickled_and_copied(cls: type[Model], make: Any, again: Any) -> None:
    value = make(cls)

    twin = again(value)

    assert type(twin) is cls
    assert twin == value
    assert hash(twin) == hash(value)
    assert twin.extra == value.extra
    assert to_dict(twin) == to_dict(value)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        twin._extra = None  # type: ignore[misc]


@every_class
@both_makes
def test_a_model_works_with_the_tools_of_attrs(cls: type[Model], make: Any) -> None:
    value = make(cls)

    assert attrs.has(type(value))
    assert attrs.evolve(value) == value
    assert attrs.evolve(value, extra={"a": 1}).extra == {"a": 1}
    assert attrs.asdict(value, recurse=False).keys() == {field.name for field in attrs.fields(cls)}


@every_class
def test_models_of_different_classes_are_different(cls: type[Model]) -> None:
    assert _full(cls) != object()
    assert _full(cls) != to_dict(_full(cls))
    assert all(_full(cls) != _full(other) for other in MODELS if other is not cls)


@every_class
def test_arguments_have_names(cls: type[Model]) -> None:
    with pytest.raises(TypeError):
        cls("positional")  # type: ignore[arg-type, call-arg]
    with pytest.raises(TypeError):
        cls(no_such_field=1)  # type: ignore[call-arg]


@every_class
def test_the_annotations_can_be_read_at_run_time(cls: type[Model]) -> None:
    hints = get_type_hints(cls)

    assert {field.name for field in attrs.fields(cls)} <= hints.keys()


@every_class
def test_wire_names_do_not_collide(cls: type[Model]) -> None:
    written = to_dict(_full(cls))

    known = [field for field in attrs.fields(cls) if field.name != "_extra"]
    assert len(written) >= len([f for f in known if getattr(_full(cls), f.name) is not None])


# Unknown fields.


def test_there_is_always_a_mapping_of_unknown_fields() -> None:
    assert Address().extra == {}
    assert Address(extra=None).extra == {}
    assert Address(extra={"a": 1}).extra == {"a": 1}


def test_unknown_fields_count_when_models_are_compared() -> None:
    assert Address(extra={"a": 1}) != Address()
    assert Address(extra={"a": 1}) == Address(extra={"a": 1})


def test_nobody_can_add_unknown_fields_to_all_empty_models_at_once() -> None:
    extra: Any = Address().extra

    try:
        extra["planted"] = 1
    except TypeError:
        return
    assert Address().extra == {}


# repr.


def test_the_repr_shows_what_is_there() -> None:
    assert repr(Address()) == "Address()"
    assert repr(Address(city="Yaba", address_line_two="")) == (
        "Address(city='Yaba', address_line_two='')"
    )


def test_the_repr_of_nested_models_leaves_out_what_is_none() -> None:
    text = repr(COMPLETE)

    assert "None" not in text
    assert text.startswith("Customer(id='cus.1', name='Ada Obi', type=<CustomerType.INDIVIDUAL")


def test_the_repr_shows_unknown_fields_by_name_only() -> None:
    """What nobody knows may be a secret."""
    text = repr(Address(city="Yaba", extra={"cvv": "CANARY", "pin": {"value": PAN}}))

    assert "extra=<'cvv', 'pin'>" in text
    assert "city='Yaba'" in text
    assert "CANARY" not in text
    assert PAN not in text


def test_identity_numbers_are_masked() -> None:
    identity = Identity(type="bvn", id=BVN, url="https://example.com/CANARY.png")

    assert repr(identity) == "Identity(type='bvn', id=***, url=***)"
    assert identity.id == BVN


@for_each("show", [repr, str, lambda value: f"{value}", lambda value: f"{value!r}"])
@for_each(
    "wrap",
    [
        lambda customer: customer,
        lambda customer: customer.claims,
        lambda customer: [customer],
        lambda customer: {"customer": customer},
        lambda customer: (customer.claims.individual_identity,),
        lambda customer: attrs.evolve(customer, name="other"),
        copy.deepcopy,
        _constructed,
    ],
)
def test_no_repr_shows_an_identity_number(show: Any, wrap: Any) -> None:
    document = changed(FULL, "claims.businessIdentity.id", "CANARY-RC-1")
    document = changed(document, "claims.businessIdentity.url", "https://example.com/CANARY")
    customer = from_dict(next(c for c in MODELS if c.__name__ == "Customer"), document)

    text = show(wrap(customer))

    assert BVN not in text
    assert "CANARY" not in text
    assert "document.png" not in text


def test_a_page_and_a_reply_show_no_identity_number() -> None:
    from allawee_async.pagination.pages import Listing, Page, Source
    from allawee_async.transport.response import Reply

    claims = _full(Claims)
    listing = Listing(path="/things", query={}, model=None)
    source: Any = Source(listing=listing, fetch=print, decode=print)  # type: ignore[arg-type]

    page = Page(items=(claims,), has_more=False, source=source)
    selected = Page(items=(to_dict(claims),), has_more=False, source=source)
    reply = Reply(200, {}, raw=to_dict(claims))

    for value in (page, selected, reply):
        assert BVN not in repr(value)


# Open enumerations.


@pytest.mark.parametrize("cls", ENUMERATIONS)
def test_a_known_value_is_its_member_and_its_text(cls: type[OpenEnum]) -> None:
    for member in cls:
        assert cls(member.value) is member
        assert member == member.value
        assert hash(member) == hash(member.value)
        assert str(member) == f"{member}" == member.value
        assert member.is_known


@pytest.mark.parametrize("cls", ENUMERATIONS)
@given(text=st.text())
def test_an_unknown_value_is_its_text(cls: type[OpenEnum], text: str) -> None:
    value = cls(text)

    assert type(value) is cls
    assert isinstance(value, str)
    assert value == text
    assert value == cls(text)
    assert hash(value) == hash(text)
    assert {text: 1}[value] == 1
    assert str(value) == f"{value}" == value.value == text
    assert value.is_known is (text in [member.value for member in cls])


@for_each("cls", ENUMERATIONS)
@for_each("again", AGAIN.values())
def test_an_unknown_value_can_be_pickled_and_copied(cls: type[OpenEnum], again: Any) -> None:
    for value in (cls("brand-new"), *cls):
        twin = again(value)
        assert type(twin) is cls
        assert (twin, twin.value, twin.is_known) == (value, value.value, value.is_known)


def test_unknown_values_do_not_become_members() -> None:
    before = list(CustomerStatus)

    for number in range(400):
        CustomerStatus(f"state-{number}")

    assert list(CustomerStatus) == before
    assert "state-1" not in CustomerStatus.__members__


def test_unknown_values_differ_from_each_other_and_from_known_ones() -> None:
    assert CustomerStatus("a") != CustomerStatus("b")
    assert CustomerStatus("a") != CustomerStatus.ACTIVE
    assert CustomerStatus("Active") != CustomerStatus.ACTIVE
    assert len({CustomerStatus("a"), CustomerStatus("a"), CustomerStatus("b")}) == 2


def test_an_unknown_value_tells_so_when_it_is_shown() -> None:
    assert repr(CustomerStatus("frozen")) == "<CustomerStatus.unknown: 'frozen'>"


@pytest.mark.parametrize("value", [None, 5, 1.5, True, [], {}, b"active", object()])
def test_what_is_no_text_is_no_value(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid CustomerStatus"):
        CustomerStatus(value)


@pytest.mark.parametrize("text", ["active", "frozen"])
def test_a_value_can_be_matched(text: str) -> None:
    match CustomerStatus(text):
        case CustomerStatus.ACTIVE:
            found = "active"
        case other:
            found = other.value

    assert found == text
