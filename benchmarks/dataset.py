"""Customers of 35 leaf values each, as the bytes that a list page or a single read carries.

An identifier tells its own place (`cus.2tXNjM` + page + row), so that the server finds the
page after any identifier without a search. The pages repeat after `TEMPLATE_PAGES`, with
other identifiers; the first 20,000 customers are all different.
"""

from functools import cache, lru_cache
from random import Random
from typing import Any

import orjson

PAGE_SIZE = 100
TEMPLATE_PAGES = 200
LEAVES_PER_CUSTOMER = 35

_ID_PREFIX = "cus.2tXNjM"
_PAGE_DIGITS = 7
_ROW_DIGITS = 4
_PAGE_MARK = b"@" * _PAGE_DIGITS

_FIRST_NAMES = ("Ciroma", "Iyanu", "Ngozi", "Tunde", "Zainab", "Chidi", "Amara", "Bola", "Kelechi")
_LAST_NAMES = ("Adekunle", "Oluwole", "Okafor", "Balogun", "Ibrahim", "Eze", "Danjuma", "Ọláníyì")
_MIDDLE_NAMES = ("Chukwuma", "Deborah", "Ayọ̀", "Musa", "Grace", "Emeka", "Halima", "")
_PLACES = (("Yaba", "NG-LA", "101245"), ("Wuse", "NG-FC", "904101"), ("Enugu", "NG-EN", "400001"))
_STREETS = ("herbert macaulay road", "commercial road", "ahmadu bello way", "ogui road")
_SECOND_LINES = (None, "", "Flat 4", "Behind the market")
_SEGMENTS = ("retail", "payroll", "merchant", "student")
_CHANNELS = ("mobile", "web", "agent", "ussd")
_STATUSES = ("active", "active", "active", "inactive")


def customer_id(position: int) -> str:
    """The identifier of the customer at `position`, counted from 0."""
    page, row = divmod(position, PAGE_SIZE)
    return f"{_ID_PREFIX}{page:0{_PAGE_DIGITS}}{row:0{_ROW_DIGITS}}"


def position_of(identifier: str) -> int:
    """The place of a customer; `ValueError` for an identifier that is not from here."""
    if not identifier.startswith(_ID_PREFIX):
        raise ValueError(identifier)
    digits = identifier[len(_ID_PREFIX) :]
    return int(digits[:_PAGE_DIGITS]) * PAGE_SIZE + int(digits[_PAGE_DIGITS:])


def page_body(page: int, *, has_more: bool, unknown: bool = False) -> bytes:
    """The body of the list page with this number, in Allawee's envelope.

    With `unknown`, each customer has a field that no model knows.
    """
    rows = b",".join(_template(page % TEMPLATE_PAGES))
    if unknown:
        rows = rows.replace(b',"object":"customer"}', b',"object":"customer","riskScore":12}')
    flag = b"true" if has_more else b"false"
    body = b'{"code":"success","data":[%b],"metadata":{"hasMore":%b}}' % (rows, flag)
    return body.replace(_PAGE_MARK, b"%0*d" % (_PAGE_DIGITS, page))


def customer_body(position: int) -> bytes:
    """The body of the single read of one customer."""
    page, row = divmod(position, PAGE_SIZE)
    customer = _template(page % TEMPLATE_PAGES)[row]
    return b'{"code":"success","data":%b}' % customer.replace(
        _PAGE_MARK, b"%0*d" % (_PAGE_DIGITS, page)
    )


EMPTY_PAGE = b'{"code":"success","data":[],"metadata":{"hasMore":false}}'

cached_page_body = lru_cache(maxsize=TEMPLATE_PAGES)(page_body)
cached_customer_body = lru_cache(maxsize=TEMPLATE_PAGES * PAGE_SIZE)(customer_body)


def leaves(value: Any) -> int:
    """How many values that are neither objects nor lists a document holds."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    if isinstance(value, list):
        return sum(map(leaves, value))
    return 1


@cache
def _template(number: int) -> tuple[bytes, ...]:
    """The rows of one page, with a mark where an identifier holds its page number."""
    random = Random(number)
    return tuple(orjson.dumps(_customer(row, random)) for row in range(PAGE_SIZE))


def _customer(row: int, random: Random) -> dict[str, Any]:
    first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
    middle = random.choice(_MIDDLE_NAMES)
    created, updated = sorted(_timestamp(random) for _ in range(2))
    return {
        "name": " ".join(filter(None, (first, middle[:1], last))),
        "type": "individual",
        "status": random.choice(_STATUSES),
        "claims": {
            "individualInformation": _information(first, middle, last, random),
            "individualAddress": _address(random),
            "individualIdentity": {
                "type": random.choice(("bvn", "nin")),
                "id": str(random.randrange(22_000_000_000, 22_999_999_999)),
                "issuingCountry": "NG",
            },
        },
        "verifications": [
            {"type": "tier-1", "status": "verified"},
            {"type": "tier-2", "status": random.choice(("verified", "pending"))},
        ],
        "metadata": _metadata(random),
        "createdAt": created,
        "updatedAt": updated,
        "id": f"{_ID_PREFIX}{_PAGE_MARK.decode()}{row:0{_ROW_DIGITS}}",
        "object": "customer",
    }


def _information(first: str, middle: str, last: str, random: Random) -> dict[str, Any]:
    title, gender = random.choice((("Mr", "M"), ("Mrs", "F"), ("Miss", "F"), ("Dr", "M")))
    return {
        "firstName": first,
        "lastName": last,
        "middleName": middle,
        "email": f"{first.lower()}+{random.randrange(100_000)}@example.com",
        "phoneNumber": f"+234{random.randrange(7_000_000_000, 9_199_999_999)}",
        "title": title,
        "gender": gender,
        "dateOfBirth": _birth_date(random),
        "nationalityCode": "NG",
    }


def _birth_date(random: Random) -> str:
    """Half of them without zero padding, as Allawee's own samples have it."""
    year, day = random.randint(1950, 2005), random.randint(1, 28)
    if random.random() < 0.5:
        return f"{year}-{random.randint(1, 9)}-{day}"
    return f"{year}-{random.randint(1, 12):02}-{day:02}"


def _address(random: Random) -> dict[str, Any]:
    city, state, postal_code = random.choice(_PLACES)
    return {
        "city": city,
        "state": state,
        "countryCode": "NG",
        "addressLineOne": f"{random.randint(1, 180)} {random.choice(_STREETS)}",
        "addressLineTwo": random.choice(_SECOND_LINES),
        "postalCode": postal_code,
    }


def _metadata(random: Random) -> dict[str, Any]:
    user = random.randrange(100_000)
    return {
        "userId": user if random.random() < 0.5 else str(user),
        "branch": f"branch-{random.randrange(40):02}",
        "segment": random.choice(_SEGMENTS),
        "channel": random.choice(_CHANNELS),
        "score": random.randrange(300, 850),
        "newsletter": random.random() < 0.3,
    }


def _timestamp(random: Random) -> str:
    day = f"{random.randint(2023, 2025)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    clock = f"{random.randrange(24):02}:{random.randrange(60):02}:{random.randrange(60):02}"
    return f"{day}T{clock}.{random.randrange(1000):03}Z"


def prepare() -> None:
    """Make every template and single body now, so that no request pays for it."""
    count = leaves(orjson.loads(_template(0)[0]))
    if count != LEAVES_PER_CUSTOMER:
        raise AssertionError(f"a customer has {count} leaf values, not {LEAVES_PER_CUSTOMER}")
    for position in range(TEMPLATE_PAGES * PAGE_SIZE):
        cached_customer_body(position)
