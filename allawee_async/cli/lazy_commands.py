"""Commands that are imported when they are used, so that the help of the program is quick."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from collections.abc import Callable


def made_command(
    function: Callable[..., object], name: str, cls: type[TyperCommand] | None = None, **texts: Any
) -> Any:
    """Return Typer's command for a function: its parameters become arguments and options.

    Args:
        function: What the command calls.
        name: What it is called.
        cls: Its class, if it is a special one.
        **texts: `help` and `epilog`, in place of the docstring.
    """
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,  # plain help comes in a third of the time
        pretty_exceptions_enable=False,  # its tracebacks show local variables, so also keys
    )
    app.command(name, cls=cls, **texts)(function)
    return typer.main.get_command(app)


def imported_command(place: str, name: str) -> Callable[[], Any]:
    """Return what imports a command, from a place such as `package.module:function`."""

    def make() -> Any:
        module, _, function = place.partition(":")
        return made_command(getattr(import_module(module), function), name)

    return make


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
        self._made: Any = None

    @property
    def made(self) -> Any:
        """The command itself."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read the arguments as the command itself does, whose context then takes over."""
        return self.made.make_context(*args, **options)
