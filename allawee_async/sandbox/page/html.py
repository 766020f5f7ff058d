"""The HTML of the page: elements, and the pieces that all views are made of. All is escaped."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, TypeAlias

from allawee_async.sandbox.page.context import ROOT, address
from allawee_async.sandbox.page.texts import clock, counted, moment, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from allawee_async.sandbox.core.values import Json, JsonObject
    from allawee_async.sandbox.page.context import Cut, ViewContext

_VOID = frozenset({"input", "link", "meta"})


class Html(str):
    """A text that is HTML already; only `tag` and `join` make it."""

    __slots__ = ()


Content: TypeAlias = "Html | str | int | Iterable[Content] | None"
Attribute: TypeAlias = str | int | bool | None


def tag(name: str, /, *content: Content, **attributes: Attribute) -> Html:
    """Return an element.

    Args:
        name: The name of the element.
        content: What is in it: texts are escaped, None is nothing.
        attributes: Their names may end in `_` (`class_`) and have `_` for `-` (`data_live`). True
            gives an attribute without a value; None and False leave it out.
    """
    head = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{head}>")
    return Html(f"<{name}{head}>{join(*content)}</{name}>")


def join(*content: Content) -> Html:
    """Return several pieces of content as one."""
    return Html("".join(map(_render, content)))


def fill(template: str, **content: Content) -> Html:
    """Return a file of `templates` with content, escaped as in `tag`, for each `$name` in it."""
    filled = {name: join(value) for name, value in content.items()}
    return Html(_template(template).substitute(filled, root=ROOT))


def _render(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Html):
        return content
    if isinstance(content, str | int):
        return escape(str(content))
    return "".join(map(_render, content))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(str(value))}"'


GOOD, BAD, WAITING, PLAIN = "good", "bad", "wait", "plain"
_KINDS = {
    GOOD: "active approved completed delivered enabled",
    BAD: "blocked declined failed terminated",
    WAITING: "inactive new pending frozen unclaimed",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}


def chip(text: str, kind: str) -> Html:
    """Return a short text with a colour that goes with it."""
    return tag("span", text, class_=f"chip {kind}")


def status(value: Json) -> Html:
    """Return the state of a document."""
    text = short(value, 40)
    return chip(text or "unknown", _KIND_OF.get(text, PLAIN))


def http_status(value: int | None) -> Html:
    """Return the status of an HTTP answer."""
    if value is None:
        return chip("no answer", WAITING)
    return chip(str(value), GOOD if value < 300 else WAITING if value < 500 else BAD)


def id_of(value: Json) -> Html:
    """Return an id."""
    return tag("code", short(value, 60), class_="id")


def words(value: Json) -> Html:
    """Return a text that somebody else wrote, kept from turning its neighbours around."""
    return tag("bdi", short(value))


def time(timestamp: Json) -> Html:
    """Return a moment in UTC."""
    return tag("time", moment(timestamp), datetime=short(timestamp, 24))


def clock_time(timestamp: Json, now: str) -> Html:
    """Return a moment of today as its time, any other as its date."""
    return tag("time", clock(timestamp, now), datetime=short(timestamp, 24))


def titled(label: Content, id: Json) -> Html:
    """Return what something is called, with its id below."""
    return tag("div", label, tag("div", id_of(id)))


def table(
    name: str,
    columns: Mapping[str, Callable[[JsonObject], Content]],
    rows: Iterable[JsonObject],
    nothing: str = "None found.",
) -> Html:
    """Return a table of documents that keeps itself up to date.

    Args:
        name: Its id in the document, and in words what it shows.
        columns: For each heading what is in a cell.
        rows: The documents.
        nothing: What to say, and to do, if there are none.
    """
    # The roles say again what the elements mean: on a phone they are not shown as a table.
    head = [tag("th", text, scope="col", role="columnheader") for text in columns]
    body = [
        tag("tr", [tag("td", cell(row), data_label=text, role="cell")
                   for text, cell in columns.items()], id=f"{name}-{row['id']}", role="row")
        for row in rows
    ]  # fmt: skip
    empty = tag("tr", tag("td", nothing, colspan=len(columns), role="cell"),
                id=f"{name}--none", class_="none", role="row")  # fmt: skip
    return tag(
        "table",
        tag("caption", name.capitalize(), class_="hidden"),
        tag("thead", tag("tr", head, role="row"), role="rowgroup"),
        tag("tbody", body or empty, id=name, data_live="rows", role="rowgroup"),
        role="table",
    )


def line(at: Html, name: Content, chips: Content, amount: str) -> Html:
    """Return one line of a list: when something happened, what, what came of it, how much."""
    return tag(
        "div", at, name, tag("span", chips, class_="chips"),
        tag("span", amount, class_="aside money"), class_="line",
    )  # fmt: skip


def entries(name: str, items: Iterable[tuple[str, Content]], nothing: str) -> Html:
    """Return a list that keeps itself up to date; each item has what tells it from others."""
    listed = [tag("li", content, id=f"{name}-{key}") for key, content in items]
    empty = tag("li", nothing, id=f"{name}--none", class_="none")
    return tag("ol", listed or empty, id=name, class_="entries", data_live="rows")


def more(id: str, summary: Content, *content: Content) -> Html:
    """Return an entry that can be opened."""
    inner = tag("div", *content, class_="more")
    return tag("details", tag("summary", summary), inner, id=f"{id}-more")


def facts(*pairs: tuple[str, Content]) -> Html:
    """Return names with their values, one below the other."""
    return tag("dl", [join(tag("dt", name), tag("dd", value)) for name, value in pairs])


def section(title: str | None, *content: Content, note: Content = None) -> Html:
    """Return a part of a view; one without a heading goes on under that of the view."""
    head = None if title is None else tag("h2", title)
    told = None if note is None else tag("p", note, class_="note")
    return tag("section", head, told, *content)


def pager(context: ViewContext, shown: Cut, noun: str) -> Html:
    """Return how many there are of something, and the way to the pages before and after."""
    links: list[Content] = []
    for label, page in (("Newer", shown.page - 1), ("Older", shown.page + 1)):
        if 1 <= page <= shown.pages:
            where = address(context.name, search=context.query.get("search", ""), page=str(page))
            links.append(tag("a", label, href=where))
    where = f", page {shown.page:,} of {shown.pages:,}" if shown.pages > 1 else ""
    told = tag("span", counted(shown.total, noun), where)
    return tag("nav", told, links, id=f"pages-of-{noun.replace(' ', '-')}", class_="pager",
               data_live=True, aria_label=f"Pages of {noun}s")  # fmt: skip


def hidden_fields(context: ViewContext) -> Html:
    """Return what every form of an action sends along: the token, and where to come back to."""
    return join(
        tag("input", type="hidden", name="token", value=context.token),
        tag("input", type="hidden", name="back", value=context.address),
    )


def button_form(context: ViewContext, action: str, button: str, *fields: Content) -> Html:
    """Return a form that is hardly more than a button, which carries out an action."""
    return tag(
        "form", hidden_fields(context), *fields, tag("button", button, class_="quiet"),
        method="post", action=f"{ROOT}/do/{action}",
    )  # fmt: skip


def options(pairs: Iterable[tuple[str, str]], chosen: str = "") -> list[Html]:
    """Return what can be chosen in a `select`; each has a value and a label."""
    return [tag("option", label, value=value, selected=value == chosen) for value, label in pairs]


@cache
def _template(name: str) -> Template:
    path = Path(__file__).with_name("templates") / f"{name}.html"
    return Template(re.sub(r"\n *", "\n", path.read_text("utf-8")))
