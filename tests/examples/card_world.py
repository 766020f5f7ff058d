"""A sandbox, the ledger example as its webhook, and what both say of the same purchases."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from aiohttp import web
from card_events import make_webhooks
from card_ledger_aiohttp import make_app
from ledger import Ledger, Purchase

from allawee_async.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from allawee_async.webhooks import WebhookDispatcher

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
KEY = "a-signing-key-of-the-tests"
CIROMA = "cus.2tXNjMhytgx7hCxu9"
PAID_IN, OWN_FEE = 100_000, 50
DEFAULTS = ("approve", "decline")
"""What the card programs decide where nobody answers; each card is of one of them."""

_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a disk would be slow
_QUIET_AFTER = 10


class Money(NamedTuple):
    """What an account of the ledger has."""

    balance: int
    entries: int
    held: int


class Books:
    """The file of the example, opened by somebody else."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def open_accounts(self, cards: dict[str, str]) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            ledger = Ledger(connection)
            for card in cards.values():
                ledger.open_account(card, "Ada Obi")
                ledger.pay_in(card, PAID_IN)

    def pay_in(self, card: str, amount: int) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            Ledger(connection).pay_in(card, amount)

    def available(self, card: str) -> int:
        with closing(sqlite3.connect(self._file)) as connection:
            return Ledger(connection).available(card)

    def purchases(self) -> dict[str, Purchase]:
        return {row[0]: Purchase(*row) for row in self._rows("SELECT * FROM purchases")}

    def settlements(self) -> list[Any]:
        return self._rows("SELECT id, purchase, amount, fees FROM settlements ORDER BY id")

    def money(self, card: str) -> Money:
        """Return what an account has at one moment: handlers go on in their threads meanwhile."""
        sums = (
            "SELECT balance,"
            " (SELECT sum(amount) FROM entries WHERE card = accounts.card),"
            " (SELECT coalesce(sum(lien), 0) FROM purchases WHERE card = accounts.card)"
            " FROM accounts WHERE card = ?"
        )
        return Money(*self._rows(sums, card)[0])

    def _rows(self, question: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(question, values).fetchall()


class App(Protocol):
    """The example, which keeps its ledger in a file and takes webhooks at a URL."""

    url: str

    async def start(self, file: Path) -> None:
        """Start it; always at the same URL. Does nothing if it runs."""
        ...

    async def stop(self) -> None:
        """Stop it at once: what is being handled is cut off."""
        ...

    def failures(self) -> int:
        """Return how many handlers have raised, as far as one can tell."""
        ...


class OwnLoop:
    """The example behind aiohttp, in the loop of the test."""

    def __init__(self) -> None:
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._dispatchers: list[WebhookDispatcher] = []

    async def start(self, file: Path) -> None:
        if self._runner is not None:
            return
        self._dispatchers.append(make_webhooks(file, KEY, own_fee=OWN_FEE))
        self._runner = web.AppRunner(make_app(self._dispatchers[-1]), shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}/hooks"

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def failures(self) -> int:
        return sum(webhooks.stats.failures for webhooks in self._dispatchers)


class World:
    """Everything that one run needs, in the loop that is running."""

    def __init__(self, app: App | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=_FOLDER)
        self._file = Path(self._folder.name) / "ledger.db"
        self._app = app or OwnLoop()
        self.books = Books(self._file)
        self.sandbox = Sandbox(webhook_pauses=(0, 0.002))
        self.cards: dict[str, str] = {}
        self.paid_in: dict[str, int] = {}

    async def start(self) -> None:
        await self.sandbox.start()
        await self.start_app()
        self.sandbox.add_webhook(self._app.url, signing_key=KEY)
        self.cards = {default: await self._new_card(default) for default in DEFAULTS}
        self.paid_in = dict.fromkeys(self.cards.values(), PAID_IN)
        self.books.open_accounts(self.cards)

    async def close(self) -> None:
        await self.sandbox.close()
        await self.stop_app()
        self._folder.cleanup()

    async def start_app(self) -> None:
        await self._app.start(self._file)

    async def stop_app(self) -> None:
        await self._app.stop()

    # The network of the cards

    async def use(self, card: str, what: str, **fields: Any) -> Any:
        """Let the network do something with a card; return the authorization as it is then."""
        async with self.sandbox.client() as allawee:
            path = f"/simulation/cards/{card}/request-authorization/{what}"
            reply = await allawee.request("POST", path, json={"channel": "online"} | fields)
            return reply.data

    async def retry(self, event: str) -> None:
        async with self.sandbox.client() as allawee:
            await allawee.request("POST", f"/events/{event}/retry", json={})

    def alive(self, card: str) -> list[Any]:
        """Return the purchases that the network can still change or reverse."""
        return [
            document
            for document in self.sandbox.state.card_authorizations.group(card)
            if document["status"] == "approved" and document.get("hold") is not None
        ]

    async def quiet_down(self) -> None:
        """Let every event arrive that is sent until it is answered with 200."""
        await self.start_app()
        self.sandbox.deliveries.clear()
        for _ in range(_QUIET_AFTER):
            await self.sandbox.deliver()
            failed = [
                str(event["id"])
                for event in self.sandbox.state.events
                if event["status"] != "delivered" and not _asks(event)
            ]
            if not failed:
                return
            for event in failed:
                await self.retry(event)
        raise AssertionError("events are refused again and again")

    # What must be so

    def check_always(self) -> None:
        """Check what holds at any time, whatever is under way."""
        never_in_debt = self.cards["decline"]  # nothing is approved there without us
        assert self.books.available(never_in_debt) >= 0
        for card in self.cards.values():
            money = self.books.money(card)
            assert money.balance == money.entries
            assert money.held >= 0

    def check_quiet(self) -> None:
        """Check that the ledger says of every purchase what the sandbox says of it."""
        purchases = self.books.purchases()
        state = self.sandbox.state
        expected, found = {}, {}
        spent = dict.fromkeys(self.cards.values(), 0)
        for card in self.cards.values():
            document: Any
            for document in state.card_authorizations.group(card):
                if document["type"] == "check":
                    assert document["id"] not in purchases
                    continue
                known = purchases[str(document["id"])]
                is_paid = document["status"] == "approved"
                price = document["amount"] + document["fees"] + OWN_FEE if is_paid else 0
                expected[known.id] = (document["status"], price, 0)
                found[known.id] = (known.status, known.debit, known.lien)
                spent[card] += price
        assert found == expected
        assert purchases.keys() == expected.keys()
        for card, paid_in in self.paid_in.items():
            assert self.books.money(card) == (paid_in - spent[card], paid_in - spent[card], 0)
        assert self.books.settlements() == sorted(
            (doc["id"], doc["authorization"], doc["amount"], doc["fees"])
            for doc in state.card_transactions
        )
        assert self._app.failures() == 0
        assert not self.sandbox.crashes, list(self.sandbox.crashes)

    async def _new_card(self, default: str) -> str:
        async with self.sandbox.client() as allawee:
            rules = {"fundingSourceType": "settlement-account", "timeoutDefault": default}
            program = await allawee.card_programs.create(
                name=default, network="verve", type="virtual", currency="NGN", authorization=rules
            )
            card = await allawee.cards.create(
                program=program.id, customer=CIROMA, controls={"blockedChannels": ["atm"]}
            )
            secrets = await allawee.cards.secrets(card.id)
            await allawee.cards.activate(card.id, cvv=str(secrets.cvv), pin="1234")
            return card.id


def _asks(event: Any) -> bool:
    name: str
    name, status = event["event"], event["data"].get("status")
    return name == "card.authorization.request" or (
        name == "card.authorization.update" and status == "pending"
    )


async def together(*steps: Awaitable[Any]) -> list[Any]:
    """Do everything at the same time."""
    return list(await asyncio.gather(*steps))
