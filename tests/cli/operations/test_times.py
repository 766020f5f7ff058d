"""Time as people write it: on lists, on exports, and for events that failed."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from allawee_async.cli.export.run import with_moments
from tests.cli.conftest import Call


def created(result: Any) -> Any:
    assert result.exit_code == 0, result.stderr
    return sorted(json.loads(line)["createdAt"] for line in result.stdout.splitlines())


def test_a_list_of_some_time(call: Call) -> None:
    everything = created(call("customers", "list", "--output", "jsonl"))
    first, last = everything[1], everything[-1]
    some = call("customers", "list", "--output", "jsonl", "--since", first, "--until", last)

    assert created(some) == [moment for moment in everything if first <= moment < last]


def test_what_has_changed(call: Call) -> None:
    ids = [
        json.loads(line)["id"]
        for line in call("customers", "list", "--output", "jsonl").stdout.splitlines()
    ]
    assert created(call("customers", "list", "--changed-since", "1h", "--output", "jsonl")) == []
    new = ("--name", "New", "--claims", "{}", "--type", "individual", "--reference", "r")
    assert call("customers", "update", ids[0], *new).exit_code == 0

    changed = call("customers", "list", "--changed-since", "1h", "--output", "jsonl")
    assert [json.loads(line)["id"] for line in changed.stdout.splitlines()] == [ids[0]]


def test_times_stand_beside_other_conditions(call: Call) -> None:
    words = ("customers", "list", "--filter", "type:individual", "--since", "2001-01-01")
    rows = json.loads(call(*words).stdout)

    assert {row["type"] for row in rows} == {"individual"}


def test_logs_of_an_account(call: Call) -> None:
    log = ("accounts", "logs", "ac.2tVZczWw7m6Teoeb7", "--output", "jsonl")

    assert created(call(*log, "--since", "2023-01-01"))
    assert created(call(*log, "--since", "1h")) == []


def test_an_export_of_some_time(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "customers.jsonl"
    done = call("customers", "export", "--out", str(file), "--until", "2000-01-01")

    assert (done.exit_code, file.read_text()) == (0, "")


def test_a_span_becomes_a_moment_in_the_command_that_goes_on() -> None:
    moments = {
        "--since": datetime(2026, 11, 28, 9, tzinfo=UTC),
        "--changed-since": datetime(2026, 11, 27, tzinfo=UTC),
    }
    words = ["customers", "export", "--since", "3h", "--changed-since=2026-11-27", "--out", "3h"]

    assert with_moments(words, moments) == [
        *("customers", "export", "--since", "2026-11-28T09:00:00+00:00"),
        *("--changed-since=2026-11-27T00:00:00+00:00", "--out", "3h"),
    ]


PAYOUT = (
    *("payments", "create-payout", "--method", "bank-transfer", "--currency", "NGN", "--yes"),
    *("--amount", "100", "--options.accountNumber", "0123456789", "--options.bankCode", "058"),
)


class TestEventsThatFailed:
    @pytest.fixture
    def failed(self, call: Call) -> Any:
        """Three events, of which two have failed."""
        for reference in ("a", "b", "c"):
            assert call(*PAYOUT, "--reference", reference).exit_code == 0
        assert call("payments", "list").exit_code == 0
        events = [*call.sandbox.state.events]
        while len(events) < 3:
            events = [*call.sandbox.state.events]
        for event in events[:2]:
            call.sandbox.state.events.replace({**event, "status": "failed"})
        return {event["id"] for event in events[:2]}

    def test_they_are_sent_again(self, call: Call, failed: Any) -> None:
        result = call("events", "retry", "--failed", "--since", "1d")
        asked = {
            request.path.split("/")[2]
            for request in call.sandbox.requests
            if request.path.endswith("/retry")
        }

        assert (result.exit_code, result.stderr) == (0, "sent 2 events again\n")
        assert set(result.stdout.split()) == asked == failed

    def test_none_of_another_time(self, call: Call, failed: Any) -> None:
        result = call("events", "retry", "--failed", "--until", "2000-01-01")

        assert failed
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == "sent 0 events again\n"

    def test_one_that_is_refused_hides_no_other(self, call: Call, failed: Any) -> None:
        call.sandbox.faults.status(500, method="POST")
        result = call("events", "retry", "--failed")

        assert result.exit_code == 1
        assert len(result.stdout.split()) == len(failed) - 1
        assert "HTTP 500" in result.stderr
        assert result.stderr.endswith("error: 1 event could not be sent again\n")

    def test_one_alone_needs_its_id(self, call: Call) -> None:
        result = call("events", "retry")

        assert result.exit_code == 2
        assert "Missing argument 'EVENT_ID'" in result.stderr


def test_a_rate_is_kept(call):  # type: ignore[no-untyped-def]
    began = time.monotonic()
    assert (
        call("customers", "list", "--limit", "1", "--rate", "2", "--max-items", "4").exit_code == 0
    )

    assert time.monotonic() - began > 0.9
