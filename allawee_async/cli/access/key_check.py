"""Whether the API accepts a key, found out by a read that costs little and tells nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from allawee_async.errors import (
    AllaweeError,
    APIError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
)

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient

_NO_CARD: Final = "/cards/c.none/secrets"


@attrs.frozen
class Verdict:
    """What a host thinks of a key.

    Attributes:
        accepted: Whether it accepts it; None where that could not be found out.
        told: The same for a person.
        error: Why it could not be found out, or why not.
    """

    accepted: bool | None
    told: str
    error: AllaweeError | None = None


async def try_key(client: AllaweeClient, *, secure: bool = False) -> Verdict:
    """Ask a host for next to nothing: the id of one customer, or the secrets of a card that is not.

    Args:
        client: A client with the key.
        secure: Ask the host for card numbers and PINs. All that it lets one read are secrets, so
            it is asked for those of a card that cannot be.
    """
    try:
        if secure:
            await client.request("GET", _NO_CARD, secure=True)
        else:
            await client.request("GET", "/customers", query={"limit": 1, "select": "id"})
    except AuthenticationError as error:
        return Verdict(accepted=False, told="not accepted", error=error)
    except PermissionDeniedError as error:
        return Verdict(accepted=True, told="accepted, with few rights", error=error)
    except NotFoundError as error:
        if secure:
            return Verdict(accepted=True, told="accepted")
        return _unknown(error)
    except AllaweeError as error:
        return _unknown(error)
    return Verdict(accepted=True, told="accepted")


def _unknown(error: AllaweeError) -> Verdict:
    told = f"HTTP {error.status}" if isinstance(error, APIError) else error.message
    return Verdict(accepted=None, told=f"could not be found out ({told})", error=error)
