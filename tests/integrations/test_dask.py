"""Lists as Dask dataframes, on a cluster of two processes, against a sandbox in a third."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import ConfigurationError
from allawee_async.integrations.dask import read_list
from allawee_async.sandbox.seed.people import make_customers
from tests.support.engines import KEY_FILE, running_sandbox, set_variables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CUSTOMERS = 1_000
IDS = sorted(str(document["id"]) for document in make_customers(CUSTOMERS, 1))
FACTORY = "tests.support.engines:client_with_the_key_of_a_file"

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with running_sandbox(CUSTOMERS, 0.03) as found:
        yield found


@pytest.fixture(autouse=True)
def _environment(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    _set(variables, monkeypatch)


def _set(variables: dict[str, str], patch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        patch.setenv(name, value)


@pytest.fixture(scope="module")
def cluster(variables: dict[str, str]) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    pytest.importorskip("dask.dataframe")
    with pytest.MonkeyPatch.context() as patch:
        _set(variables, patch)
        yield from _running(distributed)


def _running(distributed: Any) -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        yield client


def ids(frame: Any) -> list[str]:
    return sorted(frame["id"])


def test_partitions_are_parts_and_together_the_list(cluster: Any) -> None:
    frame = read_list("customers", parts=4)

    lengths = frame.map_partitions(len).compute()
    whole = frame.compute()

    assert frame.npartitions == len(lengths) == 4
    assert max(lengths) <= 2 * CUSTOMERS / 4
    assert ids(whole) == IDS
    assert whole.dtypes.equals(frame.dtypes)


def test_columns_and_their_types_are_those_of_an_export_and_secrets_are_masked(
    cluster: Any,
) -> None:
    whole = read_list("customers", parts=2).compute()

    kinds = {name: str(kind) for name, kind in whole.dtypes.items()}
    assert kinds["created_at"] == "timestamp[us, tz=UTC][pyarrow]"
    assert kinds["claims.individual_information.date_of_birth"] == "date32[day][pyarrow]"
    assert kinds["status"] == kinds["metadata"] == kinds["extra"] == "string[pyarrow]"
    assert {*whole["claims.individual_identity.id"].dropna()} == {"***"}


def test_filters_and_columns_are_as_in_a_list(cluster: Any) -> None:
    frame = read_list("customers", parts=3, columns=["status", "id"], filter="status:active")

    whole = frame.compute()

    assert [*whole.columns] == ["status", "id"]
    assert {*whole["status"]} == {"active"}
    assert 0 < len(whole) < CUSTOMERS


def test_a_list_without_entries_is_a_frame_without_rows(cluster: Any) -> None:
    frame = read_list("payments", parts=4, filter="status:unheard")

    whole = frame.compute()

    assert len(whole) == 0
    assert str(whole.dtypes["amount"]) == "int64[pyarrow]"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_worker_that_is_killed_in_the_middle_loses_and_doubles_nothing(cluster: Any) -> None:
    future = cluster.compute(read_list("customers", parts=4, limit=10))
    victim = _a_busy_worker(cluster)
    time.sleep(0.4)
    before = cluster.nthreads()

    os.kill(cluster.run(os.getpid)[victim], signal.SIGKILL)

    assert not future.done()
    assert ids(future.result(timeout=120)) == IDS
    assert victim in before
    assert victim not in cluster.nthreads()


def _a_busy_worker(cluster: Any) -> str:
    """Return the address of a worker that reads a part."""
    for _ in range(400):
        busy = [where for where, tasks in cluster.processing().items() if tasks]
        if len(busy) == 2:
            return str(busy[0])
        time.sleep(0.01)
    pytest.fail("no worker has begun")


def test_the_key_is_in_no_pickle(cluster: Any, variables: dict[str, str]) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    frame = read_list("customers", parts=4, limit=10)
    future = cluster.compute(frame)
    _a_busy_worker(cluster)
    sent = cluster.run_on_scheduler(_pickled_tasks)
    whole = future.result(timeout=120)

    pickles = [
        cloudpickle.dumps(thing)
        for thing in (frame, frame.optimize(), dict(frame.__dask_graph__()), whole)
    ]

    assert len(sent) >= 4
    for found in [*pickles, *sent]:
        assert variables["ALLAWEE_API_KEY"].encode() not in found
        assert b"sk.test." not in found


def _pickled_tasks(dask_scheduler: Any) -> list[bytes]:
    """Return what the scheduler knows of its tasks."""
    return [pickle.dumps(task.run_spec) for task in dask_scheduler.tasks.values()]


def test_workers_take_a_key_from_where_a_function_finds_it(
    cluster: Any, variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    place = tmp_path / "key"
    place.write_text(variables["ALLAWEE_API_KEY"])
    key = variables["ALLAWEE_API_KEY"]
    monkeypatch.setenv(KEY_FILE, str(place))
    monkeypatch.delenv("ALLAWEE_API_KEY")
    cluster.run(set_variables, {KEY_FILE: str(place), "ALLAWEE_API_KEY": None})
    try:
        frame = read_list("customers", parts=2, client=FACTORY)

        assert key.encode() not in cloudpickle.dumps(frame)
        assert ids(frame.compute()) == IDS
    finally:
        cluster.run(set_variables, {"ALLAWEE_API_KEY": key})


@pytest.mark.parametrize(
    "other",
    [
        {"ALLAWEE_API_KEY": "sk.live.0123456789abcdef0123456789abcdef"},
        {"ALLAWEE_BASE_URL": "http://localhost:1", "ALLAWEE_SECURE_URL": "http://localhost:1"},
    ],
)
def test_a_worker_with_another_environment_reads_nothing(
    cluster: Any, variables: dict[str, str], other: dict[str, str]
) -> None:
    frame = read_list("customers", parts=2)
    cluster.run(set_variables, other)
    try:
        with pytest.raises(ConfigurationError, match="the same environment") as told:
            frame.compute()
    finally:
        cluster.run(set_variables, variables)

    assert "0123456789" not in str(told.value)


def test_what_is_no_name_of_a_function_is_refused_and_not_shown() -> None:
    pytest.importorskip("dask.dataframe")
    with pytest.raises(ConfigurationError, match="the name of a function") as error:
        read_list("customers", client="sk.test.canary")

    assert "canary" not in str(error.value)


@pytest.mark.parametrize("name", ["tests.nowhere:client", "os:nothing", "os:getpid"])
def test_a_function_that_makes_no_client_is_refused(name: str) -> None:
    pytest.importorskip("dask.dataframe")
    with pytest.raises(ConfigurationError, match=name):
        read_list("customers", client=name)


def test_wrong_lists_and_columns_are_told(variables: dict[str, str]) -> None:
    pytest.importorskip("dask.dataframe")
    with pytest.raises(AttributeError, match="did you mean"):
        read_list("customer")
    with pytest.raises(ConfigurationError, match="there is no column"):
        read_list("customers", columns="nmae")
    with pytest.raises(ConfigurationError, match="select"):
        read_list("customers", select="id")  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="whole number"):
        read_list("customers", parts=0)


def test_who_lacks_dask_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.dataframe", None)

    with pytest.raises(ConfigurationError, match=r"\[dask\]"):
        read_list("customers")
