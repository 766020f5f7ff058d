"""Time as people write it: on lists, on exports, and for events that failed."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.operations.times import TimeOptions, moment_of

NOW = datetime(2026, 11, 28, 9, 30, 15, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-27", datetime(2026, 11, 27, tzinfo=UTC)),
        ("today", datetime(2026, 11, 28, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 11, 27, tzinfo=UTC)),
        ("90s", NOW - timedelta(seconds=90)),
        ("15m", NOW - timedelta(minutes=15)),
        ("3h", NOW - timedelta(hours=3)),
        ("7d", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(days=14)),
        ("2026-11-27T08:00:00Z", datetime(2026, 11, 27, 8, tzinfo=UTC)),
        ("2026-11-27T08:00:00", datetime(2026, 11, 27, 8, tzinfo=UTC)),
        (
            "2026-11-27T08:00:00+01:00",
            datetime(2026, 11, 27, 8, tzinfo=timezone(timedelta(hours=1))),
        ),
        (" 2026-11-27 ", datetime(2026, 11, 27, tzinfo=UTC)),
    ],
)
def test_what_people_write(text, moment):
    assert moment_of("--since", text, NOW) == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "3", "3x", "-3h", "999999w", "27/11/2026", "2026-13-01", "3 h", "tomorrow"]
)
def test_what_is_no_time(text):
    with pytest.raises(CommandError, match="--until takes a day") as raised:
        moment_of("--until", text, NOW)
    assert raised.value.code is ExitCode.WRONG_USE


def created(result):
    assert result.exit_code == 0, result.stderr
    return sorted(json.loads(line)["createdAt"] for line in result.stdout.splitlines())


def test_a_list_of_some_time(call):
    everything = created(call("customers", "list", "--output", "jsonl"))
    first, last = everything[1], everything[-1]
    some = call("customers", "list", "--output", "jsonl", "--since", first, "--until", last)

    assert created(some) == [moment for moment in everything if first <= moment < last]


def test_what_has_changed(call):
    ids = [
        json.loads(line)["id"]
        for line in call("customers", "list", "--output", "jsonl").stdout.splitlines()
    ]
    assert created(call("customers", "list", "--changed-since", "1h", "--output", "jsonl")) == []
    new = ("--name", "New", "--claims", "{}", "--type", "individual", "--reference", "r")
    assert call("customers", "update", ids[0], *new).exit_code == 0

    changed = call("customers", "list", "--changed-since", "1h", "--output", "jsonl")
    assert [json.loads(line)["id"] for line in changed.stdout.splitlines()] == [ids[0]]


def test_times_stand_beside_other_conditions(call):
    words = ("customers", "list", "--filter", "type:individual", "--since", "2001-01-01")
    rows = json.loads(call(*words).stdout)

    assert {row["type"] for row in rows} == {"individual"}


def test_logs_of_an_account(call):
    log = ("accounts", "logs", "ac.2tVZczWw7m6Teoeb7", "--output", "jsonl")

    assert created(call(*log, "--since", "2023-01-01"))
    assert created(call(*log, "--since", "1h")) == []


def test_lists_without_times_have_no_such_options(run):
    assert "--since" not in run("tools", "banks", "list", "--help").stdout
    assert "--since" in run("cards", "list", "--help").stdout
    assert "--changed-since" in run("cards", "export", "--help").stdout


def test_an_export_of_some_time(call, tmp_path):
    file = tmp_path / "customers.jsonl"
    done = call("customers", "export", "--out", str(file), "--until", "2000-01-01")

    assert (done.exit_code, file.read_text()) == (0, "")


def test_a_span_becomes_a_moment_in_the_command_that_goes_on():
    times = TimeOptions(since="3h", changed_since="2026-11-27")
    words = ["customers", "export", "--since", "3h", "--changed-since=2026-11-27", "--out", "3h"]
    since = times.moments["--since"].isoformat()

    assert times.fixed(words) == [
        *("customers", "export", "--since", since),
        *("--changed-since=2026-11-27T00:00:00+00:00", "--out", "3h"),
    ]


PAYOUT = (
    *("payments", "create-payout", "--method", "bank-transfer", "--currency", "NGN", "--yes"),
    *("--amount", "100", "--options.accountNumber", "0123456789", "--options.bankCode", "058"),
)


class TestEventsThatFailed:
    @pytest.fixture
    def failed(self, call):
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

    def test_they_are_sent_again(self, call, failed):
        result = call("events", "retry", "--failed", "--since", "1d")
        asked = {
            request.path.split("/")[2]
            for request in call.sandbox.requests
            if request.path.endswith("/retry")
        }

        assert (result.exit_code, result.stderr) == (0, "sent 2 events again\n")
        assert set(result.stdout.split()) == asked == failed

    def test_none_of_another_time(self, call, failed):
        result = call("events", "retry", "--failed", "--until", "2000-01-01")

        assert failed
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == "sent 0 events again\n"

    def test_one_that_is_refused_hides_no_other(self, call, failed):
        call.sandbox.faults.status(500, method="POST")
        result = call("events", "retry", "--failed")

        assert result.exit_code == 1
        assert len(result.stdout.split()) == len(failed) - 1
        assert "HTTP 500" in result.stderr
        assert result.stderr.endswith("error: 1 event could not be sent again\n")

    def test_one_alone_needs_its_id(self, call):
        result = call("events", "retry")

        assert result.exit_code == 2
        assert "Missing argument 'EVENT_ID'" in result.stderr
