"""What the use of the public names of `allawee_async.webhooks` loads."""

import subprocess
import sys

import pytest

import allawee_async.webhooks


def run(program: str) -> tuple[int, str]:
    """Run a program in a fresh interpreter, and return its status and what it complained of."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stderr


def test_verifying_loads_no_client_no_server_and_no_store() -> None:
    program = """
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
assert rooms == {"events", "responses", "signature", "verifier"}, rooms
"""
    assert run(program) == (0, "")


def test_signing_alone_loads_no_models() -> None:
    program = """
import sys
from allawee_async.webhooks import sign
assert len(sign(b"{}", "key")) == 128
assert not {"attrs", "cattrs", "msgspec"} & set(sys.modules)
assert not {name for name in sys.modules if name.startswith("allawee_async.models")}
"""
    assert run(program) == (0, "")


def test_all_names_can_be_imported_at_once_without_redis() -> None:
    program = """
import sys
sys.modules["redis"] = None
from allawee_async.webhooks import *
assert WebhookDispatcher and SQLiteStore and "RedisStore" not in globals()
"""
    assert run(program) == (0, "")


def test_what_a_finder_refuses_counts_as_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "redis":
                raise ModuleNotFoundError(name=name)

    monkeypatch.delitem(sys.modules, "redis", raising=False)
    namespace = vars(allawee_async.webhooks)
    monkeypatch.delitem(namespace, "RedisStore", raising=False)  # where another test has used it
    monkeypatch.setattr(sys, "meta_path", [Refusing, *sys.meta_path])

    assert "RedisStore" not in dir(allawee_async.webhooks)
