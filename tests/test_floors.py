"""Who may import whom: the floors of the house, and how large its rooms may be."""

from __future__ import annotations

import ast
import re
from collections import Counter
from fnmatch import fnmatch
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pytest

import allawee_async
from tests.support.counting import UNCOUNTED
from tests.support.workers import WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = pytest.mark.no_cover  # nothing of ours runs here

PACKAGE = Path(allawee_async.__file__).parent

DESCRIPTION = Path(__file__).parents[1] / "docs" / "why.md"
FLOORS = [
    set(re.findall(r"`([\w.]+)`", rooms))
    for rooms in re.findall(r"^\| \d \| (.+?) \|", DESCRIPTION.read_text("utf-8"), re.MULTILINE)
]
"""Rooms by floor, as the documentation shows them."""

TOP = "__init__"
"""The door of the package. It loads what it offers when it is first used, so it imports little."""

MAY_IMPORT_AIOHTTP = {
    *("transport.streaming", "transport.pool", "transport.lines", "sandbox", "integrations", "cli"),
    "webhooks.adapters.aiohttp",
}
MAY_NAME_AIOHTTP = {"transport.session", "client", "webhooks"}
"""These need it for annotations only."""

OPTIONAL = {
    "resources": {"docstring_parser"},
    "cli": {"typer", "rich", "click", "keyring"},
    "export": {"pyarrow"},
    "sandbox": {"jinja2"},
    "webhooks": {"redis", "starlette"},
    "integrations": {"fastapi", "starlette", "dask", "pandas", "dlt"},
}
"""What the core install lacks, by the only room that may import it."""

MOST_CODE_LINES_OF_A_FILE = 400
MOST_CODE_LINES_OF_A_FUNCTION = 50
MOST_FILES_OF_A_FOLDER = 20

Definition: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

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


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def _definitions(path: Path) -> tuple[Definition, ...]:
    """Return the classes and functions of a file, at any depth."""
    return tuple(_defined(_tree(path)))


def _defined(tree: ast.AST) -> Iterator[Definition]:
    for node in _statements(tree):
        if isinstance(node, Definition):
            yield node
        yield from _defined(node)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands one level below; expressions are left out, as they hold nothing here."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield node


def _imports(path: Path) -> Iterator[Import]:
    yield from _found(_tree(path), checked=False, function=None)


def _found(tree: ast.AST, *, checked: bool, function: str | None) -> Iterator[Import]:
    for node in _statements(tree):
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


def _ours(path: Path) -> Iterator[Import]:
    """Yield the modules of ours that a file imports, by their names inside the package."""
    for found in _imports(path):
        if found.module == "allawee_async":
            yield found._replace(module=TOP)
        elif found.module.startswith("allawee_async."):
            yield found._replace(module=found.module.removeprefix("allawee_async."))


def _foreign(path: Path) -> Iterator[Import]:
    """Yield the packages of others that a file imports."""
    for found in _imports(path):
        if not found.module.startswith("allawee_async"):
            yield found._replace(module=found.module.partition(".")[0])


@cache
def ours() -> dict[str, list[Import]]:
    """Return what each file imports of ours, once a test asks: each worker collects them all."""
    return {_name(path): [*_ours(path)] for path in FILES}


@cache
def foreign() -> dict[str, list[Import]]:
    """Return what each file imports of others."""
    return {_name(path): [*_foreign(path)] for path in FILES}


def test_every_room_stands_on_exactly_one_floor() -> None:
    names = {_name(path) for path in FILES} - {TOP}
    placed = [place for floor in FLOORS for place in floor]

    assert {_placed(name, placed) for name in names} == set(placed)
    assert len(placed) == len(set(placed))


def test_the_door_of_the_package_imports_nothing_but_the_means_to_be_lazy() -> None:
    loaded = {found.module for found in ours()[TOP] if not found.checked}

    assert loaded == {"lazy"}


def test_a_file_imports_from_its_own_floor_or_from_below() -> None:
    above = [
        (name, found.module)
        for name, imports in ours().items()
        for found in imports
        if name != TOP
        and not found.checked
        and (name, found.module) != ("sandbox.server", "client")  # see below
        and _floor(found.module) > _floor(name)
    ]

    assert above == []


def test_nobody_imports_through_the_door() -> None:
    """Names come from their rooms; the door would make every room depend on all."""
    assert [name for name, imports in ours().items() if TOP in {i.module for i in imports}] == []


@pytest.mark.parametrize("for_types", [False, True], ids=["when it runs", "for type checkers too"])
def test_there_are_no_circles(for_types: bool) -> None:
    """Imports inside of functions count when the program runs: they are imports like others."""
    graph = {
        name: {
            found.module
            for found in imports
            if found.module != name and (found.function is None if for_types else not found.checked)
        }
        for name, imports in ours().items()
        if name != TOP
    }
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"these import each other: {' → '.join(error.args[1])}")

    assert set(order) == set(graph)


def test_the_sandbox_shares_nothing_with_the_client() -> None:
    """One mistake must not hide on both sides. Only `Sandbox.client()` makes a client.

    It serves the description of the API, and answers without looking into it.
    """
    others = [
        (name, found.module, found.function)
        for name, imports in ours().items()
        for found in imports
        if _room(name) == "sandbox"
        and not found.checked
        and _room(found.module) not in {"sandbox", "version"}
    ]

    assert sorted(others) == [
        ("sandbox.server", "client", "client"),
        ("sandbox.server", "openapi", "_description"),
    ]


def test_few_rooms_know_aiohttp() -> None:
    know = {
        name
        for name, imports in foreign().items()
        for found in imports
        if found.module == "aiohttp" and not (found.checked and _placed(name, MAY_NAME_AIOHTTP))
    }

    assert {name for name in know if not _placed(name, MAY_IMPORT_AIOHTTP)} == set()


def test_pure_rooms_do_not_touch_the_outside() -> None:
    outside = {"asyncio", "socket", "ssl", "subprocess", "threading", "os", "random", "logging"}
    touched = [
        (name, found.module)
        for name, imports in foreign().items()
        for found in imports
        if name != TOP and _floor(name) <= 1 and not found.checked and found.module in outside
    ]

    assert touched == []


def test_optional_dependencies_stay_in_the_rooms_that_are_for_them() -> None:
    others = [
        (name, found.module)
        for name, imports in foreign().items()
        for found in imports
        if found.module in set().union(*OPTIONAL.values()) - OPTIONAL.get(_room(name), set())
    ]

    assert others == []


def test_no_two_classes_share_a_name() -> None:
    """Whoever reads a name of a class knows which one is meant."""
    places: dict[str, set[str]] = {}
    for path in FILES:
        for node in _definitions(path):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, set()).add(_name(path))

    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    files = Counter(path.parent for path in FILES if path.name != "__init__.py")

    assert {str(folder): n for folder, n in files.items() if n > MOST_FILES_OF_A_FOLDER} == {}


def test_a_file_can_be_read_in_one_go() -> None:
    lines = {_name(path): len(_code_lines(path)) for path in FILES}

    assert {name: n for name, n in lines.items() if n > MOST_CODE_LINES_OF_A_FILE} == {}


def test_a_function_fits_on_a_screen() -> None:
    lines = {
        f"{_name(path)}.{node.name}": len(
            _code_lines(path) & {*range(node.lineno, (node.end_lineno or 0) + 1)}
        )
        for path in FILES
        for node in _definitions(path)
        if not isinstance(node, ast.ClassDef)
    }

    assert {name: n for name, n in lines.items() if n > MOST_CODE_LINES_OF_A_FUNCTION} == {}


@cache
def _code_lines(path: Path) -> set[int]:
    """Return the numbers of the lines that are neither blank, nor a comment, nor a docstring."""
    prose = {
        line
        for node in (_tree(path), *_definitions(path))
        if ast.get_docstring(node, clean=False) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = enumerate(path.read_text("utf-8").splitlines(), 1)
    return {n for n, line in lines if line.strip() and line.strip()[0] != "#"} - prose


@pytest.mark.parametrize("pattern", sorted({*UNCOUNTED, *WAITING}))
def test_what_is_said_of_files_is_said_of_some(pattern: str) -> None:
    root = DESCRIPTION.parents[1]
    files = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("tests/**/test_*.py")]
    assert any(fnmatch(file.relative_to(root).as_posix(), pattern) for file in files)
