"""Runs the code blocks of README.md and docs/, each document against a sandbox of its own.

| Block | What is done with it |
|---|---|
| `python` | run, in the order of the document, in one namespace; `await` works at the top level |
| `python title="name.py"` | written to the document's folder, in which all its blocks run |
| `sh` | each line that calls Python is run; lines that set something up are not |
| `console` | `$ allawee …` is run, and shows the lines below it; `…` stands for any |
| an HTML comment `invisible-code-block: python` | run like `python`, and not shown |

A block that comes behind `<!-- not run: reason -->` is not run; one of Python is compiled.
"""

from __future__ import annotations

import ast
import asyncio
import gc
import inspect
import os
import re
import shlex
import socket
import sys
import threading
from contextlib import chdir, contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import CodeBlockParser
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from allawee_async.sandbox import Sandbox
from tests.support import nursery
from tests.support.terminal import check_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    from _pytest._code.code import Traceback

pytest_plugins = ["tests.support.counting", "tests.support.workers"]

_shortened = SybilItem._traceback_filter  # noqa: SLF001


def _shortened_if_possible(
    item: SybilItem, error: pytest.ExceptionInfo[BaseException]
) -> Traceback:
    """Shorten a traceback to the block; Sybil alone fails on one from the end of a fixture."""
    try:
        return _shortened(item, error)
    except IndexError:
        return error.traceback


SybilItem._traceback_filter = _shortened_if_possible  # type: ignore[method-assign, assignment]  # noqa: SLF001

# Some machines keep no bytecode; each of the processes that tests start would compile all anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent
CUSTOMERS = 500
SETS_UP = ("pip ", "python3 -m venv ", "git clone ", "mkdocs ")
"""How shell lines begin that change the machine or do not end; the two long ones are run by CI."""

_NOT_RUN = re.compile(r"<!-- not run: [^\n]+ -->\s*\Z")


def compile_python(example: Example) -> CodeType:
    """Return the code of a block, which may have `await` at its top level."""
    source = "\n" * (example.line + example.parsed.line_offset) + example.parsed
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code: CodeType = compile(source, example.path, "exec", flags=flags, dont_inherit=True)
    return code


def only_compile_python(example: Example) -> None:
    """Look at the syntax of a block that cannot be run."""
    compile_python(example)


def run_python(example: Example) -> None:
    """Run a block at the top level of its document; one with `await` in the document's loop."""
    example.namespace |= {"__name__": "document", "document_path": example.path}
    code = compile_python(example)
    with chdir(example.namespace["document_folder"]):
        if code.co_flags & inspect.CO_COROUTINE:
            example.namespace["document_runner"].run(eval(code, example.namespace))  # noqa: S307
        else:
            exec(code, example.namespace)  # noqa: S102


def write_file(example: Example) -> None:
    """Write a block with a title to the folder of its document."""
    name, source = example.parsed
    folder: Path = example.namespace["document_folder"]
    (folder / name).write_text(source, "utf-8")


def run_shell(example: Example) -> None:
    """Run the lines of a shell block that call Python."""
    for line in example.parsed.splitlines():
        command = shlex.split(line, comments=True)
        if not command or line.startswith(SETS_UP):
            continue
        if command[0] != "python":
            pytest.fail(f"neither set-up nor a call of Python: {line}")
        process = nursery.python(
            *command[1:],
            cwd=example.namespace["document_folder"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
            stdout=nursery.PIPE,
            stderr=nursery.PIPE,
            text=True,
        )
        shown, told = process.communicate(timeout=100)
        if process.returncode != 0:
            pytest.fail(f"{line}\n{shown}\n{told}")


def run_console(example: Example) -> None:
    """Run a session at a terminal, and compare what it shows with what is written."""
    with chdir(example.namespace["document_folder"]):
        check_session(example.parsed)


class TitledFileParser:
    """Finds blocks of Python with a title, which stand for files."""

    def __init__(self) -> None:
        """Take the name of the file from the title."""
        info = re.compile(r'python title="(?P<name>[\w.]+)"$\n', re.MULTILINE)
        self._lexer = RawFencedCodeBlockLexer(info)

    def __call__(self, document: Document) -> Iterator[Region]:
        """Yield a region for each file."""
        for region in self._lexer(document):
            region.parsed = region.lexemes["name"], region.lexemes["source"]
            region.evaluator = write_file
            yield region


class ConsoleParser(CodeBlockParser):
    """Finds the sessions at a terminal, but for those that are not to be run."""

    language = "console"

    def __call__(self, document: Document) -> Iterator[Region]:
        """Yield a region for each session."""
        for region in super().__call__(document):
            if not _NOT_RUN.search(document.text, 0, region.start):
                region.evaluator = run_console
                yield region


class PythonParser(CodeBlockParser):
    """Finds the blocks of Python, and those among them that are not to be run."""

    language = "python"

    def __call__(self, document: Document) -> Iterator[Region]:
        """Yield a region for each block."""
        for region in super().__call__(document):
            is_marked = _NOT_RUN.search(document.text, 0, region.start)
            region.evaluator = only_compile_python if is_marked else run_python
            yield region


@contextmanager
def running_sandbox() -> Iterator[Sandbox]:
    """Run a sandbox in a thread and a loop of its own, so that blocks may call `asyncio.run`."""
    sandbox = Sandbox(customers=CUSTOMERS, seed=1)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox of a document")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result(10)
        yield sandbox
        if sandbox.crashes:
            raise ExceptionGroup("the sandbox made mistakes", sandbox.crashes)
    finally:
        asyncio.run_coroutine_threadsafe(sandbox.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def refuse_foreign_hosts(patch: pytest.MonkeyPatch) -> None:
    """Let sockets connect to loopback addresses only."""
    connect = socket.socket.connect

    def checked(self: socket.socket, address: Any) -> None:
        is_internet = self.family in (socket.AF_INET, socket.AF_INET6)
        if is_internet and not ip_address(address[0]).is_loopback:
            pytest.fail(f"a connection to {address[0]}")
        connect(self, address)

    patch.setattr(socket.socket, "connect", checked)


async def _tasks_left() -> set[asyncio.Task[Any]]:
    await asyncio.sleep(0)
    return asyncio.all_tasks() - {asyncio.current_task()}


@pytest.fixture(scope="module")
def document_sandbox() -> Iterator[Sandbox]:
    """Return the sandbox of a document; `AllaweeClient()` finds it through the environment."""
    with running_sandbox() as running, pytest.MonkeyPatch.context() as patch:
        refuse_foreign_hosts(patch)
        patch.setenv("ALLAWEE_API_KEY", running.api_key)
        patch.setenv("ALLAWEE_BASE_URL", running.url)
        patch.setenv("ALLAWEE_SECURE_URL", running.secure_url)
        yield running


@pytest.fixture(scope="module")
def document_runner() -> Iterator[asyncio.Runner]:
    """Return what runs the blocks with `await`, in one loop for each document."""
    with asyncio.Runner() as runner:
        yield runner
        if left := runner.run(_tasks_left()):
            pytest.fail(f"tasks are left: {left}")


def forget(namespace: dict[str, object]) -> None:
    """Let go of what a document has made, so that what was not closed warns now, as an error."""
    namespace.clear()
    gc.collect()


@pytest.fixture(scope="module")
def document_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for the files that a document shows."""
    return tmp_path_factory.mktemp("document")


pytest_collect_file = Sybil(
    parsers=[
        PythonParser(),
        CodeBlockParser("sh", run_shell),
        ConsoleParser(),
        TitledFileParser(),
    ],
    teardown=forget,
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    excludes=["*/README.md"],
    fixtures=[  # set up in this order
        "document_sandbox",
        "document_runner",
        "document_folder",
    ],
).pytest()
