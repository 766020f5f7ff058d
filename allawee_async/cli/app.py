"""The command line `allawee`: what belongs to the whole program, and the list of its commands."""

from typing import Annotated

import typer

from allawee_async.cli.demo import demo
from allawee_async.cli.failures import MEANINGS
from allawee_async.cli.options import Debug
from allawee_async.cli.program import Program
from allawee_async.cli.sandbox import sandbox
from allawee_async.version import __version__

# "\b" keeps Typer from filling the lines of a paragraph anew.
_EXIT_CODES = "\n".join(
    ["\b", "Exit codes:", *(f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items())]
)

app = typer.Typer(
    name="allawee",
    cls=Program,
    epilog=_EXIT_CODES,
    rich_markup_mode=None,  # plain help comes in a third of the time
    pretty_exceptions_enable=False,  # its tracebacks show local variables, so also keys
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if value:
        typer.echo(f"allawee_async {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
    debug: Debug = False,
) -> None:
    """Allawee card issuing from the command line.

    New here? Run "allawee demo": it needs neither a key nor the internet.
    """
    del version, debug
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(demo)
app.command()(sandbox)
