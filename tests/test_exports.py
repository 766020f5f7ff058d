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
from allawee_async import batch, export, models, webhooks

ROOT = Path(__file__).parents[1]
PACKAGE = Path(allawee_async.__file__).parent

CONTRACT = {
    *("AllaweeClient", "RetryPolicy", "F", "Page", "AsyncPager", "Reply", "to_dict", "from_dict"),
    *("AllaweeError", "ConfigurationError", "TransportError", "RequestTimeoutError", "APIError"),
    *("BadRequestError", "AuthenticationError", "RequestFailedError", "PermissionDeniedError"),
    *("NotFoundError", "ConflictError", "UnprocessableEntityError", "RateLimitError"),
    *("ServerError", "RequestAccepted", "DecodeError", "PaginationError", "SignatureError"),
    *("Customer", "Claims", "Address", "Identity", "IndividualInformation", "BusinessInformation"),
    "Verification",
}

packages = pytest.mark.parametrize(
    "package", [allawee_async, models, webhooks], ids=lambda package: package.__name__
)
eager_too = pytest.mark.parametrize(
    "package",
    [allawee_async, batch, export, models, webhooks],
    ids=lambda package: package.__name__,
)


def _offered_to_type_checkers(package: Any) -> dict[str, str]:
    """Return the names that type checkers see, and the modules that they come from.

    They read the imports under `TYPE_CHECKING`, which nothing runs: names with an alias, and stars,
    which stand for the `__all__` of a module.
    """
    (block,) = [
        node
        for node in ast.parse(Path(package.__file__).read_text("utf-8")).body
        if isinstance(node, ast.If)
    ]
    seen: dict[str, str] = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        module = str(node.module)
        for alias in node.names:
            assert alias.name in {alias.asname, "*"}, "it would not be offered again"
            names = importlib.import_module(module).__all__ if alias.name == "*" else [alias.name]
            assert not seen.keys() & {*names}
            seen |= dict.fromkeys(names, module)
    return seen


@packages
def test_names_are_offered_once_and_in_order(package: Any) -> None:
    assert package.__all__ == sorted(set(package.__all__))


@packages
def test_type_checkers_see_what_is_offered(package: Any) -> None:
    assert _offered_to_type_checkers(package).keys() == set(package.__all__)


@packages
def test_every_name_is_the_object_of_the_module_that_type_checkers_see(package: Any) -> None:
    for name, module in _offered_to_type_checkers(package).items():
        value = getattr(package, name)

        assert value is getattr(importlib.import_module(module), name)
        assert vars(package)[name] is value, "it is loaded once"


@eager_too
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
    assert {*dir(allawee_async)} >= CONTRACT


def test_every_model_is_offered_at_the_top() -> None:
    top: Any = allawee_async
    of_models: Any = models
    assert set(of_models.__all__) <= set(top.__all__)


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
        (
            "import allawee_async",
            {*HEAVY, "attrs", "cattrs", "msgspec", "allawee_async.client"},
        ),
        ("import allawee_async.errors", {*HEAVY, "attrs", "cattrs", "msgspec"}),
        ("from allawee_async import AllaweeError, NotFoundError", HEAVY),
        ("from allawee_async.models import Customer", {*HEAVY, "cattrs", "msgspec"}),
        (
            "from allawee_async import Customer, F, RetryPolicy",
            {*HEAVY, "cattrs", "msgspec"},
        ),
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
    path = PACKAGE.parent / project["tool"]["hatch"]["version"]["path"]
    (version,) = re.findall(r'^__version__ = "(.+)"$', path.read_text("utf-8"), re.MULTILINE)

    assert project["project"]["dynamic"] == ["version"]
    assert allawee_async.__version__ == version
    assert re.fullmatch(r"\d+\.\d+\.\d+(?:(?:a|b|rc|\.dev)\d+)?", version)


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()
