"""Which requests are hit by which fault: pure, without a socket."""

from __future__ import annotations

import pytest

from allawee_async.sandbox import RECOVERABLE, Faults
from allawee_async.sandbox.api.messages import ApiRequest


def struck(faults: Faults, method: str = "GET", path: str = "/customers", **query: str) -> str:
    return "+".join(faults.apply(ApiRequest(method, path, tuple(query.items()))).names)


def test_faults_are_used_up_in_the_order_given() -> None:
    faults = Faults()
    faults.status(500)
    faults.reset(times=2)
    faults.hang()

    assert len(faults) == 3
    assert [struck(faults) for _ in range(5)] == ["status 500", "reset", "reset", "hang", ""]
    assert len(faults) == 0


def test_faults_are_limited_to_methods_and_paths() -> None:
    faults = Faults()
    faults.status(500, method="post", times=None)
    faults.status(501, path="/customers/a", times=None)
    faults.status(502, path="/customers/*", method="GET", times=None)

    assert struck(faults, "POST", "/anything") == "status 500"
    assert struck(faults, "GET", "/customers/a") == "status 501"
    assert struck(faults, "GET", "/customers/ab") == "status 502"
    assert struck(faults, "PUT", "/customers/ab") == ""
    assert struck(faults, "GET", "/customers") == ""
    assert len(faults) == 3


def test_cursor_faults_wait_for_a_cursor() -> None:
    faults = Faults()
    faults.repeated_page()
    faults.stuck_cursor(times=1)

    assert struck(faults, limit="5") == ""
    assert struck(faults, after="x") == "repeated page"
    assert struck(faults, before="x") == "stuck cursor"
    assert struck(faults, after="x") == ""


def test_faults_can_be_taken_back() -> None:
    faults = Faults()
    faults.status(500, times=None)
    faults.clear()

    assert struck(faults) == ""


@pytest.mark.parametrize("times", [0, -1])
def test_a_fault_hits_at_least_once(times: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Faults().reset(times=times)


def test_a_path_that_no_request_has_is_refused() -> None:
    with pytest.raises(ValueError, match="'payments/payouts' would hit nothing"):
        Faults().reset(path="payments/payouts")
    Faults().reset(path="*")


def test_random_faults_are_the_same_for_the_same_seed_and_about_as_many_as_told() -> None:
    def run(seed: int) -> list[str]:
        faults = Faults()
        faults.random(0.2, seed)
        return [struck(faults, after=str(index)) for index in range(1000)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 150 < sum(map(bool, run(1))) < 250
    assert {name for name in run(1) if name} == {fault.name for fault in RECOVERABLE.values()}


def test_random_faults_let_each_request_through_in_the_end() -> None:
    faults = Faults()
    faults.random(1.0, kinds=["503"], in_a_row=2)

    hits = [bool(struck(faults, after="same")) for _ in range(6)]
    assert hits == [True, True, False, True, True, False]


def test_random_faults_can_be_limited() -> None:
    faults = Faults()
    faults.random(1.0, kinds=["reset"], times=1, method="POST")

    assert [struck(faults, "GET"), struck(faults, "POST"), struck(faults, "POST")] == [
        "",
        "reset",
        "",
    ]


def test_random_faults_of_no_kind_or_share_are_refused() -> None:
    with pytest.raises(ValueError, match="'nothing'"):
        Faults().random(0.1, kinds=["reset", "nothing"])
    with pytest.raises(ValueError, match="kinds"):
        Faults().random(0.1, kinds=[])
    with pytest.raises(ValueError, match="share"):
        Faults().random(1.5)
