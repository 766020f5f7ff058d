"""Commands and groups that are made when they are used, so that the program's help is quick."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from allawee_async.cli.arguments import moved_behind
from allawee_async.cli.wording import kebab
from allawee_async.resources import nouns_of

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("demo.command", "See the client walk thousands of customers through faults."),
    "sandbox": ("sandbox.command", "Run a sandbox that plays the API, until Ctrl-C."),
    "sandbox requests": (
        "sandbox.control",
        "Show the latest requests of a sandbox that runs, oldest first.",
    ),
    "sandbox faults": (
        "sandbox.control",
        "Let requests to a sandbox that runs fail, or show which ones will.",
    ),
    "login": ("access.login", "Keep an API key in the system keyring, for all later commands."),
    "logout": ("access.login", "Delete the API key of a host from the system keyring."),
    "whoami": ("access.login", "Say which API key is used, and whether the API accepts it."),
    "doctor": ("doctor.command", "Check what commands need: the key, the network, the clock."),
    "openapi": ("openapi", "Print the description of the API as OpenAPI 3.1."),
    "mcp": ("mcp", "Serve the API to an agent, as a server of the Model Context Protocol."),
    "payments reconcile": (
        "operations.reconcile",
        "Hold payments against the logs of the accounts that paid them.",
    ),
    "webhooks listen": (
        "listen.run",
        "Receive webhooks on this computer, and show what comes, until Ctrl-C.",
    ),
    "webhooks sign": (
        "listen.signing",
        "Sign a body as Allawee signs its webhooks, and print the signature.",
    ),
    "webhooks verify": (
        "listen.signing",
        "Tell whether a signature fits a body, and what the body says.",
    ),
}
"""What is more than a call of the API: in which module a function of the last name is, and its line
in the help, which is the first one of its docstring."""


class LazyCommand(TyperCommand):
    """A name and a line of help; the command itself is made when it is called.

    Args:
        name: What the command is called.
        short_help: Its line in the help of its group.
        make: Makes the command.
    """

    def __init__(self, name: str, short_help: str, make: Callable[[], Any]) -> None:
        super().__init__(name, help=short_help, short_help=short_help, rich_markup_mode=None)
        self._make = make

    @cached_property
    def made(self) -> Any:
        """The command itself."""
        return self._make()

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read the arguments as the command itself does, whose context then takes over."""
        return self.made.make_context(*args, **options)


def imported_command(words: str) -> LazyCommand:
    """Return the command of `COMMANDS` with these words; it is imported when it is called."""
    module, line = COMMANDS[words]
    name = words.rpartition(" ")[2]

    def make() -> Any:
        from allawee_async.cli.options import made_command

        place = import_module(f"allawee_async.cli.{module}")
        return made_command(getattr(place, name), name)

    return LazyCommand(name, line, make)


class ResourceGroup(TyperGroup):
    """The commands of a resource; they are made when they are needed.

    Args:
        resource: The attribute path on the client: `customers`, `tools.banks`.
        line: What the resource is, in a line.
        fill: Adds the commands; called once, when they are needed.
    """

    def __init__(self, resource: str, line: str, fill: Callable[[ResourceGroup], None]) -> None:
        name = kebab(resource.rpartition(".")[2])
        super().__init__(name=name, help=f"{line}.", short_help=line, rich_markup_mode=None)
        self.resource = resource
        self._fill: Callable[[ResourceGroup], None] | None = fill

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
        """Make the commands; this imports the resource."""
        fill, self._fill = self._fill, None
        if fill is not None:
            fill(self)


def resource_groups(
    parent: type, fill: Callable[[ResourceGroup], None], path: str = ""
) -> Iterator[ResourceGroup]:
    """Yield a group for each resource that a class has an attribute for.

    Args:
        parent: `Resources`, or the class of a resource.
        fill: Adds the commands to a group.
        path: The attribute path of that resource on the client, with a dot behind it.
    """
    for resource, line in nouns_of(parent, path):
        yield ResourceGroup(resource, line.rstrip("."), fill)
