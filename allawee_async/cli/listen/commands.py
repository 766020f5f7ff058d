"""`allawee webhooks listen`, `sign` and `verify`: tools for those who receive webhooks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from allawee_async.cli.access.connected import connected
from allawee_async.cli.access.connection import ConnectionOptions
from allawee_async.cli.lazy_commands import LazyCommand, imported_command
from allawee_async.cli.listen.options import Answering, ListenOptions, LogFormat
from allawee_async.cli.options import Debug, NoColor
from allawee_async.cli.output.reports import ReportOutput

if TYPE_CHECKING:
    from typer.core import TyperGroup

COMMANDS: Final[dict[str, str]] = {
    "listen": "Receive webhooks on this computer, and show what comes, until Ctrl-C.",
    "sign": "Sign a body as Allawee signs its webhooks, and print the signature.",
    "verify": "Tell whether a signature fits a body, and what the body says.",
}
"""The line of each command in the help: the first one of its docstring."""

_HIGHEST_PORT = 65_535
_DEFAULT = ListenOptions()

SigningKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--signing-key-file",
        metavar="FILE",
        help="Read the signing key from this file; else ALLAWEE_SIGNING_KEY.",
    ),
]
Body = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="The body, byte for byte; stdin if left out."),
]

Port = Annotated[
    int,
    typer.Option(
        min=0, max=_HIGHEST_PORT, metavar="PORT", help="Port to listen on; 0 takes a free one."
    ),
]
ForwardTo = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Send each delivery on to here, and hand its answer back."),
]
Decide = Annotated[
    Answering | None,
    typer.Option(
        metavar="ANSWER", help="approve or decline all authorizations; decline if left out."
    ),
]
CardBalance = Annotated[
    int,
    typer.Option(metavar="NUMBER", help="Minor units that --decide approve tells an enquiry."),
]
CardHolder = Annotated[
    str, typer.Option(metavar="TEXT", help="Name that --decide approve tells an enquiry.")
]
Register = Annotated[
    bool,
    typer.Option(
        "--register", help="Create a webhook for the time of the command; --sandbox does so too."
    ),
]
Events = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Event to register for; may be repeated; all that are documented if left out.",
    ),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Where Allawee reaches this computer (a tunnel)."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Register with a live key without asking.")]
LogOutput = Annotated[
    LogFormat | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="table or jsonl; jsonl if stdout is no terminal, else table.",
    ),
]


def add_webhook_commands(group: "TyperGroup") -> None:
    """Add the commands to a group; they are imported when they are used."""
    for name, line in COMMANDS.items():
        make = imported_command(f"{__name__}:{name}", name)
        group.add_command(LazyCommand(name, line, make))


def sign(
    body: Body = Path("-"),
    *,
    signing_key_file: SigningKeyFile = None,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Sign a body as Allawee signs its webhooks, and print the signature.

    Every byte counts, a line end as well: with a pipe, use printf and not echo. Without a file or
    ALLAWEE_SIGNING_KEY it asks for the signing key, without showing it.
    """
    del no_color, debug
    from allawee_async.cli.listen.tools import print_signature

    print_signature(body, signing_key_file)


def verify(
    body: Body = Path("-"),
    *,
    signature: Annotated[
        str, typer.Option(metavar="HEX", help="The value of the header Allawee-Signature.")
    ],
    max_age: Annotated[
        float | None,
        typer.Option(min=0.001, metavar="SECONDS", help="Refuse what was sent longer ago."),
    ] = None,
    signing_key_file: SigningKeyFile = None,
    output: ReportOutput = None,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Tell whether a signature fits a body, and what the body says.

    It ends with exit code 1 if it does not fit, or if the body is no event. Without a file or
    ALLAWEE_SIGNING_KEY it asks for the signing key, without showing it.
    """
    del no_color, debug
    from allawee_async.cli.listen.tools import print_verdict

    print_verdict(body, signature, signing_key_file, max_age=max_age, output=output)


@connected
def listen(
    *,
    port: Port = _DEFAULT.port,
    forward_to: ForwardTo = None,
    decide: Decide = None,
    card_balance: CardBalance = _DEFAULT.card_balance,
    card_holder: CardHolder = _DEFAULT.card_holder,
    register: Register = False,
    event: Events = None,
    public_url: PublicUrl = None,
    yes: Yes = False,
    signing_key_file: SigningKeyFile = None,
    output: LogOutput = None,
    connection: ConnectionOptions,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Receive webhooks on this computer, and show what comes, until Ctrl-C.

    With a signing key it tells whether each delivery is signed with it. Authorizations are declined
    unless --decide or the program behind --forward-to says otherwise.

    To see it at work, run `allawee sandbox`, paste the three lines that it prints into another
    terminal, and there run `allawee webhooks listen --register`.
    """
    del no_color, debug
    from allawee_async.cli.listen.run import run_listen

    options = ListenOptions(
        port=port,
        forward_to=forward_to,
        decide=decide,
        card_balance=card_balance,
        card_holder=card_holder,
        register=register,
        events=tuple(event or ()),
        public_url=public_url,
        yes=yes,
        signing_key_file=signing_key_file,
        output=output,
    )
    run_listen(options, connection)
