"""`allawee sandbox requests` and `faults`: a sandbox that runs elsewhere on this computer."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urlsplit

import attrs
import typer

from allawee_async.cli.access.options import BaseUrl
from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.cli.operations.output import Output
from allawee_async.cli.output.reports import somebody_reads
from allawee_async.cli.output.writers import Format, writer_for
from allawee_async.codec.json import NotJSON, loads
from allawee_async.redaction import printable
from allawee_async.types import JSONObject

_DEFAULT: Final = "http://127.0.0.1:8080"
_SECONDS: Final = 5.0
_COLUMNS: Final = ("at", "method", "path", "query", "status", "seconds", "faults")

Count = Annotated[
    int, typer.Option(min=1, max=1000, metavar="NUMBER", help="How many of the latest.")
]
Bodies = Annotated[
    bool, typer.Option("--bodies", help="Show the bodies of requests and answers, too.")
]
Action = Annotated[
    str | None,
    typer.Argument(metavar="[add|list|clear]", help="What to do; list if left out."),
]
Kind = Annotated[
    str | None,
    typer.Argument(metavar="[KIND]", help="Of add: 503, 429, delay, hang, reset, cut-body …"),
]
Times = Annotated[
    int, typer.Option(min=0, metavar="NUMBER", help="How many requests it hits; 0 is all.")
]
Method = Annotated[str | None, typer.Option(metavar="METHOD", help="Only such requests: GET.")]
Path = Annotated[
    str | None, typer.Option(metavar="PATH", help="Only requests of such a path: /customers/*.")
]
Seconds = Annotated[float, typer.Option(metavar="SECONDS", help="How long a delay is.")]
AfterEffect = Annotated[
    bool, typer.Option("--after-effect", help="Carry the request out first; the answer is lost.")
]
Clear = Annotated[bool, typer.Option("--clear", help="Take all faults back first.")]


@attrs.frozen(kw_only=True)
class FaultOptions:
    """The fault that is ordered: an option for each attribute."""

    times: Times = 1
    method: Method = None
    path: Path = None
    seconds: Seconds = 2.0
    after_effect: AfterEffect = False


def requests(
    *, base_url: BaseUrl = None, count: Count = 20, bodies: Bodies = False, output: Output = None
) -> None:
    """Show the latest requests of a sandbox that runs, oldest first.

    The sandbox is that of --base-url, else of ALLAWEE_BASE_URL, else the one at port 8080.
    """
    query = {"count": str(count), "bodies": "yes" if bodies else ""}
    found: Any = _asked(base_url, "requests", query)["requests"]
    if not found:
        typer.echo("no request has come yet", err=True)
        return
    form = output or (Format.TABLE if somebody_reads() else Format.JSON)
    names = (*_COLUMNS, "body", "answer") if bodies else _COLUMNS
    columns = [name for name in names if any(one.get(name) for one in found)]
    writer = writer_for(form, None, columns if form is Format.TABLE else None)
    writer.page(found)
    writer.end()


def faults(
    action: Action = None,
    kind: Kind = None,
    *,
    base_url: BaseUrl = None,
    options: FaultOptions,
    clear: Clear = False,
) -> None:
    """Let requests to a sandbox that runs fail, or show which ones will.

    A KIND alone is added: `faults 503`.

    The sandbox is that of --base-url, else of ALLAWEE_BASE_URL, else the one at port 8080.
    """
    if action not in ("add", "list", "clear"):
        action, kind = "add" if action else "list", action
    if clear or action == "clear":
        typer.echo(str(_asked(base_url, "faults/clear", post={})["told"]))
    if action == "add":
        form = {
            "kind": kind or "",
            "times": str(options.times),
            "seconds": str(options.seconds),
            "method": options.method or "",
            "path": options.path or "",
            "after": "yes" if options.after_effect else "",
        }
        typer.echo(str(_asked(base_url, "faults", post=form)["told"]))
    elif action == "list" and not clear:
        pending: Any = _asked(base_url, "faults")["faults"]
        for one in pending:
            typer.echo(one["fault"])
        if not pending:
            typer.echo("no fault is ordered", err=True)


def _asked(
    base_url: str | None,
    name: str,
    query: "Mapping[str, str] | None" = None,
    *,
    post: "Mapping[str, str] | None" = None,
) -> "JSONObject":
    """Return what a sandbox of this computer answers.

    Raises:
        CommandError: There is none, or it does not want to.
    """
    from http.client import HTTPConnection, HTTPException

    url = base_url or os.environ.get("ALLAWEE_BASE_URL") or _DEFAULT
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError(f"{printable(url)} is no sandbox")
    path = f"/_sandbox/control/{name}?{urlencode(query or {})}"
    body = None if post is None else urlencode(post)
    method = "GET" if post is None else "POST"
    connection = HTTPConnection(parts.hostname, parts.port, timeout=_SECONDS)
    try:
        connection.request(method, path, body, {"Sandbox-Control": "1"})
        answer = connection.getresponse()
        text, status = answer.read(), answer.status
        found: Any = loads(text)
    except (OSError, HTTPException, NotJSON):
        raise CommandError(
            f"no sandbox answers at {printable(url)}; start one with `allawee sandbox`"
        ) from None
    finally:
        connection.close()
    if status >= 400:
        raise UsageError(printable(str(found.get("told"))))
    return found  # type: ignore[no-any-return]
