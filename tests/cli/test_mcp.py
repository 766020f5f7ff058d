"""`allawee mcp`: a server for agents, at the end of a real pipe."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async.sandbox import Sandbox
    from tests.cli.conftest import Run

PAYOUT = {
    "method": "bank-transfer",
    "currency": "NGN",
    "options": {"accountNumber": "0000000000", "bankCode": "058"},
}


async def test_an_agent_reads_and_pays_within_its_budget(sandbox: Sandbox, tmp_path: Path) -> None:
    from mcp import ClientSession  # an import of a second, for one worker of all
    from mcp.client.stdio import StdioServerParameters, stdio_client

    words = ("--allow-money", "--max-amount", "NGN=500000", "--max-total", "ngn=700000")
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "allawee_async", "mcp", *words],
        env={
            **os.environ,
            "ALLAWEE_API_KEY": sandbox.api_key,
            "ALLAWEE_BASE_URL": sandbox.url,
            "ALLAWEE_SECURE_URL": sandbox.secure_url,
        },
    )
    log = tmp_path / "log"
    with log.open("w") as lines:
        async with stdio_client(server, errlog=lines) as streams, ClientSession(*streams) as agent:
            await agent.initialize()

            async def ask(tool: str, **arguments: Any) -> dict[str, Any]:
                return dict((await agent.call_tool(tool, arguments)).structured_content)

            names = [tool.name for tool in (await agent.list_tools()).tools]
            read = await ask("customers_list", limit=1)
            write = await ask("cards_block", cardId="c.1")
            sandbox.faults.reset(after_effect=True, method="POST")
            lost = await ask("payments_create_payout", **PAYOUT, amount=400_000)
            beyond = await ask("payments_create_payout", **PAYOUT, amount=400_000)
            found = await ask("payments_find", reference=lost["notes"][0].split()[-1])

    assert "payments_create_payout" in names
    assert "customers_create" not in names
    assert len(read["items"]) == 1
    assert "not allowed" in write["message"]
    assert lost["outcomeUnknown"]
    assert "more than the 300000 left" in beyond["message"]
    assert found["amount"] == 400_000
    posts = [request for request in sandbox.requests if request.method == "POST"]
    assert len(posts) == 1
    told = log.read_text().splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "customers_list",
        "cards_block",
        "payments_create_payout",
        "payments_create_payout",
        "payments_find",
    ]
    assert sandbox.api_key not in "".join(told)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--allow-money",), "--allow-money needs --max-amount and --max-total"),
        (("--allow-money", "--max-amount", "1"), "needs --max-amount and --max-total"),
        (("--max-total", "1"), "--max-amount and --max-total are for --allow-money"),
        (
            ("--allow-money", "--max-amount", "1.5", "--max-total", "1"),
            "--max-amount '1.5' is no whole number of minor units",
        ),
    ],
)
def test_wrong_options_are_told(run: Run, words: tuple[str, ...], told: str) -> None:
    done = run("mcp", "--sandbox", *words)

    assert done.exit_code == 2
    assert told in done.stderr
