"""One group of commands for each noun of the API; its verbs are made when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from allawee_async.cli.leading_options import moved_behind
from allawee_async.cli.operations.wording import kebab
from allawee_async.resources import nouns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class NounGroup(TyperGroup):
    """The verbs of a noun.

    Args:
        noun: The attribute path on the client: `customers`, `tools.banks`.
        line: What the noun is, in a line.
        fill: Adds the commands; called once, when they are needed.
    """

    def __init__(self, noun: str, line: str, fill: Callable[[NounGroup], None]) -> None:
        name = kebab(noun.rpartition(".")[2])
        super().__init__(name=name, help=f"{line}.", short_help=line, rich_markup_mode=None)
        self.noun = noun
        self._fill: Callable[[NounGroup], None] | None = fill

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; without any, show the help."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit
        return super().parse_args(ctx, moved_behind(args))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a verb."""
        self.fill()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the verbs."""
        self.fill()
        return super().list_commands(ctx)

    def fill(self) -> None:
        """Make the commands; this imports the noun."""
        fill, self._fill = self._fill, None
        if fill is not None:
            fill(self)


def noun_groups(
    parent: type, fill: Callable[[NounGroup], None], path: str = ""
) -> Iterator[NounGroup]:
    """Yield a group for each noun that a class has an attribute for.

    Args:
        parent: `Resources`, or the class of a noun.
        fill: Adds the commands to a group.
        path: The attribute path of that noun on the client, with a dot behind it.
    """
    for noun, line in nouns_of(parent, path):
        yield NounGroup(noun, line.rstrip("."), fill)
