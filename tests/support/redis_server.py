"""A real Redis server for tests: on a loopback port, in memory only, gone with the tests."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = shutil.which("redis-server")
MISSING = "redis-server is not installed (Debian and Ubuntu: apt-get install redis-server)"

_PATIENCE = 20.0
"""Seconds to come up."""


class RedisServer:
    """One server; `stop` and `start` it as often as a test likes.

    Args:
        options: Further options of the program, for instance `--requirepass secret`.
    """

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        self._options = options
        self._folder = tempfile.TemporaryDirectory()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        assert PROGRAM is not None, MISSING
        command = [PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", self._folder.name]
        self._process = subprocess.Popen([*command, *self._options], stdout=subprocess.DEVNULL)
        give_up = time.monotonic() + _PATIENCE
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < give_up, "redis-server did not come up"
            time.sleep(0.01)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)  # one that hangs could not end
            process.kill()
            process.wait(_PATIENCE)

    def hang(self) -> None:
        """Let the server take connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(1) in (b"+", b"-")  # -NOAUTH is an answer, too
        except OSError:
            return False


@contextmanager
def running_redis(*options: str) -> Iterator[RedisServer]:
    """Start a server; stop it at the end."""
    server = RedisServer(*options)
    try:
        server.start()
        yield server
    finally:
        server.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
