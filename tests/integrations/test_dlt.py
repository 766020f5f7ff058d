"""Lists as resources of dlt, loaded into DuckDB: what changed is read, and merged by id."""

from __future__ import annotations

import json
import logging
import sys
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import AllaweeClient, ConfigurationError, DecodeError, RetryPolicy
from allawee_async.integrations.dlt import allawee_source
from allawee_async.sandbox.server import running_in_a_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from allawee_async.sandbox import Sandbox

    Load = Callable[..., Any]

CUSTOMERS = 2_000
LIMIT = 20

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    pytest.importorskip("dlt")  # before many customers are made
    with running_in_a_thread(customers=CUSTOMERS, seed=1) as sandbox:
        monkeypatch.setenv("ALLAWEE_API_KEY", sandbox.api_key)
        monkeypatch.setenv("ALLAWEE_BASE_URL", sandbox.url)
        monkeypatch.setenv("ALLAWEE_SECURE_URL", sandbox.secure_url)
        yield sandbox


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return what runs a source in a pipeline of its own process: nothing is kept but on disk."""
    dlt = pytest.importorskip("dlt")
    pytest.importorskip("duckdb")
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")

    def run(source: Any) -> Any:
        pipeline = dlt.pipeline(
            "people",
            pipelines_dir=str(tmp_path / "pipelines"),
            destination=dlt.destinations.duckdb(str(tmp_path / "warehouse.duckdb")),
            dataset_name="allawee",
        )
        pipeline.run(source).raise_on_failed_jobs()
        return pipeline

    return run


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[str], list[Any]]:
    duckdb = pytest.importorskip("duckdb")

    def ask(query: str) -> list[Any]:
        with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as warehouse:
            found: list[Any] = warehouse.sql(query).fetchall()
            return found

    return ask


def rename(sandbox: Sandbox, position: int, name: str) -> str:
    """Change a customer, and return its id."""
    customer = sandbox.state.customers.at(position)
    sandbox.state.customers.replace({**customer, "name": name, "updatedAt": sandbox.state.now()})
    return str(customer["id"])


def at_request(number: int, do: Callable[[], object]) -> Callable[[], float]:
    """Return a latency that does something at a request, counted from 1."""
    numbers = count(1)

    def wait() -> float:
        if next(numbers) == number:
            do()
        return 0

    return wait


def test_a_second_load_reads_what_changed_and_merges_it_by_id(
    sandbox: Sandbox, load: Load, rows: Any
) -> None:
    load(allawee_source("customers", limit=LIMIT))
    first = len(sandbox.requests)
    assert rows("SELECT count(*), count(DISTINCT id) FROM allawee.customers") == [(2_000, 2_000)]

    changed = {rename(sandbox, 7 * n, f"Changed {n}") for n in range(CUSTOMERS // 100)}
    created = str(sandbox.add_customer({"name": "New"})["id"])
    before = len(sandbox.requests)
    load(allawee_source("customers", limit=LIMIT))

    second = len(sandbox.requests) - before
    assert first >= CUSTOMERS / LIMIT
    assert second <= 0.03 * first
    assert rows("SELECT count(*), count(DISTINCT id) FROM allawee.customers") == [(2_001, 2_001)]
    found = rows("SELECT id FROM allawee.customers WHERE name LIKE 'Changed %' OR name = 'New'")
    assert {one for (one,) in found} == {*changed, created}


def test_a_load_without_changes_asks_once_and_keeps_all(
    sandbox: Sandbox, load: Load, rows: Any
) -> None:
    load(allawee_source("customers"))
    before = len(sandbox.requests)

    load(allawee_source("customers"))

    assert len(sandbox.requests) - before == 1
    assert rows("SELECT count(*) FROM allawee.customers") == [(CUSTOMERS,)]


def test_columns_are_typed_and_secrets_are_masked(sandbox: Sandbox, load: Load, rows: Any) -> None:
    load(allawee_source("customers"))

    kinds = {name: kind for name, kind, *_ in rows("DESCRIBE allawee.customers")}
    assert kinds["created_at"] == kinds["updated_at"] == "TIMESTAMP WITH TIME ZONE"
    (birth,) = [kind for name, kind in kinds.items() if name.endswith("date_of_birth")]
    assert birth == "DATE"
    (number,) = [name for name in kinds if name.endswith("individual_identity_id")]
    assert rows(f"SELECT DISTINCT {number} FROM allawee.customers WHERE {number} IS NOT NULL") == [
        ("***",)
    ]


def test_the_key_is_in_no_file_of_the_pipeline(
    sandbox: Sandbox, load: Load, tmp_path: Path
) -> None:
    pipeline = load(allawee_source("customers"))

    files = [found for found in tmp_path.rglob("*") if found.is_file()]
    assert len(files) > 5
    assert not [found for found in files if sandbox.api_key.encode() in found.read_bytes()]
    assert "sk.test" not in json.dumps(pipeline.state, default=str)
    state = pipeline.state["sources"]["allawee"]["resources"]["customers"]
    assert [*state] == ["changed_since"]


def test_what_changes_while_a_load_runs_is_read_by_the_next(
    sandbox: Sandbox, load: Load, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change on a page that was read is older than the newest change, which is still read."""
    monkeypatch.setattr("allawee_async.integrations.dlt._OVERLAP", timedelta())

    def change() -> None:
        rename(sandbox, newest, "Earlier")
        rename(sandbox, oldest, "Later")

    customers = sandbox.state.customers
    times = {str(customers.at(n)["createdAt"]): n for n in range(CUSTOMERS)}
    newest, oldest = times[max(times)], times[min(times)]
    sandbox.faults.latency(at_request(10, change))
    load(allawee_source("customers", limit=LIMIT))
    assert rows("SELECT name FROM allawee.customers WHERE name IN ('Earlier', 'Later')") == [
        ("Later",)
    ]

    load(allawee_source("customers", limit=LIMIT))

    found = rows("SELECT name FROM allawee.customers WHERE name IN ('Earlier', 'Later') ORDER BY 1")
    assert found == [("Earlier",), ("Later",)]


def test_a_load_that_fails_is_no_load(sandbox: Sandbox, load: Load, rows: Any) -> None:
    def client() -> AllaweeClient:
        return AllaweeClient(retry=RetryPolicy(attempts=1))

    sandbox.faults.latency(at_request(10, lambda: sandbox.faults.status(500)))
    with pytest.raises(Exception, match="500"):
        load(allawee_source("customers", limit=LIMIT, client=client))

    load(allawee_source("customers", limit=LIMIT, client=client))

    assert rows("SELECT count(*), count(DISTINCT id) FROM allawee.customers") == [(2_000, 2_000)]


def test_an_entry_that_cannot_be_read_fails_a_load_or_is_left_out(
    sandbox: Sandbox, load: Load, rows: Any
) -> None:
    odd = sandbox.add_customer({"name": 5, "reference": "canary"})["id"]
    left_out: list[DecodeError] = []

    with pytest.raises(Exception, match="name") as raised:
        load(allawee_source("customers"))
    load(allawee_source("customers", on_invalid=left_out.append))

    assert "canary" not in str(raised.value)
    assert [error.cursor for error in left_out] == [odd]
    assert rows("SELECT count(*) FROM allawee.customers") == [(CUSTOMERS,)]


def test_every_list_is_a_resource(sandbox: Sandbox, load: Load) -> None:
    pipeline = load(allawee_source())

    assert {"customers", "accounts", "cards", "payments"} <= {*allawee_source().resources}
    assert {"customers", "accounts"} <= {*pipeline.default_schema.tables}


def test_it_warns_of_nothing(
    sandbox: Sandbox, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("dlt").propagate = True
    load(allawee_source("customers"))

    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_list_that_is_not_there_is_told() -> None:
    pytest.importorskip("dlt")
    with pytest.raises(ConfigurationError, match="there is no list 'people'; there are accounts"):
        allawee_source("people")


def test_who_lacks_dlt_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlt", None)

    with pytest.raises(ConfigurationError, match=r"\[dlt\]"):
        allawee_source("customers")
