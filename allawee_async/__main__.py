"""`python -m allawee_async` and the console script `allawee`: the door to the command line."""

import os
import sys
from importlib.util import find_spec

_NEEDED = ("typer", "rich")
_ASKED_BY_A_SHELL = "_ALLAWEE_COMPLETE"
_WRONG_USE = 2
_INTERRUPTED = 130


def main() -> None:
    """Run the command line; end with its exit code.

    Without the extra `cli` it says how to install it, and ends with exit code 2.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        from allawee_async.version import install_command  # noqa: PLC0415 - only here

        told = f'error: the command line needs the extra "cli": {install_command("cli")}'
        print(told, file=sys.stderr)  # noqa: T201 - Typer is not there to do it
        sys.exit(_WRONG_USE)
    try:
        from allawee_async.cli.app import app  # noqa: PLC0415 - it needs the extra
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    if _ASKED_BY_A_SHELL in os.environ:
        # Rich fills lines anew, and fish would take each line of a description for a word.
        os.environ["COLUMNS"] = "1000"
    app()


if __name__ == "__main__":
    main()
