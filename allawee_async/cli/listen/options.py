"""What `allawee webhooks listen` is told to do."""

from enum import StrEnum
from typing import Final

import attrs

from allawee_async.cli.listen.signing import SigningKeyFile
from allawee_async.cli.options import flag, option

_HIGHEST_PORT: Final = 65_535


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
    """How to receive webhooks: an option for each attribute."""

    port: int = option(
        "Port to listen on; 0 takes a free one.",
        default=4242,
        min=0,
        max=_HIGHEST_PORT,
        metavar="PORT",
    )
    forward_to: str | None = option(
        "Send each delivery on to here; hand its answer back.", metavar="URL"
    )
    decide: Answering | None = option(
        "approve or decline all authorizations; decline if left out.", metavar="ANSWER"
    )
    card_balance: int = option(
        "Minor units that --decide approve tells an enquiry.", default=1_000_000, metavar="NUMBER"
    )
    card_holder: str = option(
        "Name that --decide approve tells an enquiry.", default="Card Holder", metavar="TEXT"
    )
    register: bool = flag("Create a webhook for the time of the command; --sandbox does so too.")
    events: list[str] | None = option(
        "Event to register for; may be repeated; all that are documented if left out.",
        "--event",
        metavar="NAME",
    )
    public_url: str | None = option(
        "Where Allawee reaches this computer (a tunnel).", metavar="URL"
    )
    yes: bool = flag("Register with a live key without asking.", "--yes", "-y")
    signing_key_file: SigningKeyFile = None
    output: LogFormat | None = option(
        "table or jsonl; jsonl if stdout is no terminal, else table.",
        "--output",
        "-o",
        metavar="FORMAT",
    )
