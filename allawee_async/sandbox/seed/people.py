"""Any number of plausible customers, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import TypeVar

from allawee_async.sandbox.core.values import Document, IdSource, from_bytes, to_bytes, to_timestamp

_FILES = files("allawee_async.sandbox.seed")
WORDS: dict[str, list[str]] = from_bytes((_FILES / "words.json").read_bytes())
"""What generated customers are made of, and the names on bank accounts."""

_TITLES = {"F": ("Miss", "Mrs", "Ms", "Dr"), "M": ("Mr", "Mr", "Mr", "Dr")}
_SECOND_LINES = (None, None, "", "", "Flat 2", "Off the roundabout", "Second floor", "Block C")
_FORMS = ("Ltd", "Ltd", "Enterprises", "and Sons", "Ventures")
_IDENTITIES = ("bvn", "bvn", "bvn", "bvn", "nin")
_PHONE_PREFIXES = (
    "703", "706", "803", "805", "806", "810", "813", "814", "816", "903", "906", "915",
)  # fmt: skip
_STATUSES = ("active",) * 17 + ("inactive", "inactive", "blocked")
_VERIFICATION_STATUSES = ("verified",) * 8 + ("pending", "failed")
_FIRST_DAY = datetime(2022, 1, 3, 8, 0, tzinfo=UTC)
_DAYS = 1500
_BUSINESSES = 0.08
# A step without a common factor with the range visits every number of the range once.
_STEP, _RANGE = 618_033_989, 1_000_000_000

_T = TypeVar("_T")


def documented(noun: str) -> list[Document]:
    """Return fresh copies of what Allawee's documents show of one noun, the oldest one first."""
    found: list[Document] = from_bytes(_texts()[noun])
    return found


@cache
def _texts() -> dict[str, bytes]:
    every = from_bytes((_FILES / "documented.json").read_bytes())
    return {noun: to_bytes(documents) for noun, documents in every.items()}


def make_customers(count: int | None, seed: int) -> Iterator[Document]:
    """Yield so many customers as they are stored, references included.

    The two of the documents come first (None: no others), then generated ones, older ones first.
    """
    shown = documented("customers")
    if count is None or count <= len(shown):
        # Of fewer than both, the one that the documents show first.
        yield from shown if count is None else shown[::-1][:count]
        return
    yield from shown
    generator = _Generator(seed, count - len(shown))
    yield from map(generator.customer, range(count - len(shown)))


class _Generator:
    def __init__(self, seed: int, count: int) -> None:
        # Made-up people need to be repeatable, not unpredictable.
        self._random = Random(f"people {seed}")  # noqa: S311
        self._ids = IdSource(f"customers {seed}")
        self._count = count
        self._start = self._random.randrange(_RANGE)

    def _pick(self, choices: Sequence[_T]) -> _T:
        return choices[int(self._random.random() * len(choices))]

    def _word(self, kind: str) -> str:
        return self._pick(WORDS[kind])

    def customer(self, index: int) -> Document:
        is_business = self._random.random() < _BUSINESSES
        name, claims = self._business(index) if is_business else self._individual(index)
        created, updated = self._times(index)
        return {
            "name": name,
            "type": "business" if is_business else "individual",
            "status": self._pick(_STATUSES),
            "claims": claims,
            "verifications": self._verifications(),
            "metadata": self._metadata(index),
            "createdAt": created,
            "updatedAt": updated,
            "id": self._ids.new("cus.2", 16),
            "object": "customer",
            "reference": f"ref-{index + 1:06d}",
        }

    def _times(self, index: int) -> tuple[str, str]:
        chance = self._random.random()
        created = _FIRST_DAY + timedelta(days=_DAYS) * ((index + chance) / self._count)
        stamp = to_timestamp(created)
        if self._random.random() < 0.6:
            return stamp, stamp
        return stamp, to_timestamp(created + timedelta(days=30 * chance, seconds=1))

    def _individual(self, index: int) -> tuple[str, Document]:
        gender = self._pick("FM")
        first, middle = (self._word(f"firstNames{gender}") for _ in range(2))
        last = self._word("lastNames")
        information = {
            "firstName": first,
            "lastName": last,
            "middleName": middle,
            "email": f"{first}.{last}{index + 1}@example.com".lower(),
            "phoneNumber": self._phone(index),
            "title": self._pick(_TITLES[gender]),
            "gender": gender,
            "dateOfBirth": self._birthday(),
            "nationalityCode": "NG",
        }
        identity, number = self._pick(_IDENTITIES), f"22{self._number(index):09d}"
        return f"{first} {middle[0]} {last}", {
            "individualInformation": information,
            "individualAddress": self._address(),
            "individualIdentity": {"type": identity, "id": number, "issuingCountry": "NG"},
        }

    def _business(self, index: int) -> tuple[str, Document]:
        owner, trade = self._word("lastNames"), self._word("trades")
        name = f"{owner} {trade} {self._pick(_FORMS)}"
        return name, {
            "businessInformation": {
                "registrationName": name,
                "phoneNumber": self._phone(index),
                "email": f"accounts@{owner}-{trade.split()[0]}{index + 1}.example.com".lower(),
            },
            "businessIdentity": {
                "type": "cac",
                "id": f"RC{self._number(index) % 10_000_000:07d}",
                "url": f"https://example.com/documents/{index + 1}.png",
                "issuingCountry": "NG",
            },
            "businessDirectors": [
                f"{self._word('firstNames' + self._pick('FM'))} {self._word('lastNames')}"
                for _ in range(self._pick((1, 2, 2, 3)))
            ],
            "businessAddress": self._address(),
        }

    def _address(self) -> Document:
        state, city, postal_code = self._word("places").split(", ")
        return {
            "city": city,
            "state": state,
            "countryCode": "NG",
            "addressLineOne": f"{int(self._random.random() * 180) + 1} {self._word('streets')}",
            "addressLineTwo": self._pick(_SECOND_LINES),
            "postalCode": postal_code,
        }

    def _verifications(self) -> list[Document]:
        tier = self._pick((1, 1, 2, 2, 2, 3))
        return [{"type": f"tier-{tier}", "status": self._pick(_VERIFICATION_STATUSES)}]

    def _metadata(self, index: int) -> Document:
        user = 10_000 + index
        kind = self._random.random()
        if kind < 0.7:
            return {"userId": user}
        # The documents show numbers and texts alike.
        return {"userId": str(user)} if kind < 0.85 else {"userId": user, "plan": "gold"}

    def _birthday(self) -> str:
        year = 1950 + int(self._random.random() * 55)
        month, day = (1 + int(self._random.random() * most) for most in (12, 28))
        if self._random.random() < 0.2:
            return f"{year}-{month}-{day}"
        return f"{year}-{month:02d}-{day:02d}"

    def _phone(self, index: int) -> str:
        number = self._number(index + self._count) % 10_000_000
        return f"+234{self._pick(_PHONE_PREFIXES)}{number:07d}"

    def _number(self, index: int) -> int:
        """Return a number below a thousand million that no other index has."""
        return (self._start + index * _STEP) % _RANGE
