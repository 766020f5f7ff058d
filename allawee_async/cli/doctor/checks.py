"""The checks of `allawee doctor`: all at once, each in bounded time, and none hides another."""

from __future__ import annotations

import asyncio
import platform
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final, TypeVar

import aiohttp
import attrs

from allawee_async.cli.access import key_store
from allawee_async.cli.access.connection import try_key
from allawee_async.cli.access.credentials import FoundKey, kind_of
from allawee_async.cli.doctor.reachability import Reached, call_in_daemon, reach
from allawee_async.cli.errors import CommandError
from allawee_async.client import AllaweeClient
from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.redaction import one_line
from allawee_async.transport.config import Hosts
from allawee_async.transport.retry import RetryPolicy
from allawee_async.version import __version__

T = TypeVar("T")

_MOST_SKEW: Final = 30.0
_HALF_A_SECOND: Final = 0.5  # HTTP dates are cut off to whole seconds
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy")


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@attrs.frozen
class Finding:
    """What a check found.

    Attributes:
        status: How the check ended.
        found: What was found.
        advice: What to do about it.
    """

    status: Status
    found: str
    advice: str | None = None


@attrs.frozen(kw_only=True)
class Patient:
    """What is examined.

    Attributes:
        hosts: The two hosts.
        find_key: Returns the key; it may block, and raises a `CommandError` where there is none.
        environ: The environment.
        clock: Returns the seconds since 1970 that this computer counts.
    """

    hosts: Hosts
    find_key: Callable[[], FoundKey]
    environ: Mapping[str, str]
    clock: Callable[[], float] = time.time


class _NotCheckedError(Exception):
    """What a check needs is not there, which its own check tells."""


async def examine(patient: Patient, *, seconds: float) -> dict[str, Finding]:
    """Run all checks, and return by name what each found.

    Args:
        patient: What is examined.
        seconds: How long one step of a check may take.
    """
    hosts = patient.hosts
    key = asyncio.create_task(_find_key(patient, seconds))
    api = asyncio.create_task(_reach(hosts, seconds, secure=False))
    secure = asyncio.create_task(_reach(hosts, seconds, secure=True))
    checks = {
        "versions": _versions(),
        "key": _key(key),
        "API host": _host(hosts.base_url, api),
        "secure host": _host(hosts.secure_url, secure),
        "key at API host": _accepted(key, api, hosts, seconds, secure=False),
        "key at secure host": _accepted(key, secure, hosts, seconds, secure=True),
        "clock": _clock(patient, api, seconds),
        "proxies": _proxies(patient.environ),
        "keyring": _keyring(seconds),
    }
    findings = await asyncio.gather(*map(_found, checks.values()))
    return dict(zip(checks, findings, strict=True))


async def _reach(hosts: Hosts, seconds: float, *, secure: bool) -> Reached:
    try:
        url = hosts.url(secure=secure)
    except ConfigurationError as error:
        raise _NotCheckedError(error.message) from None
    return await reach(url, seconds=seconds)


async def _found(check: Awaitable[Finding]) -> Finding:
    """Return what a check found; what it raises is a finding as well."""
    try:
        return await check
    except _NotCheckedError as error:
        return Finding(Status.WARN, f"not checked: {error}")
    except CommandError as error:
        return Finding(Status.FAIL, error.message, error.advice)
    except AllaweeError as error:
        return Finding(Status.FAIL, str(error))
    except Exception as error:  # noqa: BLE001 - it must not hide the other findings
        found = one_line(f"{type(error).__name__}: {error}")
        return Finding(Status.FAIL, found, "this is a mistake of ours: report it")


async def _needed(task: asyncio.Task[T], otherwise: str) -> T:
    try:
        return await task
    except Exception:  # noqa: BLE001 - a check of its own tells it
        raise _NotCheckedError(otherwise) from None


async def _find_key(patient: Patient, seconds: float) -> FoundKey:
    try:
        return await call_in_daemon(patient.find_key, seconds)
    except TimeoutError:
        raise CommandError(
            f"the key could not be had within {seconds:g} s",
            advice="does the keyring wait for you to unlock it?",
        ) from None


async def _versions() -> Finding:
    parts = (
        f"allawee_async {__version__}",
        f"Python {platform.python_version()}",
        f"aiohttp {aiohttp.__version__}",
        ssl.OPENSSL_VERSION,
    )
    return Finding(Status.OK, ", ".join(parts))


async def _key(key: asyncio.Task[FoundKey]) -> Finding:
    found = await key
    kind = kind_of(found.key)
    if kind == "unknown":
        return Finding(
            Status.WARN,
            f"neither sk.test. nor sk.live., from {found.place}",
            "check that it is a secret key, and whole",
        )
    return Finding(Status.OK, f"{'LIVE' if kind == 'live' else kind} key from {found.place}")


async def _host(url: str, reached: asyncio.Task[Reached]) -> Finding:
    result = await reached
    steps = (("DNS", result.dns), ("TCP", result.tcp), ("TLS", result.tls))
    told = ", ".join(f"{name} {step * 1000:.0f} ms" for name, step in steps if step is not None)
    return Finding(Status.OK, f"{url}: {told}")


async def _accepted(
    key: asyncio.Task[FoundKey],
    reached: asyncio.Task[Reached],
    hosts: Hosts,
    seconds: float,
    *,
    secure: bool,
) -> Finding:
    found = await _needed(key, "there is no key")
    await _needed(reached, "the host cannot be reached")
    async with AllaweeClient(
        found.key,
        base_url=hosts.base_url or None,
        secure_url=hosts.secure_url or None,
        timeout=seconds,
        retry=RetryPolicy(attempts=1),
    ) as client:
        verdict = await try_key(client, secure=secure)
    match verdict.accepted:
        case True:
            return Finding(Status.OK, verdict.told)
        case False:
            advice = "check that the key is whole, for this host, and has not been revoked"
            return Finding(Status.FAIL, verdict.told, advice)
        case None:
            return Finding(Status.FAIL, verdict.told, "try again; is this a host of the API?")


async def _clock(patient: Patient, reached: asyncio.Task[Reached], seconds: float) -> Finding:
    await _needed(reached, "the host cannot be reached")
    before = patient.clock()
    try:
        there = await _time_of(patient.hosts.base_url, seconds)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError):
        return Finding(Status.WARN, "could not be compared: the host tells no time")
    here = (before + patient.clock()) / 2
    ahead = here - there
    if abs(ahead) <= _MOST_SKEW:
        return Finding(Status.OK, f"{abs(ahead):.0f} s from that of the host")
    return Finding(
        Status.WARN,
        f"this computer is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the host",
        "set the clock, for instance by NTP: a max_age for webhooks compares times",
    )


async def _time_of(url: str, seconds: float) -> float:
    """Return what a host says the time is, in seconds since 1970; no key is sent.

    Raises:
        ValueError: It says none.
    """
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as session,
        session.get(f"{url}/", allow_redirects=False) as answer,
    ):
        return parsedate_to_datetime(answer.headers.get("Date", "")).timestamp() + _HALF_A_SECOND


async def _proxies(environ: Mapping[str, str]) -> Finding:
    names = [name for name, value in environ.items() if name.lower() in _PROXIES and value]
    if not names:
        return Finding(Status.OK, "no proxy variables are set")
    return Finding(
        Status.WARN,
        f"{', '.join(sorted(names))}: set, and not used",
        "allawee connects directly; a program can use a proxy by AllaweeClient(session=…)",
    )


async def _keyring(seconds: float) -> Finding:
    try:
        name = await call_in_daemon(key_store.name, seconds)
    except TimeoutError:
        name = None
    if name is None:
        return Finding(
            Status.WARN,
            "none that can be used",
            "`allawee login` needs one; --api-key-file and ALLAWEE_API_KEY do not",
        )
    return Finding(Status.OK, name)
