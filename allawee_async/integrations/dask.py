"""Lists as Dask dataframes, of which each partition is read on a worker.

from allawee_async.integrations.dask import read_list

customers = read_list("customers", parts=16)
print(customers.groupby("status").size().compute())
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib import import_module
from operator import attrgetter
from typing import Any, Final, TypeVar, Unpack

from allawee_async.client import AllaweeClient
from allawee_async.errors import ConfigurationError
from allawee_async.export.arrow import Parquet, record_batches
from allawee_async.export.checkpoint import Job
from allawee_async.export.reading import job_of, model_of
from allawee_async.pagination.pager import Part
from allawee_async.query.parameters import ListParams
from allawee_async.types import Strings
from allawee_async.version import needing

T = TypeVar("T")

_LIMIT: Final = 100
_FUNCTION: Final = re.compile(r"[^\W\d][\w.]*:[^\W\d]\w*")

# Dask, pandas and pyarrow ship no types that are whole; what comes from them stays in this file.


def read_list(
    noun: str,
    *,
    parts: int = 16,
    columns: Strings | str | None = None,
    client: str | None = None,
    **params: Unpack[ListParams],
) -> Any:
    """Return a list as a `dask.dataframe`; its partitions are parts of about the same size.

    The list is cut by time of creation, here and now, with a few small requests for each part. The
    workers read the parts when the frame is computed, and again if a worker is lost. A part is in
    memory as a whole. Neither key nor entries are in the graph: each worker makes a client of its
    own, and an entry that cannot be read fails its part without being told.

    The columns are those of an export to Parquet: flat, with types of Arrow, secrets masked.

    Args:
        noun: The list, by its place on the client: `customers`, `card_transactions`.
        parts: The most partitions.
        columns: Names of columns, or of fields that stand for all below them (`claims`); None
            takes all.
        client: The name of a function without parameters, `module:function`, that makes the client
            here and on the workers: with a key from a vault, or with a `RedisRate` that they share.
            None is `AllaweeClient()`, which takes key and host from the environment.
        **params: As for `list`; pages have 100 entries unless `limit` says otherwise.

    Returns:
        The frame, in no order.

    Raises:
        ConfigurationError: Dask or pyarrow is not installed, a parameter makes no sense, or the
            list cannot be cut by time of creation.
        AllaweeError: The list could not be cut.
    """
    with needing("Dask", "dask"):
        dask_frames = import_module("dask.dataframe")
    if client is not None and not _FUNCTION.fullmatch(client):  # not shown: it may be a key
        raise ConfigurationError("client is the name of a function: 'module:function'")
    params = {"limit": _LIMIT, **params}
    found, job, empty = _run(_cut(noun, parts, columns, client, params))
    if not found:
        return dask_frames.from_pandas(empty, npartitions=1)
    read = partial(_read, job=job, client=client)
    return dask_frames.from_map(read, found, meta=empty, label="allawee")


async def _cut(
    noun: str, parts: int, columns: Strings | str | None, client: str | None, params: ListParams
) -> tuple[list[Part[Any]], Job, Any]:
    """Return the parts of a list, how they are read, and a frame without rows."""
    async with _client(client) as allawee:
        pager = attrgetter(noun)(allawee).list(**params)
        job = job_of(pager.source, "arrow", columns)
        empty = _frame([], Parquet(model_of(pager.source), job).schema)
        return await pager.split(parts), job, empty


def _read(part: Part[Any], *, job: Job, client: str | None) -> Any:
    """Return a part as a frame; this is what the workers do."""
    return _run(_read_part(part, job, client))


async def _read_part(part: Part[Any], job: Job, client: str | None) -> Any:
    async with _client(client) as allawee:
        source = part.pager(allawee).source
        if (source.address, source.key_kind) != (job.address, job.key_kind):
            raise ConfigurationError(
                f"this worker would read {source.address} with a {source.key_kind}, but the list "
                f"is {job.address} of a {job.key_kind}: give all workers the same environment"
            )
        batches = [batch async for batch in record_batches(source, job)]
        return _frame(batches, Parquet(model_of(source), job).schema)


def _client(name: str | None) -> AllaweeClient:
    if name is None:
        return AllaweeClient()
    module, _, function = name.partition(":")
    with suppress(ImportError):
        made = getattr(import_module(module), function, AllaweeClient)
        found = made() if made is not AllaweeClient else None
        if isinstance(found, AllaweeClient):
            return found
    raise ConfigurationError(f"{name} is no function that returns a client, or not to be imported")


def _frame(batches: list[Any], schema: Any) -> Any:
    table = import_module("pyarrow").Table.from_batches(batches, schema=schema)
    return table.to_pandas(types_mapper=import_module("pandas").ArrowDtype)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Wait for a coroutine in a thread of its own: notebooks and workers have a loop in theirs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
