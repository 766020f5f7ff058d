"""Rules about card programs, cards and their use, and their numbers."""

from __future__ import annotations

from allawee_async.sandbox.rules.rule import Rule, about

MAX_QUANTITY = 1_000
YEARS_VALID = 3
SETTLEMENT_SECONDS = 5.0

RULES: tuple[Rule, ...] = (
    *about(
        "Card programs",
        Rule("Card programs: `name`, `network`, `type` and `currency` are required; networks are "
             "`verve`, `mastercard`, `visa`, currencies NGN and USD, `quantity` is 0 to "
             f"{MAX_QUANTITY:,} (1 if left out). A name that another program has is refused with "
             "409 `duplicate-name`.",
             "The values are those that any document names; a limit for `quantity` is not "
             "documented."),
        Rule("A physical program needs `quantity`, `personalization`, `distribution` and "
             "`authorization`. A virtual one may leave them out: the settlement account is then "
             "the main account in the currency, `fundingSourceType` is `settlement-account`. "
             "`{}` for an id counts as none.",
             "The documents say what a physical program has; the older ones print `{}` where an "
             "id belongs."),
        Rule("A virtual program is `live` at once; a physical one is `new`, and its cards come "
             "to be, inactive and linked to nobody, when it goes live. `type` and `description` "
             "are stored and can be filtered by, but are in no answer. A live program cannot be "
             "changed (402 `card-program-approved`).",
             "The text of the documents says so, their sample of a virtual program says `new`."),
        Rule("`c.prg.`, `cp.` and `cpg_` are the same, so are `ac.`, `acct.`, `act_` and `acc_`, "
             "and others with a dot or a line: `cus.` and `cus_`, `fee.` and `fee_`.",
             "The documents write the same program and the same account in these ways."),
    ),
    *about(
        "Cards",
        Rule("`program` and `customer` are required for a card, and the program must be live "
             "(402 `card-program-not-live`), the customer active (402 `customer-inactive`). Of a "
             "physical program, the oldest card of the stock is taken (402 `out-of-stock`).",
             "The newest documents take no more; creating a physical card is not documented."),
        Rule(f"A new card is `inactive`, expires {YEARS_VALID} years from now, and is named after "
             "its customer unless `cardHolderName` says otherwise. That it has expired has no "
             "effect.", "Neither is documented."),
        Rule("The answer to `POST /cards` has `network`, and neither `last4`, `expiry`, "
             "`fundingSource` nor `reference`; all others have these four, of a card that was "
             "created or linked here, and not `network`.",
             "So do the samples, where they show a new card and a linked one."),
        Rule("What pays for a card: the `fundingSource` of the request, else the settlement "
             "account of the program, or, if its type is `card-account` or `prefunded`, an "
             "account that is opened for the card. `depositChannels` have no effect.",
             "The types of funding sources are named but not explained."),
        Rule("`amount`, in the currency of the card, is moved from `debitSource` (or the main "
             "account in `debitCurrency`) to what pays for the card. Where these are the same "
             "account, nothing moves for a new card, and funding one later is refused (402 "
             "`same-account`). Between currencies, the quote in `fxHash` must be for exactly "
             "this amount, and can be used once.",
             "The documents say that funding fails when the source is short, and no more."),
        Rule("Statuses: `inactive`, `active`, `blocked`, `terminated`. A CVV has 3 digits, a PIN "
             "4. A wrong CVV is 402 `wrong-cvv`; an action that does not fit the status is 402 "
             "`card-<status>`, on a card that nobody has 402 `card-not-linked`. Unblocking gives "
             "back the status before; nothing comes after `terminated`. Asking for what is so "
             "already (block, unblock, terminate) changes nothing. Money stays where it is.",
             "The names of the last two statuses and the errors are not documented."),
        Rule("Only physical cards that nobody has can be linked (402 `card-linked`); an unknown "
             "number is 404. A `pan` in a request to the standard host is a 400. Numbers of "
             "cards are replaced by `***` in messages and in the log of requests.",
             "Which errors there are is not documented."),
        Rule("Enrolling answers with `card`, `service`, `phoneNumber` and `email`, and is "
             "recorded.", "An answer is not documented."),
        Rule("`controls` of a request take the place of the old ones as a whole. An empty list "
             "of allowed things allows all. Channels are `atm`, `pos`, `online`, `in-app`; "
             "intervals `daily`, `weekly` (from Monday), `monthly`, `yearly`, all in UTC. Limits "
             "count pending, approved and settled amounts without fees. A purchase without `mcc` "
             "fits no list of codes. Merchants are told by the start of `merchantDescriptor`, or "
             "by the id in it.", "The meaning of the fields is documented by their names only."),
    ),
    *about(
        "Use of cards",
        Rule("An id in a body that names nothing, or something of another kind, is told among "
             "the invalid fields (400); in a path it is a 404. A sound request that cannot be "
             "carried out as things are is a 402 with a code.",
             "402 is documented as: parameters fine, request failed anyway."),
        Rule("What stands against a purchase from the start closes it as `declined` with "
             "`system-response` and a `statusReason`: `card-<status>`, `customer-inactive`, "
             "`account-not-found`, `account-inactive`, `spending-control`, `insufficient-funds`. "
             "That goes for checks too.",
             "Newer documents tell it so, without the reasons; older ones drop such a request."),
        Rule("Who decides: `State.decide`, else the webhook, else nobody. Without an answer, the "
             "program's `timeoutDefault` counts, with a `statusReason`: `timeout-error`, "
             "`no-webhook`, `webhook-unreachable`, or `webhook-status-307` and the like; without "
             "one the purchase is approved. An answer that cannot be read is none; an approved "
             "check without `cardBalance` and `cardHolderName` is declined, `invalid-response`.",
             "A default for `timeoutDefault` is not documented, and no reason but the first."),
        Rule("A simulation is answered when the webhook has decided, or has not in time: with "
             "the authorization as it is then.",
             "When the answer comes, and what it shows, is not documented."),
        Rule("`update-capture` and `reverse-capture` find the newest approved purchase of the "
             "card with this `amount`, `fees` and `channel` that is not settled; if there is "
             "none, it is made first.", "Their bodies name no authorization."),
        Rule("A new amount is reserved before anybody is asked. It is followed by "
             "`card.authorization.closed`; declined, the purchase is over and nothing stays "
             "reserved.", "What follows an update is not documented."),
        Rule(f"An approved purchase is settled after {SETTLEMENT_SECONDS:g} seconds by the "
             "sandbox's clock, or at once by `Sandbox.settle_cards()`: amount and fees leave the "
             "account and a card transaction comes to be. It stays `approved`; `reserved` turns "
             "false. A program's own fee is not charged.",
             "When settlement comes is not documented."),
        Rule("New authorizations spell `rrn` and `reference` in `networkData`, like the events.",
             "The documents spell them in two ways."),
        Rule("Disputes are `open`, then `closed` for good (402 `dispute-closed`); closing twice "
             "changes nothing. PUT changes `text`, `documents` and `user`, and drops everything "
             "else.", "Statuses are not documented."),
        Rule("In the beginning there are the card programs, the cards and the authorization that "
             "the documents show, if their two customers are there, and no card transaction. The "
             "number of one card is documented, the others are made up. The newest program and "
             "the newest card are ours: it is active, has no limits, and pays if nobody decides. "
             "With generated customers, a third of the newest "
             "thousand that are active have a card, and a tenth an account.",
             "The documented transaction is of a card that no document shows, and the documented "
             "cards pay for little."),
        Rule("`expand` works for these relations: `customer`, `program`, `fundingSource` of "
             "cards, `card` of authorizations and transactions, `customer`, `authorization`, "
             "`source` of transactions, `source` of disputes; others are passed over.",
             "Only `customer` and `program` are named."),
    ),
)  # fmt: skip
