"""Where a downloaded file goes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.operations.confirmations import ask, somebody_answers
from allawee_async.cli.output.reports import somebody_reads

if TYPE_CHECKING:
    from allawee_async.transport.downloads import Download

_STDOUT: Final = Path("-")


async def save(file: Download, out: Path | None, *, overwrite: bool) -> None:
    """Save a file, or write it to stdout if that is no terminal.

    Args:
        file: The file, of which nothing was sent for yet.
        out: Where to; `-` is stdout, and None too, if it is no terminal.
        overwrite: Whether to replace a file without asking.

    Raises:
        CommandError: There is no place for it.
        AllaweeError: It cannot be had.
    """
    if out is None and somebody_reads():
        raise CommandError("this is a file: give --out FILE", ExitCode.WRONG_USE)
    if out is None or out == _STDOUT:
        async with file:
            async for chunk in file:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
        return
    _check(out, overwrite=overwrite)
    try:
        await file.save_to(out)
    except OSError as error:
        raise CommandError(f"cannot save {out}: {error.strerror or error}") from error
    typer.echo(f"saved {out}", err=True)


def _check(out: Path, *, overwrite: bool) -> None:
    """Refuse a place that cannot be written to, before anything is sent."""
    if out.is_dir():
        raise CommandError(f"{out} is a directory; name the file, too", ExitCode.WRONG_USE)
    if not out.parent.is_dir():
        raise CommandError(f"there is no directory {out.parent}", ExitCode.WRONG_USE)
    if not out.exists() or overwrite:
        return
    if not somebody_answers():
        raise CommandError(
            f"{out} is there already; add --overwrite to replace it", ExitCode.WRONG_USE
        )
    if not ask(f"{out} is there already. Replace it?"):
        raise CommandError("nothing was saved")
