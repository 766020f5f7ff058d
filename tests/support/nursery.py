"""Processes that begin where the imports end: a process with everything in it is forked for each.

To import the program anew takes a third of a second each time. A child of the nursery is a process
as any other: it has streams, an environment and a process id of its own, and can be killed. What
becomes of a process before its first line runs is not tested by one.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PIPE: Final = subprocess.PIPE
DEVNULL: Final = subprocess.DEVNULL

ROOT: Final = Path(__file__).parents[2]
OURS: Final = ("batch", "cli", "client", "export", "models", "resources", "sandbox", "webhooks")
OTHERS: Final = (
    *("aiohttp.web", "docstring_parser", "redis.asyncio", "rich.progress", "typer"),
    *("typer._adapters", "uvloop"),
)
"""What a nursery imports, beside all files of our rooms."""


class Process:
    """What `subprocess.Popen` makes, as far as it is needed here.

    Attributes:
        pid: Its id.
        returncode: How it ended, or nothing while it runs.
        stdout: What reads its output, if that is a pipe.
        stderr: What reads its errors, if that is a pipe.
    """

    def __init__(self, told: int, stdout: IO[Any] | None, stderr: IO[Any] | None) -> None:
        self._told = open(told, encoding="ascii", buffering=1)  # noqa: SIM115
        self.pid = int(self._told.readline())
        self.returncode: int | None = None
        self.stdout = stdout
        self.stderr = stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    def poll(self) -> int | None:
        """Return how it ended, or nothing while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return how it ended."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[Any, Any]:
        """Read all that it writes, wait for its end, and return what it wrote."""
        errors: list[Any] = [None]
        reading = threading.Thread(target=lambda: errors.append(_all_of(self.stderr)))
        reading.start()
        output = _all_of(self.stdout)
        reading.join(timeout)
        self.wait(timeout)
        return output, errors[-1]


def _all_of(stream: IO[Any] | None) -> Any:
    if stream is None:
        return None
    with stream:
        return stream.read()


def python(
    *command: str,
    flags: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: int = DEVNULL,
    stdout: int | None = None,
    stderr: int | None = None,
    text: bool = False,
    start_new_session: bool = False,
) -> Process:
    """Do what `python` with these flags does: `-m module …`, `-c program …` or `file …`.

    Args:
        *command: What stands behind `python` and its flags.
        flags: What holds for the interpreter, `-X dev` for instance; each has a nursery of its own.
        env: Its environment, if it is not ours.
        cwd: Its folder, if it is not ours.
        stdin: Where its input comes from.
        stdout: Where its output goes: nothing for our own, or as `subprocess.Popen` takes it.
        stderr: The same for its errors.
        text: Let the pipes be of text.
        start_new_session: Let it have a session of its own.
    """
    if not hasattr(os, "fork"):
        started: Any = subprocess.Popen(
            [sys.executable, *flags, *command],
            env=env, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr, text=text,
        )  # fmt: skip
        return started  # type: ignore[no-any-return]
    ours: list[int | None] = []
    theirs: list[int] = []
    for number, wanted in enumerate((stdin, stdout, stderr)):
        own, given = None, number if wanted is None else os.dup(wanted) if wanted >= 0 else -1
        if wanted == PIPE:
            own, given = os.pipe()
        elif wanted == DEVNULL:
            given = os.open(os.devnull, os.O_RDWR)
        ours.append(own)
        theirs.append(given)
    told, tells = os.pipe()
    order = {
        "command": command,
        "env": dict(os.environ if env is None else env),
        "cwd": str(cwd or Path.cwd()),
        "session": start_new_session,
    }
    _nursery(flags).give(order, (*theirs, tells))
    for given in (*theirs, tells):
        if given > 2:
            os.close(given)
    made = [None if own is None else open(own, "r" if text else "rb") for own in ours]  # noqa: PTH123, SIM115
    return Process(told, made[1], made[2])


class _Nursery:
    """Our connection to a nursery, which all workers of a run of pytest share."""

    def __init__(self, flags: tuple[str, ...]) -> None:
        import fcntl

        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
        path = Path(tempfile.gettempdir()) / f"nursery-{run}{''.join(flags)}"
        self._line = socket.socket(socket.AF_UNIX)
        atexit.register(self._line.close)
        lock_file = Path(tempfile.gettempdir()) / f"nursery-{os.getuid()}.lock"
        with lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self._line.connect(str(path))
            except OSError:
                path.unlink(missing_ok=True)
                self._begin(flags, path)
                self._line.connect(str(path))

    def _begin(self, flags: tuple[str, ...], path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            process = subprocess.Popen(
                [sys.executable, *flags, "-m", __name__, str(listener.fileno())],
                cwd=ROOT,
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
            )

        def end() -> None:
            path.unlink(missing_ok=True)
            process.terminate()
            process.wait()

        atexit.register(end)

    def give(self, order: dict[str, Any], streams: tuple[int, ...]) -> None:
        data = json.dumps(order).encode()
        socket.send_fds(self._line, [len(data).to_bytes(8, "big")], streams)
        self._line.sendall(data)


_nursery = cache(_Nursery)


# In the nursery itself.


def _listen(listener: socket.socket) -> None:
    """Fork somebody for each worker that connects, until who began this is gone."""
    parent = os.getppid()
    for name in (*OTHERS, *_files_of_ours()):
        with suppress(Exception):  # some extra is not there
            importlib.import_module(name)
    assert threading.active_count() == 1, "who has threads must not be forked"
    gc.freeze()  # what a process begins with is no waste of its own
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for who is forked for a worker
    while os.getppid() == parent:
        if not select.select([listener], [], [], 1.0)[0]:
            continue
        line, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _serve(line)
            os._exit(0)
        line.close()


def _serve(line: socket.socket) -> None:
    """Fork a process for each order; who keeps an eye on it is forked as well."""
    while True:
        size, streams, _, _ = socket.recv_fds(line, 8, 4)
        if not size:
            return
        data = b""
        while len(data) < int.from_bytes(size, "big"):
            data += line.recv(65536)
        if os.fork() == 0:
            line.close()
            _keep_an_eye(json.loads(data), streams)
        for stream in streams:
            os.close(stream)


def _files_of_ours() -> Iterator[str]:
    for room in OURS:
        yield f"allawee_async.{room}"
        found = importlib.import_module(f"allawee_async.{room}")
        for file in pkgutil.walk_packages(getattr(found, "__path__", ()), f"{found.__name__}."):
            yield file.name


def _keep_an_eye(order: dict[str, Any], streams: list[int]) -> NoReturn:
    *standard, tells = streams
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        os.close(tells)
        _become(order, standard)
    for stream in standard:
        os.close(stream)
    os.write(tells, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(tells, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(order: dict[str, Any], standard: list[int]) -> NoReturn:
    """Be the process that was ordered, to its end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if order["session"]:
        os.setsid()
    for number, stream in enumerate(standard):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (
        open(  # noqa: SIM115
            number,
            "w",
            encoding="utf-8",
            errors=errors,
            buffering=1 if at_once or os.isatty(number) else -1,
            closefd=False,
        )
        for number, errors, at_once in ((1, "strict", "PYTHONUNBUFFERED" in os.environ),
                                        (2, "backslashreplace", True))
    )  # fmt: skip
    code = 1
    try:
        code = _run(order["command"])
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        gc.collect()  # what was left open in a circle is told, as where an interpreter ends
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _run(command: list[str]) -> int:
    kind, what, *arguments = command if command[0] in ("-m", "-c") else ["", *command]
    sys.argv = [kind if kind == "-c" else what, *arguments]
    sys.path.insert(0, str(Path.cwd()))
    try:
        if kind == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        elif kind == "-c":
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
        else:
            runpy.run_path(what, run_name="__main__")
    except SystemExit as ending:
        if isinstance(ending.code, str):
            sys.stderr.write(f"{ending.code}\n")
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    return 0


if __name__ == "__main__":
    _listen(socket.socket(fileno=int(sys.argv[1])))
