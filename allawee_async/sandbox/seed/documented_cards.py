"""The card programs, cards and the authorization that Allawee's own documents show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.cards.numbers import number_ending

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

_DOCUMENTED_PAN, _DOCUMENTED_CVV = "5061462473446064880", "123"
_CATEGORIES: list[Json] = ["betting", "flight-ticket", "hospitality"]
_CHANNELS: list[Json] = ["atm", "pos", "online"]


def seed_cards(state: State) -> None:
    """Store what the documents show; without the customers and the account it means, nothing.

    One card has the number that the documents show; the others get one with their last digits.
    """
    cards = _cards()
    if any(str(card["customer"]) not in state.customers for card in cards):
        return
    state.card_programs.add_all(_programs())
    state.cards.add_all(cards)
    for card in cards:
        state.card_secrets.add(_secrets(state, card))
    state.card_authorizations.add_all([_authorization()])


def _secrets(state: State, card: JsonObject) -> JsonObject:
    details = card["details"]
    last4 = details["last4"] if isinstance(details, dict) else ""
    pan, cvv = _DOCUMENTED_PAN, _DOCUMENTED_CVV
    if not pan.endswith(str(last4)):
        pan = number_ending("verve", str(last4), state.new_digits)
        cvv = state.new_digits(3)
    return {"id": card["id"], "pan": pan, "cvv": cvv, "pin": None}


def _programs() -> list[JsonObject]:
    """Return the programs, the oldest one first."""
    return [
        _program(
            "c.prg.2tVZiNd3wyUUPRiSR",
            ("Opay", "Iyabu"),
            ("mainland", "NG-LA", "+2349154109238", "44 commerical road", None),
            "wh.2tVZfLBEWKwRvt7Lf", ("2023-03-09T10:25:48.738Z", "2023-03-09T11:13:33.205Z"),
        ),
        _program(
            "c.prg.2tVgh75y8WhKw6Eke",
            ("Chattered", "Damini"),
            ("Mainland", "NG-LA", "+2349154109256", "44 commercial avenue", None),
            "wh.2tVZfLBEWKwRvt7Lf", ("2023-03-09T19:15:44.757Z", "2023-03-09T19:16:42.443Z"),
        ),
        _program(
            "c.prg.2tXPDcLLvvXGeTNk9",
            ("Baggy", "Ciroma C Adekunle"),
            ("mainland", "NG-LA", "+2349154109322", "100 herbert macaulay raod", None),
            "wh.2tXPCopj8N4QFSZsM", ("2023-03-14T23:58:11.236Z", "2023-03-14T23:58:35.902Z"),
        ),
        _program(
            "c.prg.2tY3gamDwgZfxnKHS",
            ("Card program", "Ciroma"),
            ("yaba", "NG-LA", "+2349134902345", "100 Herbert macaulay way", ""),
            "wh.2tXPfsNc6CoZjbRWi", ("2023-03-17T00:39:22.589Z", "2023-03-17T00:39:22.589Z"),
        ),
    ]  # fmt: skip


def _program(
    id: str,
    names: tuple[str, str],
    address: tuple[str, str, str, str, str | None],
    webhook: str,
    times: tuple[str, str],
) -> JsonObject:
    name, holder = names
    city, region, phone, line_one, line_two = address
    created, updated = times
    return {
        "name": name, "network": "verve", "quantity": 1, "currency": "NGN",
        "personalization": {
            "frontArtworkFile": "https://figma.com", "printCardholderName": False,
            "defaultCardholderName": holder,
        },
        "distribution": {
            "type": "bulked",
            "shippingAddress": {
                "city": city, "state": region, "countryCode": "NG", "phoneNumber": phone,
                "addressLineOne": line_one, "addressLineTwo": line_two,
            },
        },
        "authorization": {
            "fundingSourceType": "settlement-account", "webhook": webhook,
            "settlementAccount": "acct.2tVZczWw7m6Teoeb7",
            "feesAccount": "acct.2tVZczWw7m6Teoeb7", "timeoutDefault": "decline",
        },
        "status": "new" if created == updated else "live",
        "createdAt": created, "updatedAt": updated, "id": id, "object": "card.program",
        "type": "physical",
    }  # fmt: skip


def _cards() -> list[JsonObject]:
    """Return the cards, the oldest one first."""
    return [
        _card(
            "c.2tVaLqrmte2zCuPbM", "inactive", "cp.2tVZiNd3wyUUPRiSR",
            printed=("3681", "Iyabu"),
            controls={
                "blockedCategories": _CATEGORIES, "blockedChannels": _CHANNELS,
                "spendingLimits": [{"amount": 300_000_000, "interval": "monthly"}],
            },
            times=("2023-03-09T11:13:33.144Z", "2023-03-09T16:59:29.928Z"),
        ),
        _card(
            "c.2tVghquVL5LxCkjB3", "active", "cp.2tVgh75y8WhKw6Eke",
            printed=("2668", "Damini"),
            controls={
                "allowedCategories": _CATEGORIES, "allowedChannels": _CHANNELS,
                "spendingLimits": [{"amount": 400_000_000, "interval": "monthly"}],
            },
            times=("2023-03-09T19:16:42.419Z", "2023-03-10T22:03:39.928Z"),
        ),
        _card(
            "c.2tXPDv41Ri2qewJXL", "active", "cp.2tXPDcLLvvXGeTNk9",
            printed=("4880", "Ciroma C Adekunle"),
            controls={
                "allowedCategories": ["flight-ticket"], "blockedCategories": ["betting"],
                "spendingLimits": [{"amount": 1000, "interval": "monthly"}],
            },
            times=("2023-03-14T23:58:35.879Z", "2023-03-15T00:11:43.844Z"),
            customer="cus.2tXNjMhytgx7hCxu9", metadata={"name": "Ciroma's travel card"},
        ),
    ]  # fmt: skip


def _card(
    id: str,
    status: str,
    program: str,
    *,
    printed: tuple[str, str],
    controls: JsonObject,
    times: tuple[str, str],
    customer: str = "cus.2tVZh8GkvSJu6xgRJ",
    metadata: JsonObject | None = None,
) -> JsonObject:
    last4, holder = printed
    created, updated = times
    return {
        "type": "physical", "status": status, "currency": "NGN", "program": program,
        "details": {"last4": last4, "expiry": "03/26", "cardHolderName": holder},
        "createdAt": created, "updatedAt": updated, "controls": controls,
        "customer": customer, "metadata": metadata or {"userId": "1234"}, "id": id,
        "object": "card", "network": "verve",
    }  # fmt: skip


def _authorization() -> JsonObject:
    return {
        "decisionType": "system-response", "fees": 0, "status": "declined", "type": "check",
        "amount": 0, "reserved": False, "currency": "NGN", "channel": "atm",
        "card": "c.2tVghquVL5LxCkjB3",
        "networkData": {
            "cardAcceptorNameLocation": "EMERALD", "stan": "5DJJ0614624HSJ",
            "rnn": "6e9007747be67838", "txnReference": "5951474897",
            "requestBody": {
                "requestId": "615e7666-6e90-42e5-bedf-07747be67838", "amount": 0,
                "walletId": "0153781018", "transactionReference": "5951474897",
                "mac": "4b6b2ba7e49eb7200e2df0c56a365d5bbf81a945e17559be06b6a5fc5093ac94"
                "e6e9c88a087868040a5a85c81d06d71168491114455965948bcc95dfdb585ca9",
                "acquiringInstitutionId": "50614624", "terminalId": "10332838",
                "terminalType": "02", "merchantId": "1033283801649  ", "currencyCode": "566",
                "cardAcceptorNameLocation": "EMERALD HOTEL ATM 9    LAGOS        KNNG",
                "transactionDateTime": "2023-02-22T11:24:39",
            },
            "responseBody": {
                "amount": 100_000,
                "mac": "825186b67868d91736daf74604c7332ba244aea235e7ba08cd0b83609d1a1685"
                "88b3f4244d7a1de5769cf010d6bbd5723f24123fcf3619398af14095cc7c89a7",
                "name": "John Doe", "requestId": "615e7666-6e90-42e5-bedf-07747be67838",
                "responseCode": "45", "transactionReference": "5951474897",
            },
        },
        "statusReason": "timeout-error", "createdAt": "2023-03-10T22:03:49.298Z",
        "updatedAt": "2023-03-10T22:03:53.614Z", "id": "c.auth.2tW3sESJQ4ZW9DKSG",
        "object": "card.authorization", "hold": None, "settled": False, "mcc": None,
        "merchant": None, "awaits": None, "follow": None,
    }  # fmt: skip
