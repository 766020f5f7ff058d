"""A loopback server that answers with prepared bytes, so that it is never the bottleneck.

`python -m benchmarks.server TOTAL:LATENCY_MS[:unknown] ...` listens on one free port for each
argument, prints the ports as a JSON list, and stops when its standard input is closed: a parent
that dies takes its server along.
"""

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl

from benchmarks.dataset import (
    EMPTY_PAGE,
    PAGE_SIZE,
    cached_customer_body,
    cached_page_body,
    position_of,
    prepare,
)

_HEAD_END = b"\r\n\r\n"
_MAX_REQUEST = 64 * 1024
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")
_BASE = "/customers"


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one port serves: how many customers, how long each answer waits, unknown fields."""

    total: int
    latency: float
    unknown: bool = False

    @classmethod
    def parse(cls, text: str) -> "Dataset":
        total, latency_ms, *flags = text.split(":")
        if int(total) % PAGE_SIZE:
            raise ValueError(f"only whole pages of {PAGE_SIZE} are served")
        return cls(int(total), float(latency_ms) / 1000, unknown="unknown" in flags)


class PreparedAnswers(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, dataset: Dataset, loop: asyncio.AbstractEventLoop) -> None:
        self._dataset = dataset
        self._loop = loop
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(_HEAD_END)) >= 0:
            head = self._buffer[:end]
            lowered = head.lower()
            found = _CONTENT_LENGTH.search(lowered)
            request_size = end + len(_HEAD_END) + (int(found[1]) if found else 0)
            if len(self._buffer) < request_size:
                break
            self._buffer = self._buffer[request_size:]
            self._answer(head, lowered)
        if len(self._buffer) > _MAX_REQUEST and self._transport is not None:
            self._transport.close()

    def _answer(self, head: bytes, lowered: bytes) -> None:
        if b"\r\nauthorization: bearer sk." not in lowered:
            answer = _framed(b"401 Unauthorized", _failure("unauthorized"))
        else:
            answer = _reply_to(head, self._dataset)
        close = b"\r\nconnection: close" in lowered
        if self._dataset.latency:
            self._loop.call_later(self._dataset.latency, self._send, answer, close)
        else:
            self._send(answer, close)

    def _send(self, answer: bytes, close: bool) -> None:
        if self._transport is None:
            return
        self._transport.write(answer)
        if close:
            self._transport.close()


def _reply_to(head: bytes, dataset: Dataset) -> bytes:
    try:
        method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ", 2)
        path, _, query = target.partition("?")
        if method != "GET":
            return _framed(b"405 Method Not Allowed", _failure("method-not-allowed"))
        if path == _BASE:
            return _framed(b"200 OK", _page(dict(parse_qsl(query)), dataset))
        return _framed(b"200 OK", _customer(path, dataset.total))
    except LookupError:
        return _framed(b"404 Not Found", _failure("not-found"))
    except ValueError:
        return _framed(b"400 Bad Request", _failure("bad-request"))


def _page(query: dict[str, str], dataset: Dataset) -> bytes:
    if query.get("limit") != str(PAGE_SIZE):
        raise ValueError(query)
    after = query.get("after")
    start = position_of(after) + 1 if after else 0
    if start >= dataset.total:
        return EMPTY_PAGE
    page, row = divmod(start, PAGE_SIZE)
    if row:
        raise ValueError(after)
    has_more = start + PAGE_SIZE < dataset.total
    return cached_page_body(page, has_more=has_more, unknown=dataset.unknown)


def _customer(path: str, total: int) -> bytes:
    position = position_of(path.removeprefix(_BASE + "/"))
    if position >= total:
        raise LookupError(path)
    return cached_customer_body(position)


def _failure(code: str) -> bytes:
    return b'{"code":"%b","message":"refused by the benchmark server"}' % code.encode()


def _framed(status: bytes, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 %b\r\nContent-Type: application/json; charset=utf-8\r\n"
        b"X-Request-Id: req.2tXNjMhytgx7hCxu9\r\nContent-Length: %d\r\n\r\n%b"
    ) % (status, len(body), body)


async def _serve(datasets: list[Dataset]) -> None:
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(partial(PreparedAnswers, dataset, loop), "127.0.0.1", 0)
        for dataset in datasets
    ]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    print(json.dumps(ports), flush=True)
    await _input_closed(loop)
    for server in servers:
        server.close()


async def _input_closed(loop: asyncio.AbstractEventLoop) -> None:
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(partial(asyncio.StreamReaderProtocol, reader), sys.stdin)
    await reader.read()


def main() -> None:
    datasets = [Dataset.parse(argument) for argument in sys.argv[1:]]
    prepare()
    asyncio.run(_serve(datasets))


if __name__ == "__main__":
    main()
