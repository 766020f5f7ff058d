"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from allawee_async.cli.program import set_debug, set_no_color

_MOST_CUSTOMERS = 200_000

Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        envvar="ALLAWEE_DEBUG",
        callback=set_debug,
        help="Show tracebacks, and each retry as it happens.",
    ),
]
"""`--debug`, for the program and for each command, because people write it at either place."""

NoColor = Annotated[
    bool,
    typer.Option(
        "--no-color", callback=set_no_color, help="Write without colours, as with NO_COLOR."
    ),
]

ApiKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--api-key-file",
        metavar="FILE",
        help="Read the API key from this file, - for stdin; else ALLAWEE_API_KEY, else the "
        "key of `allawee login`.",
    ),
]
UseSandbox = Annotated[
    bool,
    typer.Option(
        "--sandbox",
        help="Use an embedded sandbox instead of the API; --sandbox FILE keeps its state, for "
        "instance in play.db.",
    ),
]
SandboxFile = Annotated[
    Path | None,
    typer.Option(
        "--sandbox-file", dir_okay=False, hidden=True, help="What --sandbox FILE stands for."
    ),
]
SandboxCustomers = Annotated[
    int | None,
    typer.Option(
        "--sandbox-customers",
        min=0,
        max=_MOST_CUSTOMERS,
        metavar="N",
        help="Customers that a new sandbox begins with (50).",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="Host of the API; else ALLAWEE_BASE_URL."),
]
SecureUrl = Annotated[
    str | None,
    typer.Option(
        "--secure-url",
        metavar="URL",
        help="Host for card numbers and PINs; else ALLAWEE_SECURE_URL.",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=0.001, metavar="SECONDS", help="Seconds to wait for one answer."),
]
