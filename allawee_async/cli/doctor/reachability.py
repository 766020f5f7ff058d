"""How far a connection to a host gets: its name, TCP, TLS, and how long each took."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import attrs

Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
T = TypeVar("T")

_MOST_ADDRESSES: Final = 4
_PORTS: Final = {"https": 443, "http": 80}


@attrs.frozen
class Reached:
    """How long it took, in seconds.

    Attributes:
        dns: To look the name up.
        tcp: To connect.
        tls: To agree on a cipher and check the certificate; None over plain HTTP.
    """

    dns: float
    tcp: float
    tls: float | None


class UnreachableError(Exception):
    """A host cannot be reached.

    Args:
        reason: How far it got and what went wrong.
        advice: What to do about it.
    """

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


async def reach(url: str, *, seconds: float) -> Reached:
    """Connect to the host of a URL as the client does, and leave again.

    Args:
        url: The URL.
        seconds: How long each step may take.

    Raises:
        UnreachableError: It cannot be reached.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    started = time.perf_counter()
    addresses = await _look_up(host, port, seconds)
    named = time.perf_counter()
    connection = await _connect(addresses, seconds)
    connected = time.perf_counter()
    with connection:
        if parts.scheme == "http":
            return Reached(named - started, connected - named, None)
        await _shake_hands(connection, host, seconds)
    return Reached(named - started, connected - named, time.perf_counter() - connected)


async def call_in_daemon(work: Callable[[], T]) -> T:
    """Run what blocks in a thread that nobody waits for at the end of the program.

    Looking up a name, and a keyring that asks for a password, cannot be called off.
    """
    answer: Future[T] = Future()

    def run() -> None:
        with suppress(InvalidStateError, RuntimeError):  # nobody waits any more; the loop is closed
            try:
                answer.set_result(work())
            except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
                answer.set_exception(error)

    threading.Thread(target=run, name="allawee look-up", daemon=True).start()
    return await asyncio.wrap_future(answer)


async def _look_up(host: str, port: int, seconds: float) -> Sequence[Address]:
    advice = "check the name of the host, and the DNS of this network"
    try:
        async with asyncio.timeout(seconds):
            found = await call_in_daemon(
                partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            )
    except TimeoutError:
        raise UnreachableError(f"DNS: no answer for {host} within {seconds:g} s", advice) from None
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UnreachableError(f"DNS: {host}: {reason}", advice) from None
    return found[:_MOST_ADDRESSES]


async def _connect(addresses: Sequence[Address], seconds: float) -> socket.socket:
    """Connect to the first address that answers, and give each an equal share of the time."""
    failure = UnreachableError("DNS: the name has no address", "check the name of the host")
    for family, kind, protocol, _, address in addresses:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(0)
        where = f"{address[0]} port {address[1]}"
        try:
            async with asyncio.timeout(seconds / len(addresses)):
                await asyncio.get_running_loop().sock_connect(connection, address)
        except TimeoutError:
            failure = UnreachableError(
                f"TCP: {where} does not answer",
                f"a firewall may be in between: allow connections to port {address[1]}",
            )
        except OSError as error:
            failure = UnreachableError(
                f"TCP: {where}: {_reason(error)}",
                "check that the host and the port are right and that something listens there",
            )
        else:
            return connection
        connection.close()
    raise failure


def _reason(error: OSError) -> str:
    """Return why it failed, without the address that asyncio adds."""
    return type(error).__name__ if error.errno is None else os.strerror(error.errno)


async def _shake_hands(connection: socket.socket, host: str, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            transport, _ = await loop.create_connection(
                asyncio.Protocol,
                sock=connection,
                ssl=ssl.create_default_context(),
                server_hostname=host,
            )
    except TimeoutError:
        raise UnreachableError(
            f"TLS: no answer within {seconds:g} s",
            "check that the port speaks https, and that no proxy or firewall holds it up",
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(
            f"TLS: {error.verify_message}",
            "check the clock and the certificates of this computer (SSL_CERT_FILE), and whether "
            "a proxy opens the connection",
        ) from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
        raise UnreachableError(
            f"TLS: {reason}", "check that the port speaks https, and what stands in between"
        ) from None
    transport.abort()
