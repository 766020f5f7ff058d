"""What type checkers make of the public names. Not run: mypy and pyright check it, both strict."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, assert_type

import aiohttp
import attrs

from allawee_async import (
    Address,
    AllaweeClient,
    AllaweeError,
    APIError,
    AsyncPager,
    Attempt,
    BusinessInformation,
    CardSecrets,
    Claims,
    Customer,
    CustomerStatus,
    CustomerType,
    DecodeError,
    F,
    Gender,
    Identity,
    IdentityType,
    IndividualInformation,
    NotFoundError,
    Page,
    PaginationError,
    RateLimitError,
    Reply,
    RequestAccepted,
    RequestTimeoutError,
    RetryEvent,
    RetryPolicy,
    TransportError,
    Verification,
    VerificationStatus,
    VerificationTier,
    __version__,
    from_dict,
    to_dict,
)
from allawee_async.query.filters import Expression, Field
from allawee_async.resources.customers import Customers
from allawee_async.types import JSONObject, JSONValue

version: str = __version__


def sync_key() -> str:
    return "sk.test.x"


async def async_key() -> str:
    return "sk.test.x"


def note(event: RetryEvent) -> None:
    assert_type(event.method, str)
    assert_type(event.path, str)
    assert_type(event.attempt, Attempt)
    assert_type(event.error, AllaweeError)


async def clients(session: aiohttp.ClientSession) -> None:
    AllaweeClient()
    AllaweeClient("sk.test.x")
    AllaweeClient(sync_key)
    AllaweeClient(async_key, base_url="https://a.example", secure_url="https://b.example")
    AllaweeClient(session=session, timeout=aiohttp.ClientTimeout(total=5), max_connections=5)
    AllaweeClient(
        timeout=2.5,
        retry=RetryPolicy(attempts=5, base_delay=0.1, max_delay=1, deadline=30),
        headers={"X-Trace": "1"},
        on_retry=note,
    )
    AllaweeClient(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AllaweeClient(retry=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    async with AllaweeClient() as allawee:
        assert_type(allawee, AllaweeClient)
        assert_type(allawee.customers, Customers)
        assert_type(allawee.with_options(timeout=1, headers={"a": "b"}), AllaweeClient)
        assert_type(allawee.with_options(retry=RetryPolicy(attempts=1)).customers, Customers)
        assert_type(await allawee.close(), None)


class OwnClient(AllaweeClient):
    """A view of a subclass is of the subclass."""


async def requests(allawee: AllaweeClient, own: OwnClient) -> None:
    assert_type(own.with_options(), OwnClient)
    reply = await allawee.request("GET", "/requests", query={"limit": 5, "after": None})
    assert_type(reply, Reply)
    assert_type(reply.status, int)
    assert_type(reply.headers, Mapping[str, str])
    assert_type(reply.code, str | None)
    assert_type(reply.data, JSONValue)
    assert_type(reply.metadata, JSONObject)
    assert_type(reply.request_id, str | None)
    assert_type(reply.attempts, tuple[Attempt, ...])
    await allawee.request("POST", "/cards/c.1/activate", json={"pin": "1234"}, secure=True)
    await allawee.request("POST", "/x", json=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def customers(allawee: AllaweeClient) -> None:
    assert_type(await allawee.customers.get("cus.1"), Customer)
    assert_type(await allawee.customers.find(reference="ref"), Customer | None)
    claims = Claims(individual_identity=Identity(type="bvn", id="1", issuing_country="NG"))
    assert_type(
        await allawee.customers.create(
            name="Ada Obi",
            reference="ref",
            type="individual",
            claims=claims,
            verifications=["tier-1"],
            metadata={"userId": 5},
        ),
        Customer,
    )
    assert_type(
        await allawee.customers.update(
            "cus.1",
            name="Ada Obi",
            reference="ref",
            type=CustomerType.BUSINESS,
            claims={"businessInformation": {"email": "ada@example.com"}},
            verifications=(VerificationTier.TIER_1,),
        ),
        Customer,
    )
    await allawee.customers.get(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await allawee.customers.find("ref")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def lists(allawee: AllaweeClient) -> None:
    pager = allawee.customers.list()
    _ = assert_type(pager, AsyncPager[Customer])
    async for customer in pager:
        assert_type(customer, Customer)
    async for customer in allawee.customers.list(limit=100, sort="-createdAt"):
        assert_type(customer, Customer)
    async for page in pager.pages():
        assert_type(page, Page[Customer])
    assert_type([customer.id async for customer in pager], list[str])
    assert_type(await pager, Page[Customer])
    assert_type(await pager.to_list(), list[Customer])
    assert_type(await pager.to_list(max_items=5), list[Customer])
    assert_type(await pager.first(), Customer | None)
    async with pager as items:
        async for customer in items:
            assert_type(customer, Customer)
    _ = assert_type(allawee.customers.list(select=None), AsyncPager[Customer])


async def pages(page: Page[Customer]) -> None:
    assert_type(page.items, tuple[Customer, ...])
    assert_type(page.has_more, bool)
    assert_type(page.total_count, int | None)
    assert_type(page.request_id, str | None)
    assert_type(page.cursor, str | None)
    assert_type(await page.next_page(), Page[Customer] | None)


async def selections(allawee: AllaweeClient) -> None:
    _ = assert_type(allawee.customers.list(select="id name"), AsyncPager[JSONObject])
    _ = assert_type(allawee.customers.list(select=["id", F.name]), AsyncPager[JSONObject])
    async for mapping in allawee.customers.list(select=["id"], limit=5):
        assert_type(mapping, JSONObject)
        assert_type(mapping["id"], JSONValue)
    assert_type(await allawee.customers.list(select="id"), Page[JSONObject])
    assert_type(await allawee.customers.list(select="id").first(), JSONObject | None)


def parameters(allawee: AllaweeClient) -> None:
    _ = allawee.customers.list(
        limit=5,
        after="cus.1",
        before=None,
        filter=(F.status == "active") & (F.created_at >= datetime(2024, 1, 1, tzinfo=UTC)),
        or_=[F.type == "individual", F.type == "business"],
        nor="status:blocked",
        and_=F.name.exists(),
        sort=[-F.created_at, "name"],
        expand="program:name",
        count_total=True,
        page=1,
        last_id="cus.1",
    )
    _ = allawee.customers.list(limit="5")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    _ = allawee.customers.list(limt=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    _ = allawee.customers.list("x")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def filters() -> None:
    assert_type(F.status, Field)
    assert_type(F["metadata.userId"], Field)
    assert_type(F.claims.individual_information.email, Field)
    assert_type(F.status == "active", Expression)
    assert_type(F["metadata.userId"] == 2345, Expression)
    assert_type(F.status != "active", Expression)
    assert_type(F.amount < 5, Expression)
    assert_type(F.amount <= 5, Expression)
    assert_type(F.amount > 5, Expression)
    assert_type(F.created_at >= datetime(2024, 1, 1, tzinfo=UTC), Expression)
    assert_type(F.name.like("ade"), Expression)
    assert_type(F.name.not_like("ade"), Expression)
    assert_type(F.type.in_("main", "sub"), Expression)
    assert_type(F.type.not_in(["main"]), Expression)
    assert_type(F.tags.all_of("a", "b"), Expression)
    assert_type(F.tags.size(2), Expression)
    assert_type(F.tags.not_size(2), Expression)
    assert_type(F.name.exists(), Expression)
    assert_type((F.a == 1) & (F.b == 2), Expression)


def models(customer: Customer) -> None:
    assert_type(customer.id, str)
    assert_type(customer.name, str)
    assert_type(customer.type, CustomerType)
    assert_type(customer.status, CustomerStatus)
    assert_type(customer.status == "active", bool)
    assert_type(customer.status.is_known, bool)
    assert_type(customer.status.value, str)
    assert_type(customer.claims, Claims)
    assert_type(customer.verifications, tuple[Verification, ...] | None)
    assert_type(customer.metadata, JSONObject | None)
    assert_type(customer.reference, str | None)
    assert_type(customer.created_at, datetime)
    assert_type(customer.updated_at, datetime)
    assert_type(customer.extra, Mapping[str, JSONValue])
    assert_type(customer.claims.individual_information, IndividualInformation | None)
    if customer.claims.individual_information is not None:
        assert_type(customer.claims.individual_information.first_name, str | None)
        assert_type(customer.claims.individual_information.date_of_birth, date | str | None)
    assert_type(customer.claims.individual_address, Address | None)
    assert_type(customer.claims.business_information, BusinessInformation | None)
    assert_type(customer.claims.business_identity, Identity | None)
    for verification in customer.verifications or ():
        assert_type(verification.type, VerificationTier)
        assert_type(verification.status, VerificationStatus | None)
    customer.name = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def open_values(customer: Customer) -> str:
    """Enumerations are open: what the documents do not name can be asked for, and remains."""
    if customer.status == "frozen":
        return "frozen"
    if customer.status == "active":
        return "active"
    return assert_type(customer.status.value, str)


def remaining_values(customer: Customer) -> str:
    """After all members that there are, another value is still possible."""
    match customer.type:
        case CustomerType.INDIVIDUAL:
            return "a person"
        case CustomerType.BUSINESS:
            return "a business"
        case other:
            return assert_type(other.value, str)


def constructors() -> None:
    Identity(type="bvn", id="22489035167", issuing_country="NG")
    Identity(type=IdentityType.CAC, url=None)
    IndividualInformation(gender="F", date_of_birth=date(1997, 2, 13))
    IndividualInformation(gender=Gender.FEMALE)
    Address(city="Yaba", extra={"zone": 5})
    Claims(business_directors=["Ada Obi"], business_address=Address(city="Yaba"))
    Address(town="Yaba")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Identity(id=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def conversions(document: dict[str, Any], mapping: Mapping[str, object]) -> None:
    assert_type(from_dict(Customer, document), Customer)
    assert_type(from_dict(Address, mapping), Address)
    assert_type(to_dict(from_dict(Customer, document)), JSONObject)
    assert_type(to_dict(from_dict(Customer, document), reveal=False), JSONObject)
    from_dict(str, document)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]


def values(customer: Customer, secrets: CardSecrets) -> None:
    assert_type(attrs.evolve(customer, name="Ada Obi"), Customer)
    assert_type(attrs.evolve(secrets, cvv=None), CardSecrets)
    assert_type(attrs.evolve(customer, status=CustomerStatus.ACTIVE), Customer)
    assert_type(CustomerStatus.ACTIVE, CustomerStatus)
    assert_type(CustomerStatus("frozen").value, str)
    for status in CustomerStatus:
        assert_type(status, CustomerStatus)
        assert_type(status.is_known, bool)
    assert_type(list(CustomerStatus), list[CustomerStatus])
    assert_type(len(CustomerStatus), int)
    assert_type({customer: 1}, dict[Customer, int])


async def errors(allawee: AllaweeClient) -> None:
    try:
        await allawee.customers.get("cus.1")
    except (NotFoundError, RateLimitError) as error:
        assert_type(error.status, int)
        assert_type(error.code, str | None)
        assert_type(error.message, str)
        assert_type(error.details, tuple[str, ...])
        assert_type(error.request_id, str | None)
        assert_type(error.method, str)
        assert_type(error.path, str)
        assert_type(error.body, JSONValue)
        assert_type(error.retry_after, float | None)
    except APIError as error:
        assert_type(error.attempts, tuple[Attempt, ...])
        assert_type(error.outcome_unknown, bool)
    except RequestAccepted as accepted:
        assert_type(accepted.request_id, str | None)
        assert_type(accepted.code, str | None)
        assert_type(await accepted.wait(), object)
        assert_type(await accepted.wait(timeout=5), object)
    except DecodeError as error:
        assert_type(error.path, str)
        assert_type(error.body, JSONValue)
        assert_type(error.status, int | None)
    except PaginationError as error:
        assert_type(error.cursor, str | None)
    except RequestTimeoutError as error:
        builtin: TimeoutError = error
        assert_type(builtin.errno, int | None)
    except TransportError as error:
        assert_type(error.sent, bool)
    except AllaweeError as error:
        assert_type(error.outcome_unknown, bool)
        for attempt in error.attempts:
            assert_type(attempt.number, int)
            assert_type(attempt.status, int | None)
            assert_type(attempt.error, str | None)
            assert_type(attempt.request_id, str | None)
            assert_type(attempt.elapsed, float)
            assert_type(attempt.pause, float | None)
