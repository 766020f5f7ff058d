"""Authorization requests, signed: as Allawee sends them, each with ids of its own."""

import hmac
from dataclasses import dataclass

import orjson

KEY = "signing-key-of-the-benchmark"
APPROVED = b'{"action":"approve"}'
DECLINED = b'{"action":"decline"}'


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body and the value of its header."""

    body: bytes
    signature: str

    def request(self, path: str) -> bytes:
        """The request as bytes, with the headers that a sender has."""
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"User-Agent: allawee\r\nAllawee-Signature: {self.signature}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        ).encode() + self.body


def deliveries(count: int, start: int = 0) -> list[Delivery]:
    """So many different requests for a decision, as large as the documented one."""
    return [_signed(_body(number)) for number in range(start, start + count)]


def _signed(body: bytes) -> Delivery:
    return Delivery(body, hmac.digest(KEY.encode(), body, "sha512").hex())


def _body(number: int) -> bytes:
    return orjson.dumps(
        {
            "event": "card.authorization.request",
            "data": {
                "id": f"c.auth.2tW3sESJQ4Z{number:06}",
                "object": "card.authorization",
                "card": "c.2tUYkKGqPTWH3ZtM4",
                "type": "capture",
                "status": "pending",
                "amount": 50_000 + number,
                "fees": 6_500,
                "currency": "NGN",
                "channel": "online",
                "reserved": True,
                "networkData": {
                    "cardAcceptorNameLocation": "MATRIX ENERGY LIMITE LA LANG",
                    "network": "verve",
                    "reference": "1678818170917",
                    "rrn": "1678802924287",
                    "stan": "1678802924287",
                },
            },
            "metadata": {
                "event": f"evt.2tXJoYkRayF{number:06}",
                "sentAt": "2026-11-22T18:26:54.528995Z",
            },
        }
    )
