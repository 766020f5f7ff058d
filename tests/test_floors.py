"""Who may import whom: the floors of the house, and how large its rooms may be."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import allawee_async

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = Path(allawee_async.__file__).parent

FLOORS: list[set[str]] = [
    {"version", "types", "lazy", "names", "redaction", "errors", "models"},
    {
        *("codec", "query"),
        *("transport.config", "transport.retry", "transport.routes", "transport.response"),
    },
    {"transport"},
    {"transport.queued", "transport.downloads", "nouns", "pagination", "resources"},
    {"client", "webhooks", "export"},
    {"sandbox", "integrations"},
    {"cli", "pytest_plugin", "__main__"},
]
"""Rooms by floor: a folder stands for all files in it that have no floor of their own."""

TOP = "__init__"
"""The door of the package. It loads what it offers when it is first used, so it imports little."""

MAY_IMPORT_AIOHTTP = {
    *("transport.streaming", "transport.pool", "sandbox", "integrations", "cli"),
    "webhooks.adapters.aiohttp",
}
MAY_NAME_AIOHTTP = {"transport.session", "client", "webhooks"}
"""These need it for annotations only."""

OPTIONAL = {
    "cli": {"typer", "rich", "click", "keyring"},
    "export": {"pyarrow"},
    "webhooks": {"redis", "starlette"},
    "integrations": {"fastapi", "starlette"},
}
"""What the core install lacks, by the only room that may import it."""

LONGEST_FILE = 600
LONGEST_FUNCTION = 45

FILES = sorted(PACKAGE.rglob("*.py"))


class Import(NamedTuple):
    """One imported module; `checked` if only type checkers see it, `function` around it."""

    module: str
    checked: bool
    function: str | None


def _name(path: Path) -> str:
    """Return the name of a file inside the package: `models.customers`, `sandbox`, `client`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _room(name: str) -> str:
    return name.partition(".")[0]


def _placed(name: str, places: Iterable[str]) -> str | None:
    """Return the place that a file is in: its own, or that of the nearest folder around it."""
    while name and name not in places:
        name = name.rpartition(".")[0]
    return name or None


def _floor(name: str) -> int:
    floors = {place: number for number, places in enumerate(FLOORS) for place in places}
    return floors[_placed(name, floors) or name]


def _imports(path: Path) -> Iterator[Import]:
    yield from _found(ast.parse(path.read_text("utf-8")), checked=False, function=None)


def _found(tree: ast.AST, *, checked: bool, function: str | None) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    yield Import(alias.name, checked, function)
            case ast.ImportFrom():
                assert node.level == 0, "relative imports are not used here"
                for alias in node.names:
                    yield Import(_imported(str(node.module), alias.name), checked, function)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                for inner in node.body:
                    holder = ast.Module([inner], [])
                    yield from _found(holder, checked=True, function=function)
                for inner in node.orelse:
                    holder = ast.Module([inner], [])
                    yield from _found(holder, checked=checked, function=function)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield from _found(node, checked=checked, function=name)
            case _:
                yield from _found(node, checked=checked, function=function)


def _imported(module: str, name: str) -> str:
    """Return what `from module import name` loads: a module of ours, or one that holds a name."""
    if module == "allawee_async" or module.startswith("allawee_async."):
        folder = PACKAGE.joinpath(*module.split(".")[1:])
        if (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists():
            return f"{module}.{name}"
    return module


def _ours(path: Path) -> Iterator[tuple[str, Import]]:
    """Yield the name of each module of ours that a file imports."""
    for found in _imports(path):
        if found.module == "allawee_async":
            yield TOP, found
        elif found.module.startswith("allawee_async."):
            yield found.module.removeprefix("allawee_async."), found


def _foreign(path: Path) -> Iterator[tuple[str, Import]]:
    for found in _imports(path):
        if not found.module.startswith("allawee_async"):
            yield found.module.partition(".")[0], found


def test_every_room_stands_on_exactly_one_floor() -> None:
    names = {_name(path) for path in FILES} - {TOP}
    placed = [place for floor in FLOORS for place in floor]

    assert {_placed(name, placed) for name in names} == set(placed)
    assert len(placed) == len(set(placed))


def test_the_door_of_the_package_imports_nothing_but_the_means_to_be_lazy() -> None:
    loaded = {name for name, found in _ours(PACKAGE / "__init__.py") if not found.checked}

    assert loaded == {"lazy", "version"}


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_file_imports_from_its_own_floor_or_from_below(path: Path) -> None:
    name = _name(path)
    if name == TOP:
        return
    above = [
        imported
        for imported, found in _ours(path)
        if not found.checked
        and not (name == "sandbox.server" and imported == "client")  # see below
        and _floor(imported) > _floor(name)
    ]

    assert above == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_nobody_imports_through_the_door(path: Path) -> None:
    """Names come from their rooms; the door would make every room depend on all."""
    assert [name for name, _ in _ours(path) if name == TOP] == []


def test_there_are_no_cycles() -> None:
    graph = {
        _name(path): {
            imported
            for imported, found in _ours(path)
            if not found.checked and imported != _name(path)
        }
        for path in FILES
    }
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"these import each other: {' → '.join(error.args[1])}")

    assert set(order) == set(graph)


@pytest.mark.parametrize("path", [p for p in FILES if _room(_name(p)) == "sandbox"], ids=_name)
def test_the_sandbox_shares_nothing_with_the_client(path: Path) -> None:
    """One mistake must not hide on both sides. Only `Sandbox.client()` makes a client."""
    others = [
        (imported, found.function)
        for imported, found in _ours(path)
        if not found.checked and _room(imported) not in {"sandbox", "version"}
    ]

    allowed = [("client", "client")] if _name(path) == "sandbox.server" else []
    assert others == allowed


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_few_rooms_know_aiohttp(path: Path) -> None:
    name = _name(path)
    found = [found for module, found in _foreign(path) if module == "aiohttp"]

    if _placed(name, MAY_IMPORT_AIOHTTP):
        return
    if _placed(name, MAY_NAME_AIOHTTP):
        assert all(found.checked for found in found)
    else:
        assert found == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_pure_rooms_do_not_touch_the_outside(path: Path) -> None:
    name = _name(path)
    if name == TOP or _floor(name) > 1:
        return
    outside = {"asyncio", "socket", "ssl", "subprocess", "threading", "os", "random", "logging"}

    assert {module for module, found in _foreign(path) if not found.checked} & outside == set()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_optional_dependencies_stay_in_the_rooms_that_are_for_them(path: Path) -> None:
    others = set().union(*OPTIONAL.values()) - OPTIONAL.get(_room(_name(path)), set())

    assert {module for module, _ in _foreign(path)} & others == set()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_file_can_be_read_in_one_go(path: Path) -> None:
    lines = path.read_text("utf-8").count("\n")

    assert lines <= LONGEST_FILE


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = {
        node.name: _lines(node)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _lines(node) > LONGEST_FUNCTION
    }

    assert long == {}


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines
