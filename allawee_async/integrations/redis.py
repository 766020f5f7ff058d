"""One rate for many processes, kept in Redis.

from allawee_async import AllaweeClient, RedisRate

allawee = AllaweeClient(rate=RedisRate("redis://localhost:6379/0", "allawee", 50))
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from allawee_async.errors import AllaweeError, ConfigurationError, TransportError
from allawee_async.redaction import secret_text
from allawee_async.transport.rate import Rate, RateWindow

_TIMEOUT: Final = 1.0
_PREFIX: Final = "allawee:rate:"

# The time is the server's own, in microseconds, so that no computer's clock matters. KEYS: the
# times of the last starts, and until when everybody pauses. ARGV: a `RateWindow`. The
# answer is how long to wait, and whether for a pause.
_ASK: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local paused = tonumber(redis.call('GET', KEYS[2]) or 0)
if paused > now then
    return {paused - now, 1}
end
local wait = 0
for i = 1, 3, 2 do
    local start = redis.call('LINDEX', KEYS[1], -ARGV[i])
    if start then
        wait = math.max(wait, start + ARGV[i + 1] - now)
    end
end
if wait == 0 then
    redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
    redis.call('LTRIM', KEYS[1], -ARGV[1], -1)
    redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] / 1000) + 1000)
end
return {wait, 0}
"""
_PAUSE: Final = """
local time = redis.call('TIME')
local till = time[1] * 1000000 + time[2] + tonumber(ARGV[1])
if till > tonumber(redis.call('GET', KEYS[1]) or 0) then
    redis.call('SET', KEYS[1], string.format('%.0f', till), 'PX', math.ceil(ARGV[1] / 1000) + 1)
end
return 0
"""


class RedisRate(Rate):
    """The most requests that are started in a second by all processes that name it alike.

    Each process asks once for each request. Its own calls stand in one queue, first come first
    served; between processes the server decides.

    Args:
        url: The server: `redis://host:6379/0`, `rediss://…` (TLS) or `unix://…`.
        name: The name of the rate, on this server.
        per_second: The most requests that are started in a second; the same in all processes.

    Raises:
        ConfigurationError: The url cannot be read, the name is empty, the number is not positive,
            or redis-py is not installed.
    """

    def __init__(self, url: str, name: str, per_second: float) -> None:
        url = secret_text(url)  # a traceback with local variables would show its password
        super().__init__(asyncio.sleep)
        from allawee_async.webhooks.stores.redis import RedisClients

        if not name:
            raise ConfigurationError("the name of a rate must be a text that is not empty")
        window = RateWindow.of(per_second)
        self._clients = RedisClients(url, _TIMEOUT)
        self._name = name
        self._window = window.most, _micro(window.period), window.few, _micro(window.moment)
        # braces: both keys of a name are in one slot of a cluster
        self._keys = f"{_PREFIX}{{{name}}}", f"{_PREFIX}{{{name}}}:paused"

    async def ask(self) -> tuple[float, bool]:
        """Start a request if that is allowed now.

        Returns:
            0; or the seconds to wait before one asks again, and whether a server wants it so.
        """
        wait, is_pause = await self._run(_ASK, self._keys, *self._window)
        return wait / 1e6, bool(is_pause)

    async def pause(self, seconds: float) -> None:
        """Let nobody who shares the rate start a request for so long."""
        await self._run(_PAUSE, self._keys[1:], _micro(seconds))

    async def close(self) -> None:
        """Close the connections of the running loop; others are opened when it is used again."""
        await self._clients.close()

    async def _run(self, script: str, keys: tuple[str, ...], *arguments: int) -> Any:
        from allawee_async.webhooks.stores.redis import bounded

        try:
            async with bounded(_TIMEOUT):
                client = await self._clients.get()
                answer: Awaitable[Any] = client.eval(script, len(keys), *keys, *arguments)
                return await answer
        except AllaweeError as error:
            raise TransportError(
                f"nothing was sent, because the rate could not be asked for: {error.message}",
                sent=False,
            ) from None

    def __repr__(self) -> str:
        """Show the server, without user and password, and the name."""
        return f"RedisRate({str(self._clients)!r}, {self._name!r})"


def _micro(seconds: float) -> int:
    return round(seconds * 1e6)
