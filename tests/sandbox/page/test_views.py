"""The views of the sandbox's page: pure functions from what is known to HTML."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async.sandbox import Faults, LoggedRequest, Sandbox
from allawee_async.sandbox.core.ledger import Entry, world
from allawee_async.sandbox.http.request_log import RequestLog
from allawee_async.sandbox.page.actions import ActionOutcome
from allawee_async.sandbox.page.views import VIEWS, ViewContext, address, whole_page
from allawee_async.sandbox.query.grammar import Condition
from allawee_async.sandbox.query.parameters import Selection

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


def test_secrets_in_queries_errors_and_network_data_are_masked(state: State) -> None:
    secret = "22489035167"
    log = RequestLog(50)
    for blanks in (*range(15, 30), *range(105, 120)):  # also where it is cut off
        log.append(logged(blanks, query=(("filter", f"{'x' * blanks}:{secret}"),)))
    stored = state.events.get(state.emit("x", {}))
    (authorization,) = state.card_authorizations
    assert stored is not None
    attempt: JsonObject = {
        "statusCode": None, "latency": 1, "responseBody": None, "error": f"cannot reach {secret}",
        "createdAt": state.now(),
    }  # fmt: skip
    cut = attempt | {"error": f"{'x' * 110} {secret}"}
    state.events.replace(stored | {"attempts": [attempt, cut]})
    state.card_authorizations.replace(authorization | {"networkData": {"note": secret}})
    for name, told in [
        ("requests", "x:***"),
        ("webhooks", "cannot reach ***"),
        ("cards", '"note": "***"'),
    ]:
        html = whole_page(context(state, name, log=log))
        assert told in read(context(state, name, log=log)).text
        assert secret[:6] not in html


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


@pytest.mark.parametrize(("hears", "decision"), [(False, "approve"), (True, "webhook")])
def test_the_webhook_decides_by_itself_if_there_is_one(
    hears: bool, decision: str, state: State
) -> None:
    sandbox = Sandbox()
    sandbox._state = state
    if hears:
        sandbox.add_webhook("http://127.0.0.1:9/hooks")
    chosen, *_ = (one for one in read(context(state)).all("option") if "selected" in one)

    assert chosen["value"] == decision


def test_a_sandbox_without_anything_has_every_view() -> None:
    state = Sandbox(customers=0).state
    for account in list(state.accounts):
        state.accounts.remove(str(account["id"]))
    for name in VIEWS:
        assert "Allawee sandbox" in read(context(state, name)).text


def test_many_customers_do_not_slow_it_down(monkeypatch: pytest.MonkeyPatch) -> None:
    state = Sandbox(customers=2_000).state
    read_ones: list[bytes] = []

    def to_object(text: bytes) -> JsonObject:
        read_ones.append(text)
        return json.loads(text)  # type: ignore[no-any-return]

    searched = context(state, "customers", query={"search": "ade", "page": "200"})
    for seen in (searched, context(state)):
        whole_page(seen)  # the first search reads all customers once
        with monkeypatch.context() as patched:
            patched.setattr("allawee_async.sandbox.core.collection.to_object", to_object)
            html = whole_page(seen)
        assert 0 < len(read_ones) < 200
        assert len(html) < 100_000


DETAILS = [
    ("customers", "cus.2tXNjMhytgx7hCxu9"),
    ("accounts", "ac.2tVZczWw7m6Teoeb7"),
    ("cards", "c.2tVghquVL5LxCkjB3"),
    ("payments", "p.1"),
]


@pytest.fixture
def paid(state: State) -> State:
    """A state with a payment of a customer, that has moved money."""
    account = "ac.2tVZczWw7m6Teoeb7"
    payment: JsonObject = {
        "id": "p.1", "type": "pay-in", "status": "completed", "amount": 2_550, "currency": "NGN",
        "account": account, "customer": "cus.2tXNjMhytgx7hCxu9", "reference": "salary-7",
        "createdAt": state.now(),
        "methodData": {"bankTransfer": {"accountName": "Ada Receiver", "accountNumber": "0123"}},
    }  # fmt: skip
    state.payments.add(payment)
    for kind, amount in (("pay-in", 2_550), ("pay-out", -1_000)):
        entries = [Entry(account, amount), Entry(world("NGN"), -amount)]
        state.ledger.post(entries, type=kind, reference="p.1", at=state.now())
    return state


@pytest.mark.parametrize(("name", "id"), DETAILS)
def test_what_is_listed_opens_to_its_details(name: str, id: str, paid: State) -> None:
    listed = read(context(paid, name, query={"search": id}))
    shown = read(context(paid, name, query={"id": id}))

    assert address(name, id=id) in [link["href"] for link in listed.all("a")]
    assert id in shown.text
    assert address(name) in [link["href"] for link in shown.all("a")]
    ids = [found["id"] for _, found in shown.tags if "id" in found]
    assert len(ids) == len(set(ids))
    assert {label["for"] for label in shown.all("label")} <= set(ids)


@pytest.mark.parametrize("name", [name for name, _ in DETAILS])
def test_what_is_not_there_is_told_with_the_way_back(name: str, state: State) -> None:
    seen = read(context(state, name, query={"id": HOSTILE}))

    assert f"No {name[:-1]} has the id" in seen.text
    assert address(name) in [link["href"] for link in seen.all("a")]
    assert seen.all("script") == [{"src": "/_sandbox/page.js", "defer": None}]


def test_a_customer_is_shown_with_what_is_theirs(paid: State) -> None:
    owner = "cus.2tXNjMhytgx7hCxu9"
    customer = paid.customers.get(owner)
    assert customer is not None
    paid.customers.replace(
        customer | {"claims": {"individualIdentity": {"type": "bvn", "id": "22489035167"}}}
    )
    seen = read(context(paid, "customers", query={"id": owner}))
    links = [link["href"] for link in seen.all("a")]
    cards = paid.cards.listing(Selection(every=(Condition("customer", "eq", (owner,)),)))

    assert '"type": "bvn"' in seen.text
    assert "22489035167" not in seen.text
    assert len(cards) > 0
    for position in cards:
        assert address("cards", id=str(paid.cards.at(position)["id"])) in links
    assert address("payments", id="p.1") in links


@pytest.mark.parametrize("query", [{}, {"id": "p.1"}])
def test_a_payment_tells_who_gets_it(query: dict[str, str], paid: State) -> None:
    seen = " ".join(read(context(paid, "payments", query=query)).text.split())

    assert "Ada Receiver 0123" in seen


def test_an_account_has_a_log_with_signs_balances_and_pages(paid: State) -> None:
    account = "ac.2tVZczWw7m6Teoeb7"
    for number in range(25):
        lines = [Entry(account, 1), Entry(world("NGN"), -1)]
        paid.ledger.post(lines, type="pay-in", reference=f"x{number}", at=paid.now())
    newest = read(context(paid, "accounts", query={"id": account}))
    oldest = read(context(paid, "accounts", query={"id": account, "page": "2"}))

    assert "28 movements, page 1 of 2" in newest.text
    assert "NGN 10,000,015.75" in newest.text
    assert "-NGN 10.00" in oldest.text
    assert "opening-balance" in oldest.text
    assert address("payments", id="p.1") in [link["href"] for link in oldest.all("a")]
    assert address("accounts", id=account, page="1") in [link["href"] for link in oldest.all("a")]
    numbers = [found for found in newest.all("td") if found.get("data-label") == "Amount"]
    assert {found.get("class") for found in numbers} == {"number"}
    heads = [found for found in newest.all("th") if found.get("class") == "number"]
    assert len(heads) == 5  # three amounts of the account, two of its log


def test_an_authorization_opens_to_who_decided_and_why(state: State) -> None:
    seen = read(context(state, "cards"))

    assert "system-response" in seen.text
    assert "timeout-error: no webhook decided in time" in seen.text
    assert '"stan": "5DJJ0614624HSJ"' in seen.text
    assert address("cards", id="c.2tVghquVL5LxCkjB3") in [link["href"] for link in seen.all("a")]


def test_the_form_is_for_the_card_or_the_account_that_is_shown(state: State) -> None:
    card, account = "c.2tVaLqrmte2zCuPbM", "ac.2tVZczWw7m6Teoeb8"
    chosen = [
        [option["value"] for option in read(seen).all("option") if "selected" in option]
        for seen in (
            context(state, "cards", query={"id": card}),
            context(state, "accounts", query={"id": account}),
        )
    ]

    assert card in chosen[0]
    assert chosen[1] == ["0062622057"]


@pytest.mark.parametrize(
    ("search", "count"),
    [("503", 1), ("get /customers", 2), ("req_1", 1), ("SALARY-7", 1), ("limit", 1), ("nope", 0)],
)
def test_requests_are_found_by_their_line_and_their_bodies(
    search: str, count: int, state: State
) -> None:
    log = RequestLog(10)
    first, second, third = (logged(number) for number in range(3))
    first.close(503, b"{}")
    second.query = (("limit", "5"),)
    third.method = "POST"
    third.take(b'{"reference":"salary-7"}')
    for entry in (first, second, third):
        log.append(entry)
    seen = read(context(state, "requests", log=log, query={"search": search}))

    assert len(seen.all("summary")) == count
    assert f"{count} request" in seen.text


def test_requests_and_events_come_in_pages(state: State) -> None:
    log = RequestLog(1_000)
    for number in range(60):
        log.append(logged(number))
        state.emit(f"x.{number}", {})
    for name in ("requests", "webhooks"):
        seen = read(context(state, name, log=log, query={"page": "2"}))
        assert len(seen.all("summary")) == 10
        assert "page 2 of 2" in seen.text
        assert address(name, page="1") in [link["href"] for link in seen.all("a")]


def test_events_are_found_by_what_they_tell(state: State) -> None:
    state.emit("payment.completed", {"reference": "salary-7"})
    state.emit("payment.failed", {"reference": "rent"})
    seen = read(context(state, "webhooks", query={"search": "salary"}))

    assert "1 event" in seen.text
    assert "payment.failed" not in seen.text


@pytest.mark.parametrize("search", ["amos+1@allawee.com", "documented-2", "+2349154109237"])
def test_a_customer_is_found_by_reference_mail_or_phone(search: str, state: State) -> None:
    seen = read(context(state, "customers", query={"search": search}))

    assert "1 customer" in seen.text
    assert "Iyanu Deborah Oluwole" in seen.text


@pytest.mark.parametrize("name", [name for name in VIEWS if name])
def test_where_there_is_nothing_the_next_step_is_told(name: str) -> None:
    state = Sandbox(customers=0).state
    for collection in (state.customers, state.accounts, state.cards):
        for document in list(collection):
            collection.remove(str(document["id"]))
    empty = read(context(state, name)).text
    searched = read(context(state, name, query={"search": "x"}))

    assert re.search(r"None yet\. \w+", empty)
    assert "None found for this search." in searched.text
    assert "Show all" in searched.text


def test_what_went_wrong_or_is_to_be_copied_can_be_dismissed(state: State) -> None:
    key = "sk.test.told-once"
    seen = read(context(state, "cards", query={"page": "2"}), ActionOutcome("Copy:", "plain", key))
    (dismiss,) = [link for link in seen.all("a") if link.get("class") == "dismiss"]

    assert dismiss["href"] == address("cards", page="2")
    assert key in seen.text
    assert key not in repr(ActionOutcome("Copy:", "plain", key))
    assert "the-token" not in repr(context(state))
