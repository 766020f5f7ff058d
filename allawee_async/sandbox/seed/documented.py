"""The customers and the account that Allawee's own documents show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allawee_async.sandbox.core.values import JsonObject


def documented_customers() -> list[JsonObject]:
    """Return both, the older one first. Their references are ours: the documents show none."""
    return [_iyanu(), _ciroma()]


def documented_accounts() -> list[JsonObject]:
    """Return the main account in NGN, and one in USD that is ours, as no document shows it."""
    shared: JsonObject = {
        "status": "active", "name": "Baggy App", "type": "main", "object": "account",
    }  # fmt: skip
    dollars = _account("ac.2tVZczWw7m6Teoeb8", "USD", "0062622057", "2023-03-09T10:18:45.603Z")
    naira = _account("ac.2tVZczWw7m6Teoeb7", "NGN", "0062622048", "2023-03-09T10:18:45.604Z")
    return [shared | dollars, shared | naira]


def _account(id: str, currency: str, number: str, opened: str) -> JsonObject:
    channel: JsonObject = {
        "type": "bank-account", "accountName": "Baggy App", "accountNumber": number,
        "bankName": "Allawee Sandbox Bank", "bankCode": "000", "partner": "allawee-sandbox",
        "createdAt": opened, "updatedAt": opened,
    }  # fmt: skip
    times: JsonObject = {"createdAt": opened[:-2] + "5Z", "updatedAt": opened[:-2] + "5Z"}
    if currency == "USD":
        times = {"createdAt": opened, "updatedAt": opened}
    account: JsonObject = {"currency": currency, "depositChannels": [channel], "id": id}
    return account | times


def _ciroma() -> JsonObject:
    return {
        "name": "Ciroma C Adekunle",
        "type": "individual",
        "status": "active",
        "claims": {
            "individualInformation": {
                "firstName": "Ciroma",
                "lastName": "Adekunle",
                "middleName": "Chukwuma",
                "email": "ciroma@gmail.com",
                "phoneNumber": "+2349154109234",
                "title": "Mr",
                "gender": "M",
                "dateOfBirth": "1997-2-13",
                "nationalityCode": "NG",
            },
            "individualAddress": {
                "city": "Yaba",
                "state": "NG-LA",
                "countryCode": "NG",
                "addressLineOne": "100 herbert macaulay road",
                "addressLineTwo": "",
                "postalCode": "11041",
            },
            "individualIdentity": {"type": "bvn", "id": "22489035167", "issuingCountry": "NG"},
        },
        "verifications": [{"type": "tier-2", "status": "verified"}],
        "metadata": {"userId": 2345},
        "createdAt": "2023-03-14T23:21:12.882Z",
        "updatedAt": "2023-03-14T23:21:12.882Z",
        "id": "cus.2tXNjMhytgx7hCxu9",
        "object": "customer",
        "reference": "documented-1",
    }


def _iyanu() -> JsonObject:
    return {
        "name": "Iyanu Deborah Oluwole",
        "type": "individual",
        "status": "active",
        "claims": {
            "individualInformation": {
                "firstName": "Iyanu",
                "lastName": "Oluwole",
                "middleName": "Deborah",
                "email": "amos+1@allawee.com",
                "phoneNumber": "+2349154109237",
                "title": "Miss",
                "gender": "F",
                "dateOfBirth": "1996-02-14",
                "nationalityCode": "NG",
            },
            "individualAddress": {
                "city": "mainland",
                "state": "NG-LA",
                "countryCode": "NG",
                "addressLineOne": "44 commercial road",
                "addressLineTwo": None,
                "postalCode": "100001",
            },
            "individualIdentity": {"type": "bvn", "id": "22478937481", "issuingCountry": "NG"},
        },
        "verifications": [{"type": "tier-2", "status": "verified"}],
        "metadata": {"userId": "1234"},
        "createdAt": "2023-03-09T10:24:10.108Z",
        "updatedAt": "2023-03-10T21:49:57.535Z",
        "id": "cus.2tVZh8GkvSJu6xgRJ",
        "object": "customer",
        "reference": "documented-2",
    }
