"""Objects as they are shown: masked, and as rows with the columns that were asked for; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from allawee_async.cli.errors import UsageError
from allawee_async.cli.wording import did_you_mean
from allawee_async.codec.converter import to_dict
from allawee_async.codec.writing import write_mapping
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, Shape, camel, fields_of, masked, paths_of
from allawee_async.types import FreeForm, JSONObject, JSONValue

_FIRST: Final = ("id", "_id")
_LAST: Final = ("createdAt", "updatedAt", "object")
_MERCHANT: Final = "merchant=networkData.cardAcceptorNameLocation"
_LAST_DIGITS: Final = "card.details.last4|card"
_PAYEE: Final = "methodData.bankTransfer.accountName|methodData.localTransfer.accountName"

BALANCE: Final = "balance"
"""The column of accounts that no list holds: it is asked for, account by account."""

SHOWN: Final[dict[str, str]] = {
    "Account": f"id name {BALANCE} status type customer.name reference createdAt",
    "AccountLogEntry": "createdAt amount balanceAfter reference category id",
    "Billing": "id amount type status createdAt payment description",
    "BillProduct": "id name amount category",
    "Card": "id details.last4 details.cardHolderName status customer.name createdAt type "
    "program.name",
    "CardAuthorization": f"id amount status {_MERCHANT} card={_LAST_DIGITS} createdAt statusReason "
    "holder=card.details.cardHolderName type channel fees",
    "CardProgram": "id name status network type createdAt currency quantity",
    "CardTransaction": f"id amount {_MERCHANT} card={_LAST_DIGITS} createdAt customer.name type "
    "channel fees authorization",
    "Customer": "id name status type createdAt reference",
    "Dispute": "id reason status source text createdAt user",
    "Event": "id event status createdAt source",
    "Fee": "id name structure value cap currency account.name createdAt",
    "Payment": f"id amount status reference receiver={_PAYEE} createdAt failureReason "
    "customer.name fees type method account.name",
    "PaymentRequest": "id amount status reference customer.name name=options.name "
    "number=methodData.bankTransfer.accountNumber createdAt method",
    "RequestRecord": "_id method path status apiVersion",
    "Webhook": "id name url status events createdAt",
}
"""What people look for in a list, by model, the most wanted first: a table keeps them as long as
there is room. `heading=path|path` takes the first that is there."""


@attrs.frozen
class TableColumn:
    """A column of a table.

    Attributes:
        heading: What stands above it.
        paths: The dotted names of where its value may be; the first that is there is taken.
    """

    heading: str
    paths: tuple[str, ...]

    def path_in(self, record: JSONObject) -> str:
        """Return where the value is; `customer` for `customer.name`, if that is an id alone."""
        for path in self.paths:
            if value_at(record, path) is not None:
                return path
        heads = (path.partition(".")[0] for path in self.paths)
        return next((head for head in heads if isinstance(record.get(head), str)), self.paths[0])


def record_of(
    item: Model | FreeForm, *, model: type[Model] | None, reveal: bool, confidential: bool = False
) -> JSONObject:
    """Return the wire mapping of an object, for people to see.

    Args:
        item: The object; a plain mapping if only some of its fields were asked for.
        model: What the object is, if a mapping is one.
        reveal: Whether its secrets are left in.
        confidential: Whether it answers a call that tells a secret: then fields that the model
            does not know are taken for secrets too.
    """
    record = to_dict(item) if isinstance(item, Model) else write_mapping(item)
    if reveal:
        return record
    return masked(record, type(item) if isinstance(item, Model) else model, doubt=confidential)


def all_columns(model: type[Model] | None, records: Sequence[JSONObject]) -> list[str]:
    """Return the dotted names of all columns: what the model knows, then what else there is.

    Args:
        model: What the records are.
        records: Some of them; they may have fields that no model knows.
    """
    known = [path for path, _ in paths_of(model)]
    found = [path for record in records for path in _unknown_paths(record, model)]
    columns = dict.fromkeys([*known, *found])
    return [*(name for name in _FIRST if name in columns), *(c for c in columns if c not in _FIRST)]


def usual_columns(model: type[Model] | None, records: Sequence[JSONObject]) -> list[TableColumn]:
    """Return the columns that say most, the most wanted first; none in which nothing stands."""
    columns = _shown(model)
    if not columns:
        names = all_columns(model, records)
        kept = [name for name in names if "." not in name and name not in _LAST[1:]]
        columns = [TableColumn(name, (name,)) for name in kept]
    values = [[value_at(one, column.path_in(one)) for one in records] for column in columns]
    return [
        column
        for column, found in zip(columns, values, strict=True)
        if any(value is not None for value in found)
        and not any(isinstance(value, dict) or _has_objects(value) for value in found)
    ]


def shown_paths(model: type[Model] | None) -> set[str]:
    """Return where the values of the usual columns are; the model may not know all of them."""
    return {path for column in _shown(model) for path in column.paths}


def relations_in(model: type[Model] | None) -> list[str]:
    """Return what a list is asked to expand for the names in its usual columns."""
    fields = fields_of(model)
    found: dict[str, None] = {}
    for column in _shown(model):
        for head, _, inner in (path.partition(".") for path in column.paths):
            if inner and head in fields and fields[head].kind is Kind.RELATION:
                found[f"{head}:{inner.partition('.')[0]}"] = None
    return [*found]


def in_order(names: Iterable[str], model: type[Model] | None) -> list[str]:
    """Return names in the order of the model: the id first, timestamps last, as all lists have."""
    known = [*fields_of(model)]

    def place(name: str) -> tuple[int, int]:
        head = name.partition(".")[0]
        if head in _FIRST:
            return 0, 0
        if head in _LAST:
            return 3, _LAST.index(head)
        return (1, known.index(head)) if head in known else (2, 0)

    return sorted(names, key=place)


def chosen_columns(
    names: Sequence[str], model: type[Model] | None, records: Sequence[JSONObject]
) -> list[str]:
    """Return the columns that were asked for, by their wire names.

    Args:
        names: What was asked for; `created_at` and `createdAt` are the same.
        model: What the records are.
        records: Some of them.

    Raises:
        CommandError: There is no such column.
    """
    return [_chosen(name, model, records) for name in names]


def is_known(path: str, model: type[Model] | None, *, in_lists: bool = False) -> bool:
    """Return whether a model has a field; what is below a relation or free-form may be there.

    Args:
        path: Its dotted name, in wire names.
        model: The model.
        in_lists: Whether a list stands for each of its items.
    """
    head, _, rest = path.partition(".")
    shape: Shape | None = fields_of(model).get(head)
    if shape is None or not rest:
        return shape is not None
    if in_lists and shape.item is not None:
        shape = shape.item
    if shape.model is not None:
        return is_known(rest, shape.model, in_lists=in_lists)
    return shape.kind in (Kind.RELATION, Kind.MAPPING, Kind.JSON)


def value_at(record: JSONObject, path: str) -> JSONValue:
    """Return what stands under a dotted name, or None."""
    value: JSONValue = record
    for step in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _shown(model: type[Model] | None) -> list[TableColumn]:
    """Return the columns that are chosen for a model."""
    columns: list[TableColumn] = []
    for text in SHOWN.get("" if model is None else model.__name__, "").split():
        heading, _, paths = text.rpartition("=")
        name = paths.removesuffix(".name").rpartition(".")[2]  # `customer` has the customer's name
        columns.append(TableColumn(heading or name, tuple(paths.split("|"))))
    return columns


def _has_objects(value: JSONValue) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _chosen(name: str, model: type[Model] | None, records: Sequence[JSONObject]) -> str:
    for path in (name, ".".join(camel(step) for step in name.split("."))):
        if is_known(path, model) or any(_has(record, path) for record in records):
            return path
    raise UsageError(f"unknown column {name!r}; {_advice(name, all_columns(model, records))}")


def _advice(name: str, known: Sequence[str]) -> str:
    if not known:
        return "none are known, as there are no rows"
    heads = dict.fromkeys(path.partition(".")[0] for path in known)
    return f"{did_you_mean(name, known)}known: {', '.join(heads)}"


def _has(record: JSONObject, path: str) -> bool:
    above, _, last = path.rpartition(".")
    holder = value_at(record, above) if above else record
    return isinstance(holder, dict) and last in holder


def _unknown_paths(
    record: JSONObject, model: type[Model] | None, prefix: str = ""
) -> Iterator[str]:
    fields = fields_of(model)
    for name, value in record.items():
        shape = fields.get(name)
        if shape is None:
            yield f"{prefix}{name}"
        elif shape.kind is Kind.OBJECT and isinstance(value, dict):
            yield from _unknown_paths(value, shape.model, f"{prefix}{name}.")
