"""`allawee sandbox requests` and `faults`: a sandbox that runs elsewhere on this computer."""

import os
from collections.abc import Mapping
from contextlib import closing
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urlsplit

import attrs
import typer

from allawee_async.cli.access.options import BaseUrl
from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.cli.options import flag, option
from allawee_async.cli.output.writers import Format, Output, somebody_reads, writer_for
from allawee_async.codec.json import NotJSON, loads
from allawee_async.redaction import printable

_DEFAULT: Final = "http://127.0.0.1:8080"
_SECONDS: Final = 5.0
_COLUMNS: Final = ("at", "method", "path", "query", "status", "seconds", "faults")

Action = Annotated[
    str | None,
    typer.Argument(metavar="[add|list|clear]", help="What to do; list if left out."),
]
Kind = Annotated[
    str | None,
    typer.Argument(metavar="[KIND]", help="Of add: 503, 429, delay, hang, reset, cut-body …"),
]


@attrs.frozen(kw_only=True)
class RequestOptions:
    """What is shown of requests: an option for each attribute."""

    base_url: BaseUrl = None
    count: int = option("How many of the latest.", default=20, min=1, max=1000, metavar="NUMBER")
    bodies: bool = flag("Show the bodies of requests and answers, too.")
    output: Output = None


@attrs.frozen(kw_only=True)
class FaultOptions:
    """The fault that is ordered: an option for each attribute."""

    base_url: BaseUrl = None
    times: int = option("How many requests it hits; 0 is all.", default=1, min=0, metavar="NUMBER")
    method: str | None = option("Only such requests: GET.", metavar="METHOD")
    path: str | None = option("Only requests of such a path: /customers/*.", metavar="PATH")
    seconds: float = option("How long a delay is.", default=2.0, metavar="SECONDS")
    after_effect: bool = flag("Carry the request out first; the answer is lost.")
    clear: bool = flag("Take all faults back first.")


def requests(*, options: RequestOptions) -> None:
    """Show the latest requests of a sandbox that runs, oldest first.

    The sandbox is that of --base-url, else of ALLAWEE_BASE_URL, else the one at port 8080.
    """
    query = urlencode({"count": options.count, "bodies": "yes" if options.bodies else ""})
    found = _asked(options.base_url, f"requests?{query}")["requests"]
    if not found:
        typer.echo("no request has come yet", err=True)
        return
    form = options.output or (Format.TABLE if somebody_reads() else Format.JSON)
    names = (*_COLUMNS, "body", "answer") if options.bodies else _COLUMNS
    columns = [name for name in names if any(one.get(name) for one in found)]
    writer = writer_for(form, None, columns if form is Format.TABLE else None)
    writer.page(found)
    writer.end()


def faults(action: Action = None, kind: Kind = None, *, options: FaultOptions) -> None:
    """Let requests to a sandbox that runs fail, or show which ones will.

    A KIND alone is added: `faults 503`.

    The sandbox is that of --base-url, else of ALLAWEE_BASE_URL, else the one at port 8080.
    """
    if action not in ("add", "list", "clear"):
        action, kind = "add" if action else "list", action
    if options.clear or action == "clear":
        typer.echo(_asked(options.base_url, "faults/clear", {})["told"])
    if action == "add":
        form = {
            "kind": kind or "",
            "times": str(options.times),
            "seconds": str(options.seconds),
            "method": options.method or "",
            "path": options.path or "",
            "after": "yes" if options.after_effect else "",
        }
        typer.echo(_asked(options.base_url, "faults", form)["told"])
    elif action == "list" and not options.clear:
        pending = _asked(options.base_url, "faults")["faults"]
        for one in pending:
            typer.echo(one["fault"])
        if not pending:
            typer.echo("no fault is ordered", err=True)


def _asked(base_url: str | None, name: str, post: Mapping[str, str] | None = None) -> Any:
    """Return what a sandbox of this computer answers.

    Raises:
        CommandError: There is none, or it does not want to.
    """
    from http.client import HTTPConnection, HTTPException

    url = base_url or os.environ.get("ALLAWEE_BASE_URL") or _DEFAULT
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError(f"{printable(url)} is no sandbox")
    method, body = ("GET", None) if post is None else ("POST", urlencode(post))
    try:
        with closing(HTTPConnection(parts.hostname, parts.port, timeout=_SECONDS)) as connection:
            path = f"/_sandbox/control/{name}"
            connection.request(method, path, body, {"Sandbox-Control": "1"})
            answer = connection.getresponse()
            found: Any = loads(answer.read())
    except (OSError, HTTPException, NotJSON):
        raise CommandError(
            f"no sandbox answers at {printable(url)}; start one with `allawee sandbox`"
        ) from None
    if answer.status >= 400:
        raise UsageError(printable(str(found.get("told"))))
    return found
