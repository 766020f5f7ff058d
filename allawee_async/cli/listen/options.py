"""What `allawee webhooks listen`, `sign` and `verify` are told to do."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import attrs
import typer

_HIGHEST_PORT: Final = 65_535


class Answering(StrEnum):
    """What is answered to authorizations."""

    APPROVE = "approve"
    DECLINE = "decline"


class LogFormat(StrEnum):
    """How a delivery is written."""

    TABLE = "table"
    JSONL = "jsonl"


SigningKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--signing-key-file",
        metavar="FILE",
        help="Read the signing key from this file; else ALLAWEE_SIGNING_KEY.",
    ),
]
Body = Annotated[
    Path, typer.Argument(metavar="FILE", help="The body, byte for byte; stdin if left out.")
]


@attrs.frozen(kw_only=True)
class ListenOptions:
    """How to receive webhooks: an option for each attribute."""

    port: Annotated[
        int,
        typer.Option(
            min=0, max=_HIGHEST_PORT, metavar="PORT", help="Port to listen on; 0 takes a free one."
        ),
    ] = 4242
    forward_to: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Send each delivery on to here; hand its answer back."),
    ] = None
    decide: Annotated[
        Answering | None,
        typer.Option(
            metavar="ANSWER", help="approve or decline all authorizations; decline if left out."
        ),
    ] = None
    card_balance: Annotated[
        int,
        typer.Option(metavar="NUMBER", help="Minor units that --decide approve tells an enquiry."),
    ] = 1_000_000
    card_holder: Annotated[
        str, typer.Option(metavar="TEXT", help="Name that --decide approve tells an enquiry.")
    ] = "Card Holder"
    register: Annotated[
        bool,
        typer.Option(
            "--register",
            help="Create a webhook for the time of the command; --sandbox does so too.",
        ),
    ] = False
    events: Annotated[
        list[str] | None,
        typer.Option(
            "--event",
            metavar="NAME",
            help="Event to register for; may be repeated; all that are documented if left out.",
        ),
    ] = None
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where Allawee reaches this computer (a tunnel)."),
    ] = None
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Register with a live key without asking.")
    ] = False
    signing_key_file: SigningKeyFile = None
    output: Annotated[
        LogFormat | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            help="table or jsonl; jsonl if stdout is no terminal, else table.",
        ),
    ] = None
