"""Banks: listed, guessed by check digit, asked for the name on an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from allawee_async.sandbox.directory.banks import complete, fits

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller


def test_check_digits_are_those_of_the_central_bank() -> None:
    assert complete("058", "012345678") == "0123456785"
    assert complete("011", "000001457") == "0000014579"  # the example of the bank's own guidelines
    assert fits("950515", complete("950515", "812345678"))
    assert not fits("058", "012345678X")


async def test_banks_are_listed_and_guessed_by_check_digit(allawee: Caller) -> None:
    banks = (await allawee.get("/tools/banks")).json["data"]
    likely = (await allawee.get("/tools/banks/short-list/0123456785")).json["data"]

    assert {len(bank["code"]) for bank in banks} == {3, 6}
    assert {"name": "GUARANTY TRUST BANK", "code": "058", "nipCode": "000013"} in likely
    assert 0 < len(likely) < len(banks)
    for number in ("123", "012345678X", "\u0660" * 10):
        answer = await allawee.get(f"/tools/banks/short-list/{number}")
        assert answer.json["message"] == ["accountNumber must have ten digits"]


@pytest.mark.parametrize("code", ["058", "000013"])
async def test_an_account_has_always_the_same_name(allawee: Caller, code: str) -> None:
    path = "/tools/banks/resolve"
    answer = await allawee.get(path, accountNumber="0123456785", bankCode=code)
    documented = await allawee.get(path, accountNumber="0123456789", bankCode=code)
    ours = await allawee.get(path, accountNumber="0062622057", bankCode="000")

    assert answer.json["data"] == {
        "accountName": "WANJIRU WILLIAMS", "accountNumber": "0123456785", "bankCode": code,
    }  # fmt: skip
    assert documented.json["data"]["accountName"] == "JOHN DOE"
    assert ours.json["data"]["accountName"] == "Baggy App"


async def test_a_wrong_pair_has_no_name(allawee: Caller) -> None:
    for number, code in (("0123456784", "058"), ("0012345678", "000")):
        answer = await allawee.get("/tools/banks/resolve", accountNumber=number, bankCode=code)
        assert (answer.status, answer.json["code"]) == (404, "account-not-found")
    empty = await allawee.get("/tools/banks/resolve")
    assert (empty.status, empty.json["message"]) == (
        400, ["accountNumber must have ten digits", "bankCode must be the code of a bank"],
    )  # fmt: skip
