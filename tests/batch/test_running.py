"""What a batch does with its rows, its journal, and what goes wrong."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async import AllaweeClient
from allawee_async.batch import (
    BatchError,
    BatchRowsError,
    Outcome,
    OutcomeState,
    check_rows,
    run_batch,
)
from allawee_async.errors import AuthenticationError, ConfigurationError
from tests.support.batch_child import payouts

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async.batch import BatchReport
    from allawee_async.sandbox import Sandbox

PAYOUTS = "/payments/payouts"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "salaries.journal"


@pytest.fixture
def pay(allawee: AllaweeClient, journal: Path) -> Any:
    async def pay(rows: Any, **options: Any) -> BatchReport:
        return await run_batch(allawee.payments.create_payout, rows, journal=journal, **options)

    return pay


def sent(sandbox: Sandbox) -> int:
    return sum(request.method == "POST" for request in sandbox.requests)


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def link(path: Path, target: Path) -> None:
    path.symlink_to(target)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def states(report: BatchReport) -> list[str]:
    return [outcome.state.value for outcome in report]


async def test_each_row_is_sent_once_and_skipped_the_next_time(sandbox: Sandbox, pay: Any) -> None:
    told: list[Outcome] = []

    first = await pay(iter(payouts(5)), on_outcome=told.append)
    again = await pay(payouts(5))

    assert (first.done, again.skipped, sent(sandbox)) == (5, 5, 5)
    assert first.total == again.total == {"NGN": 500_010}
    assert {one.reference for one in told} == {f"salary-{number}" for number in range(5)}
    assert [one.id for one in first] == [one.id for one in again]


async def test_a_payment_that_failed_is_done_and_counts_for_nothing(pay: Any) -> None:
    rows = payouts(3)
    rows[1]["amount"] = 10**15  # more than there is on the account

    first = await pay(rows)
    again = await pay(rows)

    assert (first.done, first.failed, again.skipped, again.failed) == (3, 1, 3, 1)
    assert first.total == again.total == {"NGN": 200_002}
    assert [one.has_failed for one in first] == [False, True, False]


async def test_a_lost_answer_is_looked_up(sandbox: Sandbox, pay: Any) -> None:
    sandbox.faults.reset(method="POST", path=PAYOUTS, after_effect=True)

    report = await pay(payouts(1))

    assert (states(report), sent(sandbox)) == (["done"], 1)


async def test_what_is_not_found_is_sent_again_only_when_asked_for(
    sandbox: Sandbox, pay: Any
) -> None:
    sandbox.faults.reset(method="POST", path=PAYOUTS)

    assert states(await pay(payouts(1))) == ["unknown"]
    assert states(await pay(payouts(1))) == ["unknown"]
    assert sent(sandbox) == 1
    assert states(await pay(payouts(1), resend_unknown=True)) == ["done"]


async def test_a_refusal_says_nothing_of_what_an_earlier_run_sent(
    sandbox: Sandbox, pay: Any
) -> None:
    sandbox.faults.reset(method="POST", path=PAYOUTS)
    await pay(payouts(1))
    sandbox.faults.status(422, method="POST", path=PAYOUTS)

    assert states(await pay(payouts(1), resend_unknown=True)) == ["unknown"]
    assert states(await pay(payouts(1))) == ["unknown"]


async def test_a_refused_row_is_sent_again_by_the_next_run(sandbox: Sandbox, pay: Any) -> None:
    sandbox.faults.status(422, method="POST", path=PAYOUTS)

    assert states(await pay(payouts(1))) == ["refused"]
    assert states(await pay(payouts(1))) == ["done"]


async def test_a_row_is_unknown_while_nobody_can_look(sandbox: Sandbox, pay: Any) -> None:
    sandbox.faults.reset(method="POST", path=PAYOUTS, after_effect=True)
    sandbox.faults.status(500, method="GET", times=None)
    assert states(await pay(payouts(1))) == ["unknown"]

    sandbox.faults.clear()
    assert states(await pay(payouts(1))) == ["done"]


@pytest.mark.parametrize("status", [202, 403])
async def test_an_answer_that_finds_nothing_out_leaves_the_row_open(
    sandbox: Sandbox, pay: Any, status: int
) -> None:
    sandbox.faults.reset(method="POST", path=PAYOUTS, after_effect=True)
    sandbox.faults.status(status, method="GET", times=None)

    assert states(await pay(payouts(2), concurrency=1)) == ["unknown", "done"]
    assert states(await pay(payouts(2))) == ["unknown", "skipped"]
    sandbox.faults.clear()
    assert states(await pay(payouts(2))) == ["done", "skipped"]
    assert sent(sandbox) == 2


async def test_a_key_that_is_refused_at_the_look_up_ends_the_batch_too(
    sandbox: Sandbox, pay: Any
) -> None:
    told: list[Outcome] = []
    sandbox.faults.reset(method="POST", path=PAYOUTS, after_effect=True)
    sandbox.faults.status(401, method="GET", times=None)

    with pytest.raises(AuthenticationError):
        await pay(payouts(9), concurrency=1, on_outcome=told.append)
    assert [one.state.value for one in told] == ["unknown"]
    sandbox.faults.clear()
    assert states(await pay(payouts(9))) == ["done"] * 9
    assert sent(sandbox) == 9


async def test_something_else_under_the_reference_leaves_the_row_open(
    sandbox: Sandbox, allawee: AllaweeClient, pay: Any
) -> None:
    (row,) = payouts(1)
    await allawee.payments.create_payout(**row | {"amount": 5})
    sandbox.faults.reset(method="POST", path=PAYOUTS)

    (outcome,) = await pay([row])

    assert outcome.state is OutcomeState.UNKNOWN
    assert "something else has this reference" in str(outcome.error)


async def test_a_row_that_was_sent_cannot_change_and_may_be_joined_by_others(
    sandbox: Sandbox, pay: Any
) -> None:
    rows = payouts(2)
    await pay(rows[:1])

    with pytest.raises(BatchRowsError, match="other values in an earlier run"):
        await pay([rows[0] | {"amount": 5}])
    assert sent(sandbox) == 1
    assert sorted(states(await pay(rows))) == ["done", "skipped"]


async def test_an_open_row_that_is_left_out_is_told(
    sandbox: Sandbox, pay: Any, caplog: pytest.LogCaptureFixture
) -> None:
    done, still_open, other = payouts(3)
    await pay([done])
    sandbox.faults.reset(method="POST", path=PAYOUTS)
    await pay([done, still_open])

    await pay([other])

    assert "1 rows of the journal may have taken effect" in caplog.text
    assert caplog.text.strip().endswith(still_open["reference"])


async def test_a_refused_key_ends_the_batch(sandbox: Sandbox, pay: Any) -> None:
    sandbox.faults.status(401, method="POST", path=PAYOUTS, times=None)

    with pytest.raises(AuthenticationError):
        await pay(payouts(50), concurrency=4)

    assert sent(sandbox) <= 8
    sandbox.faults.clear()
    assert (await pay(payouts(50))).done == 50


async def test_rows_under_way_end_before_an_error_of_the_caller_is_raised(
    sandbox: Sandbox, pay: Any
) -> None:
    def fail(_: Outcome) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await pay(payouts(20), concurrency=4, on_outcome=fail)

    paid = sent(sandbox)
    report = await pay(payouts(20))
    assert (report.skipped, report.done, report.unknown) == (paid, 20 - paid, 0)


async def test_a_cancelled_batch_goes_on_without_paying_twice(sandbox: Sandbox, pay: Any) -> None:
    sandbox.faults.latency(0.02)
    task = asyncio.create_task(pay(payouts(20), concurrency=4))
    await asyncio.sleep(0.07)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.05)  # what was sent arrives

    report = await pay(payouts(20), resend_unknown=True)

    assert (report.unknown, report.refused) == (0, 0)
    assert len({one.id for one in report}) == 20
    assert sum(str(row["reference"]).startswith("salary-") for row in sandbox.state.payments) == 20


async def test_a_row_that_was_cancelled_before_it_was_sent_is_sent_by_the_next_run(
    sandbox: Sandbox, pay: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line was being written: the next one takes it back."""
    await pay([])
    is_writing, may_go_on, sync = threading.Event(), threading.Event(), os.fsync

    def slow(file: int) -> None:
        if threading.current_thread() is not threading.main_thread():  # which opens the journal
            is_writing.set()
            may_go_on.wait(5)
        sync(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", slow)
        task = asyncio.create_task(pay(payouts(1)))
        await asyncio.to_thread(is_writing.wait, 5)
        task.cancel()
        await asyncio.sleep(0)
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sent(sandbox) == 0

    assert states(await pay(payouts(1))) == ["done"]


async def test_a_journal_is_gone_on_with_again_and_again(pay: Any) -> None:
    for count in (1, 2, 3):
        report = await pay(payouts(count))
        assert (report.skipped, report.done) == (count - 1, 1)


@pytest.mark.parametrize(
    ("is_open", "said"),
    [
        (False, "cannot be opened: No space left .*nothing was sent"),
        (True, "cannot be written: No space left .*no further row was sent; mend that"),
    ],
)
async def test_a_disk_that_is_full_stops_the_batch_before_a_row_is_sent(
    sandbox: Sandbox, pay: Any, monkeypatch: pytest.MonkeyPatch, is_open: bool, said: str
) -> None:
    await pay(payouts(1))
    sync = os.fsync

    def full(file: int) -> None:
        if is_open and threading.current_thread() is threading.main_thread():
            return sync(file)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(BatchError, match=said):
            await pay(payouts(9))
    assert sent(sandbox) == 1
    assert (await pay(payouts(9))).done == 8


async def test_a_plan_is_for_its_verb_alone(allawee: AllaweeClient, journal: Path) -> None:
    plan = check_rows(allawee.payments.create_payout, payouts(1))

    with pytest.raises(ConfigurationError, match=r"checked for payments\.create_payout"):
        await run_batch(allawee.customers.create, plan, journal=journal)
    assert names_in(journal.parent) == []


async def test_a_journal_may_end_anywhere(pay: Any, journal: Path, sandbox: Sandbox) -> None:
    """A kill or a power cut leaves a part of what was last written."""
    await pay(payouts(1))
    whole = content_of(journal)
    header = whole.index(b"\n") + 1

    for length in {0, 1, header - 1, header, header + 9, len(whole) - 1}:
        put(journal, whole[:length])
        assert states(await pay(payouts(1))) in (["done"], ["refused"]), length
    assert sum(row["reference"] == "salary-0" for row in sandbox.state.payments) == 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace(b'"done"', b'"sent"'), "damaged in line 3"),
        (lambda text: b"\n" + text, "no journal"),
        (lambda _: b"reference;amount\r\n", "no journal"),
        (lambda _: b"something", "no journal"),
    ],
)
async def test_a_damaged_journal_stops_the_batch(
    pay: Any, journal: Path, sandbox: Sandbox, damage: Any, said: str
) -> None:
    await pay(payouts(1))
    put(journal, damage(content_of(journal)))

    with pytest.raises(BatchError, match=said):
        await pay(payouts(2))
    assert sent(sandbox) == 1


async def test_a_journal_of_another_key_or_verb_is_refused(
    pay: Any, journal: Path, sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    await pay(payouts(1))

    sandbox.add_key("sk.test.another")
    async with AllaweeClient(
        "sk.test.another", base_url=sandbox.url, secure_url=sandbox.secure_url
    ) as other:
        with pytest.raises(BatchError, match=r"another key; .* look up what was paid before"):
            await run_batch(other.payments.create_payout, payouts(1), journal=journal)
    with pytest.raises(BatchError, match=r"verb payments\.create_payout, not customers\.create"):
        await run_batch(
            allawee.customers.create,
            [{"reference": "c", "type": "individual", "name": "Ada Obi", "claims": {}}],
            journal=journal,
        )
    assert sandbox.api_key.encode() not in content_of(journal)


async def test_two_batches_cannot_share_a_journal(pay: Any, sandbox: Sandbox) -> None:
    sandbox.faults.latency(0.05)
    first = asyncio.create_task(pay(payouts(1)))
    await asyncio.sleep(0.02)

    with pytest.raises(BatchError, match="in use"):
        await pay(payouts(1))
    assert (await first).done == 1


async def test_a_journal_that_can_have_no_such_name_is_told_as_any_other(
    allawee: AllaweeClient, tmp_path: Path
) -> None:
    with pytest.raises(BatchError, match="cannot be opened"):
        await run_batch(
            allawee.payments.create_payout, payouts(1), journal=tmp_path / "a\0.journal"
        )


async def test_a_journal_is_no_link(pay: Any, journal: Path, tmp_path: Path) -> None:
    link(journal, tmp_path / "elsewhere")

    with pytest.raises(BatchError, match="link"):
        await pay(payouts(1))
    assert names_in(tmp_path) == ["salaries.journal"]
