"""Options that several commands share."""

from typing import Annotated

import typer

from allawee_async.cli.program import set_debug

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
