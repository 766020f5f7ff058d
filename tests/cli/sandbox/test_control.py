"""`allawee sandbox requests` and `faults`: a sandbox that runs elsewhere, from a terminal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Call, Run

AT = "/_sandbox/control/requests"


def test_the_latest_requests_are_shown(call: Call) -> None:
    assert call("customers", "list", "--limit", "2", "--max-items", "2").exit_code == 0
    assert call("cards", "get", "c.unknown").exit_code == 4
    shown = json.loads(call("sandbox", "requests").stdout)

    assert [(one["method"], one["path"], one["status"]) for one in shown] == [
        ("GET", "/customers", 200),
        ("GET", "/cards/c.unknown", 404),
    ]
    assert shown[0]["query"] == "limit=2"
    assert shown[0]["requestId"].startswith("req_")
    assert len(json.loads(call("sandbox", "requests", "--count", "1").stdout)) == 1
    table = call("sandbox", "requests", "--output", "table").stdout
    assert "/cards/c.unknown" in table
    assert "faults" not in table, "no column in which nothing stands"


def test_before_the_first_request(call: Call) -> None:
    result = call("sandbox", "requests")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no request has come yet\n"


def test_faults_are_ordered_shown_and_taken_back(call: Call) -> None:
    assert call("sandbox", "faults").stderr == "no fault is ordered\n"
    ordered = call("sandbox", "faults", "404", "--times", "2", "--path", "/cards*")
    assert (ordered.exit_code, ordered.stdout) == (0, "Ordered: 404 Not Found.\n")
    assert call("cards", "list").exit_code == 4
    assert call("customers", "list").exit_code == 0
    assert call("sandbox", "faults").stdout == "status 404: the next request, /cards*\n"
    assert call("sandbox", "faults", "--clear").stdout == "All faults are taken back.\n"
    assert call("cards", "list").exit_code == 0


def test_faults_are_added_listed_and_cleared_by_word(call: Call) -> None:
    assert call("sandbox", "faults", "list").stderr == "no fault is ordered\n"
    ordered = call("sandbox", "faults", "add", "503", "--path", "/cards*")
    assert (ordered.exit_code, ordered.stdout[:13]) == (0, "Ordered: 503 ")
    assert call("sandbox", "faults", "list").stdout.startswith("status 503: the next request")
    assert call("sandbox", "faults", "clear").stdout == "All faults are taken back.\n"
    assert call("sandbox", "faults", "list").stdout == ""
    assert call("sandbox", "faults", "add").exit_code == 2


def test_bodies_are_shown_if_that_is_wanted(call: Call) -> None:
    call("customers", "list", "--max-items", "1")
    (shown,) = json.loads(call("sandbox", "requests", "--bodies").stdout)

    assert shown["body"] is None
    assert '"hasMore"' in shown["answer"]
    assert "hasMore" in call("sandbox", "requests", "--bodies", "--output", "csv").stdout


def test_a_fault_after_the_effect(call: Call) -> None:
    assert call("sandbox", "faults", "reset", "--after-effect", "--method", "POST").exit_code == 0

    assert re.search("after effect: the next request, POST", call("sandbox", "faults").stdout)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nope"], "Choose what is to happen. Known: 503, 429"),
        (["503", "--path", "cards"], "A path begins with /"),
        (["delay", "--seconds", "9999"], "A delay is a number"),
    ],
)
def test_what_is_no_fault(call: Call, words: list[str], told: str) -> None:
    result = call("sandbox", "faults", *words)

    assert result.exit_code == 2
    assert told in result.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://api.allawee.com", "x"])
def test_what_is_no_sandbox(run: Run, url: str) -> None:
    result = run("sandbox", "requests", "--base-url", url)

    assert result.exit_code in (1, 2)
    assert "sandbox" in result.stderr


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Sandbox-Control": "1", "Origin": "http://evil.example"}, 404),
        ({"Sandbox-Control": "1", "Sec-Fetch-Site": "cross-site"}, 404),
        ({"Sandbox-Control": "1", "Host": "evil.example"}, 403),
    ],
)
def test_no_web_page_can_do_so(call: Call, headers: dict[str, str], status: int) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(call.sandbox.url + AT, headers=headers), timeout=10)
    refused.value.close()

    assert refused.value.code == status


def test_the_sandbox_itself_still_runs_by_its_own_name(run: Run) -> None:
    assert "Run a sandbox that plays the API" in run("sandbox", "--help").stdout
    assert "Let requests to a sandbox that runs fail" in run("sandbox", "faults", "--help").stdout
