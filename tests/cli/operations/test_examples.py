"""The examples in the help of each verb that writes: all of them are run, exit codes included."""

import asyncio
import re
import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import AllaweeClient
from allawee_async.cli.operations import help_texts
from allawee_async.cli.operations.help_texts import examples
from allawee_async.resources.verbs import all_verbs
from allawee_async.sandbox.server import running_in_a_thread
from tests.cli.conftest import Call, Run

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox

ADA = "cus.2tXNjMhytgx7hCxu9"
TEXT = Path(help_texts.__file__).with_name("examples.txt").read_text("utf-8")
COMMANDS = re.sub(r" \\\n +", " ", TEXT).split("\n")
NOUNS = [
    [line for line in lines if line]
    for _, lines in groupby(filter(None, COMMANDS), key=lambda line: line.split()[1])
]
WRITES = [verb for verb in all_verbs() if verb.writes]


def files(folder: Path) -> None:
    """Write what the examples read."""
    (folder / "pin.txt").write_text("4821")
    (folder / "cvv.txt").touch()
    (folder / "pan.txt").touch()
    (folder / "new-pan.txt").touch()
    (folder / "obi.json").write_text('{"businessInformation": {"registrationName": "Obi Ltd"}}')
    (folder / "cards.csv").write_text("customer,reference\ncus.2tXNjMhytgx7hCxu9,c1\n")
    (folder / "customers.csv").write_text(
        "name,reference,claims.individualInformation.email\nAda,a1,ada@example.com\n"
    )
    (folder / "salaries.csv").write_text(
        "reference,amount,options.accountNumber,options.bankCode\ns1,10000,0123456789,058\n"
    )
    for file in folder.iterdir():
        file.chmod(0o600)


async def prepared(sandbox: "Sandbox", folder: Path, stock: Any) -> dict[str, str]:
    """Make what the examples name by ids that only stand for some; return the real ones."""
    async with AllaweeClient(
        sandbox.api_key, base_url=sandbox.url, secure_url=sandbox.secure_url
    ) as client:
        program = await client.card_programs.create(**stock)
        waiting = await client.card_programs.create(**stock | {"name": "Waiting"})
        await client.simulation.card_program_go_live(program.id)
        cards = await client.cards.list(filter=f"program|eq|{program.id}").to_list()
        await client.cards.link(cards[0].id, customer=ADA)
        (folder / "cvv.txt").write_text(str((await client.cards.secrets(cards[0].id)).cvv))
        for name, card in (("pan.txt", cards[1]), ("new-pan.txt", cards[3])):
            (folder / name).write_text((await client.cards.secrets(card.id)).pan)
        other = await client.accounts.create(name="x", type="sub", currency="NGN")
        bank = {"accountNumber": "0123456789", "bankCode": "058"}
        payouts = [
            await client.payments.create_payout(
                method="bank-transfer", options=bank, currency="NGN", amount=100, debit_source=payer
            )
            for payer in (other.id, None)
        ]
        # So that the one that failed is paid when it is tried again.
        await client.payments.create_payout(
            method="transfer", options={"destination": other.id}, currency="NGN", amount=900_000
        )
        webhook = await client.webhooks.create(
            name="x", url="https://example.com", events=["request.completed"]
        )
        own = await client.accounts.create(
            name="Ada", type="virtual", currency="NGN", customer=ADA,
            deposit_channels=["bank-account"],
        )  # fmt: skip
        (channel,) = own.deposit_channels or ()
        dispute = await client.disputes.create(
            reason="general", source="c.auth.2tW3sESJQ4ZW9DKSG", text="x"
        )
        while (await client.payments.get(payouts[1].id)).status != "completed":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        event = await client.events.list().first()
    return {
        "c.2wcj2CxxhnpcWAc4z": cards[2].id,
        "c.2wcj2CxxhnpcWAc5a": cards[0].id,
        "c.2wcj2CxxhnpcWAc5b": cards[4].id,
        "c.prg.2wcj2CxxhnpcWAc4z": waiting.id,
        "p.2wcj2CxxhnpcWAc4z": payouts[0].id,
        "p.2wcj2CxxhnpcWAc5a": payouts[1].id,
        "wh.2wcj2CxxhnpcWAc4z": webhook.id or "",
        "ac.2wcj2CxxhnpcWAc4z": other.id,
        "ac.2wcj2CxxhnpcWAc5b": own.id,
        "0012345675": channel.account_number or "",
        "dsp.2wcj2CxxhnpcWAc4z": dispute.id or "",
        "evt.2wcj2CVUpNZGXXxsC": event.id or "" if event else "",
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sample: Any) -> Iterator[Any]:
    """A sandbox in which the examples have something to work on, and a folder with their files."""
    folder = tmp_path_factory.mktemp("examples")
    files(folder)
    sent = sample("card-programs.create.physical.request") | {"quantity": 5}
    stock = {re.sub("[A-Z]", lambda one: f"_{one[0].lower()}", name): sent[name] for name in sent}
    with running_in_a_thread(customers=5, seed=1, grp_enabled=True) as sandbox:
        yield Call(sandbox), folder, asyncio.run(prepared(sandbox, folder, stock))


@pytest.mark.parametrize("lines", NOUNS, ids=lambda lines: lines[0].split()[1])
def test_every_example_does_what_it_says(
    lines: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, folder, real = world
    monkeypatch.chdir(folder)
    for line in lines:
        result = call(*(real.get(word, word) for word in shlex.split(line)[1:]))
        queued = 5 if line.startswith("allawee simulation grp ") else 0

        assert result.exit_code == queued, (line, result.output)


def test_every_verb_that_writes_has_an_example(run: Run) -> None:
    assert [verb.call for verb in WRITES if not examples(verb)] == []
    shown = run("payments", "create-payout", "--help").stdout

    assert "\n  allawee payments create-payout --method bank-transfer --currency NGN" in shown
    assert shown.index("--reference invoice-17") < shown.index("\nOptions:")


def test_no_example_is_of_no_verb() -> None:
    shown = "\n".join(examples(verb) for verb in WRITES).splitlines()

    assert sorted(shown) == sorted(filter(None, TEXT.splitlines()))
    assert max(map(len, shown)) <= 78
