"""What is special to the store in a file: the file itself, its failures, threads and processes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import threading
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.webhooks.responses import SUCCESS
from allawee_async.webhooks.stores import sqlite_file
from allawee_async.webhooks.stores.base import Busy, Claim, ClaimLostError, Done, StoreError
from allawee_async.webhooks.stores.sqlite import SQLiteStore
from tests.support import nursery
from tests.support.faketime import FakeTime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteStore]:
    opened = SQLiteStore(path)
    yield opened
    await opened.close()


async def claimed(store: SQLiteStore, key: str = "key", lease: float = 60.0) -> Claim:
    claim = await store.claim(key, lease=lease)
    assert isinstance(claim, Claim)
    return claim


def rows(path: Path, query: str = "SELECT * FROM effects") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def with_effects(path: Path, mode: int = 0o600) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE effects (n)")
    path.chmod(mode)


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def read(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


# The file.


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
async def test_the_file_is_for_its_owner_only(store: SQLiteStore, path: Path) -> None:
    before = os.umask(0o000)
    try:
        await claimed(store)
    finally:
        os.umask(before)

    files = files_in(path.parent)
    assert [file.name for file in files] == ["events.db", "events.db-shm", "events.db-wal"]
    assert {permissions(file) for file in files} == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
async def test_a_file_that_exists_keeps_its_permissions_and_tables(
    store: SQLiteStore, path: Path
) -> None:
    with_effects(path, mode=0o640)
    claim = await claimed(store)
    with store.transaction(claim) as connection:
        connection.execute("INSERT INTO effects VALUES (1)")

    assert permissions(path) == 0o640
    assert rows(path) == [(1,)]


async def test_nothing_is_made_before_the_first_use(store: SQLiteStore, path: Path) -> None:
    assert repr(store) == f"SQLiteStore({str(path)!r})"
    await store.close()

    assert files_in(path.parent) == []


async def test_a_relative_path_means_the_folder_of_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = SQLiteStore("events.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    await claimed(store)
    await store.close()

    assert (tmp_path / "events.db").exists()


@pytest.mark.parametrize("name", ["", ":memory:", "file::memory:?cache=shared"])
def test_a_path_must_be_one_of_a_file(name: str) -> None:
    with pytest.raises(ConfigurationError, match="SQLiteStore needs the path of a file"):
        SQLiteStore(name)


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
async def test_a_name_that_no_file_can_have_is_a_trouble_of_the_store(
    tmp_path: Path, name: str
) -> None:
    store = SQLiteStore(tmp_path / name)
    with pytest.raises(StoreError, match="cannot be used"):
        await claimed(store)
    await store.close()


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "1", True])
def test_an_impossible_timeout_is_refused(path: Path, timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout must be a positive number"):
        SQLiteStore(path, timeout=timeout)


async def test_what_is_done_is_on_the_disk_before_anybody_hears_of_it(
    store: SQLiteStore, path: Path
) -> None:
    claim = await claimed(store)
    with store.transaction(claim) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


async def test_finishing_waits_for_the_disk_and_claiming_does_not(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    connect = sqlite_file.SQLiteFile.connect

    def traced(file: sqlite_file.SQLiteFile) -> sqlite3.Connection:
        connection = connect(file)
        connection.set_trace_callback(lambda text: statements.append(" ".join(text.split())))
        return connection

    monkeypatch.setattr(sqlite_file.SQLiteFile, "connect", traced)
    await store.finish(await claimed(store), b"x")

    kinds = [text for text in statements if text.startswith(("PRAGMA", "INSERT"))]
    assert [text[:18] for text in kinds] == [
        "PRAGMA synchronous",
        "INSERT INTO allawe",
        "PRAGMA synchronous",
        "INSERT INTO allawe",
        "PRAGMA synchronous",
    ]
    assert [text.rpartition("=")[2] for text in kinds[::2]] == ["NORMAL", "FULL", "NORMAL"]


# Versions.


async def test_the_file_tells_its_version(store: SQLiteStore, path: Path) -> None:
    await claimed(store)

    assert rows(path, "SELECT version FROM allawee_webhook_schema") == [(2,)]


async def test_a_file_of_a_later_version_is_left_alone(store: SQLiteStore, path: Path) -> None:
    await claimed(store)
    await store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE allawee_webhook_schema SET version = 3")

    with pytest.raises(StoreError, match="has version 3, and this library knows 2: update"):
        await store.claim("key", lease=60)


async def test_a_file_of_the_first_version_is_changed_and_nothing_is_forgotten(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("PRAGMA journal_mode=WAL")
        old.execute("CREATE TABLE allawee_webhook_schema (version INTEGER NOT NULL)")
        old.execute("INSERT INTO allawee_webhook_schema VALUES (1)")
        old.execute(
            "CREATE TABLE allawee_webhook_events (key TEXT PRIMARY KEY, token TEXT NOT NULL, "
            "until REAL NOT NULL, body BLOB) WITHOUT ROWID"
        )
        later = time.time() + 3600
        old.execute("INSERT INTO allawee_webhook_events VALUES ('a', 't', ?, x'78')", (later,))
        store, other = SQLiteStore(path), SQLiteStore(path)

        assert await store.claim("a", lease=60) == Done(b"x")
        claim = await claimed(other, "b")
        await store.finish(claim, b"y")

        assert await other.claim("b", lease=60) == Done(b"y")
        assert rows(path, "SELECT version FROM allawee_webhook_schema") == [(2,)]
        # whoever has it open with the first version goes on
        old.execute(
            "INSERT INTO allawee_webhook_events (key, token, until) VALUES ('c', 't', ?)", (later,)
        )
        assert await store.claim("c", lease=60) == Busy()
    await store.close()
    await other.close()


# A file that is taken away.


@pytest.mark.parametrize("all_of_it", [True, False])
async def test_a_file_that_was_deleted_is_made_anew_by_everybody_and_told(
    path: Path, *, all_of_it: bool
) -> None:
    store, other = SQLiteStore(path), SQLiteStore(path)
    await store.finish(await claimed(store, "before"), b"x")
    assert await other.claim("before", lease=60) == Done(b"x")
    assert [await store.trouble(), await other.trouble()] == [None, None]

    for file in files_in(path.parent):
        if all_of_it or file == path:
            file.unlink()

    claim = await claimed(store, "after")
    with store.transaction(claim) as connection:
        connection.execute("CREATE TABLE effects (n)")
        connection.execute("INSERT INTO effects VALUES (1)")
    assert await other.claim("after", lease=60) == Done(SUCCESS)
    for one in (store, other):
        assert "was deleted or replaced" in str(await one.trouble())
        assert await one.trouble() is None
    assert rows(path) == [(1,)]
    assert permissions(path) == 0o600
    await store.close()
    await other.close()


# A clock that jumps.


DAY = 86_400.0


@pytest.mark.parametrize("days", [-400, -3, 3, 400])
async def test_a_clock_that_jumps_ends_no_claim_blocks_none_and_forgets_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, days: float
) -> None:
    real, jump = time.time, 0.0
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    store = SQLiteStore(path, clock=time.time)
    await store.finish(await claimed(store, "done"), b"x")
    await claimed(store, "held", lease=30)
    assert await store.trouble() is None

    jump = days * DAY
    for number in range(110):  # old events are taken away meanwhile
        await store.release(await claimed(store, f"new {number}"))

    assert await store.claim("done", lease=30) == Done(b"x")
    assert await store.claim("held", lease=30) == Busy()
    told = str(await store.trouble())
    assert f"{abs(days) * DAY:.0f} s {'ahead' if days > 0 else 'behind'}" in told
    assert await store.trouble() is None
    await claimed(store, "short", lease=0.01)
    await asyncio.sleep(0.02)
    await claimed(store, "short")
    await store.close()


@pytest.mark.parametrize("days", [-400, -3, 3, 400])
async def test_processes_with_different_clocks_agree(path: Path, days: float) -> None:
    now = FakeTime()
    store = SQLiteStore(path, clock=now.clock)
    other = SQLiteStore(path, clock=lambda: now.clock() + days * DAY)
    await store.finish(await claimed(store, "done"), b"x")
    await claimed(store, "held", lease=5 * DAY)

    for number in range(60):
        await other.release(await claimed(other, f"new {number}"))

    assert await other.claim("done", lease=30) == Done(b"x")
    assert await other.claim("held", lease=30) == Busy()
    await claimed(other, "short", lease=30)
    assert await store.claim("short", lease=30) == Busy()
    now.pass_by(31)
    await claimed(store, "short", lease=30)
    assert any([await store.trouble(), await other.trouble()])
    await store.close()
    await other.close()


@pytest.mark.parametrize(("days", "told"), [(0.5, False), (3, False), (30, True)])
async def test_a_file_that_nobody_used_for_long_is_told(
    path: Path, days: float, *, told: bool
) -> None:
    now = FakeTime()
    store = SQLiteStore(path, clock=now.clock)
    await store.finish(await claimed(store), b"x")
    await store.close()
    now.pass_by(days * DAY)
    later = SQLiteStore(path, clock=now.clock)

    assert await later.claim("key", lease=60) == Done(b"x")
    assert bool(await later.trouble()) is told
    await later.close()


async def test_the_time_of_a_file_does_not_go_back_when_it_is_opened_again(path: Path) -> None:
    """However few events came while it was open before: a claim must not hold for days."""
    now = FakeTime()
    store = SQLiteStore(path, clock=now.clock)
    await store.release(await claimed(store, "first"))
    now.pass_by(30 * DAY)
    await claimed(store, "killed", lease=30)
    await store.close()

    now.pass_by(31)
    later = SQLiteStore(path, clock=now.clock)

    await claimed(later, "killed")
    assert await later.trouble() is None
    await later.close()


# Failures.


async def failure_of(store: SQLiteStore) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await store.claim("key", lease=60)
    with pytest.raises(StoreError), store.transaction(Claim("key", "0" * 32)):
        pytest.fail("the block must not run")
    await store.close()
    return caught.value


async def test_a_folder_that_is_missing(path: Path) -> None:
    error = await failure_of(SQLiteStore(path.parent / "no" / "events.db"))

    assert "look whether its folder exists" in str(error)
    assert isinstance(error, AllaweeError)


async def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    assert "cannot be used" in str(await failure_of(SQLiteStore(tmp_path)))


async def test_a_file_that_is_no_database(path: Path) -> None:
    write(path, b"no database, but long enough to look into" * 100)

    assert "choose another path" in str(await failure_of(SQLiteStore(path)))
    assert read(path).startswith(b"no database")


async def test_a_damaged_file(store: SQLiteStore, path: Path) -> None:
    for number in range(20):
        await store.finish(await claimed(store, f"key {number}"), b"x" * 5000)
    await store.close()
    content = read(path)
    write(path, content[:4096] + b"\xa5" * (len(content) - 4096))

    assert "the file is damaged" in str(await failure_of(SQLiteStore(path)))


async def test_a_full_disk_and_then_room_again(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await claimed(store, "first")
    await store.close()
    connect = sqlite_file.SQLiteFile.connect

    def full(file: sqlite_file.SQLiteFile) -> sqlite3.Connection:
        connection = connect(file)
        connection.execute("PRAGMA max_page_count=1")  # which means: no page more than there are
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_file.SQLiteFile, "connect", full)
        with pytest.raises(StoreError, match="make room on the disk"):
            await store.finish(first, b"x" * 100_000)
        with (
            pytest.raises(sqlite3.OperationalError, match="full"),
            store.transaction(first) as connection,
        ):
            connection.execute("CREATE TABLE more AS SELECT zeroblob(100000)")

    assert await store.finish(first, b"x" * 100_000) == b"x" * 100_000


async def test_somebody_who_writes_for_too_long(path: Path, store: SQLiteStore) -> None:
    done, held = await claimed(store, "done"), await claimed(store, "held")
    await store.finish(done, b"x")
    hasty = SQLiteStore(path, timeout=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="somebody else wrote for too long"):
            await hasty.claim("another", lease=60)
        with pytest.raises(StoreError, match="too long"), hasty.transaction(held):
            pytest.fail("the block must not run")

        # who only reads does not wait
        assert await hasty.claim("done", lease=60) == Done(b"x")
        assert await hasty.claim("held", lease=60) == Busy()
        assert await hasty.finish(done, b"y") == b"x"
        writer.execute("ROLLBACK")

    assert isinstance(await hasty.claim("another", lease=60), Claim)
    await hasty.close()


async def test_a_file_of_your_own_that_is_being_written_to(path: Path, store: SQLiteStore) -> None:
    """It has no write-ahead log yet, and cannot get one until the writer is ready."""
    with_effects(path)
    hasty = SQLiteStore(path, timeout=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="somebody else wrote for too long"):
            await hasty.claim("key", lease=60)
        waiting = asyncio.create_task(store.claim("key", lease=60))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        writer.execute("ROLLBACK")

    assert isinstance(await waiting, Claim)
    await hasty.close()


async def test_a_thread_that_writes_for_too_long(path: Path) -> None:
    store = SQLiteStore(path, timeout=0.05)
    first, second = await claimed(store, "first"), await claimed(store, "second")
    with store.transaction(first):
        with pytest.raises(StoreError, match="keep transactions short"):
            await store.claim("another", lease=60)
        with pytest.raises(StoreError, match="keep transactions short"):
            await asyncio.to_thread(store.transaction(second).__enter__)

    with store.transaction(second):
        pass
    await store.close()


async def test_waiting_for_the_file_does_not_block_the_event_loop(
    path: Path, store: SQLiteStore
) -> None:
    await claimed(store, "first")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(store.claim("second", lease=60))
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not waiting.done()
        writer.execute("ROLLBACK")
        assert isinstance(await waiting, Claim)


# Cancelling.


async def test_a_claim_that_nobody_waits_for_is_given_back(path: Path, store: SQLiteStore) -> None:
    await claimed(store, "first")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")  # so that it is cancelled in the midst of it
        waiting = asyncio.create_task(store.claim("key", lease=60))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        writer.execute("ROLLBACK")

    assert isinstance(await store.claim("key", lease=60), Claim)


@pytest.mark.parametrize("queued", [False, True])
async def test_an_answer_is_recorded_although_nobody_waits_for_it(
    path: Path, store: SQLiteStore, queued: bool
) -> None:
    """The handler has done its work, and the server shuts down at this moment."""
    claim = await claimed(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        others = [asyncio.create_task(store.claim("another", lease=60))] if queued else []
        await asyncio.sleep(0.01)
        waiting = asyncio.create_task(store.finish(claim, b"x"))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        writer.execute("ROLLBACK")
        await asyncio.gather(*others)

    assert await store.claim("key", lease=60) == Done(b"x")


# Transactions.


def ends_by(how: str, connection: sqlite3.Connection) -> None:
    match how:
        case "commit":
            connection.commit()
        case "executescript":
            connection.executescript("SELECT 1;")
        case "with":
            with connection:
                pass
        case _:
            connection.execute(how)


def handle_and_end(store: SQLiteStore, claim: Claim, how: str) -> None:
    with store.transaction(claim, lambda: None) as connection:
        connection.execute("INSERT INTO effects VALUES (1)")
        ends_by(how, connection)


@pytest.mark.parametrize("how", ["commit", "executescript", "with", "COMMIT"])
async def test_a_block_that_commits_is_told_so_and_is_done(
    path: Path, store: SQLiteStore, how: str
) -> None:
    """It must not have its effect without the mark, or the next delivery has it again."""
    with_effects(path)
    with pytest.raises(ConfigurationError, match="leave out commit"):
        handle_and_end(store, await claimed(store), how)

    assert rows(path) == [(1,)]
    assert await store.claim("key", lease=60) == Done(SUCCESS)


async def test_a_block_that_rolls_back_is_told_so(path: Path, store: SQLiteStore) -> None:
    with_effects(path)
    with pytest.raises(ConfigurationError, match="leave out commit, rollback"):
        handle_and_end(store, await claimed(store), "ROLLBACK")

    assert rows(path) == []
    assert await store.claim("key", lease=60) == Busy()


async def test_a_connection_ends_with_its_transaction(store: SQLiteStore) -> None:
    with store.transaction(await claimed(store)) as connection:
        pass

    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")


async def test_errors_of_the_block_stay_what_they_are(path: Path, store: SQLiteStore) -> None:
    claim = await claimed(store)
    with (
        pytest.raises(sqlite3.OperationalError, match="no such table"),
        store.transaction(claim) as connection,
    ):
        connection.execute("INSERT INTO missing VALUES (1)")

    assert await store.claim("key", lease=60) == Busy()


async def test_transactions_of_many_threads(path: Path, store: SQLiteStore) -> None:
    """And of the event loop, which goes on claiming meanwhile."""
    with_effects(path)
    claims = [await claimed(store, f"key {number}") for number in range(64)]

    def handle(claim: Claim) -> None:
        with store.transaction(claim) as connection:
            connection.execute("INSERT INTO effects VALUES (?)", (claim.key,))

    def handle_all(part: list[Claim]) -> None:
        for claim in part:
            handle(claim)

    threads = [threading.Thread(target=handle_all, args=(claims[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for number in range(50):
        await store.finish(await claimed(store, f"other {number}"), b"x")
    for thread in threads:
        await asyncio.to_thread(thread.join, 30)

    assert sorted(rows(path)) == sorted((claim.key,) for claim in claims)


async def test_threads_of_one_process_do_not_ask_sqlite_again_and_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's way of waiting lets some of many threads wait for more than a second."""
    connect = sqlite_file.SQLiteFile.connect

    def impatient(file: sqlite_file.SQLiteFile) -> sqlite3.Connection:
        connection = connect(file)
        connection.execute("PRAGMA busy_timeout=0")
        return connection

    store = SQLiteStore(path)
    claims = [await claimed(store, f"key {number}") for number in range(40)]
    await store.close()
    monkeypatch.setattr(sqlite_file.SQLiteFile, "connect", impatient)

    def handle(claim: Claim) -> None:
        with store.transaction(claim):
            time.sleep(0.001)

    handling = [asyncio.to_thread(handle, claim) for claim in claims]
    claiming = [store.claim(f"other {number}", lease=60) for number in range(40)]
    done = await asyncio.gather(*handling, *claiming)
    await store.close()

    assert [type(claim) for claim in done[40:]] == [Claim] * 40


async def test_the_answer_of_a_transaction_that_is_under_way_counts(store: SQLiteStore) -> None:
    """The deadline passes while the handler commits."""
    claim = await claimed(store)
    with store.transaction(claim):
        finishing = asyncio.create_task(store.finish(claim, b"the default"))
        await asyncio.sleep(0.05)

    assert await finishing == SUCCESS
    assert await store.claim("key", lease=60) == Done(SUCCESS)


async def test_opening_the_file_again_keeps_the_locks_of_this_process(
    path: Path, store: SQLiteStore
) -> None:
    """POSIX drops all of them when a process closes the file once; then others delete the log."""
    with store.transaction(await claimed(store)):
        pass
    python(READER, path).communicate(timeout=60)

    assert [file.name for file in files_in(path.parent)][-1] == "events.db-wal"


async def test_a_claim_that_is_lost_during_a_transaction(path: Path) -> None:
    """Who takes over waits for the transaction, and hears that the event is done."""
    time = FakeTime()
    store, other = SQLiteStore(path, clock=time.clock), SQLiteStore(path, clock=time.clock)
    claim = await claimed(store, lease=1)
    with store.transaction(claim):
        time.pass_by(2)
        taking_over = asyncio.create_task(other.claim("key", lease=1))
        await asyncio.sleep(0.02)

    assert await taking_over == Done(SUCCESS)
    await store.close()
    await other.close()


async def test_no_thread_is_left_behind(path: Path) -> None:
    store = SQLiteStore(path)
    await claimed(store)
    assert any("allawee-webhooks-sqlite" in thread.name for thread in threading.enumerate())

    await store.close()

    assert not any("allawee-webhooks-sqlite" in thread.name for thread in threading.enumerate())


# Taking old events away.


async def test_old_events_are_taken_away_a_few_at_a_time(path: Path) -> None:
    time = FakeTime()
    store = SQLiteStore(path, keep=1000.0, clock=time.clock)
    for number in range(300):
        await store.finish(await claimed(store, f"old {number}"), b"x")
    abandoned = await claimed(store, "abandoned", lease=10)
    time.pass_by(3000)
    for number in range(100):
        await store.release(await claimed(store, f"in between {number}"))
    assert await store.renew(abandoned, lease=10)  # late, but nobody took it over
    left = [len(rows(path, "SELECT key FROM allawee_webhook_events WHERE key LIKE 'old%'"))]
    time.pass_by(2000)
    held = await claimed(store, "held", lease=1_000_000)
    for number in range(200):
        await store.release(await claimed(store, f"new {number}"))
        left.append(len(rows(path, "SELECT key FROM allawee_webhook_events WHERE key LIKE 'old%'")))

    assert left[0] == 300
    assert left[-1] == 0
    assert max(before - after for before, after in pairwise(left)) <= 100
    assert await store.claim("held", lease=1) == Busy()
    assert await store.renew(held, lease=1)
    await store.close()


# Processes.

RACER = """
import asyncio, sys
from allawee_async.webhooks import Claim, SQLiteStore

async def race():
    store = SQLiteStore(sys.argv[1], timeout=20)
    for number in range(int(sys.argv[2])):
        claim = await store.claim(f"key {number}", lease=60)
        if isinstance(claim, Claim):
            await store.finish(claim, sys.argv[3].encode())
            print(number)
    await store.close()

asyncio.run(race())
"""

READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
assert connection.execute("SELECT count(*) FROM allawee_webhook_events").fetchone() == (1,)
connection.close()
"""

HOLDER = """
import asyncio, sys, time
from allawee_async.webhooks import SQLiteStore

store = SQLiteStore(sys.argv[1])
claim = asyncio.run(store.claim("key", lease=0.2))
with store.transaction(claim) as connection:
    connection.execute("INSERT INTO effects VALUES (1)")
    print("inside", flush=True)
    time.sleep(60)
"""

FORKER = """
import asyncio, os, sys
from allawee_async.webhooks import Busy, Claim, SQLiteStore, StoreError

async def claim(store, key):
    found = await store.claim(key, lease=60)
    assert isinstance(found, Claim), found
    return found

async def use_in_child():
    assert await store.claim("parent", lease=60) == Busy() or when == "new"
    with store.transaction(await claim(store, "child")):
        pass
    await store.close()

async def refuse_in_child():
    for one in (store, SQLiteStore(sys.argv[1])):
        try:
            await one.claim("child", lease=60)
        except StoreError as error:
            assert "close the store before you fork" in str(error)
        else:
            raise AssertionError("the child must not use it")
        await one.close()

def in_child(use):
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(use())
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0, "the child failed"

store, when = SQLiteStore(sys.argv[1]), sys.argv[2]
if when == "new":
    in_child(use_in_child)
elif when == "closed":
    async def use_and_close():
        await claim(store, "parent")
        with store.transaction(await claim(store, "before")):
            pass
        await store.close()
    asyncio.run(use_and_close())
    in_child(use_in_child)
elif when == "open":
    asyncio.run(claim(store, "parent"))
    in_child(refuse_in_child)
else:
    async def use_and_close():
        parent = await claim(store, "parent")
        await store.close()
        return parent
    with store.transaction(asyncio.run(use_and_close())):
        in_child(refuse_in_child)

async def go_on():
    await claim(store, "afterwards")
    await store.close()

asyncio.run(go_on())
"""


def python(program: str, *arguments: object) -> nursery.Process:
    strict = "import warnings; warnings.simplefilter('error')\n"
    command = ("-c", strict + program, *map(str, arguments))
    return nursery.python(*command, stdout=nursery.PIPE, text=True)


def test_processes_that_start_at_once_share_a_new_file(path: Path) -> None:
    racers = [python(RACER, path, 40, name) for name in "abcd"]
    printed = [racer.communicate(timeout=60)[0].split() for racer in racers]

    assert [racer.returncode for racer in racers] == [0] * 4
    winners = sorted(int(number) for numbers in printed for number in numbers)
    assert winners == list(range(40))


async def test_a_process_that_is_killed_leaves_no_half_of_a_transaction(path: Path) -> None:
    with_effects(path)
    holder = python(HOLDER, path)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "inside\n"
    holder.kill()
    holder.communicate(timeout=30)

    store = SQLiteStore(path)
    give_up = time.monotonic() + 20
    while not isinstance(claim := await store.claim("key", lease=60), Claim):
        assert claim == Busy(), "the event must not be done"
        assert time.monotonic() < give_up
        await asyncio.sleep(0.02)
    assert rows(path) == []
    with store.transaction(claim) as connection:
        connection.execute("INSERT INTO effects VALUES (2)")
    with pytest.raises(ClaimLostError), store.transaction(claim):
        pytest.fail("it is done")

    assert rows(path) == [(2,)]
    await store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("when", ["new", "closed", "open", "inside of a transaction"])
def test_a_fork_may_use_a_store_that_was_not_open(path: Path, when: str) -> None:
    forker = python(FORKER, path, when)
    forker.communicate(timeout=60)

    assert forker.returncode == 0
