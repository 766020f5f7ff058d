"""Reading is strict: nothing is coerced, and what is wrong is named by its place on the wire."""

from __future__ import annotations

import pickle
from collections import ChainMap, OrderedDict, UserDict, defaultdict
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from allawee_async.codec import reading as decoding
from allawee_async.codec.converter import (
    decode,
    decode_items,
    from_dict,
    to_dict,
)
from allawee_async.codec.reading import Mismatch
from allawee_async.errors import DecodeError
from allawee_async.models import (
    Address,
    Claims,
    Customer,
    CustomerStatus,
    Gender,
    IndividualInformation,
    Verification,
)
from tests.support.canaries import BVN, PAN, traceback_text
from tests.support.samples import ABSENT, changed, full_customer
from tests.support.strategies import json_values, odd_customers
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Mapping

FULL = full_customer()
TEN_KEYS = {str(number): number for number in range(10)}
MANY_KEYS = {str(number): number for number in range(24)}

# What is wrong, at every depth.

WRONG: list[tuple[str, Any, str]] = [
    # what is required
    ("id", ABSENT, "expected a text, found null or nothing"),
    ("id", None, "expected a text, found null or nothing"),
    ("id", 5, "expected a text, found a number"),
    ("id", 5.5, "expected a text, found a number"),
    ("id", True, "expected a text, found a boolean"),
    ("id", ["cus.1"], "expected a text, found a list"),
    ("id", {"id": "cus.1"}, "expected a text, found an object"),
    ("name", None, "expected a text, found null or nothing"),
    ("type", None, "expected a text, found null or nothing"),
    ("type", 5, "expected a text, found a number"),
    ("type", {}, "expected a text, found an object"),
    ("status", ABSENT, "expected a text, found null or nothing"),
    ("status", False, "expected a text, found a boolean"),
    ("status", ["active"], "expected a text, found a list"),
    ("createdAt", None, "expected an ISO 8601 timestamp, found null or nothing"),
    ("createdAt", ABSENT, "expected an ISO 8601 timestamp, found null or nothing"),
    ("createdAt", 1678836072, "expected an ISO 8601 timestamp, found a number"),
    ("updatedAt", "yesterday", "expected an ISO 8601 timestamp, found a text"),
    ("updatedAt", MANY_KEYS, "expected an ISO 8601 timestamp, found an object"),
    # what may be absent
    ("reference", 5, "expected a text, found a number"),
    ("object", False, "expected a text, found a boolean"),
    ("metadata", [], "expected an object, found a list"),
    ("metadata", "{}", "expected an object, found a text"),
    ("claims", [], "expected an object, found a list"),
    ("claims", "none", "expected an object, found a text"),
    ("claims", 0, "expected an object, found a number"),
    ("claims", False, "expected an object, found a boolean"),
    ("verifications", {}, "expected a list, found an object"),
    ("verifications", "tier-1", "expected a list, found a text"),
    # one step down
    ("verifications[0]", "tier-1", "expected an object, found a text"),
    ("verifications[1]", None, "expected an object, found null or nothing"),
    ("verifications[1]", [], "expected an object, found a list"),
    ("verifications[1]", ["type", "status"], "expected an object, found a list"),
    ("verifications[0].type", ABSENT, "expected a text, found null or nothing"),
    ("verifications[0].type", None, "expected a text, found null or nothing"),
    ("verifications[1].type", [], "expected a text, found a list"),
    ("verifications[1].status", 5, "expected a text, found a number"),
    ("verifications[1].status", {}, "expected a text, found an object"),
    ("claims.businessDirectors", "Ada", "expected a list, found a text"),
    ("claims.businessDirectors[1]", 5, "expected a text or an object, found a number"),
    ("claims.businessDirectors[0]", None, "expected a text or an object, found null or nothing"),
    ("claims.individualInformation", [], "expected an object, found a list"),
    ("claims.individualAddress", "Yaba", "expected an object, found a text"),
    ("claims.businessIdentity", 5, "expected an object, found a number"),
    # two steps down
    ("claims.individualInformation.firstName", 5, "expected a text, found a number"),
    ("claims.individualInformation.gender", 1, "expected a text, found a number"),
    (
        "claims.individualInformation.dateOfBirth",
        19970213,
        "expected a date (YYYY-MM-DD), found a number",
    ),
    (
        "claims.individualInformation.dateOfBirth",
        TEN_KEYS,
        "expected a date (YYYY-MM-DD), found an object",
    ),
    (
        "claims.individualInformation.dateOfBirth",
        list("1997-02-13"),
        "expected a date (YYYY-MM-DD), found a list",
    ),
    ("claims.individualAddress.postalCode", 11041, "expected a text, found a number"),
    ("claims.individualIdentity.id", 22489035167, "expected a text, found a number"),
    ("claims.businessIdentity.type", True, "expected a text, found a boolean"),
    ("claims.businessInformation.email", {}, "expected a text, found an object"),
    ("claims.businessAddress.addressLineTwo", 0, "expected a text, found a number"),
]


def refused(document: object) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(document, Customer)
    return caught.value


@for_each(("path", "value", "message"), WRONG)
def test_a_wrong_type_is_refused_with_its_place_on_the_wire(
    path: str, value: object, message: str
) -> None:
    error = refused(changed(FULL, path, value))

    assert (error.path, error.message) == (path, message)


@for_each(("path", "value", "message"), WRONG)
def test_in_a_list_the_place_begins_with_the_index(path: str, value: object, message: str) -> None:
    documents = [FULL, FULL, FULL, changed(FULL, path, value), FULL]

    items = decode_items(documents, Customer, path="")

    assert [type(item) for item in items] == [Customer, Customer, Customer, DecodeError, Customer]
    assert isinstance(items[3], DecodeError)
    assert items[3].path == f"[3].{path}"


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (None, "null or nothing"),
        ([], "a list"),
        ([FULL], "a list"),
        ("cus.1", "a text"),
        (5, "a number"),
        (1.5, "a number"),
        (True, "a boolean"),
    ],
)
def test_what_is_no_object_is_refused_without_a_path(document: object, found: str) -> None:
    error = refused(document)

    assert (error.path, error.message) == ("", f"expected an object, found {found}")
    assert error.body is document


def test_a_list_of_objects_becomes_a_list_of_models() -> None:
    second = changed(FULL, "id", "cus.2")

    customers = decode_items([FULL, second], Customer)

    assert customers == [from_dict(Customer, FULL), from_dict(Customer, second)]
    assert decode_items([], Customer) == []


@pytest.mark.parametrize(
    ("value", "found"), [(b"bytes", "bytes"), ({1}, "set"), (object(), "object")]
)
def test_what_is_no_json_at_all_is_named_by_its_type(value: object, found: str) -> None:
    error = refused(changed(FULL, "name", value))

    assert error.message == f"expected a text, found {found}"


def test_a_record_that_cannot_be_read_stops_none_of_the_others() -> None:
    wrong = changed(FULL, "claims.individualAddress.postalCode", 5)

    first, second, third, last = decode_items([FULL, wrong, 5, FULL], Customer)

    assert first == last == from_dict(Customer, FULL)
    assert isinstance(second, DecodeError)
    assert second.path == "data[1].claims.individualAddress.postalCode"
    assert second.message == "expected a text, found a number"
    assert second.item is wrong
    assert isinstance(third, DecodeError)
    assert (third.path, third.item) == ("data[2]", 5)


def test_the_record_in_an_error_is_pickled_and_not_printed() -> None:
    wrong = changed(FULL, "claims.individualIdentity.id", int(BVN))
    (error,) = decode_items([wrong], Customer)

    assert isinstance(error, DecodeError)
    again = pickle.loads(pickle.dumps(error))
    assert (again.item, again.path, again.cursor) == (wrong, error.path, None)
    assert BVN not in f"{error} {error!r} {again}"


@pytest.mark.parametrize("records", [None, {}, FULL, "x", 5, True])
def test_records_must_be_a_list(records: object) -> None:
    with pytest.raises(DecodeError, match="expected a list") as caught:
        decode_items(records, Customer)

    assert caught.value.path == "data"


def test_the_error_keeps_the_body_and_does_not_print_it() -> None:
    document = changed(FULL, "claims.individualIdentity.id", int(BVN))
    document["name"] = PAN

    error = refused(document)

    assert error.body is document
    for text in (str(error), repr(error), traceback_text(error)):
        assert BVN not in text
        assert PAN not in text
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


def test_the_first_thing_that_is_wrong_is_told() -> None:
    document = changed(changed(FULL, "id", 5), "verifications[1].status", 5)

    assert refused(document).path == "id"


# Nothing is coerced.


@pytest.mark.parametrize("value", [None, "None", "null", "", "x"])
def test_null_is_not_a_text(value: str | None) -> None:
    customer = from_dict(Customer, changed(FULL, "reference", value))

    assert customer.reference == value


@for_each(
    ("read", "value"),
    [
        (decoding.read_bool, "false"),
        (decoding.read_bool, "true"),
        (decoding.read_bool, 0),
        (decoding.read_bool, 1),
        (decoding.read_bool, None),
        (decoding.read_int, 1.9),
        (decoding.read_int, 1.0),
        (decoding.read_int, True),
        (decoding.read_int, False),
        (decoding.read_int, "5"),
        (decoding.read_int, None),
        (decoding.read_float, True),
        (decoding.read_float, "1.5"),
        (decoding.read_float, None),
    ],
)
def test_a_plain_value_of_another_type_is_refused(read: Any, value: object) -> None:
    with pytest.raises(Mismatch):
        read(value, None)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (decoding.read_bool, True),
        (decoding.read_bool, False),
        (decoding.read_int, 0),
        (decoding.read_int, 10**30),
        (decoding.read_float, 1.5),
        (decoding.read_float, 5),
    ],
)
def test_a_plain_value_comes_through_as_it_is(read: Any, value: object) -> None:
    assert read(value, None) is value


# Absent, null, unknown.


@for_each(
    ("path", "attribute"),
    [
        ("reference", "reference"),
        ("metadata", "metadata"),
        ("verifications", "verifications"),
        ("object", "object"),
        ("claims.individualAddress", "claims.individual_address"),
        ("claims.businessDirectors", "claims.business_directors"),
        ("claims.individualAddress.addressLineTwo", "claims.individual_address.address_line_two"),
        ("claims.individualInformation.dateOfBirth", "claims.individual_information.date_of_birth"),
        ("claims.individualInformation.gender", "claims.individual_information.gender"),
        ("claims.individualIdentity.type", "claims.individual_identity.type"),
    ],
)
@for_each("value", [ABSENT, None])
def test_absent_and_null_are_both_none(path: str, attribute: str, value: object) -> None:
    place: Any = from_dict(Customer, changed(FULL, path, value))
    for name in attribute.split("."):
        place = getattr(place, name)

    assert place is None


@pytest.mark.parametrize("value", [ABSENT, None], ids=["absent", "null"])
def test_claims_that_are_absent_are_empty_claims_and_not_written_back(value: object) -> None:
    customer = from_dict(Customer, changed(FULL, "claims", value))

    assert customer.claims == Claims()
    assert "claims" not in to_dict(customer)


def test_claims_that_are_empty_stay_empty_claims() -> None:
    customer = from_dict(Customer, changed(FULL, "claims", {}))

    assert customer.claims == Claims()
    assert to_dict(customer)["claims"] == {}


@for_each(
    "place",
    [
        "",
        "claims",
        "claims.individualInformation",
        "claims.individualAddress",
        "claims.individualIdentity",
        "claims.businessInformation",
        "claims.businessIdentity",
        "claims.businessAddress",
        "verifications[1]",
    ],
)
@for_each(
    ("name", "value"),
    [
        ("riskScore", 5),
        ("_id", "req_1"),
        ("extra", {"a": [1, None]}),
        ("_extra", True),
        ("self", "x"),
        ("first_name", "not the wire's name"),
        ("nothing", None),
        ("", ""),
        ("ключ", "é"),
    ],
)
def test_what_nobody_knows_is_kept_and_written_back(place: str, name: str, value: object) -> None:
    document = changed(FULL, f"{place}.{name}" if name and place else "reference", None)
    inner: Any = document
    for step in place.replace("[1]", "").split(".") if place else []:
        inner = inner[step][1] if step == "verifications" else inner[step]
    inner[name] = value

    customer = from_dict(Customer, document)

    assert _model_at(customer, place).extra == {name: value}
    written: Any = to_dict(customer)
    for step in place.replace("[1]", "").split(".") if place else []:
        written = written[step][1] if step == "verifications" else written[step]
    assert written[name] == value


def _model_at(customer: Customer, place: str) -> Any:
    names = {
        "": [],
        "verifications[1]": ["verifications"],
        "claims": ["claims"],
        "claims.individualInformation": ["claims", "individual_information"],
        "claims.individualAddress": ["claims", "individual_address"],
        "claims.individualIdentity": ["claims", "individual_identity"],
        "claims.businessInformation": ["claims", "business_information"],
        "claims.businessIdentity": ["claims", "business_identity"],
        "claims.businessAddress": ["claims", "business_address"],
    }[place]
    found: Any = customer
    for name in names:
        found = getattr(found, name)
    return found[1] if isinstance(found, tuple) else found


def test_as_many_unknown_fields_as_absent_ones_are_still_noticed() -> None:
    """The reader counts fields to see whether there is anything unknown."""
    document = changed(FULL, "reference", ABSENT) | {"new": 1}

    assert from_dict(Customer, document).extra == {"new": 1}
    assert from_dict(Address, {"city": "Yaba", "a": 1, "b": 2}).extra == {"a": 1, "b": 2}
    assert from_dict(Address, dict.fromkeys("abcdefg", 1)).extra == dict.fromkeys("abcdefg", 1)


# Dates.


def born(text: object) -> date | str | None:
    return from_dict(IndividualInformation, {"dateOfBirth": text}).date_of_birth


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1997-2-13", date(1997, 2, 13)),
        ("1996-02-14", date(1996, 2, 14)),
        ("1996-12-1", date(1996, 12, 1)),
        ("1996-2-9", date(1996, 2, 9)),
        ("2000-2-29", date(2000, 2, 29)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
    ],
)
def test_a_date_may_lack_its_zeros(text: str, day: date) -> None:
    assert born(text) == day
    assert type(born(text)) is date


@for_each(
    "text",
    [
        *("", "string", "1997", "1997-2", "1997-2-13-1", "1997--13", "--", "1997-2-"),
        *("1997-13-01", "1997-2-30", "1997-0-1", "1997-1-0", "1900-2-29", "0000-01-01"),
        *("97-2-13", "01997-2-13", "1997-002-13", "1997-2-013", "-1997-2-13", "10000-1-1"),
        *("13-2-1997", "13.2.1997", "13/2/1997", "1997/02/13", "19970213", "1997-044"),
        *("1997-W07-4", "1997W074", "1997-w7-04", "1997-2-1x", "1997- 2-13", "1997-02-1\u0663"),
        *(" 1997-02-13", "1997-02-13 ", "1997-2-13\n", "1997-2-+1", "\uff11997-02-13"),
        *("1997-2-13T00:00:00Z", "1997-02-13T25:00:00Z", "1997-02-30T00:00:00Z", "13/02/1996"),
    ],
)
def test_a_text_that_is_no_date_is_kept(text: str) -> None:
    assert born(text) == text
    assert to_dict(from_dict(IndividualInformation, {"dateOfBirth": text})) == {"dateOfBirth": text}


@pytest.mark.parametrize(
    "text",
    ["1997-02-13T00:00:00Z", "1997-02-13T23:30:00.000+01:00", "1997-02-13 00:00"],
)
def test_of_a_timestamp_the_date_is_taken(text: str) -> None:
    assert born(text) == date(1997, 2, 13)
    assert type(born(text)) is date


@pytest.mark.parametrize(
    "text",
    [
        *(19970213, 0, True, 1.5, [], ["1997", "2", "13"], {}, TEN_KEYS, list("1997-02-13")),
    ],
    ids=repr,
)
def test_what_is_no_text_is_no_date(text: object) -> None:
    with pytest.raises(DecodeError) as caught:
        born(text)

    assert caught.value.path == "dateOfBirth"
    assert caught.value.message.startswith("expected a date")


# Timestamps.


def moment(text: object) -> datetime:
    return from_dict(Customer, changed(FULL, "createdAt", text)).created_at


@for_each(
    ("text", "instant"),
    [
        ("2025-03-31T10:15:00Z", datetime(2025, 3, 31, 10, 15, tzinfo=UTC)),
        ("2023-03-14T23:21:12.882Z", datetime(2023, 3, 14, 23, 21, 12, 882000, UTC)),
        ("2023-03-13T03:37:05.16974Z", datetime(2023, 3, 13, 3, 37, 5, 169740, UTC)),
        ("2023-03-14T18:26:54.528995Z", datetime(2023, 3, 14, 18, 26, 54, 528995, UTC)),
        ("2023-03-14T18:26:54.528995123Z", datetime(2023, 3, 14, 18, 26, 54, 528995, UTC)),
        ("2023-03-14T23:21:12", datetime(2023, 3, 14, 23, 21, 12, tzinfo=UTC)),
        ("2023-03-14T23:21:12.882", datetime(2023, 3, 14, 23, 21, 12, 882000, UTC)),
        ("2023-03-14T23:21:12+01:00", datetime(2023, 3, 14, 22, 21, 12, tzinfo=UTC)),
        ("2023-03-14T00:21:12-05:30", datetime(2023, 3, 14, 5, 51, 12, tzinfo=UTC)),
        ("2023-03-14T23:21:12+00:00", datetime(2023, 3, 14, 23, 21, 12, tzinfo=UTC)),
        ("2023-03-14 23:21:12Z", datetime(2023, 3, 14, 23, 21, 12, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_aware(text: str, instant: datetime) -> None:
    read = moment(text)

    assert read == instant
    assert read.tzinfo is not None


def test_an_offset_is_kept() -> None:
    assert moment("2023-03-14T23:21:12+01:00").utcoffset() == timedelta(hours=1)
    assert moment("2023-03-14T23:21:12").tzinfo is UTC


@for_each(
    "text",
    [
        *("", "yesterday", "2023-03-14", "20230314", "2023-03", "23:21:12", "23:21:12.882Z"),
        *("2023-02-30T10:00:00Z", "2023-13-01T10:00:00Z", "2023-03-14T25:00:00Z"),
        *("2023-03-14T10:61:00Z", "2023-03-14T23:21:12+25:00"),
        *("2023-03-14T23:21:12 GMT", "Tue, 14 Mar 2023 23:21:12 GMT"),
        *(" 2023-03-14T23:21:12Z", "2023-03-14T23:21:12Z\n", "2023-3-14T23:21:12Z"),
        *("2023-03-14+01:00", "2023-03-14T23Z", "20230314T2321Z", "20230314T23Z", "2023-W10-2T23Z"),
        *("1678836072", "1678836072000000", 1678836072, 1678836072.882, 0, True, [], {}, MANY_KEYS),
        *(
            list("2023-03-14T23:21:12.882Z"),
            "\uff12023-03-14T23:21:12Z",
            "2023-03-14T23:21:1\u0662Z",
        ),
    ],
)
def test_what_is_no_timestamp_is_refused(text: object) -> None:
    with pytest.raises(DecodeError) as caught:
        moment(text)

    assert caught.value.path == "createdAt"
    assert caught.value.message.startswith("expected an ISO 8601 timestamp")


# Open enumerations.


def test_a_known_value_is_its_member() -> None:
    customer = from_dict(Customer, FULL)

    assert customer.status is CustomerStatus.ACTIVE
    assert customer.status == "active"
    assert customer.claims.individual_information is not None
    assert customer.claims.individual_information.gender is Gender.MALE


def test_an_unknown_value_is_kept() -> None:
    status = from_dict(Customer, changed(FULL, "status", "frozen")).status

    assert type(status) is CustomerStatus
    assert (status, status.value, str(status), f"{status}") == ("frozen",) * 4
    assert not status.is_known


def test_any_number_of_unknown_values_is_kept() -> None:
    """The reader remembers some of them; those beyond must not get lost, nor the first."""
    texts = [f"state-{number}" for number in range(700)]

    for _ in range(2):
        read = [from_dict(Customer, changed(FULL, "status", text)).status for text in texts]
        assert read == texts
        assert not any(status.is_known for status in read)
    assert from_dict(Customer, FULL).status is CustomerStatus.ACTIVE
    assert len(CustomerStatus) == 1


def test_any_number_of_verifications_is_kept_apart() -> None:
    """The reader hands out the same instance for the same content; these differ."""
    documents = [{"type": f"tier-{number}", "status": "verified"} for number in range(700)]

    for _ in range(2):
        customer = from_dict(Customer, changed(FULL, "verifications", documents))
        assert to_dict(customer)["verifications"] == documents


@pytest.mark.parametrize(
    "document",
    [
        {"type": "tier-1"},
        {"type": "tier-1", "status": None},
        {"type": "tier-1", "status": "verified", "note": "x"},
        {"type": "tier-1", "note": "x"},
        {"status": "tier-1", "type": "verified"},
    ],
)
def test_a_remembered_verification_stands_for_no_other(document: dict[str, Any]) -> None:
    from_dict(Verification, {"type": "tier-1", "status": "verified"})

    read = from_dict(Verification, document)

    assert to_dict(read) == {name: value for name, value in document.items() if value is not None}


# Mappings.


class Frozen(UserDict[str, Any]):
    """A mapping that is no `dict`."""


@pytest.mark.parametrize(
    "kind",
    [
        dict,
        OrderedDict,
        MappingProxyType,
        Frozen,
        lambda mapping: ChainMap({}, mapping),
        lambda mapping: defaultdict(str, mapping),
    ],
    ids=["dict", "OrderedDict", "MappingProxyType", "UserDict", "ChainMap", "defaultdict"],
)
def test_any_mapping_is_an_object(kind: Any) -> None:
    def as_kind(value: Any) -> Any:
        if isinstance(value, dict):
            return kind({name: as_kind(item) for name, item in value.items()})
        return [as_kind(item) for item in value] if isinstance(value, list) else value

    read = from_dict(Customer, as_kind(FULL))

    assert read == from_dict(Customer, FULL)
    assert to_dict(read) == to_dict(from_dict(Customer, FULL))


def test_a_mapping_that_invents_values_is_not_asked_to() -> None:
    document = defaultdict(str, changed(FULL, "name", ABSENT))

    assert refused(document).path == "name"
    assert "name" not in document


def test_a_mapping_that_is_wrong_is_refused_like_a_dict() -> None:
    document = MappingProxyType(changed(FULL, "claims.individualAddress.city", 5))

    assert refused(document).path == "claims.individualAddress.city"


def test_tuples_are_lists_too() -> None:
    document = changed(FULL, "verifications", tuple(FULL["verifications"]))

    assert from_dict(Customer, document) == from_dict(Customer, FULL)


# Anything.


@given(document=odd_customers())
def test_any_document_gives_a_customer_or_a_decode_error(document: dict[str, Any]) -> None:
    try:
        customer = from_dict(Customer, document)
    except DecodeError:
        return
    assert type(customer) is Customer
    assert from_dict(Customer, to_dict(customer)) == customer
    assert hash(customer) == hash(from_dict(Customer, document))
    assert repr(customer).startswith("Customer(")


@given(document=json_values)
def test_any_json_gives_an_address_or_a_decode_error(document: Any) -> None:
    try:
        address = decode(document, Address)
    except DecodeError:
        return
    assert isinstance(document, dict)
    kept: Mapping[str, Any] = {**address.extra, **to_dict(address)}
    assert kept == {
        name: value
        for name, value in document.items()
        if value is not None or name in address.extra
    }


def test_a_reader_of_datetimes_names_the_zone() -> None:
    text = "2023-03-14T23:21:12.882+05:45"

    assert moment(text).tzinfo == timezone(timedelta(hours=5, minutes=45))
