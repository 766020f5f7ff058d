"""What `allawee webhooks listen` is told to do."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from pathlib import Path


class Answering(StrEnum):
    """What is answered to authorizations."""

    APPROVE = "approve"
    DECLINE = "decline"


class LogFormat(StrEnum):
    """How a delivery is written."""

    TABLE = "table"
    JSONL = "jsonl"


@attrs.frozen(kw_only=True)
class ListenOptions:
    """How to receive webhooks.

    Attributes:
        port: The port to listen on; 0 takes a free one.
        forward_to: Where deliveries are sent on to; None answers them here.
        decide: What is answered to authorizations here; None declines them.
        card_balance: What an approved enquiry is told, in minor units.
        card_holder: Whose name an approved enquiry is told.
        register: Whether to create a webhook for the time of the command.
        events: The events to register for; none takes all.
        public_url: Where Allawee reaches this computer; None for a sandbox on this computer.
        yes: Whether to register with a live key without asking.
        signing_key_file: The file with the signing key.
        output: How a delivery is written; None decides by who reads.
    """

    port: int = 4242
    forward_to: str | None = None
    decide: Answering | None = None
    card_balance: int = 1_000_000
    card_holder: str = "Card Holder"
    register: bool = False
    events: tuple[str, ...] = ()
    public_url: str | None = None
    yes: bool = False
    signing_key_file: Path | None = None
    output: LogFormat | None = None
