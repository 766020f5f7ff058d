"""Numbers, codes and PINs: on the secure host only, and nowhere else to be seen."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox.cards.numbers import (
    check_digit,
    is_valid,
    masked,
    new_number,
)
from allawee_async.sandbox.core.values import IdSource, part
from tests.sandbox.card_user import CIROMA, PAN, sample

if TYPE_CHECKING:
    from tests.sandbox.card_user import CardUser


async def test_the_documented_secrets(user: CardUser) -> None:
    found = await user.secrets("c.2tXPDv41Ri2qewJXL")
    assert found == sample("cards.secrets.response")["data"]


@pytest.mark.parametrize(
    ("network", "start", "length"),
    [("verve", "506146", 19), ("mastercard", "5299", 16), ("visa", "4288", 16)],
)
async def test_a_number_fits_its_network(
    user: CardUser, network: str, start: str, length: int
) -> None:
    program = await user.program(network=network)
    card = await user.card(program)
    secrets = await user.secrets(card["id"])
    assert secrets["pan"].startswith(start)
    assert len(secrets["pan"]) == length
    assert is_valid(secrets["pan"])
    details = (await user.get(f"/cards/{card['id']}"))["details"]
    assert secrets["last4"] == secrets["pan"][-4:] == details["last4"]
    assert secrets["expiry"] == details["expiry"]
    assert len(secrets["cvv"]) == 3


@pytest.mark.parametrize("number", ["4111111111111111", "5061462473446064880", "79927398713"])
def test_check_digits(number: str) -> None:
    assert is_valid(number)
    assert check_digit(number[:-1]) == number[-1]
    assert not is_valid(number[:-1] + str((int(number[-1]) + 1) % 10))
    assert not is_valid(number + "x")


def test_every_new_number_is_valid() -> None:
    digits = IdSource("numbers").digits
    for _ in range(300):
        assert is_valid(new_number("verve", digits))


def test_numbers_of_cards_end_as_the_cards_tell(user: CardUser) -> None:
    state = user.sandbox.state
    numbers = {secrets["id"]: str(secrets["pan"]) for secrets in state.card_secrets}

    assert all(map(is_valid, numbers.values()))
    for card in state.cards:
        assert numbers[card["id"]].endswith(str(part(card, "details")["last4"]))
        assert len(numbers[card["id"]]) == 19


def test_only_numbers_of_cards_are_masked() -> None:
    assert (
        masked(f"/cards/{PAN}/x 0062622048 172549337719") == "/cards/***/x 0062622048 172549337719"
    )


@pytest.mark.parametrize("path", ["secrets", "activate", "reset-pin"])
async def test_the_standard_host_does_not_know_secrets(user: CardUser, path: str) -> None:
    card = await user.card()
    method = "GET" if path == "secrets" else "POST"
    sent = {"cvv": "123", "pin": "1234"}
    told = await user.refused(404, method, f"/cards/{card['id']}/{path}", sent)

    assert told["code"] == "not-found"


async def test_the_secure_host_knows_nothing_else(user: CardUser) -> None:
    for path in ("/cards", "/cards/c.2tXPDv41Ri2qewJXL"):
        told = await user.refused(404, "GET", path, None, secure=True)
        assert told["code"] == "not-found", path


async def test_activation_wants_the_code_of_the_card(user: CardUser) -> None:
    program = await user.program()
    card = await user.make("POST", "/cards", {"program": program["id"], "customer": CIROMA})
    path = f"/cards/{card['id']}/activate"
    cvv = (await user.secrets(card["id"]))["cvv"]
    wrong = f"{(int(cvv) + 1) % 1000:03d}"
    answer = await user.refused(402, "POST", path, {"cvv": wrong, "pin": "9876"}, secure=True)
    assert answer["code"] == "wrong-cvv"
    body = {"cvv": cvv, "pin": "9876"}
    assert (await user.make("POST", path, body, secure=True))["status"] == "active"
    again = await user.refused(402, "POST", path, body, secure=True)
    assert again["code"] == "card-active"
    stored = user.sandbox.state.card_secrets.get(card["id"])
    assert stored is not None
    assert stored["pin"] == "9876"


async def test_a_pin_is_reset_while_the_card_is_active(user: CardUser) -> None:
    program = await user.program()
    card = await user.make("POST", "/cards", {"program": program["id"], "customer": CIROMA})
    path = f"/cards/{card['id']}/reset-pin"
    early = await user.refused(402, "POST", path, {"pin": "4321"}, secure=True)
    assert early["code"] == "card-inactive"
    await user.activate(card["id"])
    await user.make("POST", path, sample("cards.reset-pin.request"), secure=True)
    await user.make("POST", path, {"pin": "4321"}, secure=True)
    stored = user.sandbox.state.card_secrets.get(card["id"])
    assert stored is not None
    assert stored["pin"] == "4321"


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({}, ["cvv must be a string of 3 digits", "pin must be a string of 4 digits"]),
        ({"cvv": "12x", "pin": "1234"}, ["cvv must be a string of 3 digits"]),
        ({"cvv": 123, "pin": "12345"}, ["cvv must be a string of 3 digits",
                                        "pin must be a string of 4 digits"]),
    ],
)  # fmt: skip
async def test_codes_have_a_form(user: CardUser, body: Any, messages: list[str]) -> None:
    card = await user.card()
    path = f"/cards/{card['id']}/activate"
    assert (await user.refused(400, "POST", path, body, secure=True))["message"] == messages


async def test_a_card_that_nobody_has_is_not_activated(user: CardUser) -> None:
    program = await user.stock(1)
    (card,) = await user.get("/cards", filter="program|eq|" + program["id"])
    cvv = (await user.secrets(card["id"]))["cvv"]
    path, body = f"/cards/{card['id']}/activate", {"cvv": cvv, "pin": "1234"}
    answer = await user.refused(402, "POST", path, body, secure=True)
    assert answer["code"] == "card-not-linked"
    fund = await user.refused(402, "POST", f"/cards/{card['id']}/fund", {"amount": 1})
    assert fund["code"] == "card-not-linked"
    source = await user.refused(402, "GET", f"/cards/{card['id']}/funding-source", None)
    assert source["code"] == "card-not-linked"


async def test_a_card_is_linked_by_its_number(user: CardUser) -> None:
    program = await user.stock(1)
    (card,) = await user.get("/cards", filter="program|eq|" + program["id"])
    pan = (await user.secrets(card["id"]))["pan"]
    body = sample("cards.link-by-pan.request") | {"pan": pan, "customer": CIROMA}
    linked = await user.make("POST", "/cards/link", body, secure=True)
    assert linked["id"] == card["id"]
    assert linked["customer"] == CIROMA
    body["reference"] = "another"
    again = await user.refused(402, "POST", "/cards/link", body, secure=True)
    assert again["code"] == "card-linked"


async def test_numbers_that_no_card_has(user: CardUser) -> None:
    body = {"pan": "4111111111111111", "customer": CIROMA}
    answer = await user.refused(404, "POST", "/cards/link", body, secure=True)
    assert answer == {"code": "not-found", "message": "No card has this number."}
    answer = await user.refused(400, "POST", "/cards/link", {"pan": "4111 1111"}, secure=True)
    assert answer["message"] == [
        "pan must be the number of a card",
        "customer must be the id of a customer",
    ]


async def test_the_standard_host_takes_no_number(user: CardUser) -> None:
    body = {"pan": PAN, "customer": CIROMA}
    by_number = await user.refused(405, "POST", "/cards/link", body)
    by_id = await user.refused(400, "POST", "/cards/c.2tXPDv41Ri2qewJXL/link", body)
    in_path = await user.refused(404, "POST", f"/cards/{PAN}/link", {"customer": CIROMA})
    assert by_id["message"] == ["pan must be sent to the secure host, as POST /cards/link"]
    assert PAN not in f"{by_number}{by_id}{in_path}{user.sandbox.requests!r}"


async def test_secrets_are_nowhere_to_be_seen(
    user: CardUser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    card = await user.card()
    pan, cvv = (await user.secrets(card["id"]))["pan"], "471"
    wrong = await user.send("POST", f"/cards/{card['id']}/reset-pin", {"pin": pan}, secure=True)
    await user.send("GET", f"/cards/{pan}", None)
    await user.send("GET", "/cards", None, params={"filter": f"pan|eq|{pan}"})
    await user.use(card["id"])
    user.sandbox.settle_cards()
    seen = [wrong.text, repr(user.sandbox), repr(user.sandbox.state), repr(user.sandbox.requests)]
    seen += [repr(user.sandbox.crashes), caplog.text]
    for path in (
        "/cards", "/card-programs", "/card-authorizations", "/card-transactions", "/customers",
        "/accounts", "/events", "/requests",
    ):  # fmt: skip
        answer = await user.caller.get(path, limit="100")
        assert answer.status == 200
        seen.append(answer.text)
    assert [text for text in seen if pan in text or f'"{cvv}"' in text] == []


@pytest.mark.parametrize("field", ["pan", "cvv", "pin", "network"])
async def test_filters_do_not_see_secrets(user: CardUser, field: str) -> None:
    card = await user.card()
    secrets = user.sandbox.state.card_secrets.get(card["id"]) or {}
    if field != "network":
        found = await user.get("/cards", filter=f"{field}|eq|{secrets[field]}")
        assert found == []
    assert await user.get("/cards", select=field) == [{}] * 5
