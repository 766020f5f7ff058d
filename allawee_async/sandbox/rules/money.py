"""Rules about money: accounts, payments, fees, rates and banks, and their numbers."""

from __future__ import annotations

from allawee_async.sandbox.rules.rule import Rule, about

OPENING_BALANCE = 1_000_000_000
MAX_ACCOUNT_NUMBERS = 20
PAYMENT_SECONDS = 0.2
PAY_IN_AMOUNT = 1_000_000
QUOTE_SECONDS = 600.0
DOLLAR_BOUGHT_FOR, DOLLAR_SOLD_FOR = 1_550, 1_500
TRANSFER_FEES = ((500_000, 1_000), (5_000_000, 2_500))
"""The fee up to an amount, both in minor units."""
TRANSFER_FEE_ABOVE = 5_000
BILL_FEE = 10_000
DOLLAR_FEE = 100
VAT_PER_MILLE = 75

_TOLD_TIERS = ", ".join(f"{fee / 100:g} up to {most / 100:,g}" for most, fee in TRANSFER_FEES)

RULES: tuple[Rule, ...] = (
    *about(
        "Money",
        Rule("Ids in bodies that name nothing, or something of another kind, are told among the "
             "invalid fields. A sound request that cannot be carried out is a 402 whose code "
             "tells why (`currency-mismatch`, `virtual-account`, `same-account`, "
             "`quote-expired`, `quote-used`, `quote-mismatch`, `no-customer`, "
             "`payment-not-failed`, `payment-not-completed`, ...).",
             "402 is documented as such, its codes are not."),
        Rule("A `reference` that another account, payment or payment request has is refused with "
             "409 `duplicate-reference`; where it was sent, it is shown and can be filtered by, "
             "and so are `customer`, `metadata` and `settlementAccount`.",
             "The documents do not say what a reference does, nor whether these fields are shown."),
        Rule("There are two main accounts to begin with, the documented one in NGN and one in "
             f"USD, with {OPENING_BALANCE / 100:,.2f} each. Further ones of type `main` can be "
             "opened; the oldest is the default.",
             "The documents have one main account in one place and two in another."),
        Rule("Accounts are in NGN or USD. A virtual account always has an account number, others "
             "only when `depositChannels` asks for one. Its `settlementAccount` is the main "
             "account unless named; other types ignore the field. Channels always show all their "
             "fields.",
             "The samples of the documents differ, and the default is not documented."),
        Rule("New account numbers begin with 00 and end with the check digit of the Central Bank "
             f"for bank 000. An account has at most {MAX_ACCOUNT_NUMBERS} of them; all but the "
             "first have the account's name.",
             "The documented numbers begin so too, but their check digits fit no known bank code."),
        Rule("A balance shows `available`, the last movement (`availableChange`, `source`, "
             "`createdAt`), `currency` and `mode`, and `balance` and `reserved`, of which "
             "`available` is the difference; all in minor units. A log has one entry for each "
             "movement, with `type` `credit` or `debit`, `category`, `reference` (the id of what "
             "moved the money) and the balance before and after; the CSV is the whole of it, "
             "oldest entry first.",
             "No document shows either; the first fields of a balance are those of a client."),
        Rule(f"A payout debits amount and fees at once and is `pending`; {PAYMENT_SECONDS} "
             "seconds later it is `completed`, and `payment.completed` is emitted.",
             "Only failed payments are documented."),
        Rule("A payout beyond the balance is a payment with status `failed` and `failureReason` "
             "`insufficient-funds`, answered 200; a bank account that does not exist is "
             "`account-not-found`. Nothing is debited, and `payment.failed` is emitted. "
             "Requeuing tries it again with the same fees.",
             "A failed payment with an event is documented, the name of the event and the status "
             "are not."),
        Rule("Of payouts, `bank-transfer` (NGN only) wants `accountNumber` and `bankCode` of a "
             "known bank, `local-transfer` the same unchecked, `transfer` and `fx-transfer` want "
             "the `destination`, an account that is not virtual, `billing` and `fx-charge` "
             "nothing.", "Which options a method wants is not documented."),
        Rule("Amount and currency of an `fx-transfer` are what is debited: the `sourceAmount` of "
             "the quote. What arrives is the quote's `amount`.", "Not documented."),
        Rule(f"Platform fees: NGN {_TOLD_TIERS}, {TRANSFER_FEE_ABOVE / 100:g} above for transfers "
             f"to banks, {BILL_FEE / 100:g} for bills, USD {DOLLAR_FEE / 100:g} otherwise, all "
             f"with {VAT_PER_MILLE / 10:g} % tax; none between own accounts. Each is a billing "
             "with status `paid`.",
             "The documented payment of NGN 10,000 costs 26.88, which is 25 with tax."),
        Rule("The fee of a payout goes from the account that pays to the account of the fee, "
             "which must have its currency; without one, the configured fee counts. Halves are "
             "rounded up. `value` of a percentage is 0 to 100, and `cap` has no effect on flat "
             "fees.",
             "The effect of fees is not documented; one sample shows a flat fee with a cap."),
        Rule("A transfer to bank 000 is paid in at the account number of the sandbox, as a "
             "payment of its own. What is sent back from there comes back without the fees, and "
             "the payout fails.", "So both sides of a payment can be tried."),
        Rule("A bill is a payment of type `bill-payment` and method `billing`. Inputs are texts; "
             "`amount`, where a product has no price, is in kobo. Validating tells what it would "
             "cost.", "The shape of inputs comes from products that are not shown."),
        Rule("A receipt says the status, and there is one for every payment.",
             "Neither is documented."),
        Rule("A payment request has an account number of its own. The first pay-in of exactly "
             "its amount completes it; others are payments with status `failed` and "
             "`failureReason` `incorrect-amount` or `payment-request-closed`. It "
             "has any of the methods of payouts, and is paid by a transfer to its number.",
             "That a wrong amount is sent back is documented, but not how that shows."),
        Rule("A simulated pay-in takes any `method` and an optional `amount`; without one it is "
             f"that of the payment request, or NGN {PAY_IN_AMOUNT / 100:,.2f}. An unknown account "
             "number is a 404. Money for a virtual account is shown in both logs.",
             "No amount and no methods are documented."),
    ),
    *about(
        "Tools",
        Rule(f"A quote can be used once, within {QUOTE_SECONDS / 60:g} minutes. NGN "
             f"{DOLLAR_BOUGHT_FOR:,} buy a dollar, a dollar buys NGN {DOLLAR_SOLD_FOR:,}; what is "
             "debited is rounded up. `rate` is the price of a dollar in naira, both ways.",
             "Validity and names are not documented."),
        Rule("A bank has an account for each number with its check digit, always with the same "
             "name; `0000000000` and `0123456789` exist at every bank. Other pairs are a 404 "
             "`account-not-found`.",
             "Resolving fails for a wrong pair; how, and which numbers there are, is not "
             "documented."),
        Rule("Banks have a `code` for account numbers, of three digits or six, and a `nipCode`; "
             "requests may use either.", "The documents use codes of both kinds."),
        Rule("Banks, bill products, merchants and categories are answered as whole lists, "
             "whatever the query says.", "Whether these lists have pages is not documented."),
        Rule("Configured accounts are defaults for payments in their currency. What a change "
             "leaves out stays.", "Partial bodies are not documented."),
    ),
)  # fmt: skip
