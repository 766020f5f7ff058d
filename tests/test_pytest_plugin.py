"""The pytest plugin, in runs of pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from allawee_async import pytest_plugin
from allawee_async.sandbox.server import running_in_a_thread
from tests.support import nursery

ROOT = Path(__file__).parents[1]

ASYNC_TESTS = """
import pytest
{mark}

@pytest.mark.parametrize("round", [1, 2])
async def test_client(allawee_client, allawee_sandbox, round):
    page = await allawee_client.customers.list()
    assert len(page.items) == 2
    await allawee_client.customers.create(
        name="Ada", reference="ada", type="individual", claims={{}}, verifications=[], metadata={{}}
    )
    assert len(allawee_sandbox.state.customers) == 3
    assert len(allawee_sandbox.requests) == 2
"""
SYNC_TESTS = """
import json
from urllib.request import Request, urlopen

def ask(sandbox):
    header = {"Authorization": "Bearer " + sandbox.api_key}
    with urlopen(Request(sandbox.url + "/customers", headers=header)) as reply:
        return json.load(reply)["data"]

def test_first(allawee_sandbox):
    allawee_sandbox.add_customer({"name": "Planted"})
    assert len(ask(allawee_sandbox)) == 3

def test_second(allawee_sandbox):
    assert len(ask(allawee_sandbox)) == 2
"""
LOOP_SCOPES = """
import pytest

@pytest.mark.asyncio(loop_scope="module")
async def test_of_the_module(allawee_client):
    assert await allawee_client.customers.list().first()

@pytest.mark.asyncio(loop_scope="session")
async def test_of_the_session(allawee_client):
    assert await allawee_client.customers.list().first()

@pytest.mark.asyncio
async def test_of_the_function(allawee_client):
    assert await allawee_client.customers.list().first()
"""
NOTHING_IS_LOADED = """
import sys

def test_it_costs_nothing_until_it_is_used():
    assert "allawee_async.pytest_plugin" in sys.modules
    slow = ("aiohttp", "attrs", "cattrs", "msgspec", "allawee_async.sandbox", "pytest_asyncio")
    assert not [name for name in slow if name in sys.modules]
"""
NOTHING_ELSE = """
import sys

def test_no_other_plugin_was_needed():
    assert "pytest_asyncio" not in sys.modules
"""
ASYNCIO = ("-p", "pytest_asyncio.plugin", "-o", "asyncio_default_fixture_loop_scope=function")
NO_PLUGIN = "import sys; sys.modules['pytest_asyncio'] = None; "


def run(
    folder: Path, source: str, *arguments: str, before: str = "", anew: bool = False
) -> tuple[int, str]:
    """Run tests with nothing but this plugin, and return the exit code and the output.

    A run that begins anew has loaded nothing before.
    """
    (folder / "test_it.py").write_text(source)
    code = f"{before}import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    command = [
        "-c", code, "-p", "allawee_async.pytest_plugin", "-p", "no:cacheprovider",
        "-W", "error", "--rootdir", str(folder), *arguments, str(folder),
    ]  # fmt: skip
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    options: Any = {"stdout": nursery.PIPE, "stderr": nursery.PIPE, "text": True}
    options |= {"env": environment, "cwd": folder}
    process: Any = (
        subprocess.Popen([sys.executable, *command], **options)
        if anew
        else nursery.python(*command, **options)
    )
    output, errors = process.communicate(timeout=60)
    return process.returncode, output + errors


def test_the_client_in_the_mode_that_needs_no_marks(tmp_path: Path) -> None:
    code, output = run(tmp_path, ASYNC_TESTS.format(mark=""), *ASYNCIO, "--asyncio-mode=auto")

    assert code == 0, output
    assert "2 passed" in output


def test_the_client_where_tests_are_marked_whatever_the_scope_of_the_loop(tmp_path: Path) -> None:
    """Some fixtures are closed in another loop than that in which the test used them."""
    (tmp_path / "test_scopes.py").write_text(LOOP_SCOPES)
    source = ASYNC_TESTS.format(mark="pytestmark = pytest.mark.asyncio")
    code, output = run(tmp_path, source, *ASYNCIO, "--asyncio-mode=strict")

    assert code == 0, output
    assert "5 passed" in output


def test_plain_tests_need_nothing_else_and_pay_nothing_until_they_use_it(tmp_path: Path) -> None:
    code, output = run(tmp_path, NOTHING_IS_LOADED + SYNC_TESTS + NOTHING_ELSE, anew=True)

    assert code == 0, output
    assert "4 passed" in output


def test_without_pytest_asyncio_another_plugin_may_do(tmp_path: Path) -> None:
    pytest.importorskip("anyio")
    source = ASYNC_TESTS.format(
        mark="pytestmark = pytest.mark.anyio\n"
        "anyio_backend = pytest.fixture(lambda: 'asyncio', name='anyio_backend')"
    )
    code, output = run(tmp_path, source, "-p", "anyio.pytest_plugin", before=NO_PLUGIN)

    assert code == 0, output
    assert "2 passed" in output


def test_without_any_plugin_pytest_says_what_is_missing(tmp_path: Path) -> None:
    source = "def test_it(allawee_client): pass"
    code, output = run(tmp_path, source, before=NO_PLUGIN)

    assert code == 1
    assert "async fixture 'allawee_client'" in output


class Manager(dict[str, Any]):
    """A plugin manager that only remembers."""

    def register(self, plugin: Any, name: str) -> None:
        self[name] = plugin


@pytest.mark.parametrize("is_there", [True, False])
def test_the_client_is_made_by_the_plugin_at_work(
    monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    used: list[str] = []
    kind = SimpleNamespace(fixture=lambda name: used.append(name) or (lambda made: made))
    monkeypatch.setitem(sys.modules, "pytest_asyncio", kind if is_there else None)
    manager = Manager()
    pytest_plugin.pytest_configure(SimpleNamespace(pluginmanager=manager))  # type: ignore[arg-type]

    assert used == (["allawee_client"] if is_there else [])
    assert manager["allawee_client"].allawee_client is not None


async def test_the_client_is_closed_after_the_test() -> None:
    with running_in_a_thread(seed=4) as sandbox:
        fixture = pytest_plugin._allawee_client(sandbox)
        client = await anext(fixture)
        assert len((await client.customers.list()).items) == 2
        with pytest.raises(StopAsyncIteration):
            await anext(fixture)


def test_a_sandbox_in_a_thread_ends_with_the_block() -> None:
    before = threading.active_count()
    with running_in_a_thread(customers=0) as sandbox:
        assert threading.active_count() == before + 1
        assert sandbox.url
        sandbox.reset()
    assert threading.active_count() == before
    with pytest.raises(OSError, match="cannot listen"), running_in_a_thread(host="192.0.2.1"):
        pass
    assert threading.active_count() == before


def test_the_fixtures_are_explained(tmp_path: Path) -> None:
    code, output = run(tmp_path, "", "--fixtures")

    assert code in (0, 5)
    assert "allawee_sandbox" in output
    assert "allawee_client" in output
