"""What the sandbox does where the documents say nothing, or say two things."""

from __future__ import annotations

from typing import NamedTuple

from allawee_async.sandbox.rules.cards import CARD_RULES
from allawee_async.sandbox.rules.services import SERVICE_RULES


class Rule(NamedTuple):
    """One rule that is the sandbox's own, and the reason for it."""

    rule: str
    why: str


_REQUESTS = (
    Rule(
        "A missing, malformed, unknown or revoked key is answered 401 with code `unauthorized`, "
        "before the path is looked at.",
        "The four messages are documented, the code and the order of the checks are not.",
    ),
    Rule(
        "Unknown paths and ids are answered 404 with code `not-found`, wrong methods 405 with "
        "`method-not-allowed` and an `Allow` header. A path of one host is unknown on the other.",
        "The statuses are documented or usual, the codes are not.",
    ),
    Rule(
        "Every answer carries a fresh `x-request-id`.",
        "The documents show it on 202 answers and do not say that others lack it.",
    ),
    Rule(
        "Bodies have at most 1 MiB (413 `payload-too-large`) and 32 levels (400), URLs 64 KiB. The "
        "content type is not looked at.",
        "Limits are not documented; a server has some.",
    ),
    Rule(
        "All invalid fields are told in one 400, with `error: Bad Request`; an empty body counts "
        "as an empty object.",
        "The shape is documented, the wording is that of the framework it comes from.",
    ),
)
_CUSTOMERS = (
    Rule(
        "`name`, `reference`, `type` and `claims` are required, for PUT as well; its body takes "
        "the place of what was sent before, but `verifications` and `metadata` stay if left out.",
        "The documents star these two as well, and say nothing about partial bodies.",
    ),
    Rule(
        "Known fields of `claims` may be absent or null and are texts otherwise; dates, titles and "
        "tiers are not checked.",
        "The documents' own request samples hold placeholders, one even the wrong type.",
    ),
    Rule(
        "Unknown fields are dropped at the top level and kept within `claims` and `metadata`.",
        "The behaviour for unknown fields is not documented.",
    ),
    Rule(
        "A `reference` that another customer has is refused with 409 `duplicate-reference`, and "
        "nothing changes.",
        "The reference is the one handle against doubles; its effect is not documented.",
    ),
    Rule(
        "`reference` is stored and can be filtered and sorted by, but is in no answer.",
        "It is required in requests and absent from every documented answer.",
    ),
    Rule(
        "A new customer is `active`, each of its verifications `verified`. POST answers 200.",
        "That is what the documented answer shows.",
    ),
)
_FILTERS = (
    Rule(
        "A long form is split at its first two bars; further bars belong to the value.",
        "A bar inside a value is not documented.",
    ),
    Rule(
        'Values may be quoted as `"..."` or `<...>` in the long form too, and so may the single '
        'entries of a list: a comma inside quotes belongs to the entry. `\\"`, `\\<`, `\\>` and '
        "`\\\\` are escapes inside their quotes; any other backslash stands for itself.",
        "Quotes in the long form, in lists, and commas in entries are not documented.",
    ),
    Rule(
        "An empty value must be quoted. Operators are written small. Only `:` and `~` can be "
        "negated by a leading `-`. The older form `f||EQ||v` is refused.",
        "That is all that the newest documents show.",
    ),
    Rule(
        "A text that is a number equals that number, and also a stored text of the very same "
        "characters; `true` and `false` likewise equal booleans.",
        "`metadata.userId` occurs as number and as text; forcing one is not documented.",
    ),
    Rule(
        "`>`, `>=`, `<`, `<=` want numbers, the date operators ISO 8601 dates (UTC without a "
        "zone), `size` a count, `exists` true or false; anything else is malformed.",
        "So a query that cannot mean anything is told instead of finding nothing.",
    ),
    Rule(
        "Paths go through lists: one entry that fits is enough, and a number picks an entry. "
        "Fields that are missing satisfy `ne`, `nin`, `nlike`, `nsize` and `exists|false` only.",
        "The documents map filters to MongoDB, which does so.",
    ),
    Rule(
        "Patterns have at most 200 characters and three repetitions, or twelve choices (`?`, or "
        "`|` in a group), of which a repetition counts as four; no nested repetitions, references "
        "or lookarounds. They see the first 128 characters of a text.",
        "A pattern must not stop the sandbox.",
    ),
    Rule(
        "A group that is sent several times is one group; of other parameters the last one counts, "
        "and unknown ones are passed over.",
        "Not documented.",
    ),
)
_LISTS = (
    Rule(
        "`limit` is 1 to 1,000; anything else is a 400.",
        "A maximum is not documented.",
    ),
    Rule(
        "`page=0` and `page=1` are both the first page; a cursor overrules `page`.",
        "The documents count from 0 in one place and from 1 in another.",
    ),
    Rule(
        "`lastId` is another name for `after`.",
        "It is named once in the documents, with this meaning.",
    ),
    Rule(
        "A page of `before` holds the items right before the cursor, in the usual order; with both "
        "cursors the page begins after `after` and ends before `before`.",
        "Neither is documented.",
    ),
    Rule(
        "A cursor may name any customer, also one that the filter leaves out; an unknown id is a "
        "400 that names the parameter.",
        "So a walk goes on when the customer it stands on changes.",
    ),
    Rule(
        "Numbers sort before texts, these before other values, and documents without the field "
        "come last in both directions; those that are alike keep the order of their creation.",
        "Not documented.",
    ),
    Rule(
        "`select` shows exactly the named fields; `id` is not added. Dotted names are malformed.",
        "Top-level fields only are documented, and nothing about `id`.",
    ),
    Rule(
        "`expand` is checked, has no effect on relations that do not exist, and at most two steps.",
        "Customers have no relations.",
    ),
)

_MONEY = (
    Rule(
        "Ids in bodies that name nothing, or something of another kind, are told among the invalid "
        "fields. A sound request that cannot be carried out is a 402 whose code tells why "
        "(`currency-mismatch`, `virtual-account`, `same-account`, `quote-expired`, `quote-used`, "
        "`quote-mismatch`, `no-customer`, `payment-not-failed`, `payment-not-completed`, ...).",
        "402 is documented as such, its codes are not.",
    ),
    Rule(
        "A `reference` that another account, payment or payment request has is refused with 409 "
        "`duplicate-reference`; where it was sent, it is shown and can be filtered by, and so are "
        "`customer`, `metadata` and `settlementAccount`.",
        "The documents do not say what a reference does, nor whether these fields are shown.",
    ),
    Rule(
        "There are two main accounts to begin with, the documented one in NGN and one in USD, with "
        "10,000,000.00 each. Further ones of type `main` can be opened; the oldest is the default.",
        "The documents have one main account in one place and two in another.",
    ),
    Rule(
        "Accounts are in NGN or USD. A virtual account always has an account number, others only "
        "when `depositChannels` asks for one. Its `settlementAccount` is the main account unless "
        "named; other types ignore the field. Channels always show all their fields.",
        "The samples of the documents differ, and the default is not documented.",
    ),
    Rule(
        "New account numbers begin with 00 and end with the check digit of the Central Bank for "
        "bank 000. An account has at most 20 of them; all but the first have the account's name.",
        "The documented numbers begin so too, but their check digits fit no known bank code.",
    ),
    Rule(
        "A balance shows `balance`, `reserved` and `available`, in minor units. A log has one "
        "entry for each movement, with `type` `credit` or `debit`, `category`, `reference` (the id "
        "of what moved the money) and the balance before and after; the CSV is the whole of it, "
        "oldest entry first.",
        "Neither is shown anywhere.",
    ),
    Rule(
        "A payout debits amount and fees at once and is `pending`; 0.2 seconds later it is "
        "`completed`, and `payment.completed` is emitted.",
        "Only failed payments are documented.",
    ),
    Rule(
        "A payout beyond the balance is a payment with status `failed` and `failureReason` "
        "`insufficient-funds`, answered 200; a bank account that does not exist is "
        "`account-not-found`. Nothing is debited, and `payment.failed` is emitted. Requeuing tries "
        "it again with the same fees.",
        "A failed payment with an event is documented, the name of the event and the status are "
        "not.",
    ),
    Rule(
        "Of payouts, `bank-transfer` (NGN only) wants `accountNumber` and `bankCode` of a known "
        "bank, `local-transfer` the same unchecked, `transfer` and `fx-transfer` want the "
        "`destination`, an account that is not virtual, `billing` and `fx-charge` nothing.",
        "Which options a method wants is not documented.",
    ),
    Rule(
        "Amount and currency of an `fx-transfer` are what is debited: the `sourceAmount` of the "
        "quote. What arrives is the quote's `amount`.",
        "Not documented.",
    ),
    Rule(
        "Platform fees: NGN 10 up to 5,000, 25 up to 50,000, 50 above for transfers to banks, 100 "
        "for bills, USD 1 otherwise, all with 7.5 % tax; none between own accounts. Each is a "
        "billing with status `paid`.",
        "The documented payment of NGN 10,000 costs 26.88, which is 25 with tax.",
    ),
    Rule(
        "The fee of a payout goes from the account that pays to the account of the fee, which must "
        "have its currency; without one, the configured fee counts. Halves are rounded up. `value` "
        "of a percentage is 0 to 100, and `cap` has no effect on flat fees.",
        "The effect of fees is not documented; one sample shows a flat fee with a cap.",
    ),
    Rule(
        "A transfer to bank 000 is paid in at the account number of the sandbox, as a payment of "
        "its own. What is sent back from there comes back without the fees, and the payout fails.",
        "So both sides of a payment can be tried.",
    ),
    Rule(
        "A bill is a payment of type `bill-payment` and method `billing`. Inputs are texts; "
        "`amount`, where a product has no price, is in kobo. Validating tells what it would cost.",
        "The shape of inputs comes from products that are not shown.",
    ),
    Rule(
        "A receipt says the status, and there is one for every payment.",
        "Neither is documented.",
    ),
    Rule(
        "A payment request has an account number of its own. The first pay-in of exactly its "
        "amount completes it; others are payments with status `failed` and `failureReason` "
        "`incorrect-amount` or `payment-request-closed`. Only `bank-transfer` is a method.",
        "That a wrong amount is sent back is documented, but not how that shows.",
    ),
    Rule(
        "A simulated pay-in takes any `method` and an optional `amount`; without one it is that of "
        "the payment request, or NGN 10,000.00. An unknown account number is a 404. Money for a "
        "virtual account is shown in both logs.",
        "No amount and no methods are documented.",
    ),
)
_TOOLS = (
    Rule(
        "A quote can be used once, within ten minutes. NGN 1,550 buy a dollar, a dollar buys "
        "NGN 1,500; what is debited is rounded up. `rate` is the price in the source currency.",
        "Validity and names are not documented.",
    ),
    Rule(
        "A bank has an account for each number with its check digit, always with the same name; "
        "`0000000000` and `0123456789` exist at every bank. Other pairs are a 404 "
        "`account-not-found`.",
        "Resolving fails for a wrong pair; how, and which numbers there are, is not documented.",
    ),
    Rule(
        "Banks have a `code` for account numbers, of three digits or six, and a `nipCode`; "
        "requests may use either.",
        "The documents use codes of both kinds.",
    ),
    Rule(
        "Banks, bill products, merchants and categories are answered as whole lists, whatever the "
        "query says.",
        "Whether these lists have pages is not documented.",
    ),
    Rule(
        "Configured accounts are defaults for payments in their currency. What a change leaves out "
        "stays.",
        "Partial bodies are not documented.",
    ),
)

RULES: tuple[Rule, ...] = (
    _REQUESTS
    + _CUSTOMERS
    + _FILTERS
    + _LISTS
    + _MONEY
    + _TOOLS
    + tuple(Rule(*pair) for pair in (*CARD_RULES, *SERVICE_RULES))
)
"""Every invented rule, in the order of the guides: requests, customers, filters, lists, money,
tools, cards, services."""
