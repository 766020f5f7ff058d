"""Which writes ask before they are sent, and why: every one of the API's is in this table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen
class Question:
    """Why a write asks first.

    Attributes:
        consequence: What it does that cannot be taken back.
        only_with: The parameter without which it does no such thing.
        unless_revealed: Whether it does no such thing with `--reveal`.
    """

    consequence: str
    only_with: str | None = None
    unless_revealed: bool = False

    def arises(self, given: Mapping[str, object], *, reveal: bool) -> bool:
        """Return whether to ask, for what was given on the command line."""
        if self.unless_revealed:
            return not reveal
        return self.only_with is None or given.get(self.only_with) is not None


WRITES: Final[dict[str, Question | None]] = {
    "accounts.create": None,
    "accounts.add_deposit_channel": None,
    "accounts.update_deposit_account_name": None,
    "card_programs.create": None,
    "card_programs.update": None,
    "cards.create": Question("moves money from an account onto the new card", only_with="amount"),
    "cards.fund": Question("moves money from an account onto the card"),
    "cards.enroll_safetoken": None,
    "cards.enroll_3ds": None,
    "cards.block": None,
    "cards.unblock": None,
    "cards.terminate": Question("ends the card for good"),
    "cards.activate": None,
    "cards.reset_pin": None,
    "cards.link": None,
    "cards.link_by_pan": None,
    "cards.update": None,
    "customers.create": None,
    "customers.update": None,
    "disputes.create": None,
    "disputes.update": None,
    "disputes.close": Question("closes the dispute for good"),
    "events.retry": None,
    "fees.create": None,
    "payment_requests.create": None,
    "payments.create_payout": Question("pays money out"),
    "payments.pay_bill": Question("pays a bill"),
    "payments.validate_bill": None,
    "payments.requeue": Question("pays out what has failed before"),
    "payments.resend_completed_event": None,
    "secret_keys.create": Question(
        "makes a key that the API tells only now, and that stays hidden without --reveal",
        unless_revealed=True,
    ),
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
    "webhooks.delete": Question("deletes the webhook for good"),
    "webhooks.enable": None,
    "webhooks.disable": None,
    "webhooks.roll_secret": Question("changes the key that signs events, so the old one ends"),
}
"""Simulations play with test money only; what can be undone, or harms nobody, asks nothing."""
