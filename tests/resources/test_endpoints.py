"""The endpoints that the client has, against the list of those that there are."""

from __future__ import annotations

import inspect
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import AllaweeClient
from allawee_async.models.schema import camel
from allawee_async.resources.base import Findable, Listable

if TYPE_CHECKING:
    from collections.abc import Iterator


def nouns(parent: object, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every noun below a client or a noun, with its dotted name."""
    for attribute in dir(type(parent)):
        if isinstance(getattr(type(parent), attribute), cached_property):
            noun = getattr(parent, attribute)
            dotted = f"{name}{attribute}"
            yield dotted, noun
            yield from nouns(noun, f"{dotted}.")


@pytest.fixture
def all_nouns() -> dict[str, Any]:
    return dict(nouns(AllaweeClient("sk.test.routes")))


def verbs_of(noun: object) -> set[str]:
    """Return the public methods of a noun that stand for an endpoint."""
    public = {
        name for name, _ in inspect.getmembers(noun, inspect.ismethod) if not name.startswith("_")
    }
    return public - {"find"} if isinstance(noun, Findable) else public


def test_routes_are_those_of_the_documents(
    all_nouns: dict[str, Any], endpoints: list[dict[str, Any]]
) -> None:
    ours = {
        f"{name}.{verb}": {
            "method": route.method,
            "path": route.template,
            "host": "secure" if route.secure else "api",
            "resend": route.resend,
        }
        for name, noun in all_nouns.items()
        for verb, route in getattr(noun, "ROUTES", {}).items()
    }
    documented = {
        row["call"]: {key: row[key] for key in ("method", "path", "host", "resend")}
        for row in endpoints
    }

    assert len(documented) == 97
    assert ours == documented


def test_every_method_has_a_route_and_every_route_a_method(all_nouns: dict[str, Any]) -> None:
    for name, noun in all_nouns.items():
        assert verbs_of(noun) == set(getattr(noun, "ROUTES", {})), name


def test_arguments_are_those_of_the_documents(
    all_nouns: dict[str, Any], endpoints: list[dict[str, Any]]
) -> None:
    for row in endpoints:
        name, _, verb = row["call"].rpartition(".")
        noun = all_nouns[name]
        parameters = inspect.signature(getattr(noun, verb)).parameters.values()
        positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        named = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        required = {camel(p.name) for p in named if p.default is p.empty}
        optional = {camel(p.name) for p in named if p.default is None}

        if not takes_list_options(noun, verb):
            assert {p.kind for p in parameters} <= {
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                inspect.Parameter.KEYWORD_ONLY,
            }, row["call"]
            assert required == set(row["required"]), row["call"]
            assert optional == set(row["optional"]), row["call"]
        assert len(positional) == row["path"].count(":"), row["call"]
        assert all(p.default is p.empty for p in positional), row["call"]
        assert all(p.name == p.name.lower() for p in parameters), row["call"]


def takes_list_options(noun: object, verb: str) -> bool:
    """Return whether a method takes the parameters of all lists."""
    parameters = inspect.signature(getattr(noun, verb)).parameters
    assert not (verb == "list" and not isinstance(noun, Listable))
    return "params" in parameters


def test_every_method_says_what_it_takes_and_raises(
    all_nouns: dict[str, Any], endpoints: list[dict[str, Any]]
) -> None:
    for row in endpoints:
        name, _, verb = row["call"].rpartition(".")
        method = getattr(all_nouns[name], verb)
        text = inspect.getdoc(method) or ""

        assert "Returns:" in text, row["call"]
        assert "Raises:" in text, row["call"]
        if not takes_list_options(all_nouns[name], verb):
            assert "Source: Allawee's documents" in text, row["call"]
            for parameter in inspect.signature(method).parameters:
                assert f"\n    {parameter}: " in text, (row["call"], parameter)


def test_what_can_be_found_by_its_reference(all_nouns: dict[str, Any]) -> None:
    findable = {name for name, noun in all_nouns.items() if isinstance(noun, Findable)}

    assert findable == {"accounts", "cards", "customers", "payment_requests", "payments"}
