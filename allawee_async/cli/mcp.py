"""`allawee mcp`: the verbs as tools of an agent, which may do no more than it is told."""

import sys
from typing import TYPE_CHECKING

import attrs

from allawee_async.cli.access.connection import run_with_client
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.errors import UsageError
from allawee_async.cli.options import flag, option

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient
    from allawee_async.integrations.mcp import SpendingLimits


@attrs.frozen(kw_only=True)
class McpOptions:
    """What an agent may do: an option for each attribute."""

    allow_writes: bool = flag("Let the agent change what moves no money.")
    allow_money: bool = flag("Let the agent move money, within --max-amount and --max-total.")
    max_amount: list[str] | None = option(
        "The most for one payment, in minor units: 500000, or NGN=500000 for one currency; may be "
        "repeated.",
        metavar="[CURRENCY=]AMOUNT",
    )
    max_total: list[str] | None = option(
        "The most for all payments until the server ends, in minor units, for each currency by "
        "itself.",
        metavar="[CURRENCY=]AMOUNT",
    )


def mcp(*, connection: ConnectionOptions, options: McpOptions) -> None:
    """Serve the API to an agent, as a server of the Model Context Protocol.

    It speaks on stdin and stdout. Each verb is a tool, but for those that tell or need card
    numbers, PINs or keys. Without further options an agent can only read. Secrets are masked, and
    each call is a line on stderr.
    """
    from allawee_async.integrations.mcp import Permissions, make_server

    max_amount, max_total = options.max_amount or [], options.max_total or []
    if options.allow_money and not (max_amount and max_total):
        raise UsageError("--allow-money needs --max-amount and --max-total")
    if (max_amount or max_total) and not options.allow_money:
        raise UsageError("--max-amount and --max-total are for --allow-money")
    permissions = Permissions(
        writes=options.allow_writes,
        money=options.allow_money,
        max_amount=_limits("--max-amount", max_amount),
        max_total=_limits("--max-total", max_total),
    )

    def log(line: str) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201

    async def serve(client: "AllaweeClient") -> None:
        from mcp.server.stdio import stdio_server

        server = make_server(client, permissions, log=log)
        async with stdio_server() as (received, sent):
            await server.run(received, sent, server.create_initialization_options())

    run_with_client(connection, serve)


def _limits(option: str, texts: list[str]) -> "SpendingLimits":
    from allawee_async.integrations.mcp import SpendingLimits

    everywhere: int | None = None
    by_currency: dict[str, int] = {}
    for text in texts:
        currency, _, amount = text.rpartition("=")
        if not (amount.isascii() and amount.isdigit()):
            raise UsageError(f"{option} {text!r} is no whole number of minor units")
        if currency:
            by_currency[currency.upper()] = int(amount)
        else:
            everywhere = int(amount)
    return SpendingLimits(everywhere, by_currency)
