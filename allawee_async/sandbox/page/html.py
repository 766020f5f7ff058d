"""HTML out of values: everything is escaped, unless it has been made here. No state, no I/O."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def document(*content: Content) -> Html:
    """Return a whole document in English."""
    return Html(f"<!doctype html>{tag('html', *content, lang='en')}")


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
