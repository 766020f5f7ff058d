"""The state in a file: what is saved, when, and what the file survives."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox import Sandbox, StoreError
from allawee_async.sandbox.api.app import JOBS
from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.sqlite import StateFile, StateFileError, collections_of, parts_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import Calling


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.db"


def everything(sandbox: Sandbox) -> dict[str, Any]:
    """Return all documents and parts of a state, hidden fields included."""
    state = sandbox.state
    documents = {name: list(found) for name, found in collections_of(state).items()}
    return documents | {name: part.dump() for name, part in parts_of(state).items()}


async def _use(calling: Calling, sandbox: Sandbox, new_customer: dict[str, Any]) -> str:
    """Do something with every kind of state: documents, keys, jobs, events, deletions."""
    caller = calling(sandbox)
    created = (await caller.post(new_customer)).json["data"]["id"]
    await caller.put(created, new_customer | {"name": "Ada Eze"})
    hook = {"name": "x", "events": [], "url": "http://127.0.0.1:1/", "signingKey": "hook-key"}
    first = (await caller.send("POST", "/webhooks", json=hook)).json["data"]["id"]
    second = (await caller.send("POST", "/webhooks", json=hook)).json["data"]["id"]
    await caller.send("POST", f"/webhooks/{second}/enable")
    await caller.send("DELETE", f"/webhooks/{first}")
    card = "/simulation/grp/cards/c.2tXPDv41Ri2qewJXL/block"
    assert (await caller.send("POST", card)).status == 202
    payout = {
        "method": "bank-transfer", "currency": "NGN", "amount": 5_000,
        "options": {"accountNumber": "0062622048", "bankCode": "000"},
    }  # fmt: skip
    await caller.send("POST", "/payments/payouts", json=payout)
    assert isinstance(created, str)
    return created


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_new_file_is_for_its_owner_alone(file: Path) -> None:
    StateFile(file).close()
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    StateFile(file).close()
    assert file.stat().st_mode & 0o777 == 0o640  # what somebody chose stays


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
async def test_what_is_beside_the_file_is_for_its_owner_too(file: Path) -> None:
    async with Sandbox(data=file):
        beside = [path.stat().st_mode & 0o777 for path in file.parent.iterdir()]

    assert len(beside) == 2  # the file and its log
    assert set(beside) == {0o600}


async def test_what_was_done_is_still_there(
    calling: Calling, file: Path, new_customer: dict[str, Any]
) -> None:
    async with Sandbox(data=file, grp_enabled=True) as sandbox:
        made = await calling(sandbox).send("POST", "/secret-keys", json={"name": "k", "scopes": []})
        created = await _use(calling, sandbox, new_customer)
        before = everything(sandbox)
        key = made.json["data"]["key"]
    async with Sandbox(data=file, customers=50, seed=9) as again:
        caller = calling(again)
        headers = {"Authorization": f"Bearer {key}"}
        assert (await caller.send("GET", "/customers", headers=headers)).status == 403
        assert (await caller.get(f"/customers/{created}")).json["data"]["name"] == "Ada Eze"
        after = everything(again)
        del before["keys"], after["keys"]
        assert {name for name in before if before[name] != after[name]} <= {
            "jobs", "queued", "cards", "events", "payments", "ledger.logs", "ledger.balances",
            "ledger.holds", "billings",
        }  # fmt: skip


async def test_nothing_is_lost_without_closing(
    calling: Calling, file: Path, tmp_path: Path, new_customer: dict[str, Any]
) -> None:
    async with Sandbox(data=file, grp_enabled=True) as sandbox:
        await _use(calling, sandbox, new_customer)
        copy = tmp_path / "copy.db"
        for suffix in ("", "-wal"):
            left = file.with_name(file.name + suffix)
            copy.with_name(copy.name + suffix).write_bytes(left.read_bytes())
        now = everything(sandbox)
    restored = Sandbox()
    store = StateFile(copy)
    assert store.load(restored.state)
    store.close()

    assert everything(restored) == now


async def test_new_ids_are_not_those_of_the_first_run(
    calling: Calling, file: Path, new_customer: dict[str, Any]
) -> None:
    seen: set[str] = set()
    for number in range(3):
        async with Sandbox(data=file) as sandbox:
            answer = await calling(sandbox).post(new_customer | {"reference": f"r{number}"})
            seen |= {answer.json["data"]["id"], answer.headers["x-request-id"]}

    assert len(seen) == 6


async def test_a_reset_is_one_of_the_file_too(
    calling: Calling, file: Path, new_customer: dict[str, Any]
) -> None:
    async with Sandbox(data=file) as sandbox:
        await calling(sandbox).post(new_customer)
        sandbox.reset()
        assert (await calling(sandbox).post(new_customer)).status == 200
        sandbox.reset()
    async with Sandbox(data=file, customers=9) as sandbox:
        assert len(sandbox.state.customers) == 2


async def test_events_that_wait_are_sent_after_a_restart(calling: Calling, file: Path) -> None:
    async with Sandbox(data=file, webhook_pauses=()) as sandbox:
        sandbox.add_webhook("http://127.0.0.1:1/")
        sandbox.state.emit("card.transaction.created", {})
    async with Sandbox(data=file, webhook_pauses=()) as sandbox:
        await sandbox.deliver()
        (event,) = (await calling(sandbox).get("/events")).json["data"]
        assert event["status"] == "failed"


async def test_reads_write_nothing(
    calling: Calling, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Sandbox(data=file) as sandbox:
        saved: list[object] = []
        with monkeypatch.context() as patched:
            patched.setattr(StateFile, "save", lambda *arguments: saved.append(arguments))
            await calling(sandbox).get("/customers")
            await calling(sandbox).get("/requests")
            assert saved == []
            await calling(sandbox).post({})
            assert len(saved) == 1


async def test_what_cannot_be_saved_is_told_and_saved_later(
    calling: Calling, file: Path, new_customer: dict[str, Any]
) -> None:
    async with Sandbox(data=file) as sandbox:
        store = sandbox._background._store
        assert store is not None
        store._file.execute("PRAGMA query_only = ON")
        answer = await calling(sandbox).post(new_customer)
        assert (answer.status, answer.json["code"]) == (500, "internal-error")
        assert len(sandbox.crashes) == 1
        store._file.execute("PRAGMA query_only = OFF")
    async with Sandbox(data=file) as sandbox:
        assert len(sandbox.state.customers) == 3


async def test_one_process_has_the_file(file: Path) -> None:
    async with Sandbox(data=file):
        other = Sandbox(data=file)
        with pytest.raises(StateFileError, match="locked"):
            await other.start()
        with pytest.raises(RuntimeError, match="not running"):
            _ = other.url


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no database" * 100)
    with pytest.raises(StateFileError, match="cannot be used"):
        StateFile(text)
    assert text.read_text() == "no database" * 100
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE things (name TEXT)")
    other.close()
    with pytest.raises(StateFileError, match="something else"):
        StateFile(tmp_path / "other.db")
    with pytest.raises(StateFileError, match="cannot be opened"):
        StateFile(tmp_path / "nowhere" / "x.db")


def test_a_file_of_another_version_is_refused(file: Path) -> None:
    StateFile(file).close()
    with sqlite3.connect(file) as changed:
        changed.execute("PRAGMA user_version = 99")
    changed.close()
    with pytest.raises(StateFileError, match=r"format is 99, this one reads 2\): use another file"):
        StateFile(file)


def test_the_file_has_names_of_its_own_for_all_that_there_is() -> None:
    """Whoever changes a name here raises the version of the file, so that no file is misread."""
    state = Sandbox().state
    held = [*vars(state).values(), *vars(state.ledger).values()]

    assert {id(part) for part in collections_of(state).values()} == {
        id(value) for value in held if isinstance(value, Collection)
    }
    assert sorted([*collections_of(state), *parts_of(state)]) == [
        "accounts", "bank_accounts", "billings", "card_authorizations", "card_programs",
        "card_secrets", "card_transactions", "cards", "configuration", "customers", "disputes",
        "events", "fees", "fx_quotes", "jobs", "keys", "ledger.balances", "ledger.holds",
        "ledger.logs", "payment_requests", "payments", "queued", "webhooks",
    ]  # fmt: skip
    assert sorted(JOBS) == ["payment.complete", "queued-request", "settle-authorization"]


async def test_a_file_of_the_first_version_is_read(
    calling: Calling, file: Path, new_customer: dict[str, Any]
) -> None:
    async with Sandbox(data=file, grp_enabled=True) as sandbox:
        await _use(calling, sandbox, new_customer)
        before = everything(sandbox)
    with sqlite3.connect(file) as changed:
        changed.execute("UPDATE facts SET name = 'agenda' WHERE name = 'jobs'")
        changed.execute("PRAGMA user_version = 1")
    changed.close()
    restored = Sandbox()
    store = StateFile(file)
    assert store.load(restored.state)
    store.close()

    assert len(before["jobs"]) > 0
    assert everything(restored)["jobs"] == before["jobs"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE facts SET value = 'no JSON' WHERE name = 'keys'",
        "UPDATE facts SET value = '[[1]]' WHERE name = 'keys'",
        "UPDATE facts SET value = '[[1]]' WHERE name = 'jobs'",
        'UPDATE facts SET value = \'[["never", "a", "b"]]\' WHERE name = \'jobs\'',
        "DELETE FROM facts WHERE name = 'keys'",
        "UPDATE documents SET shown = 'no JSON' WHERE collection = 'cards'",
        "UPDATE documents SET rest = '7' WHERE collection = 'cards'",
        "UPDATE documents SET position = position - 9 WHERE collection = 'cards'",
    ],
)
async def test_a_damaged_file_is_refused(file: Path, damage: str) -> None:
    async with Sandbox(data=file):
        pass
    with sqlite3.connect(file) as damaged:
        damaged.execute(damage)
    damaged.close()
    with pytest.raises(StateFileError, match=r"is damaged .*: use another file"):
        await Sandbox(data=file).start()


def test_the_first_name_of_its_error_still_catches_it() -> None:
    assert StoreError is StateFileError
