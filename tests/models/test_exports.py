"""The public names: of the models' rooms, of `allawee_async.models` and of `allawee_async`."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import allawee_async
from allawee_async import models
from allawee_async.models.base import Model, OpenEnum

if TYPE_CHECKING:
    from types import ModuleType


MEANS = {"known", "model"}
"""What the base module offers to other modules of models only."""


def rooms() -> list[ModuleType]:
    folder = Path(models.__file__).parent
    return [
        import_module(f"allawee_async.models.{path.stem}")
        for path in sorted(folder.glob("*.py"))
        if path.stem != "__init__"
    ]


def offered_by(package: Any) -> list[str]:
    """Return the names of a package, which it makes when they are asked for."""
    names: list[str] = package.__all__
    return names


def classes_of(room: ModuleType) -> set[str]:
    """Return the names of the models and enumerations that a module defines."""
    return {
        name
        for name, value in vars(room).items()
        if isinstance(value, type)
        and issubclass(value, Model | OpenEnum)
        and value.__module__ == room.__name__
    }


def test_a_room_says_what_it_defines() -> None:
    for room in rooms():
        offered = {name for name in getattr(room, "__all__", []) if name not in MEANS}
        assert offered == classes_of(room), room


def test_all_models_are_public() -> None:
    defined = set[str]().union(*map(classes_of, rooms()))

    assert set(offered_by(models)) == defined
    assert set(offered_by(allawee_async)) >= defined
    for name in offered_by(models):
        assert getattr(models, name).__name__ == name


def test_public_names_can_be_used_and_are_listed() -> None:
    for name in offered_by(allawee_async):
        assert getattr(allawee_async, name) is not None
    assert set(offered_by(allawee_async)) <= set(dir(allawee_async))


def test_a_noun_is_loaded_when_it_is_first_used() -> None:
    program = """
import sys, allawee_async
client = allawee_async.AllaweeClient("sk.test.x")
def loaded():
    return {name.rpartition(".")[2] for name in sys.modules if name.startswith(
        ("allawee_async.resources.", "allawee_async.models."))}
assert loaded() == {"base", "schema"}, loaded()
client.requests
assert loaded() == {"base", "schema", "signatures", "requests"}, loaded()
client.tools.fx
assert "cards" not in loaded(), loaded()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
