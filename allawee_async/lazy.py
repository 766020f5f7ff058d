"""What is loaded when it is first used: names of a package (PEP 562), and nouns of the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, TypeVar

R = TypeVar("R")


class Noun(cached_property[R]):
    """A noun of the client, or below another one, as an attribute that is made once.

    Args:
        line: What it is, in a line.
        noun: Its class; None imports the one that the module of its name in `resources` has.
    """

    def __init__(self, line: str, noun: Callable[[Any], R] | None = None) -> None:
        super().__init__(self._made)
        self.__doc__ = line
        self._noun = noun

    def _made(self, parent: Any) -> R:
        name = self.attrname or ""
        noun = self._noun or getattr(
            import_module(f"allawee_async.resources.{name}"), name.title().replace("_", "")
        )
        made: R = noun(parent._session)  # noqa: SLF001 - it is ours
        return made


def lazy_names(
    namespace: Mapping[str, object],
    rooms: Mapping[str, str],
    more: Sequence[str] = (),
    extras: Mapping[str, str] | None = None,
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package; they make its `__all__` as well.

    Args:
        namespace: The `globals()` of the package; a loaded name is kept there.
        rooms: Modules of the package, and the public names that each defines, in one text.
        more: Modules of the package all of whose names are offered, too.
        extras: Names that need another library, and its name. Without it they are not in `__all__`,
            so that `import *` works, and using them says what to install.
    """
    package = str(namespace["__name__"])
    places = {name: f"{package}.{room}" for room, names in rooms.items() for name in names.split()}

    def offered() -> list[str]:
        others = [name for room in more for name in import_module(f"{package}.{room}").__all__]
        lacking = {name for name, library in (extras or {}).items() if not _is_there(library)}
        return sorted({*places, *others} - lacking)

    def found_in_more(name: str) -> Iterator[object]:
        for module in map(import_module, [f"{package}.{room}" for room in more]):
            if name in module.__all__:
                yield getattr(module, name)

    def load(name: str) -> object:
        value: object
        if name == "__all__":
            value = offered()
        elif name in places:
            value = getattr(import_module(places[name]), name)
        else:
            value = None if name.startswith("_") else next(found_in_more(name), None)
            if value is None:
                raise AttributeError(f"module {package!r} has no attribute {name!r}")
        vars(import_module(package))[name] = value
        return value

    return load, lambda: sorted({*namespace, *offered()})


def _is_there(library: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - for `import *` and `dir` alone

    try:
        return find_spec(library) is not None
    except (ImportError, ValueError):  # it is kept from being imported
        return False
