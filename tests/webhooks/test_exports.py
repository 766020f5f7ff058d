"""The public names of `allawee_async.webhooks`, and what their use loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from allawee_async import webhooks


def imported_for_type_checkers() -> dict[str, str]:
    """Return the names that type checkers see in the package, and the modules they come from."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(Path(webhooks.__file__).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module != "typing":
            found |= {alias.name: str(node.module) for alias in node.names}
    found.pop("lazy_names")
    return found


def run(program: str) -> None:
    """Run a program in a fresh interpreter."""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_names_are_sorted_and_listed() -> None:
    assert webhooks.__all__ == sorted(webhooks.__all__)
    assert set(webhooks.__all__) <= set(dir(webhooks))


@pytest.mark.parametrize("name", webhooks.__all__)
def test_a_name_is_loaded_from_the_module_that_type_checkers_see(name: str) -> None:
    value = getattr(webhooks, name)
    module = import_module(imported_for_type_checkers()[name])

    assert value is getattr(module, name)
    assert getattr(value, "__module__", module.__name__) in {module.__name__, "types"}


def test_type_checkers_see_no_more_and_no_less() -> None:
    assert set(imported_for_type_checkers()) == set(webhooks.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="WebhookVerifyer"):
        _ = webhooks.WebhookVerifyer


def test_verifying_loads_no_client_no_server_and_no_store() -> None:
    run(
        """
import sys
import allawee_async.webhooks
assert {name for name in sys.modules if name.startswith("allawee_async.webhooks.")} == set()

from allawee_async.webhooks import (
    Approve, CardAuthorizationRequest, Decline, Event, WebhookVerifier, sign,
)
body = b'{"event":"card.authorization.request","data":{"id":"c.auth.1","status":"pending"}}'
event = WebhookVerifier("key").parse(body, sign(body, "key"))
assert isinstance(event, CardAuthorizationRequest)
Approve(), Decline("account-inactive")

heavy = {"aiohttp", "yarl", "multidict", "redis", "sqlite3", "starlette", "fastapi", "asyncio"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
package = "allawee_async.webhooks."
rooms = {name.removeprefix(package) for name in sys.modules if name.startswith(package)}
assert rooms == {"decisions", "events", "signature", "verifier"}, rooms
"""
    )


def test_signing_alone_loads_no_models() -> None:
    run(
        """
import sys
from allawee_async.webhooks import sign
assert len(sign(b"{}", "key")) == 128
assert not {"attrs", "cattrs", "orjson"} & set(sys.modules)
assert not {name for name in sys.modules if name.startswith("allawee_async.models")}
"""
    )
