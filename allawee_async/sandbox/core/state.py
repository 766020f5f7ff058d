"""The whole state of one sandbox, with the clock and the ids it is given."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.keys import KeyRing
from allawee_async.sandbox.core.ledger import Ledger
from allawee_async.sandbox.core.scheduler import Scheduler
from allawee_async.sandbox.core.values import Document, IdSource, Json, to_bytes, to_timestamp
from allawee_async.sandbox.events import recording
from allawee_async.sandbox.requests.calls import HIDDEN, CallLog
from allawee_async.sandbox.rules.values import CALLS_KEPT, NEWER_EVENTS_SINCE, MoneyRules

Clock: TypeAlias = Callable[[], datetime]
Decide: TypeAlias = "Callable[[Document], Document | None]"

_INFORMATION = ("claims.individualInformation", "claims.businessInformation")
_ADDRESS = ("claims.individualAddress", "claims.businessAddress")
_FOUND_BY = {
    "email": tuple(f"{section}.email" for section in _INFORMATION),
    "phone": tuple(f"{section}.phoneNumber" for section in _INFORMATION),
    "country": tuple(f"{section}.countryCode" for section in _ADDRESS),
    "state": tuple(f"{section}.state" for section in _ADDRESS),
}


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


class State:
    """Everything that a sandbox remembers; one collection for each kind of resource.

    Args:
        clock: Returns the present moment, with a zone.
        ids: Where identifiers of new resources come from.
        money: How much there is to begin with, and how long payments and quotes take.
    """

    def __init__(self, *, clock: Clock, ids: IdSource, money: MoneyRules | None = None) -> None:
        self.clock, self.ids = clock, ids
        self.money = money or MoneyRules()
        self.decide: Decide | None = None
        """Decides card authorizations instead of a webhook: it gets the authorization, and returns
        an answer such as `{"action": "approve"}`, or None for none in time. It is not persisted."""
        self.keys = KeyRing()
        self.scheduler = Scheduler()
        self.calls = CallLog(CALLS_KEPT)
        self.queued = Collection("req_", "request", hidden=(*HIDDEN, "job"))
        self.outbox: list[str] = []
        self.customers = Collection(
            "cus.", "customer", unique=("reference",), hidden=("reference",), aliases=("cus_",),
            found_by=_FOUND_BY,
        )  # fmt: skip
        self.webhooks = Collection("wh.", "webhook", hidden=("signingKey", "isDefault"))
        self.events = Collection("evt.", "event", hidden=("payload", "preferred"))
        self.accounts = Collection(
            "ac.", "account", unique=("reference",), aliases=("acct.", "act_", "acc_")
        )
        self.bank_accounts = Collection()
        self.ledger = Ledger(ids)
        self.payments = Collection("p.", "payment", unique=("reference",), hidden=("plan",))
        self.payment_requests = Collection("p.req.", "payment.request", unique=("reference",))
        self.fees = Collection("fee.", "fee", aliases=("fee_",))
        self.billings = Collection("bil.", "billing")
        self.fx_quotes = Collection("fxq.", "fx.quote", noun="FX quote", aliases=("fxq_",))
        self.configuration = Collection()
        self.card_programs = Collection(
            "c.prg.", "card.program", unique=("name",), hidden=("type", "description"),
            aliases=("cp.", "cpg_"),
        )  # fmt: skip
        self.cards = Collection(
            "c.", "card", unique=("reference",), hidden=("network", "before", "enrollments"),
            grouped="program", aliases=("c_",),
        )  # fmt: skip
        self.card_secrets = Collection(unique=("pan",))
        self.card_authorizations = Collection(
            "c.auth.", "card.authorization", grouped="card", aliases=("auth_",),
            hidden=("hold", "settled", "mcc", "merchant", "awaits", "follow"),
        )  # fmt: skip
        self.card_transactions = Collection("c.txn.", "card.transaction")
        self.disputes = Collection("dsp.", "dispute")
        self._relate()

    def now(self) -> str:
        """Return the present moment as a timestamp of the API."""
        return to_timestamp(self.clock())

    def trial(self) -> State:
        """Return a copy to try something on; clock, log of calls and `decide` are shared."""
        shared = (self.clock, self.calls, self.decide)
        return deepcopy(self, {id(part): part for part in shared})

    def emit(
        self,
        event: str,
        data: Document,
        *,
        webhook: str | None = None,
        older: Document | None = None,
    ) -> str:
        """Record an event, choose the webhook that gets it, and return the id of the event.

        The running sandbox sends it. What a webhook answers to an event goes to the function of
        `ANSWERS` in `api/app.py` that has the name of the event.

        Args:
            event: The name, such as `card.authorization.closed`.
            data: The resource as it is now, bare.
            webhook: Id or URL of the webhook that the resource prefers (a card program has one).
            older: What a webhook with an older `apiVersion` gets instead of the data.
        """
        fresh, at = self.new_id(self.events), self.clock()
        chosen = self.webhook_for(event, webhook)
        version = (self.webhooks.get(chosen) or {}).get("apiVersion")
        if older is not None and version and version < NEWER_EVENTS_SINCE:
            data = older
        # Two events of one authorization may be less than a millisecond apart.
        metadata: Json = {"sentAt": to_timestamp(at, "microseconds"), "event": fresh}
        payload = to_bytes({"event": event, "data": data, "metadata": metadata}).decode()
        self.events.add({
            "id": fresh, "object": "event", "event": event, "data": data, "webhook": chosen,
            "status": recording.UNCLAIMED if chosen is None else recording.WAITING, "attempts": [],
            "createdAt": to_timestamp(at), "updatedAt": to_timestamp(at), "payload": payload,
            "preferred": webhook,
        })  # fmt: skip
        if chosen is not None:
            self.outbox.append(fresh)
        return fresh

    def webhook_for(self, event: str, webhook: str | None = None) -> str | None:
        """Return the id of the webhook that would get an event, or None; as for `emit`."""
        return recording.choose_webhook(self.webhooks, event, webhook)

    def later(self, seconds: float, job: str, id: str) -> None:
        """Let a job of `JOBS` in `api/app.py` run for a document, so many seconds from now.

        A job runs by the sandbox's clock: before the next request, or when its moment has come.
        """
        self.scheduler.add(self.clock() + timedelta(seconds=seconds), job, id)

    def new_id(self, collection: Collection) -> str:
        """Return an identifier that the collection does not have yet."""
        while (fresh := self.ids.new(collection.prefix)) in collection:
            pass
        return fresh

    def _relate(self) -> None:
        """Tell the collections which fields lead to which others, for `expand` and filters."""
        accounts, customers = self.accounts, self.customers
        accounts.relations = {"customer": customers, "settlementAccount": accounts}
        self.ledger.logs.relations = {"account": accounts}
        self.payments.relations = {
            "account": accounts, "fundingSource": accounts, "customer": customers,
            "paymentRequest": self.payment_requests,
        }  # fmt: skip
        self.payment_requests.relations = {
            "account": accounts, "customer": customers, "payment": self.payments,
        }  # fmt: skip
        self.fees.relations = {"account": accounts}
        self.cards.relations = {
            "customer": customers, "program": self.card_programs, "fundingSource": accounts,
        }  # fmt: skip
        self.card_programs.relations = {
            "authorization.settlementAccount": accounts, "authorization.feesAccount": accounts,
            "authorization.webhook": self.webhooks,
        }  # fmt: skip
        self.events.relations = {"webhook": self.webhooks}
        self.card_authorizations.relations = {"card": self.cards}
        self.card_transactions.relations = {
            "card": self.cards, "customer": customers, "authorization": self.card_authorizations,
            "source": self.card_authorizations,
        }  # fmt: skip
        self.disputes.relations = {"source": self.card_authorizations}
        self.billings.relations = {"account": accounts, "payment": self.payments}
