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

from allawee_async.cli.errors import CommandError

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


async def reach(url: str, *, seconds: float) -> Reached:
    """Connect to the host of a URL as the client does, and leave again.

    Args:
        url: The URL.
        seconds: How long each step may take.

    Raises:
        CommandError: It cannot be reached.
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


async def call_in_daemon(work: Callable[[], T], seconds: float) -> T:
    """Run what blocks in a thread that nobody waits for at the end of the program.

    Looking up a name, and a keyring that asks for a password, cannot be called off.

    Raises:
        TimeoutError: It takes more seconds than that.
    """
    answer: Future[T] = Future()

    def run() -> None:
        with suppress(InvalidStateError, RuntimeError):  # nobody waits any more; the loop is closed
            try:
                answer.set_result(work())
            except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
                answer.set_exception(error)

    threading.Thread(target=run, name="allawee look-up", daemon=True).start()
    return await asyncio.wait_for(asyncio.wrap_future(answer), seconds)


async def _look_up(host: str, port: int, seconds: float) -> Sequence[Address]:
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await call_in_daemon(look_up, seconds)
    except TimeoutError:
        reason = f"no answer for {host} within {seconds:g} s"
    except (OSError, UnicodeError) as error:
        reason = f"{host}: {getattr(error, 'strerror', None) or type(error).__name__}"
    else:
        return found[:_MOST_ADDRESSES]
    advice = "check the name of the host, and the DNS of this network"
    raise CommandError(f"DNS: {reason}", advice=advice)


async def _connect(addresses: Sequence[Address], seconds: float) -> socket.socket:
    """Connect to the first address that answers, and give each an equal share of the time."""
    reason, advice = "DNS: the name has no address", "check the name of the host"
    for family, kind, protocol, _, address in addresses:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(0)
        where = f"TCP: {address[0]} port {address[1]}"
        try:
            async with asyncio.timeout(seconds / len(addresses)):
                await asyncio.get_running_loop().sock_connect(connection, address)
        except TimeoutError:
            reason = f"{where} does not answer"
            advice = f"a firewall may be in between: allow connections to port {address[1]}"
        except OSError as error:  # asyncio adds the address to what it says
            told = type(error).__name__ if error.errno is None else os.strerror(error.errno)
            reason = f"{where}: {told}"
            advice = "check that the host and the port are right and that something listens there"
        else:
            return connection
        connection.close()
    raise CommandError(reason, advice=advice)


async def _shake_hands(connection: socket.socket, host: str, seconds: float) -> None:
    context = ssl.create_default_context()
    connecting = asyncio.get_running_loop().create_connection(
        asyncio.Protocol, sock=connection, ssl=context, server_hostname=host
    )
    try:
        transport, _ = await asyncio.wait_for(connecting, seconds)
    except TimeoutError:
        reason = f"no answer within {seconds:g} s"
        advice = "check that the port speaks https, and that no proxy or firewall holds it up"
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message
        advice = (
            "check the clock and the certificates of this computer (SSL_CERT_FILE), and whether a "
            "proxy opens the connection"
        )
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
        advice = "check that the port speaks https, and what stands in between"
    else:
        transport.abort()
        return
    raise CommandError(f"TLS: {reason}", advice=advice)
