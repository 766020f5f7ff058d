"""Names that are loaded when they are first used."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from allawee_async.lazy import lazy_names


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A package of two rooms, one of which cannot be imported."""
    package = ModuleType("lazy_package")
    room = ModuleType("lazy_package.room")
    room.Thing = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lazy_package", package)
    monkeypatch.setitem(sys.modules, "lazy_package.room", room)
    rooms = {"room": "Thing Missing", "nowhere": "Far"}
    package.__getattr__, package.__dir__ = lazy_names(vars(package), rooms)  # type: ignore[method-assign]
    return package


def test_a_name_is_loaded_once_and_kept(package: ModuleType) -> None:
    assert "Thing" not in vars(package)

    thing = package.Thing

    assert thing is sys.modules["lazy_package.room"].Thing
    assert vars(package)["Thing"] is thing
    assert package.Thing is thing


def test_an_unknown_name_is_an_attribute_error_as_usual(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match="module 'lazy_package' has no attribute 'Other'"):
        _ = package.Other


def test_a_name_that_its_room_does_not_have_is_an_attribute_error(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match="Missing"):
        _ = package.Missing

    assert "Missing" not in vars(package)


def test_a_room_that_cannot_be_imported_says_so(package: ModuleType) -> None:
    """An optional dependency that is missing must not look like a name that is."""
    with pytest.raises(ImportError):
        _ = package.Far


def test_names_are_listed_before_they_are_loaded(package: ModuleType) -> None:
    listed = dir(package)

    assert {"Thing", "Missing", "Far", "__name__"} <= set(listed)
    assert listed == sorted(listed)
    assert "Thing" not in vars(package)


def test_the_names_of_a_package_inside_are_offered_too(
    package: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = ModuleType("lazy_package.inner")
    inner.__all__ = ["Deep"]  # type: ignore[attr-defined]
    inner.Deep = object()  # type: ignore[attr-defined]
    inner.Private = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lazy_package.inner", inner)
    rooms = {"room": "Thing"}
    package.__getattr__, package.__dir__ = lazy_names(vars(package), rooms, more=["inner"])  # type: ignore[method-assign]

    assert package.__all__ == ["Deep", "Thing"]
    assert package.Deep is inner.Deep
    with pytest.raises(AttributeError, match="module 'lazy_package' has no attribute 'Private'"):
        _ = package.Private
