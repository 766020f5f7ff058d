"""The parameters that every list method takes, as the wire's query: pure, without I/O."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final, TypeAlias, TypedDict, Unpack, cast

from allawee_async.errors import ConfigurationError
from allawee_async.models.schema import camel
from allawee_async.query.filters import (
    SURROGATE,
    Expression,
    Field,
    Filter,
    NegatedField,
    kind,
    valid,
)
from allawee_async.query.times import Time, timestamp

_ALSO_CALLED: Final = {
    **dict.fromkeys(("count", "page_size", "per_page", "size"), "limit"),
    **dict.fromkeys(("cursor", "starting_after", "offset"), "after"),
    "ending_before": "before",
    "include": "expand",
    "order_by": "sort",
    "since": "created_since",
    "until": "created_until",
}
"""What other APIs call the parameters of their lists."""

Fields: TypeAlias = str | Field | NegatedField | Sequence[str | Field | NegatedField]


class ListParams(TypedDict, total=False):
    """The keywords of a list method, for `Unpack[ListParams]`; see `list_query`."""

    limit: int | None
    after: str | None
    before: str | None
    filter: Filter | None
    or_: Filter | None
    nor: Filter | None
    and_: Filter | None
    sort: Fields | None
    expand: Fields | None
    count_total: bool | None
    page: int | None
    last_id: str | None
    created_since: Time | None
    created_until: Time | None
    updated_since: Time | None


def list_query(
    *, select: Fields | None = None, cursor_field: str = "id", **params: Unpack[ListParams]
) -> dict[str, str]:
    """Return the query of a list request: wire names and texts, only of what was given.

    An empty text or list counts as not given, but for the cursors and `or_`. A text is passed as it
    is; in a list, Python names become wire names (`-created_at` is `-createdAt`).

    Args:
        limit: Entries per page, 1 or more; the API's default is 20.
        after: Cursor: the id of the last entry of the page before the wanted one.
        before: Cursor: the id of the first entry of the page behind the wanted one.
        filter: Conditions that must all hold.
        or_: Conditions of which at least one must hold.
        nor: Conditions of which none may hold.
        and_: Conditions that must all hold.
        sort: Fields in order of weight, with a minus for descending; by default `-createdAt`.
        select: Top-level fields to include, or with a minus to leave out. The cursor field is added
            where it is missing, because paging needs it.
        expand: Relations to include as objects: `customer`, `program:name,network`.
        count_total: Ask for the number of all matching entries.
        page: Page number of the older dialects, 0 or more, passed through.
        last_id: Cursor of an older dialect, passed through.
        created_since: Only what was created then or later; a date is the beginning of that day in
            UTC.
        created_until: Only what was created before that; a date is the beginning of that day.
        updated_since: Only what was changed then or later, or created.
        cursor_field: The field that cursors are taken from; `_id` for `/requests`.

    Raises:
        ConfigurationError: A value of the wrong type or range, both cursors at once, a filter
            joined with `&` in `or_` or `nor`, an empty list in `or_`, or a select without the
            cursor field, or a time without a time zone.
        TypeError: There is no such parameter.

    Example:
        >>> from allawee_async.query.filters import F
        >>> list_query(limit=50, filter=F.status == "active", sort=[-F.created_at])
        {'limit': '50', 'filter': 'status|eq|active', 'sort': '-createdAt'}
    """
    for name in params:
        if name not in ListParams.__optional_keys__:
            raise _no_parameter(name)
    after, before = params.get("after"), params.get("before")
    if after is not None and before is not None:
        raise ConfigurationError("give after or before, not both: a page lies on one side")
    conditions = [_conditions("filter", params.get("filter")), *_times(params)]
    query = {
        "limit": _whole("limit", params.get("limit"), least=1),
        "after": _cursor("after", after),
        "before": _cursor("before", before),
        "lastId": _cursor("last_id", params.get("last_id")),
        "filter": " ".join(filter(None, conditions)),
        "or": _conditions("or_", params.get("or_")),
        "nor": _conditions("nor", params.get("nor")),
        "and": _conditions("and_", params.get("and_")),
        "sort": " ".join(_fields("sort", params.get("sort"))),
        "select": _selection(select, cursor_field),
        "expand": " ".join(_fields("expand", params.get("expand"))),
        "countTotal": _flag("count_total", params.get("count_total")),
        "page": _whole("page", params.get("page"), least=0),
    }
    for name, text in query.items():
        if SURROGATE.search(text):
            raise ConfigurationError(f"the text of {name} has a lone surrogate and cannot be sent")
    return {name: text for name, text in query.items() if text}


def _no_parameter(name: str) -> TypeError:
    known = get_close_matches(_ALSO_CALLED.get(name, name), ListParams.__optional_keys__, 1)
    near = f"did you mean {known[0]}? " if known else ""
    return TypeError(
        f"a list has no parameter {name!r}: {near}conditions on fields are filters: "
        f"list(filter=F.{name} == …)"
    )


def _times(params: ListParams) -> Iterator[str]:
    """Yield the conditions that times make."""
    times = {
        "createdAt|gted": params.get("created_since"),
        "createdAt|ltd": params.get("created_until"),
        "updatedAt|gted": params.get("updated_since"),
    }
    for condition, value in times.items():
        if value is not None:
            yield f"{condition}|{timestamp(condition.partition('|')[0], value)}"


def _whole(name: str, value: object, *, least: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        shown = value if isinstance(value, (int, float)) else kind(value)
        raise ConfigurationError(f"{name} is an int, {least} or more; not {shown}")
    return str(int(value))


def _cursor(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(
            f"{name} is the id of an entry, a text that is not empty; not {kind(value)}"
        )
    return str.__str__(value)


def _flag(name: str, value: object) -> str:
    if value is not None and not isinstance(value, bool):
        raise ConfigurationError(f"{name} is True or False, not {kind(value)}")
    return "true" if value else ""


def _conditions(name: str, value: object) -> str:
    if value is None:
        return ""
    items = _items(value)
    if name == "or_" and not items:
        # Left out, it would list everything, where the caller means nothing.
        raise ConfigurationError("or_ is an empty list, which no entry can satisfy; do not ask")
    texts: list[str] = []
    for item in items:
        if isinstance(item, Expression):
            if name in ("or_", "nor") and len(item.parts) > 1:
                # Written out, it would mean something else: the group takes each part by itself.
                raise ConfigurationError(
                    f"{name} takes conditions one by one, so filters joined with & lose their "
                    "meaning there: give a list of single conditions"
                )
            texts.append(str(item))
        elif isinstance(item, str):
            texts.append(str.__str__(item))
        else:
            raise ConfigurationError(
                f"{name} takes text, a comparison such as F.status == 'active', or a list of them; "
                f"not {kind(item)}"
            )
    return " ".join(text for text in texts if text.strip())


def _selection(value: object, cursor_field: str) -> str:
    text = " ".join(_fields("select", value))
    names = text.split()
    if f"-{cursor_field}" in names:
        raise ConfigurationError(
            f"select leaves out {cursor_field}, but paging needs it: drop -{cursor_field}"
        )
    included = {name for name in names if not name.startswith("-")}
    return f"{text} {cursor_field}" if included and cursor_field not in included else text


def _fields(name: str, value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [str.__str__(value)] if value.strip() else []
    return [_field(name, item) for item in _items(value)]


def _field(name: str, item: object) -> str:
    if isinstance(item, Field) or (isinstance(item, NegatedField) and name != "expand"):
        return str(item)
    if not isinstance(item, str):
        example = "'customer:name,email'" if name == "expand" else "'-created_at' or -F.created_at"
        raise ConfigurationError(
            f"{name} takes text or a list of names such as {example}; not {kind(item)}"
        )
    if name == "expand":
        path, colon, inner = item.partition(":")
        names = ",".join(map(_wire, inner.split(","))) if colon else ""
        return f"{_wire(path)}{colon}{names}"
    return f"-{_wire(item[1:])}" if item.startswith("-") else _wire(item)


def _wire(path: str) -> str:
    return valid(".".join(map(camel, path.split("."))))


def _items(value: object) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return cast("Sequence[object]", value)
    return (value,)
