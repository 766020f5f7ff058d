"""The command line `allawee`: what belongs to the whole program, and the list of its commands."""

from typing import Annotated, Any

import typer

from allawee_async.cli import commands
from allawee_async.cli.errors import MEANINGS
from allawee_async.cli.program import Debug, NoColor, Program
from allawee_async.resources import Resources
from allawee_async.version import __version__

# "\b" keeps Typer from filling the lines of a paragraph anew.
_EXIT_CODES = "\n".join(
    ["\b", "Exit codes:", *(f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items())]
)


def _fill(group: commands.ResourceGroup) -> None:
    from allawee_async.cli.operations.command import add_commands

    add_commands(group)


class Allawee(Program):
    """The commands of `COMMANDS` that are of no noun, and one for each noun of the API."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        groups = {group.name: group for group in commands.resource_groups(Resources, _fill)}
        self._own = [words for words in commands.COMMANDS if words.partition(" ")[0] not in groups]
        for words in self._own:
            self.add_command(commands.imported_command(words), words)
        for group in groups.values():
            self.add_command(group)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names, or the first two."""
        both = " ".join(args[:2])
        return super().resolve_command(ctx, [both, *args[2:]] if both in self._own else args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the nouns of the API after the other commands."""
        del ctx
        width = max(map(len, self.commands))
        for title, is_noun in (("Commands", False), ("The API, noun by noun", True)):
            rows = [
                (name.ljust(width), command.get_short_help_str())
                for name, command in self.commands.items()
                if (name not in self._own) is is_noun
            ]
            with formatter.section(title):
                formatter.write_dl(rows)


app = typer.Typer(
    name="allawee",
    cls=Allawee,
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
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Allawee card issuing from the command line.

    New here? Run "allawee demo": it needs neither a key nor the internet.
    """
    del version, no_color, debug
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
