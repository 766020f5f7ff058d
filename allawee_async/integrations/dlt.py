"""Lists as resources of dlt, for any of its destinations.

import dlt
from allawee_async.integrations.dlt import allawee_source

pipeline = dlt.pipeline("allawee", destination="duckdb", dataset_name="allawee")
pipeline.run(allawee_source("customers", "payments"))
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Final, Unpack

from allawee_async.client import AllaweeClient
from allawee_async.errors import ConfigurationError
from allawee_async.export.arrow import record_batches
from allawee_async.export.reading import job_of
from allawee_async.models.schema import fields_of
from allawee_async.pagination.pages import OnInvalid
from allawee_async.query.parameters import ListParams
from allawee_async.resources import nouns_of
from allawee_async.resources.base import Listable
from allawee_async.resources.verbs import noun_at
from allawee_async.version import needing

_LIMIT: Final = 100
_CHANGED: Final = "updatedAt"
_SINCE: Final = "changed_since"
_OVERLAP: Final = timedelta(minutes=5)
"""By how much the clock of the API may be behind ours. What changed then is read twice."""


def allawee_source(
    *lists: str,
    client: Callable[[], AllaweeClient] = AllaweeClient,
    on_invalid: OnInvalid | None = None,
    **params: Unpack[ListParams],
) -> Any:
    """Return a source of dlt; each list is a resource, which is merged by `id`.

    A first load reads a list whole. A later one asks for what changed (`updatedAt`) since the one
    before began, or up to five minutes earlier. That time is all that is in the state of the
    pipeline, and it is kept only with a load that ended well. What was deleted stays in the
    destination; records of requests show no such time, and are read whole.

    The columns are those of an export to Parquet: flat, with types of Arrow, secrets masked.

    Args:
        *lists: The lists, by their names on the client: `customers`, `card_transactions`. Without
            any, all lists.
        client: Makes the client, for each resource; by default with key and host from the
            environment. A key out of dlt's secrets:
            `lambda: AllaweeClient(dlt.secrets["allawee_api_key"])`.
        on_invalid: Called with the error of each entry that cannot be read, which is then left
            out; None fails the load.
        **params: As for `list`; pages have 100 entries unless `limit` says otherwise.

    Returns:
        The source: `pipeline.run(source)`.

    Raises:
        ConfigurationError: dlt or pyarrow is not installed, or there is no such list.
    """
    with needing("dlt", "dlt"):
        dlt = import_module("dlt")
    known = [noun for noun, _ in nouns_of() if isinstance(noun_at(noun), Listable)]
    unknown = [name for name in lists if name not in known]
    if unknown:
        raise ConfigurationError(f"there is no list {unknown[0]!r}; there are {', '.join(known)}")

    def resources() -> list[Any]:
        return [
            dlt.resource(
                _changes,
                name=name,
                primary_key="id",
                write_disposition="merge",
                columns={"id": {"nullable": True}},  # as in the batches, or dlt warns of it
            )(dlt.current, name, client, on_invalid, {"limit": _LIMIT, **params})
            for name in lists or known
        ]

    return dlt.source(resources, name="allawee", max_table_nesting=0)()


async def _changes(
    current: Any,
    noun: str,
    client: Callable[[], AllaweeClient],
    on_invalid: OnInvalid | None,
    params: ListParams,
) -> AsyncGenerator[Any, None]:
    """Yield what changed since the last load, and remember when this one began."""
    began = datetime.now(UTC)
    state = current.resource_state(noun)
    async with client() as allawee:
        everything = getattr(allawee, noun).list(**params).source
        if _SINCE in state and _CHANGED in fields_of(everything.listing.model):
            params = {**params, "updated_since": datetime.fromisoformat(state[_SINCE])}
        source = getattr(allawee, noun).list(on_invalid=on_invalid, **params).source
        async with aclosing(record_batches(source, job_of(source, "arrow", None))) as batches:
            async for batch in batches:
                yield batch
    state[_SINCE] = (began - _OVERLAP).isoformat()
