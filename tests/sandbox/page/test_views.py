"""The views of the sandbox's page: pure functions from what is known to HTML."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async.sandbox import Faults, LoggedRequest, Sandbox
from allawee_async.sandbox.http.request_log import RequestLog
from allawee_async.sandbox.page.actions import ActionOutcome
from allawee_async.sandbox.page.context import ViewContext, address
from allawee_async.sandbox.page.views import VIEWS, whole_page

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
VOID = {"input", "link", "meta"}


class Reader(HTMLParser):
    """Reads a document: whether elements are closed, what names and texts there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def context(state: State, name: str = "", **given: Any) -> ViewContext:
    made = ViewContext(
        state=state,
        log=RequestLog(1_000),
        faults=Faults(),
        crashes=0,
        exports=["export ALLAWEE_BASE_URL=http://127.0.0.1:1"],
        token="the-token",
        name=name,
    )
    return attrs.evolve(made, **given)


def read(seen: ViewContext, outcome: ActionOutcome | None = None) -> Reader:
    return Reader(whole_page(seen, outcome))


@pytest.fixture
def state() -> State:
    return Sandbox(customers=50, seed=1).state


def logged(number: int = 0, **given: Any) -> LoggedRequest:
    entry = LoggedRequest("api", "GET", "/customers", (), f"req_{number}")
    for name, value in given.items():
        setattr(entry, name, value)
    return entry


def fill_with_hostile(state: State, log: RequestLog) -> None:
    sandbox = Sandbox()
    sandbox._state = state
    sandbox.add_customer({"id": HOSTILE, "name": HOSTILE, "type": HOSTILE, "status": HOSTILE})
    sandbox.add_webhook("http://127.0.0.1:1/" + HOSTILE, [HOSTILE])
    for collection in (state.accounts, state.cards, state.card_authorizations):
        for document in list(collection):
            collection.replace(document | {"status": HOSTILE, "name": HOSTILE, "reason": HOSTILE})
    event = state.emit(HOSTILE, {"note": HOSTILE})
    stored = state.events.get(event)
    assert stored is not None
    attempt: JsonObject = {
        "statusCode": 500, "latency": 1, "responseBody": HOSTILE, "error": HOSTILE,
        "createdAt": HOSTILE,
    }  # fmt: skip
    state.events.replace(stored | {"attempts": [attempt], "status": HOSTILE})
    entry = LoggedRequest(
        HOSTILE, HOSTILE, f"/{HOSTILE}", ((HOSTILE, HOSTILE),), "req_1", faults=(HOSTILE,)
    )
    entry.close(200, HOSTILE.encode())
    log.append(entry)


@pytest.mark.parametrize("name", VIEWS)
def test_nothing_hostile_becomes_an_element(name: str, state: State) -> None:
    log = RequestLog(10)
    fill_with_hostile(state, log)
    query = {"search": HOSTILE, "card": HOSTILE, "account": HOSTILE, "page": HOSTILE}
    seen = read(context(state, name, log=log, query=query), ActionOutcome(HOSTILE))

    assert HOSTILE in seen.text
    assert seen.all("script") == [{"src": "/_sandbox/page.js", "defer": None}]
    assert not seen.all("img")
    assert not [key for _, found in seen.tags for key in found if key.startswith("on")]


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_a_sound_and_accessible_document(name: str, state: State) -> None:
    seen = read(context(state, name))
    controls = [
        found["id"]
        for tag in ("input", "select")
        for found in seen.all(tag)
        if found.get("type") != "hidden"
    ]

    assert len(seen.all("h1")) == 1
    assert seen.all("html") == [{"lang": "en"}]
    assert {label["for"] for label in seen.all("label")} == set(controls)
    ids = [found["id"] for _, found in seen.tags if "id" in found]
    assert len(ids) == len(set(ids))
    assert [found["aria-current"] for found in seen.all("a") if "aria-current" in found] == ["page"]
    foreign = [found.get("href") or found.get("src") or "" for _, found in seen.tags]
    assert all(link.startswith(("/_sandbox", "#")) for link in foreign if link)
    assert not [found for _, found in seen.tags if "style" in found]


@pytest.mark.parametrize("name", VIEWS)
def test_every_action_brings_the_token_along(name: str, state: State) -> None:
    seen = read(context(state, name))
    forms = [form for form in seen.all("form") if form["method"] == "post"]
    tokens = [found for found in seen.all("input") if found.get("name") == "token"]

    assert [found["value"] for found in tokens] == ["the-token"] * len(forms)


def test_no_secret_is_on_any_view(state: State) -> None:
    secrets = [
        str(row[name]) for row in state.card_secrets for name in ("pan",)
    ] + ["22489035167"]  # fmt: skip
    sandbox = Sandbox()
    sandbox._state = state
    sandbox.add_webhook("http://127.0.0.1:1/", signing_key="the-signing-key")
    for name in VIEWS:
        html = whole_page(context(state, name))
        assert not [secret for secret in [*secrets, "the-signing-key"] if secret in html]


def test_accounts_have_their_balances(state: State) -> None:
    account = "ac.2tVZczWw7m6Teoeb7"
    state.ledger.reserve(account, 12_345)
    seen = read(context(state, "accounts"))

    assert "NGN 10,000,000.00" in seen.text
    assert "NGN 123.45" in seen.text
    assert "NGN 9,999,876.55" in seen.text


def test_main_accounts_come_before_those_of_cards(state: State) -> None:
    for number in range(30):
        state.accounts.add({
            "id": f"ac.{number}", "type": "sub", "name": f"Card {number}", "status": "active",
            "currency": "NGN", "createdAt": f"2026-01-{number + 1:02}T00:00:00.000Z",
            "depositChannels": [],
        })  # fmt: skip
        state.ledger.open(f"ac.{number}", "NGN")
    first, second = (
        read(context(state, "accounts", query={"page": page})).text for page in ("1", "2")
    )

    assert "Baggy App" in first
    assert "Card 29" in first
    assert "Card 0" in second
    assert f"{len(state.accounts)} accounts, page 1 of 2" in first


def test_cards_are_masked_and_tell_what_they_may_do(state: State) -> None:
    seen = read(context(state, "cards"))

    assert "verve •••• 4880, Ciroma C Adekunle" in seen.text
    assert "only flight-ticket" in seen.text
    assert "NGN 10.00 monthly" in seen.text
    assert "5061462473446064880" not in seen.text


def test_customers_come_in_pages(state: State) -> None:
    pages = [read(context(state, "customers", query={"page": str(page)})) for page in (1, 3, 9)]

    assert [len(page.all("tr")) - 1 for page in pages] == [20, 10, 10]
    assert "50 customers, page 1 of 3" in pages[0].text
    assert "page 3 of 3" in pages[2].text
    links = [found["href"] for found in pages[0].all("a")]
    assert address("customers", page="2") in links
    assert address("customers", page="0") not in links


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "1" * 30, ""])
def test_an_odd_page_number_is_the_first_page(page: str, state: State) -> None:
    seen = read(context(state, "customers", query={"page": page}))

    assert "page 1 of 3" in seen.text


@pytest.mark.parametrize(
    ("search", "count"),
    [("cus.2tXNjMhytgx7hCxu9", 1), ("documented-1", 1), (" ciroma", 1), ("no such name", 0),
     ("(((", 0), (".*", 0), ("x" * 10_000, 0), ("", 20)],
)  # fmt: skip
def test_customers_are_found_by_name_id_and_reference(
    search: str, count: int, state: State
) -> None:
    seen = read(context(state, "customers", query={"search": search}))
    rows = [row for row in seen.all("tr")[1:] if row.get("class") != "none"]

    assert len(rows) == count


def test_requests_are_shown_with_their_answers(state: State) -> None:
    log = RequestLog(1_000)
    for number in range(60):
        log.append(logged(number))
    answered = logged(60, faults=("status 503",), query=(("limit", "5"),))
    answered.close(503, b'{"code":"service-unavailable","pan":"5061462473446064880"}')
    log.append(answered)
    seen = read(context(state, "requests", log=log))

    assert len(seen.all("summary")) == 50
    assert '"code": "service-unavailable"' in seen.text
    assert "5061462473446064880" not in seen.text
    assert "fault: status 503" in seen.text
    assert "limit = 5" in seen.text
    assert "no answer" in seen.text


def test_requests_are_shown_with_their_bodies_and_without_secrets(state: State) -> None:
    log = RequestLog(10)
    entry = logged()
    entry.take(b'{"name":"Ada Eze","pin":"4821","number":"5061462473446064880"}')
    log.append(entry)
    seen = read(context(state, "requests", log=log)).text

    assert "Ada Eze" in seen
    assert "4821" not in seen
    assert "5061462473446064880" not in seen
    entry.forget_bodies()
    assert (entry.body, entry.body_size) == (None, 62)


@pytest.mark.parametrize("name", ["accounts", "cards", "payments", "customers"])
def test_what_a_view_lists_is_found_by_its_id(name: str, state: State) -> None:
    pay: JsonObject = {
        "amount": 5,
        "currency": "NGN",
        "type": "pay-in",
        "status": "failed",
        "method": "m",
    }
    state.payments.add(pay | {"id": "p.1", "reference": "salary-7", "failureReason": "closed"})
    state.payments.add(pay | {"id": "p.2", "reference": "rent"})
    *_, wanted = getattr(state, name)
    seen = read(context(state, name, query={"search": str(wanted["id"])})).text
    nothing = read(context(state, name, query={"search": "nobody has this"})).text

    assert f"1 {name[:-1]}" in seen
    assert str(wanted["id"]) in seen
    assert f"0 {name}" in nothing
    assert "None found" in nothing


def test_payments_are_found_by_their_reference_and_tell_why_they_failed(state: State) -> None:
    pay: JsonObject = {"amount": 123_450, "currency": "NGN", "type": "pay-out", "status": "failed"}
    state.payments.add(pay | {"id": "p.1", "reference": "salary-7", "failureReason": "closed"})
    state.payments.add(pay | {"id": "p.2", "reference": "rent"})
    seen = read(context(state, "payments", query={"search": "salary"})).text

    assert "1 payment" in seen
    assert "NGN 1,234.50" in seen
    assert "closed" in seen
    assert "p.2" not in seen


def test_requests_of_the_other_host_and_of_the_page_are_marked(state: State) -> None:
    log = RequestLog(10)
    log.append(LoggedRequest("secure", "GET", "/cards/c.1/secrets", (), "req_1", is_of_page=True))
    seen = read(context(state, "requests", log=log)).text

    assert "secure" in seen
    assert "page" in seen.partition("/cards/c.1/secrets")[2]


def test_events_are_shown_with_every_attempt(state: State) -> None:
    sandbox = Sandbox()
    sandbox._state = state
    sandbox.add_webhook("http://127.0.0.1:9/hooks", ["payment.completed"])
    stored = state.events.get(state.emit("payment.completed", {"id": "pay.1"}))
    assert stored is not None
    first: JsonObject = {
        "statusCode": None, "latency": 10_000, "responseBody": None,
        "error": "no answer within 10 s", "createdAt": state.now(),
    }  # fmt: skip
    second: JsonObject = first | {
        "statusCode": 200,
        "latency": 3,
        "responseBody": {"ok": 1},
        "error": None,
    }
    state.events.replace(stored | {"attempts": [first, second], "status": "delivered"})
    text = read(context(state, "webhooks")).text

    assert "http://127.0.0.1:9/hooks" in text
    assert "answered 200, 2 attempts" in text
    assert "no answer within 10 s" in text
    assert '"ok": 1' in text
    assert '"event": "payment.completed"' in text


def test_faults_to_come_are_told(state: State) -> None:
    faults = Faults()
    faults.status(503, times=2, method="GET", path="/customers/*")
    faults.latency(0.5)
    faults.hang(after_effect=True)
    faults.random(0.1)
    text = read(context(state, "requests", faults=faults)).text

    assert "status 503: the next 2 requests, GET /customers/*" in text
    assert "delay of 0.5 s: all requests" in text
    assert "hang after effect: the next request" in text
    assert "a fault by chance: all requests" in text
    assert "No fault is ordered" not in text


def test_a_chosen_card_can_be_used_even_if_it_is_not_among_the_newest(state: State) -> None:
    oldest = "c.2tVaLqrmte2zCuPbM"
    card = state.cards.get(oldest)
    assert card is not None
    for number in range(80):
        state.cards.add(card | {"id": f"c.{number}", "createdAt": state.now()})
    choices = [
        {option["value"] for option in read(context(state, "cards", query=query)).all("option")}
        for query in ({}, {"card": oldest})
    ]

    assert oldest not in choices[0]
    assert oldest in choices[1]
    assert len(choices[0]) < 100


def test_a_sandbox_without_anything_has_every_view() -> None:
    state = Sandbox(customers=0).state
    for account in list(state.accounts):
        state.accounts.remove(str(account["id"]))
    for name in VIEWS:
        assert "Allawee sandbox" in read(context(state, name)).text


def test_many_customers_do_not_slow_it_down() -> None:
    state = Sandbox(customers=30_000).state
    searched = context(state, "customers", query={"search": "ade", "page": "200"})
    for seen in (searched, context(state)):
        whole_page(seen)  # the first search reads all customers once
        started = time.perf_counter()
        html = whole_page(seen)
        assert time.perf_counter() - started < 0.1
        assert len(html) < 100_000
