"""Files: read as they come, kept as bytes, or saved whole or not at all."""
# ruff: noqa: ASYNC240 - the files are small, and nobody else is in the loop

from __future__ import annotations

import asyncio
import gc
import gzip
import os
import stat
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    ConfigurationError,
    DecodeError,
    NotFoundError,
    RequestTimeoutError,
    RetryPolicy,
    ServerError,
    TransportError,
)
from allawee_async.transport.downloads import Download, DownloadError
from tests.support.serving import answers, closes, hangs, raw_server
from tests.support.virtual_time import in_quick_time

CSV = b"date,amount\n2024-01-01,10000\n" * 4
BIG = bytes(range(256)) * 8_000  # 2 MB: several parts, several writes
WHOLE = answers(CSV)
ERROR = b'{"statusCode": 404, "message": "no such account"}'


def file_of(allawee: AllaweeClient) -> Download:
    return allawee.accounts.logs_csv("ac.1")


async def kept(file: Download) -> bytes:
    async with file:
        return b"".join([chunk async for chunk in file])


WAYS: dict[str, Any] = {"chunks": kept, "read": Download.read}


async def used(way: str, file: Download, target: Path) -> object:
    """Use a file in one of the ways, or save it."""
    return await (file.save_to(target) if way == "save" else WAYS[way](file))


async def collected(file: Download, chunks: list[bytes]) -> None:
    async for chunk in file:
        chunks.append(chunk)  # noqa: PERF401 - they are wanted even if it fails


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "logs.csv"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("body", [CSV, BIG, b"", b"\0"], ids=len)
async def test_a_file_arrives_as_it_is(way: str, body: bytes) -> None:
    async with raw_server(answers(body)) as (allawee, server):
        assert await WAYS[way](file_of(allawee)) == body
        assert await WAYS[way](file_of(allawee)) == body

    first, _ = server.requests
    assert first.startswith(b"GET /accounts/ac.1/logs/csv HTTP/1.1\r\n")
    assert b"Authorization: Bearer sk.test." in first
    assert b"Accept: */*\r\n" in first
    assert b"Accept-Encoding: identity\r\n" in first
    assert b"application/json" not in first


async def test_the_clients_own_headers_are_sent_and_do_not_ask_for_json() -> None:
    headers = {"accept": "application/json", "X-Mine": "1"}
    async with raw_server(WHOLE, headers=headers) as (allawee, server):
        await file_of(allawee).read()
    (head,) = server.requests
    assert b"X-Mine: 1\r\n" in head
    assert head.lower().count(b"accept: */*") == 1
    assert b"json" not in head


async def test_what_is_known_of_an_open_file() -> None:
    step = answers(CSV, kind="text/csv; charset=utf-8", headers="x-request-id: req_1\r\n")
    async with raw_server(step) as (allawee, _), file_of(allawee) as file:
        assert file.content_type == "text/csv; charset=utf-8"
        assert file.size == len(CSV)
        assert file.request_id == "req_1"


async def test_nothing_is_sent_until_a_file_is_used() -> None:
    async with raw_server(WHOLE) as (allawee, server):
        file = file_of(allawee)
        for name in ("content_type", "size", "request_id"):
            with pytest.raises(ConfigurationError, match="not open"):
                getattr(file, name)
        assert repr(file) == "<Download GET /accounts/ac.1/logs/csv>"
        with pytest.raises(ConfigurationError):
            allawee.accounts.logs_csv("../cards")
        assert server.requests == []


async def test_a_file_can_be_iterated_over_at_once_and_left_early() -> None:
    async with raw_server(answers(BIG)) as (allawee, server):
        assert b"".join([chunk async for chunk in file_of(allawee)]) == BIG
        async for chunk in file_of(allawee):
            assert BIG.startswith(chunk)
            break
        gc.collect()
        await asyncio.sleep(0.01)
    assert len(server.requests) == 2


async def test_leaving_an_open_file_early_closes_the_connection() -> None:
    async with raw_server(answers(BIG, length=10**9, then="hang")) as (allawee, server):
        async with file_of(allawee) as file:
            async for _ in file:
                break
        await server.until_nobody_is_connected()
        assert server.open_lines == 0


async def test_a_file_that_was_read_gives_its_connection_back() -> None:
    async with raw_server(WHOLE) as (allawee, server):
        for _ in range(3):
            await file_of(allawee).read()
        assert server.open_lines == 1


async def test_an_open_file_that_was_begun_is_not_read_in_half() -> None:
    async with raw_server(answers(BIG)) as (allawee, _), file_of(allawee) as file:
        chunks = aiter(file)
        first = await anext(chunks)
        with pytest.raises(ConfigurationError, match="the file was begun"):
            await file.read()
        assert first + b"".join([chunk async for chunk in chunks]) == BIG
    async with raw_server(answers(BIG)) as (allawee, _), file_of(allawee) as file:
        assert await file.read() == BIG
        with pytest.raises(ConfigurationError, match="the file was begun"):
            await file.read()
        with pytest.raises(ConfigurationError, match="the file was begun"):
            await anext(aiter(file))


@pytest.mark.parametrize("way", [*WAYS, "save"])
@pytest.mark.parametrize("is_left", [True, False])
async def test_a_file_that_was_left_early_is_used_as_a_whole(
    way: str, is_left: bool, target: Path
) -> None:
    async with raw_server(answers(BIG)) as (allawee, server):
        file = file_of(allawee)
        chunks = aiter(file)
        await anext(chunks)
        if is_left:
            await chunks.aclose()  # type: ignore[attr-defined]
        found = await used(way, file, target)
        assert (target.read_bytes() if way == "save" else found) == BIG
        if not is_left:
            rest = b"".join([chunk async for chunk in chunks])
            assert BIG.endswith(rest)
            assert len(rest) < len(BIG)
    assert len(server.requests) == 2


ZIPPED = gzip.compress(BIG)
ENCODED = "Content-Encoding: gzip\r\n"


@pytest.mark.parametrize("way", [*WAYS, "save"])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", ZIPPED),
        ("x-gzip", ZIPPED),
        ("deflate", zlib.compress(BIG)),
        ("gzip", gzip.compress(BIG[:1000]) + gzip.compress(BIG[1000:])),
    ],
)
async def test_a_file_that_was_compressed_unasked_is_decompressed(
    way: str, coding: str, body: bytes, target: Path
) -> None:
    async with raw_server(answers(body, headers=f"Content-Encoding: {coding}\r\n")) as (allawee, _):
        found = await used(way, file_of(allawee), target)
    assert (target.read_bytes() if way == "save" else found) == BIG


@pytest.mark.parametrize("way", [*WAYS, "save"])
@pytest.mark.parametrize(
    "body",
    [
        *(ZIPPED[:-1], ZIPPED[:-8], ZIPPED[:-9], ZIPPED[: len(ZIPPED) // 2], ZIPPED[:5], b""),
        *(b"not gzip", ZIPPED + ZIPPED[:-1], ZIPPED + b"more"),
    ],
    ids=len,
)
async def test_a_compressed_file_that_was_cut_is_never_whole(
    way: str, body: bytes, target: Path
) -> None:
    """The length that the server tells fits: it compressed what it had of the file."""
    async with raw_server(answers(body, headers=ENCODED)) as (allawee, _):
        with pytest.raises(TransportError, match="cannot be decompressed"):
            await used(way, file_of(allawee), target)
    assert list(target.parent.iterdir()) == []


async def test_an_encoding_that_nobody_asked_for_is_told() -> None:
    async with raw_server(answers(b"abc", headers="Content-Encoding: br\r\n")) as (allawee, _):
        with pytest.raises(TransportError, match="nobody asked for br"):
            await file_of(allawee).read()


async def test_a_compressed_file_is_bounded_by_its_own_length() -> None:
    body = gzip.compress(bytes(10_000_000))
    async with raw_server(answers(body, headers=ENCODED), max_response_bytes=10_000) as (
        allawee,
        _,
    ):
        with pytest.raises(TransportError, match="longer than 10,000 bytes"):
            await file_of(allawee).read()


async def test_an_open_file_is_not_opened_twice() -> None:
    async with raw_server(WHOLE) as (allawee, _), file_of(allawee) as file:
        with pytest.raises(ConfigurationError, match="open already"):
            await file.__aenter__()
        assert await file.read() == CSV


async def test_a_closed_file_can_be_opened_again() -> None:
    async with raw_server(WHOLE) as (allawee, server):
        file = file_of(allawee)
        assert [await kept(file), await kept(file), await file.read()] == [CSV] * 3
    assert len(server.requests) == 3


async def test_read_is_bounded() -> None:
    async with raw_server(answers(BIG), max_response_bytes=1_000_000) as (allawee, server):
        with pytest.raises(TransportError, match="longer than 1,000,000 bytes") as caught:
            await file_of(allawee).read()
        assert caught.value.final
        assert await kept(file_of(allawee)) == BIG  # whoever reads in parts decides himself
    assert len(server.requests) == 2


async def test_the_receipt_of_a_payment_is_a_file(target: Path) -> None:
    step = answers(b"%PDF-1.7 ...", kind="application/pdf")
    async with raw_server(step) as (allawee, server):
        file = allawee.payments.receipt_pdf("p.1")
        await file.save_to(target)
        assert file.content_type == "application/pdf"
    assert target.read_bytes() == b"%PDF-1.7 ..."
    assert server.requests[0].startswith(b"GET /payments/p.1/generate/pdf HTTP/1.1\r\n")


# Saving.


@pytest.mark.parametrize("body", [CSV, BIG, b""], ids=len)
@pytest.mark.parametrize("kind", [str, Path])
async def test_a_file_is_saved(body: bytes, kind: Any, target: Path) -> None:
    async with raw_server(answers(body)) as (allawee, _):
        file = file_of(allawee)
        assert await file.save_to(kind(target)) == target
        assert file.content_type == "text/csv"

    assert target.read_bytes() == body
    assert list(target.parent.iterdir()) == [target]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


async def test_others_may_read_a_file_if_that_is_wanted(target: Path) -> None:
    async with raw_server(WHOLE) as (allawee, _):
        await file_of(allawee).save_to(target, mode=0o640)

    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
@pytest.mark.parametrize("kind", ["link", "dangling link", "device", "pipe"])
async def test_nothing_but_a_file_is_replaced(target: Path, tmp_path: Path, kind: str) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    match kind:
        case "link":
            target.symlink_to(mine)
        case "dangling link":
            target.symlink_to(tmp_path / "nothing")
        case "device":
            target = Path("/dev/null")
        case _:
            os.mkfifo(target)
    before = target.lstat()
    async with raw_server(WHOLE) as (allawee, server):
        with pytest.raises(ConfigurationError, match=r"is a (link|device)"):
            await file_of(allawee).save_to(target)
        assert server.requests == []
    assert os.path.samestat(before, target.lstat())
    assert mine.read_text() == "mine"
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\0b", "null (byte|character)"),
        ("x" * 300, "File name too long"),
        ("mine/x", "Not a directory"),
    ],
)
async def test_a_name_that_no_file_can_have_is_told(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "mine").write_text("mine")
    async with raw_server(WHOLE) as (allawee, _):
        with pytest.raises(ConfigurationError, match=told):
            await file_of(allawee).save_to(tmp_path / name)


async def test_an_open_file_can_be_saved(target: Path) -> None:
    async with raw_server(answers(BIG)) as (allawee, server), file_of(allawee) as file:
        await file.save_to(target)
    assert target.read_bytes() == BIG
    assert len(server.requests) == 1


async def test_a_file_that_was_begun_is_not_saved_in_half(target: Path) -> None:
    async with raw_server(answers(BIG)) as (allawee, _), file_of(allawee) as file:
        await anext(aiter(file))
        with pytest.raises(ConfigurationError, match="handed out already"):
            await file.save_to(target)
    assert not target.exists()


async def test_a_file_replaces_an_older_one_only_when_it_is_whole(target: Path) -> None:
    target.write_bytes(b"old")
    seen: list[bytes] = []

    async def slowly(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        await asyncio.sleep(0.05)
        seen.append(target.read_bytes())
        writer.write(b"cd")

    async with raw_server(slowly) as (allawee, _):
        await file_of(allawee).save_to(target)

    assert seen == [b"old"]
    assert target.read_bytes() == b"abcd"


async def test_nothing_is_sent_if_it_could_not_be_saved(tmp_path: Path) -> None:
    async with raw_server(WHOLE) as (allawee, server):
        with pytest.raises(ConfigurationError, match=r"no directory .*missing; make it first"):
            await file_of(allawee).save_to(tmp_path / "missing" / "logs.csv")
        with pytest.raises(ConfigurationError, match="is a directory; name the file"):
            await file_of(allawee).save_to(tmp_path)
        assert server.requests == []
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk_is_told_as_it_is(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("allawee_async.transport.downloads._NewFile.write", full)
    async with raw_server(answers(BIG)) as (allawee, server):
        with pytest.raises(DownloadError, match="No space left") as caught:
            await file_of(allawee).save_to(target)
        assert isinstance(caught.value, AllaweeError)
        assert isinstance(caught.value, OSError)
        assert (caught.value.errno, caught.value.strerror) == (28, "No space left on device")
        await server.until_nobody_is_connected()
    assert len(server.requests) == 1
    assert list(target.parent.iterdir()) == []


async def test_the_loop_goes_on_while_the_disk_is_slow(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from allawee_async.transport.downloads import _NewFile

    write, turned, waited = _NewFile.write, threading.Event(), list[bool]()

    def slow(self: Any, data: Any) -> None:
        turned.clear()
        waited.append(turned.wait(5))  # until the loop has gone on
        write(self, data)

    monkeypatch.setattr(_NewFile, "write", slow)

    async def turn() -> None:
        while True:
            await asyncio.sleep(0.001)
            turned.set()

    async with raw_server(answers(BIG)) as (allawee, _):
        turning = asyncio.create_task(turn())
        await file_of(allawee).save_to(target)
        turning.cancel()
    assert target.read_bytes() == BIG
    assert waited == [True] * len(waited) != []


# What goes wrong.

CUTS = {
    "cut off": answers(CSV, length=len(CSV) + 1, then="close"),
    "reset": answers(CSV, length=len(CSV) + 1, then="reset"),
    "cut off in the middle": answers(BIG, length=len(BIG) + 1, then="close"),
}


async def cut_chunks(_: Any, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n")
    await writer.drain()
    writer.close()


CUTS["cut off between chunks"] = cut_chunks


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("old", [None, b"old"])
async def test_a_broken_download_leaves_nothing(cut: str, old: bytes | None, target: Path) -> None:
    if old:
        target.write_bytes(old)
    async with raw_server(CUTS[cut]) as (allawee, server):
        with pytest.raises(TransportError) as caught:
            await file_of(allawee).save_to(target)
    assert len(caught.value.attempts) == 3 == len(server.requests)
    assert caught.value.method == "GET"
    assert not caught.value.outcome_unknown
    assert [path.read_bytes() for path in target.parent.iterdir()] == ([old] if old else [])


@pytest.mark.parametrize("cut", CUTS)
async def test_saving_and_reading_start_afresh(cut: str, target: Path) -> None:
    async with raw_server(CUTS[cut], answers(b"short")) as (allawee, server):
        await file_of(allawee).save_to(target)
    async with raw_server(CUTS[cut], answers(b"short")) as (allawee, server):
        assert await file_of(allawee).read() == b"short"
    assert target.read_bytes() == b"short"
    assert len(server.requests) == 2


@pytest.mark.parametrize("cut", CUTS)
async def test_what_was_handed_out_is_never_repeated(cut: str) -> None:
    async with raw_server(CUTS[cut], WHOLE) as (allawee, server), file_of(allawee) as file:
        chunks: list[bytes] = []
        with pytest.raises(TransportError) as caught:
            await collected(file, chunks)
        assert chunks
        assert len(server.requests) == 1
        assert [attempt.status for attempt in caught.value.attempts] == [200]
        assert caught.value.method == "GET"


@pytest.mark.parametrize("way", ["read", "save"])
async def test_an_open_file_that_is_cut_off_leaves_nothing(way: str, target: Path) -> None:
    async with raw_server(CUTS["cut off"], WHOLE) as (allawee, server), file_of(allawee) as file:
        with pytest.raises(TransportError) as caught:
            await used(way, file, target)
        assert len(caught.value.attempts) == 1 == len(server.requests)
    assert list(target.parent.iterdir()) == []


FAILS_AT_FIRST = {
    "closed": closes,
    "503": answers(b"", status="503 Service Unavailable"),
    "429": answers(b"", status="429 Too Many Requests"),
    "cut off before the first byte": answers(b"", length=10, then="close"),
}


@pytest.mark.parametrize("first", FAILS_AT_FIRST)
@pytest.mark.parametrize("way", WAYS)
async def test_what_fails_before_the_first_byte_is_sent_again(first: str, way: str) -> None:
    async with raw_server(FAILS_AT_FIRST[first], FAILS_AT_FIRST[first], WHOLE) as (allawee, _):
        assert await WAYS[way](file_of(allawee)) == CSV


@pytest.mark.parametrize("way", [*WAYS, "save"])
@pytest.mark.parametrize(
    ("status", "error", "attempts"),
    [("404 Not Found", NotFoundError, 1), ("500 Oh", ServerError, 3)],
)
async def test_errors_are_those_of_any_call(
    way: str, status: str, error: Any, attempts: int, target: Path
) -> None:
    step = answers(ERROR, status=status, kind="application/json", headers="x-request-id: req_7\r\n")
    async with raw_server(step) as (allawee, server):
        with pytest.raises(error, match="no such account") as caught:
            await used(way, file_of(allawee), target)
    assert len(caught.value.attempts) == attempts == len(server.requests)
    assert caught.value.path == "/accounts/ac.1/logs/csv"
    assert caught.value.request_id == "req_7"
    assert caught.value.body == {"statusCode": 404, "message": "no such account"}
    assert not target.exists()


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/problem+json"])
@pytest.mark.parametrize("way", [*WAYS, "save"])
async def test_json_in_place_of_a_file_is_told(way: str, kind: str, target: Path) -> None:
    link = b'{"code": "success", "data": {"url": "https://example.com/file"}}'
    async with raw_server(answers(link, kind=kind)) as (allawee, server):
        with pytest.raises(DecodeError, match=r"JSON.*in place of a file") as caught:
            await used(way, file_of(allawee), target)
        assert len(server.requests) == 1
        assert caught.value.body == {
            "code": "success",
            "data": {"url": "https://example.com/file"},
        }
        assert "https://example.com" not in str(caught.value)
        assert [attempt.status for attempt in caught.value.attempts] == [200]
        assert (caught.value.status, caught.value.method) == (200, "GET")
    assert not target.exists()
    assert list(target.parent.iterdir()) == []


async def test_a_redirect_is_not_followed() -> None:
    step = answers(b"", status="302 Found", headers="Location: https://example.com/\r\n")
    async with raw_server(step) as (allawee, server):
        with pytest.raises(Exception, match="redirect"):
            await file_of(allawee).read()
    assert len(server.requests) == 1


@pytest.mark.parametrize("way", [*WAYS, "save"])
@in_quick_time
async def test_no_answer_in_time(way: str, target: Path) -> None:
    async with raw_server(hangs, timeout=0.2) as (allawee, server):
        with pytest.raises(RequestTimeoutError):
            await used(way, file_of(allawee), target)
    assert len(server.requests) == 3


async def test_a_file_that_stops_coming_is_a_timeout(target: Path) -> None:
    step = answers(CSV, length=10**6, then="hang")
    async with raw_server(step, timeout=0.1, retry=RetryPolicy(attempts=2)) as (allawee, server):
        with pytest.raises(RequestTimeoutError):
            await file_of(allawee).save_to(target)
    assert len(server.requests) == 2
    assert list(target.parent.iterdir()) == []


@in_quick_time
async def test_a_file_may_take_longer_than_an_attempt_has() -> None:
    async def slowly(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        for letter in b"abcdef":
            writer.write(bytes([letter]))
            await asyncio.sleep(0.15)

    async with raw_server(slowly, timeout=0.6) as (allawee, _):
        assert await file_of(allawee).read() == b"abcdef"


async def test_the_deadline_is_for_all_of_it(target: Path) -> None:
    async def dripping(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with raw_server(dripping, retry=RetryPolicy(deadline=0.2)) as (allawee, _):
        with pytest.raises(RequestTimeoutError, match="deadline"):
            await file_of(allawee).save_to(target)
    assert list(target.parent.iterdir()) == []


async def test_cancelling_removes_the_file_and_closes_the_connection(target: Path) -> None:
    async with raw_server(answers(BIG, length=10**9, then="hang")) as (allawee, server):
        saving = asyncio.create_task(file_of(allawee).save_to(target))
        await server.until(lambda: any(path.stat().st_size for path in target.parent.iterdir()))
        assert not target.exists()
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        assert list(target.parent.iterdir()) == []
        await server.until_nobody_is_connected()


async def test_cancelling_before_the_answer(target: Path) -> None:
    async with raw_server(hangs) as (allawee, server):
        saving = asyncio.create_task(file_of(allawee).save_to(target))
        await server.until(lambda: bool(server.requests))
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        await server.until_nobody_is_connected()
    assert list(target.parent.iterdir()) == []
