"""Hypothesis strategies: JSON, documents gone wrong, and models of every class."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from allawee_async.models import (
    Address,
    BusinessInformation,
    Claims,
    Customer,
    CustomerStatus,
    CustomerType,
    Gender,
    Identity,
    IdentityType,
    IndividualInformation,
    Verification,
    VerificationStatus,
    VerificationTier,
)
from allawee_async.models.schema import Kind, Shape, fields_of
from tests.support.samples import documented_customers, full_customer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from allawee_async.models import Model, OpenEnum

texts = st.text(max_size=8)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)

# Documents gone wrong.

_TELLING: list[Any] = [
    *("", "null", "true", "1", "active", "tier-1", "individual", "M", "cus.1"),
    *("2023-03-14T23:21:12.882Z", "2023-03-14T23:21:12", "2023-03-14T23:21:12.16974+01:00"),
    *("2023-03-14", "20230314T2321Z", "2023-03-14T23Z", "2023-03-14+01:00", "2023-W10-2T10:00Z"),
    *("1997-2-13", "1997-02-13", "1997-02-30", "97-2-13", "1997-2-13T00:00:00Z"),
    *(0, 1, -1, 1.0, 1.9, True, False, 10**30, None, [], {}, [None], [{}], ["x"]),
    {"type": "tier-2"},
    {"type": "tier-2", "status": "verified", "more": 1},
    {"type": None, "status": None},
    {"firstName": "Ada", "dateOfBirth": "1997-2-13"},
    {str(number): number for number in range(10)},  # as long as a date
    dict.fromkeys("abcdefghijklmnopqrst"),  # as long as a timestamp
    list("1997-02-13"),
]

values = st.sampled_from(_TELLING).map(copy.deepcopy) | json_values  # they are changed in place


def _places(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps: list[Any] = []
    if isinstance(document, dict):
        steps = list(document)
    elif isinstance(document, list):
        steps = list(range(len(document)))
    for step in steps:
        yield (*way, step)
        yield from _places(document[step], (*way, step))


def _change(draw: st.DrawFn, document: Any) -> None:
    places = list(_places(document))
    if not places:
        return
    *way, last = draw(st.sampled_from(places))
    place = document
    for step in way:
        place = place[step]
    match draw(st.sampled_from(["drop", "null", "replace", "add", "swap"])):
        case "drop":
            del place[last]
        case "null":
            place[last] = None
        case "replace":
            place[last] = draw(values)
        case "add" if isinstance(place, dict):
            place[draw(st.sampled_from(["new", "extra", "_extra", "first_name", "self"]))] = draw(
                values
            )
        case _:
            step = draw(
                st.sampled_from(list(place) if isinstance(place, dict) else range(len(place)))
            )
            place[last], place[step] = place[step], place[last]


@st.composite
def gone_wrong(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """Documents with up to five places changed, at any depth."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(0, 5))):
        _change(draw, document)
    return document


def odd_customers() -> st.SearchStrategy[dict[str, Any]]:
    """Return documented customers with up to five places changed."""
    return gone_wrong(st.sampled_from([full_customer(), *documented_customers().values()]))


# Models.


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _open(cls: type[OpenEnum]) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(cls)) | texts.map(cls)


def _extra(*names: str) -> st.SearchStrategy[Any]:
    keys = texts.filter(lambda name: name not in names)
    return _maybe(st.dictionaries(keys, json_values, min_size=1, max_size=2))


_ADDRESS = (
    *("city", "state", "countryCode", "addressLineOne", "addressLineTwo", "postalCode"),
    "phoneNumber",
)
_moments = st.datetimes(timezones=st.just(UTC))

addresses = st.builds(
    Address,
    city=_maybe(texts),
    state=_maybe(texts),
    country_code=_maybe(texts),
    address_line_one=_maybe(texts),
    address_line_two=_maybe(texts),
    postal_code=_maybe(texts),
    phone_number=_maybe(texts),
    extra=_extra(*_ADDRESS),
)
identities = st.builds(
    Identity,
    type=_maybe(_open(IdentityType)),
    id=_maybe(texts),
    issuing_country=_maybe(texts),
    url=_maybe(texts),
    extra=_extra("type", "id", "issuingCountry", "url"),
)
persons = st.builds(
    IndividualInformation,
    first_name=_maybe(texts),
    last_name=_maybe(texts),
    gender=_maybe(_open(Gender)),
    date_of_birth=_maybe(st.dates()),
    phone_number=_maybe(texts),
    extra=_extra(
        *("firstName", "middleName", "lastName", "title", "gender", "email", "phoneNumber"),
        *("dateOfBirth", "nationalityCode"),
    ),
)
businesses = st.builds(
    BusinessInformation,
    registration_name=_maybe(texts),
    phone_number=_maybe(texts),
    email=_maybe(texts),
    extra=_extra("registrationName", "phoneNumber", "email"),
)
claims = st.builds(
    Claims,
    individual_information=_maybe(persons),
    individual_address=_maybe(addresses),
    individual_identity=_maybe(identities),
    business_information=_maybe(businesses),
    business_identity=_maybe(identities),
    business_directors=_maybe(st.lists(texts, max_size=3).map(tuple)),
    business_address=_maybe(addresses),
    extra=_extra(
        *("individualInformation", "individualAddress", "individualIdentity"),
        *("businessInformation", "businessIdentity", "businessDirectors", "businessAddress"),
    ),
)
verifications = st.builds(
    Verification,
    type=_open(VerificationTier),
    status=_maybe(_open(VerificationStatus)),
    extra=_extra("type", "status"),
)
customers = st.builds(
    Customer,
    id=texts,
    name=texts,
    type=_open(CustomerType),
    status=_open(CustomerStatus),
    claims=claims,
    verifications=_maybe(st.lists(verifications, max_size=3).map(tuple)),
    metadata=_maybe(st.dictionaries(texts, json_values, max_size=3)),
    reference=_maybe(texts),
    created_at=_moments,
    updated_at=_moments,
    object=_maybe(texts),
    extra=_extra(
        *("id", "name", "type", "status", "claims", "verifications", "metadata", "reference"),
        *("createdAt", "updatedAt", "object"),
    ),
)

MODELS: dict[type[Model], st.SearchStrategy[Any]] = {
    Address: addresses,
    Identity: identities,
    IndividualInformation: persons,
    BusinessInformation: businesses,
    Claims: claims,
    Verification: verifications,
    Customer: customers,
}

COMPLETE = Customer(
    id="cus.1",
    name="Ada Obi",
    type=CustomerType.INDIVIDUAL,
    status=CustomerStatus.ACTIVE,
    created_at=datetime(2024, 1, 1, tzinfo=UTC),
    updated_at=datetime(2024, 1, 2, tzinfo=UTC),
)
"""A customer with nothing but what it must have."""


# Models of any class, made from the types of their fields.

_DEEPEST = 1

json_objects = st.dictionaries(texts, json_values, max_size=3)
moments = st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


_MADE: dict[tuple[type[Model], int], st.SearchStrategy[Any]] = {}


def any_model(cls: type[Model], depth: int = 0) -> st.SearchStrategy[Any]:
    """Return models of a class with any values that the types of its fields allow."""
    if (cls, depth) not in _MADE:
        _MADE[cls, depth] = _made(cls, depth)
    return _MADE[cls, depth]


def _made(cls: type[Model], depth: int) -> st.SearchStrategy[Any]:
    arguments: dict[str, st.SearchStrategy[Any]] = {}
    for field in fields_of(cls).values():
        filled = _any_value(field, depth)
        optional = not field.required
        arguments[field.attribute] = st.just(field.default) | filled if optional else filled
    return st.builds(cls, **arguments)


def _any_value(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    if shape.item is not None:
        return st.lists(_any_value(shape.item, depth), max_size=2).map(tuple)
    if shape.enumeration is not None:
        return st.sampled_from(shape.choices).map(shape.enumeration) | texts.map(shape.enumeration)
    if shape.model is not None and shape.kind is Kind.OBJECT:
        return any_model(shape.model, depth + 1) if depth < _DEEPEST else st.nothing() | st.none()
    return _PLAIN[shape.kind]


_PLAIN: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: texts,
    Kind.WHOLE_NUMBER: st.integers(),
    Kind.TRUTH: st.booleans(),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.TIMESTAMP: moments,
    Kind.DATE: st.dates(min_value=date(1900, 1, 1)),
    Kind.JSON: json_values.filter(lambda value: value is not None),
    Kind.MAPPING: json_objects,
    Kind.RELATION: texts,  # the object in its place has tests of its own
}
