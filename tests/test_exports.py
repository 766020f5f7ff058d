"""The public face: what `allawee_async` offers, and what it costs to import."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import allawee_async
from allawee_async import models

ROOT = Path(allawee_async.__file__).parent.parent

CONTRACT = {
    *("AllaweeClient", "RetryPolicy", "F", "Page", "AsyncPager", "Reply", "to_dict", "from_dict"),
    *("AllaweeError", "ConfigurationError", "TransportError", "RequestTimeoutError", "APIError"),
    *("BadRequestError", "AuthenticationError", "RequestFailedError", "PermissionDeniedError"),
    *("NotFoundError", "ConflictError", "UnprocessableEntityError", "RateLimitError"),
    *("ServerError", "RequestAccepted", "DecodeError", "PaginationError", "SignatureError"),
    *("Customer", "Claims", "Address", "Identity", "IndividualInformation", "BusinessInformation"),
    "Verification",
}

packages = pytest.mark.parametrize("package", [allawee_async, models], ids=lambda p: p.__name__)


def _isort_style(name: str) -> tuple[int, str]:
    """Order names as ruff's `RUF022` does: constants, then classes, then the rest."""
    bare = name.strip("_")
    group = 0 if bare.isupper() and len(bare) > 1 else 1 if bare[:1].isupper() else 2
    return group, name


@packages
def test_names_are_offered_once_and_in_order(package: Any) -> None:
    assert len(set(package.__all__)) == len(package.__all__)
    assert package.__all__ == sorted(package.__all__, key=_isort_style)


@packages
def test_what_is_offered_is_what_can_be_loaded(package: Any) -> None:
    loadable = {name for names in package._ROOMS.values() for name in names}

    assert loadable == set(package.__all__) - {"__version__"}
    assert sum(map(len, package._ROOMS.values())) == len(loadable)


@packages
def test_every_name_is_the_object_of_its_room(package: Any) -> None:
    for room, names in package._ROOMS.items():
        module = importlib.import_module(f"{package.__name__}.{room}")
        for name in names:
            assert getattr(package, name) is getattr(module, name)


@packages
def test_type_checkers_see_the_same_names(package: Any) -> None:
    """They read the imports under `TYPE_CHECKING`, which nothing runs."""
    (block,) = [
        node
        for node in ast.parse(Path(package.__file__).read_text("utf-8")).body
        if isinstance(node, ast.If)
    ]
    seen = {
        alias.name: str(node.module).removeprefix(f"{package.__name__}.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert seen == {name: room for room, names in package._ROOMS.items() for name in names}


@packages
def test_a_star_gives_every_name(package: Any) -> None:
    namespace: dict[str, Any] = {}

    exec(f"from {package.__name__} import *", namespace)

    assert namespace.keys() - {"__builtins__"} == set(package.__all__)


@packages
def test_dir_lists_every_name(package: Any) -> None:
    listed = dir(package)

    assert set(package.__all__) <= set(listed)
    assert listed == sorted(set(listed))


@packages
def test_an_unknown_name_is_an_attribute_error(package: Any) -> None:
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' .* 'Stripe'"):
        _ = package.Stripe
    with pytest.raises(ImportError, match="Stripe"):
        exec(f"from {package.__name__} import Stripe", {})
    assert not hasattr(package, "Stripe")


def test_every_name_of_the_contract_is_offered() -> None:
    assert set(allawee_async.__all__) >= CONTRACT


def test_every_model_of_a_noun_is_offered_at_the_top() -> None:
    assert set(models.__all__) - {"Model", "OpenEnum"} <= set(allawee_async.__all__)


# What an import costs.


def _modules_after(code: str) -> set[str]:
    program = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


HEAVY = {"aiohttp", "yarl", "multidict", "asyncio", "typer", "rich", "allawee_async.sandbox"}


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import allawee_async", {*HEAVY, "attrs", "cattrs", "orjson", "allawee_async.client"}),
        ("import allawee_async.errors", {*HEAVY, "attrs", "cattrs", "orjson"}),
        ("from allawee_async import AllaweeError, NotFoundError", HEAVY),
        ("from allawee_async.models import Customer", {*HEAVY, "cattrs", "orjson"}),
        ("from allawee_async import Customer, F, RetryPolicy", {*HEAVY, "cattrs", "orjson"}),
        (
            "from allawee_async import from_dict, to_dict",
            {*HEAVY, "allawee_async.transport.session"} - {"asyncio"},
        ),
        ("import allawee_async; dir(allawee_async)", {*HEAVY, "cattrs"}),
        ("from allawee_async import AllaweeClient", {"typer", "rich", "allawee_async.sandbox"}),
    ],
)
def test_an_import_loads_no_more_than_it_needs(code: str, unwanted: set[str]) -> None:
    assert _modules_after(code) & unwanted == set()


# The version.


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    path = ROOT / project["tool"]["hatch"]["version"]["path"]
    (version,) = re.findall(r'^__version__ = "(.+)"$', path.read_text("utf-8"), re.MULTILINE)

    assert project["project"]["dynamic"] == ["version"]
    assert allawee_async.__version__ == version
    assert re.fullmatch(r"\d+\.\d+\.\d+(?:(?:a|b|rc|\.dev)\d+)?", version)


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "allawee_async" / "py.typed").is_file()
