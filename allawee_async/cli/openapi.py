"""`allawee openapi`: the description of the API, for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from allawee_async.codec.json import dumps_indented

Out = Annotated[
    Path | None,
    typer.Option(dir_okay=False, metavar="FILE", help="Write to this file in place of stdout."),
]


def openapi(*, out: Out = None) -> None:
    """Print the description of the API as OpenAPI 3.1.

    It is JSON, for client generators, validators and mock servers. It needs neither a key nor the
    internet.
    """
    from allawee_async.openapi import document

    text = dumps_indented(document())
    if out is not None:
        out.write_bytes(text + b"\n")
    else:
        typer.echo(text.decode())
