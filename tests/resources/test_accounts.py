"""Accounts: each verb sends exactly what the documents show, and reads what they show."""

from typing import Any

import pytest

from allawee_async import ConfigurationError, DecodeError, F, to_dict
from allawee_async.models.accounts import Account, AccountType, DepositChannelType
from allawee_async.models.common import Currency
from tests.support.serving import recording, sample, without_nulls

CREATE = sample("accounts.create.request")
WITHDRAWN = sample("withdrawn.accounts.create.request")


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (
            lambda a: a.accounts.create(
                name="string",
                settlement_account="string",
                reference="string",
                customer="string",
                currency=Currency.NGN,
                type=AccountType.MAIN,
                deposit_channels=[DepositChannelType.BANK_ACCOUNT],
                metadata={},
            ),
            "POST",
            "/accounts",
            CREATE,
        ),
        (
            lambda a: a.accounts.create(
                name="Customer Collections",
                currency="NGN",
                type="virtual",
                settlement_account="act_xxxxx",
                customer="cus_xxxxx",
                deposit_channels=("bank-account",),
                reference="my-ref-001",
            ),
            "POST",
            "/accounts",
            WITHDRAWN,
        ),
        (
            lambda a: a.accounts.add_deposit_channel("ac.1", type="bank-account"),
            "POST",
            "/accounts/ac.1/deposit-channels",
            sample("accounts.deposit-channels.add.request"),
        ),
        (
            lambda a: a.accounts.update_deposit_account_name(
                "ac.1", type="bank-account", account_number="string"
            ),
            "PUT",
            "/accounts/ac.1/deposit-channels/update-account-name",
            sample("accounts.deposit-channels.update-account-name.request"),
        ),
    ],
)
async def test_writing_sends_the_documented_body(
    call: Any, method: str, path: str, body: Any
) -> None:
    async with recording() as (allawee, recorder):
        await call(allawee)

    (sent,) = recorder.sent
    assert (sent.host, sent.method, sent.path) == ("api", method, path)
    assert sent.json == body


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("accounts.get.response", lambda a: a.accounts.get("ac.2tVZczWw7m6Teoeb7")),
        (
            "accounts.create.response",
            lambda a: a.accounts.create(name="n", currency="NGN", type="main"),
        ),
        (
            "withdrawn.accounts.create.response",
            lambda a: a.accounts.create(name="n", currency="NGN", type="main"),
        ),
    ],
)
async def test_documented_accounts_come_out_as_they_are(name: str, read: Any) -> None:
    body = sample(name)
    async with recording() as (allawee, recorder):
        recorder.answer = body
        account = await read(allawee)

    assert isinstance(account, Account)
    assert to_dict(account) == without_nulls(body.get("data", body))
    assert account.status == "active"


async def test_the_documented_list_comes_out_as_it_is() -> None:
    body = sample("accounts.list.response")
    async with recording() as (allawee, recorder):
        recorder.answer = body
        accounts = await allawee.accounts.list(limit=1).to_list()

    assert [to_dict(account) for account in accounts] == body["data"]
    assert accounts[0].deposit_channels
    assert accounts[0].deposit_channels[0].account_number == "0062622048"


async def test_an_account_is_found_by_its_reference() -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": [{"id": "ac.1", "reference": "my ref"}]}
        found = await allawee.accounts.find(reference="my ref")
        recorder.answer = {"data": []}
        assert await allawee.accounts.find(reference="my ref") is None

    assert found == Account(id="ac.1", reference="my ref")
    assert recorder.sent[0].path == "/accounts"
    assert recorder.sent[0].query["filter"] == str(F.reference == "my ref")


async def test_relations_may_be_ids_or_objects() -> None:
    body = {
        "id": "ac.1",
        "settlementAccount": {"id": "ac.2", "settlementAccount": "ac.3"},
        "customer": sample("customers.get.response")["data"],
    }
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": body}
        account = await allawee.accounts.get("ac.1")

    assert account.settlement_account == Account(id="ac.2", settlement_account="ac.3")
    assert not isinstance(account.customer, str | None)
    assert account.customer.claims.individual_information  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ({"code": "success", "data": {"balance": 5}}, {"balance": 5}),
        ({"code": "success"}, {}),
        ({"code": "success", "data": 5}, {"value": 5}),
        ({"ledger": {"amount": 1}}, {"ledger": {"amount": 1}}),
    ],
)
async def test_a_balance_of_any_shape_is_kept(answer: Any, kept: Any) -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = answer
        balance = await allawee.accounts.balance("ac.1")

    assert to_dict(balance) == kept
    assert (recorder.last.method, recorder.last.path) == ("GET", "/accounts/ac.1/balance")
    assert recorder.last.body == b""


async def test_a_balance_has_what_clients_of_the_api_saw() -> None:
    seen = {
        "id": "bal.1",
        "available": 5_000_00,
        "availableChange": -100_00,
        "currency": "NGN",
        "mode": "live",
        "source": "p.1",
        "createdAt": "2025-03-31T10:15:00.000Z",
    }
    async with recording() as (allawee, recorder):
        recorder.answer = {"code": "success", "data": seen}
        balance = await allawee.accounts.balance("ac.1")
        recorder.answer = {"code": "success", "data": {**seen, "available": 1.5}}
        with pytest.raises(DecodeError) as caught:
            await allawee.accounts.balance("ac.1")

    assert to_dict(balance) == seen
    assert (balance.available, balance.available_change, balance.extra) == (500_000, -10_000, {})
    assert caught.value.path == "data.available"


@pytest.mark.parametrize(
    ("answer", "message", "document"),
    [
        ({"code": "success", "message": "Card blocked"}, "Card blocked", {}),
        ({"code": "success", "message": "ok", "data": {"id": "c.1"}}, "ok", {"id": "c.1"}),
        ({"code": "success", "message": "a", "data": {"message": "b"}}, "b", {}),
        ({"code": "success", "message": "a", "data": "done"}, "a", {"value": "done"}),
        ({"code": "success", "message": ["a"]}, None, {}),
        ({"code": "success"}, None, {}),
        ({"message": "Card blocked"}, "Card blocked", {}),
    ],
)
async def test_what_an_action_answers_in_words_is_kept(
    answer: Any, message: str | None, document: Any
) -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = answer
        result = await allawee.cards.block("c.1")
        reply = await allawee.request("PUT", "/cards/c.1/block")

    assert result.message == message
    assert to_dict(result) == document | ({} if message is None else {"message": message})
    assert reply.message == (message if message != "b" else "a")


async def test_logs_of_any_shape_are_listed() -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": [{"type": "credit", "amount": 5}], "metadata": {}}
        pager = allawee.accounts.logs("ac.1", limit=50, filter=F.type == "credit")
        assert recorder.sent == []
        entries = await pager.to_list()

    assert [to_dict(entry) for entry in entries] == [{"type": "credit", "amount": 5}]
    assert recorder.last.path == "/accounts/ac.1/logs"
    assert recorder.last.query == {"limit": "50", "filter": "type|eq|credit"}


async def test_logs_go_on_page_after_page() -> None:
    pages = {
        None: {"data": [{"id": "l.1"}, {"id": "l.2"}], "metadata": {"hasMore": True}},
        "l.2": {"data": [{"id": "l.3"}], "metadata": {"hasMore": False}},
    }
    async with recording() as (allawee, recorder):
        recorder.answer = pages[None]
        page = await allawee.accounts.logs("ac.1")
        recorder.answer = pages["l.2"]
        last = await page.next_page()

    assert last is not None
    assert [item.extra["id"] for item in (*page.items, *last.items)] == ["l.1", "l.2", "l.3"]
    assert recorder.last.query["after"] == "l.2"
    assert recorder.last.path == "/accounts/ac.1/logs"


async def test_a_wrong_shape_says_where() -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": {"id": "ac.1", "depositChannels": [{"accountNumber": 62622048}]}}
        with pytest.raises(DecodeError) as caught:
            await allawee.accounts.get("ac.1")

    assert caught.value.path == "data.depositChannels[0].accountNumber"


async def test_a_bad_id_is_never_sent() -> None:
    async with recording() as (allawee, recorder):
        for call in (allawee.accounts.get, allawee.accounts.balance):
            with pytest.raises(ConfigurationError):
                await call("../cards")
        with pytest.raises(ConfigurationError):
            allawee.accounts.logs("")
    assert recorder.sent == []
