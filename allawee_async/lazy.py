"""Names of a package that are loaded when they are first used (PEP 562)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy_names(
    namespace: Mapping[str, object], rooms: Mapping[str, str], more: str | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package; they make its `__all__` as well.

    Args:
        namespace: The `globals()` of the package; a loaded name is kept there.
        rooms: Modules of the package, and the public names that each defines, in one text.
        more: A package inside the package, all of whose names are offered, too.
    """
    package = str(namespace["__name__"])
    places = {name: f"{package}.{room}" for room, names in rooms.items() for name in names.split()}

    def offered() -> list[str]:
        others = import_module(f"{package}.{more}").__all__ if more else ()
        return sorted({*places, *others})

    def load(name: str) -> object:
        value: object
        if name == "__all__":
            value = offered()
        elif name in places:
            value = getattr(import_module(places[name]), name)
        elif more and not name.startswith("_") and name in offered():
            value = getattr(import_module(f"{package}.{more}"), name)
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        vars(import_module(package))[name] = value
        return value

    return load, lambda: sorted({*namespace, *offered()})
