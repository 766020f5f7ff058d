"""The reading of the verbs, against the list of endpoints and against the table of effects."""

from __future__ import annotations

from typing import Any

from allawee_async.resources.verbs import Docs, ParameterKind, Returns, Verb, all_verbs, docs_of
from allawee_async.transport.routes import EffectKind

VERBS = {verb.call: verb for verb in all_verbs()}

MONEY, END, TOLD_ONCE = EffectKind.MONEY, EffectKind.END, EffectKind.TOLD_ONCE
EFFECTS = {
    "accounts.create": None,
    "accounts.add_deposit_channel": None,
    "accounts.update_deposit_account_name": None,
    "card_programs.create": None,
    "card_programs.update": None,
    "cards.create": MONEY,
    "cards.fund": MONEY,
    "cards.enroll_safetoken": None,
    "cards.enroll_3ds": None,
    "cards.block": None,
    "cards.unblock": None,
    "cards.terminate": END,
    "cards.activate": None,
    "cards.reset_pin": None,
    "cards.link": None,
    "cards.link_by_pan": None,
    "cards.update": None,
    "customers.create": None,
    "customers.update": None,
    "disputes.create": None,
    "disputes.update": None,
    "disputes.close": END,
    "events.retry": None,
    "fees.create": None,
    "payment_requests.create": None,
    "payments.create_payout": MONEY,
    "payments.pay_bill": MONEY,
    "payments.validate_bill": None,
    "payments.requeue": MONEY,
    "payments.resend_completed_event": None,
    "secret_keys.create": TOLD_ONCE,
    "simulation.card_program_go_live": None,
    "simulation.authorization_check": None,
    "simulation.authorization_capture": None,
    "simulation.authorization_update_capture": None,
    "simulation.authorization_reverse_capture": None,
    "simulation.pay_in": None,
    "simulation.grp.create_card": None,
    "simulation.grp.link_card": None,
    "simulation.grp.link_card_by_pan": None,
    "simulation.grp.block_card": None,
    "simulation.grp.unblock_card": None,
    "tools.configuration.update_payment": None,
    "tools.fx.create_quote": None,
    "webhooks.create": None,
    "webhooks.update": None,
    "webhooks.delete": END,
    "webhooks.enable": None,
    "webhooks.disable": None,
    "webhooks.roll_secret": END,
}
"""Every write of the API, and what it does that cannot be taken back: a new one is thought about.

Simulations play with test money only; what can be undone, or harms nobody, is nothing.
"""


def parameters(verb: Verb, kind: ParameterKind) -> set[str]:
    return {parameter.name for parameter in verb.parameters if parameter.kind is kind}


def test_there_is_a_verb_for_each_endpoint_and_five_that_look_one_up(
    endpoints: list[dict[str, Any]],
) -> None:
    found = {f"{noun}.find" for noun in
             ("accounts", "cards", "customers", "payment_requests", "payments")}  # fmt: skip

    assert set(VERBS) == {row["call"] for row in endpoints} | found


def test_every_write_is_classified(endpoints: list[dict[str, Any]]) -> None:
    writes = {row["call"] for row in endpoints if row["method"] != "GET"}

    assert set(EFFECTS) == writes == {call for call, verb in VERBS.items() if verb.writes}
    assert {
        call: verb.effect and verb.effect.kind for call, verb in VERBS.items() if verb.writes
    } == EFFECTS


def test_reads_have_no_effect() -> None:
    assert not [verb.call for verb in VERBS.values() if verb.effect and not verb.writes]


def test_money_is_moved_only_with_an_amount_where_the_amount_may_be_left_out() -> None:
    effect = VERBS["cards.create"].effect

    assert effect is not None
    assert effect.only_with == "amount"


def test_amounts_are_marked_and_not_guessed() -> None:
    marked = {
        f"{verb.call} {parameter.name}"
        for verb in VERBS.values()
        for parameter in verb.parameters
        if parameter.shape.money
    }

    assert "payments.create_payout amount" in marked
    assert "cards.create amount" in marked
    assert {text.split()[1] for text in marked} == {
        *("amount", "fees", "update_amount", "update_fees", "cap"),
    }


def test_secrets_are_marked() -> None:
    assert parameters(VERBS["cards.activate"], ParameterKind.SECRET) == {"cvv", "pin"}
    assert parameters(VERBS["cards.link_by_pan"], ParameterKind.SECRET) == {"pan"}
    assert parameters(VERBS["webhooks.create"], ParameterKind.SECRET) == {"signing_key"}


def test_how_answers_come() -> None:
    assert VERBS["customers.list"].returns is Returns.PAGES
    assert VERBS["accounts.logs"].returns is Returns.PAGES
    assert VERBS["tools.fx.rates"].returns is Returns.LIST
    assert VERBS["payments.receipt_pdf"].returns is Returns.FILE
    assert VERBS["payments.find"].returns is Returns.OBJECT


def test_the_docs_of_a_verb() -> None:
    docs = VERBS["payments.create_payout"].docs

    assert docs.paragraphs[0].startswith("Pay money out.")
    assert docs.arguments["amount"] == "In minor units (kobo, cents): 10000 are 100 NGN."
    assert docs.returns == "The payment, which is hardly ever done yet: `status` tells."
    assert [name for name, _ in docs.raises] == [
        *("ConfigurationError", "BadRequestError", "AllaweeError"),
    ]


def test_every_parameter_is_described() -> None:
    silent = [
        f"{verb.call} {parameter.name}"
        for verb in VERBS.values()
        for parameter in verb.parameters
        if not verb.docs.arguments.get(parameter.name)
    ]

    assert silent == []


def documented() -> None:
    """Pay money out; sends nothing until the result is used.

    It has a second paragraph
    over two lines.

    Args:
        method: How the money goes,
            over two lines.
        from_: Whence.
        **params: More.

    Returns:
        The payment, which is hardly
        ever done yet.

    Raises:
        NotFoundError: There is none.
        AllaweeError: Something
            else.

    Source: Allawee's documents on payments
    (2024-09-13).
    """


def test_a_docstring_is_taken_apart() -> None:
    assert docs_of(documented) == Docs(
        paragraphs=(
            "Pay money out; sends nothing until the result is used.",
            "It has a second paragraph over two lines.",
        ),
        arguments={"method": "How the money goes, over two lines.", "from_": "Whence.",
                   "**params": "More."},
        returns="The payment, which is hardly ever done yet.",
        raises=(("NotFoundError", "There is none."), ("AllaweeError", "Something else.")),
    )  # fmt: skip


def test_no_docstring_says_nothing() -> None:
    assert docs_of(lambda: None) == Docs()
