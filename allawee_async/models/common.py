"""What several nouns share: the currency, addresses, and what actions answer."""

from allawee_async.models.base import APIObject, Model, OpenEnum, known, model

__all__ = ["ActionResult", "Address", "Currency"]


class Currency(OpenEnum):
    """A currency, as ISO 4217 writes it."""

    NGN = known("NGN")
    USD = known("USD")


@model(kw_only=True)
class ActionResult(APIObject):
    """What an action answered, where no document shows it; empty if it answered nothing.

    What the API sent besides is in `extra`, in wire names.

    Attributes:
        id: The id of the object that the action was about, if the API told it.
        object: The API's name of its type.
        status: Its state.
        message: What the API said in words, where it answered nothing else (`Card activated`).
        created_at: When it was created, UTC.
        updated_at: When it last changed, UTC.
    """

    id: str | None = None
    status: str | None = None
    message: str | None = None


@model(kw_only=True)
class Address(Model):
    """A postal address.

    Attributes:
        city: The town.
        state: ISO 3166-2 (`NG-LA`); older objects hold a name (`Lagos`).
        country_code: ISO 3166-1 alpha-2 (`NG`).
        address_line_one: Street and number.
        address_line_two: More of it; `""` and None both mean that there is none.
        postal_code: The postal code.
        phone_number: A phone number, in shipping addresses.
    """

    city: str | None = None
    state: str | None = None
    country_code: str | None = None
    address_line_one: str | None = None
    address_line_two: str | None = None
    postal_code: str | None = None
    phone_number: str | None = None
