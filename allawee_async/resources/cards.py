"""Cards: issue, link, read, change, fund, block and end them; read their secrets."""

from allawee_async.models.accounts import AccountBalance
from allawee_async.models.cards import Card, CardControls, CardSecrets, FundingSource
from allawee_async.models.common import ActionResult, Currency
from allawee_async.resources.base import Findable, route
from allawee_async.transport.routes import ends, moves_money
from allawee_async.types import FreeForm, MinorUnits, Secret, Strings


class Cards(Findable[Card], path="/cards"):
    """`allawee.cards`: what customers pay with.

    `secrets`, `activate`, `reset_pin` and `link_by_pan` go to the secure host.
    """

    @route(
        "POST",
        "/cards",
        effect=moves_money("moves money from an account onto the new card", only_with="amount"),
    )
    async def create(
        self,
        *,
        program: str,
        customer: str,
        amount: MinorUnits | None = None,
        fx_hash: str | None = None,
        reference: str | None = None,
        card_holder_name: str | None = None,
        debit_source: str | FreeForm | None = None,
        funding_source: str | FreeForm | None = None,
        debit_currency: Currency | str | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
    ) -> Card:
        """Issue a card to a customer. It is never sent twice if it may have taken effect.

        Args:
            program: The id of the card program, which decides whether the card is virtual.
            customer: The id of the customer.
            amount: What to load it with at first, in minor units (kobo, cents) of its currency.
            fx_hash: The hash of a quote of `allawee.tools.fx.create_quote`, if the account that
                is debited has another currency than the card.
            reference: Your own handle, by which `find` finds the card again.
            card_holder_name: The name on the card.
            debit_source: The id of the account that pays `amount`; if left out, the main account.
            funding_source: The id of the account that pays for purchases.
            debit_currency: The currency of the account that is debited.
            controls: What the card may be used for.
            metadata: Your own data.

        Returns:
            The new card, presumably `inactive`.

        Raises:
            ConfigurationError: An amount is no whole number of minor units; nothing was sent.
            BadRequestError: A field is missing or invalid; the error names it.
            RequestAccepted: The API queued it (guaranteed processing).
            AllaweeError: If it is not known whether it took effect, look the card up with `find`
                before you try again.

        Source: Allawee's documents, "Create a card" (2025-01-24).
        """

    @route("GET", "/cards/:id")
    async def get(self, card_id: str) -> Card:
        """Read one card.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            The card.

        Raises:
            NotFoundError: There is no such card.
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get your cards" (2024-09-21).
        """

    @route("POST", "/cards/:id/link")
    async def link(
        self,
        card_id: str,
        *,
        customer: str,
        reference: str | None = None,
        card_holder_name: str | None = None,
        funding_source: str | FreeForm | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
    ) -> Card:
        """Give a card that nobody holds to a customer.

        It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            customer: The id of the customer.
            reference: Your own handle, by which `find` finds the card again.
            card_holder_name: The name on the card.
            funding_source: The id of the account that pays for purchases.
            controls: What the card may be used for; amounts in it are in minor units.
            metadata: Your own data.

        Returns:
            The card, `inactive` until it is activated.

        Raises:
            ConfigurationError: An amount is no whole number of minor units; nothing was sent.
            NotFoundError: There is no such card.
            RequestAccepted: The API queued it (guaranteed processing).
            AllaweeError: If it is not known whether it took effect, read the card before you try
                again.

        Source: Allawee's documents, "Link a card" (2025-01-24).
        """

    @route("PUT", "/cards/:id")
    async def update(
        self,
        card_id: str,
        *,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
    ) -> Card:
        """Change what a card may be used for. Sending it twice does no harm, so it is retried.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            controls: What the card may be used for; amounts in it are in minor units.
            metadata: Your own data; it takes the place of all the old.

        Returns:
            The card as it is now.

        Raises:
            ConfigurationError: An amount is no whole number of minor units; nothing was sent.
            NotFoundError: There is no such card.
            BadRequestError: A field is invalid; the error names it.

        Source: Allawee's documents, "Update a card" (2024-09-13).
        """

    @route(
        "POST", "/cards/:id/fund", effect=moves_money("moves money from an account onto the card")
    )
    async def fund(
        self,
        card_id: str,
        *,
        amount: MinorUnits,
        debit_source: str | FreeForm | None = None,
        debit_currency: Currency | str | None = None,
        fx_hash: str | None = None,
    ) -> ActionResult:
        """Load a card with money. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            amount: In minor units (kobo, cents) of the card's currency: 10000 are 100 NGN.
            debit_source: The id of the account that pays; if left out, the main account.
            debit_currency: The currency of that account.
            fx_hash: The hash of a quote of `allawee.tools.fx.create_quote`, if the account has
                another currency than the card.

        Returns:
            What the API answered; no document shows it.

        Raises:
            ConfigurationError: The amount is no whole number of minor units; nothing was sent.
            NotFoundError: There is no such card.
            BadRequestError: A field is missing or invalid; the error names it.
            RequestFailedError: The account has too little, or the card cannot be funded.
            AllaweeError: If it is not known whether it took effect, read `funding_source_balance`
                or the account's balance before you try again.

        Source: Allawee's documents, "Fund a card" (2024-09-13).
        """

    @route("GET", "/cards/:id/funding-source")
    async def funding_source(self, card_id: str) -> FundingSource:
        """Read what pays for the purchases with a card.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            Presumably an account. No document shows it; all but its id is in `extra`.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents, "Get a card's funding source" (2024-09-13).
        """

    @route("GET", "/cards/:id/funding-source/balance")
    async def funding_source_balance(self, card_id: str) -> AccountBalance:
        """Read how much there is for purchases with a card.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            The balance: `available` can be spent, in minor units (kobo, cents). No document shows
            it, so any of its fields may be absent, and what others there are is in `extra`.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents, "Get the balance of a card's funding source" (2024-09-13).
        """

    @route("POST", "/cards/:id/enroll/safetoken")
    async def enroll_safetoken(
        self, card_id: str, *, phone_number: str | None = None, email: str | None = None
    ) -> ActionResult:
        """Enroll a card for Verve's SafeToken. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            phone_number: Where the tokens go; if left out, the customer's number.
            email: Where the tokens go; if left out, the customer's address.

        Returns:
            What the API answered; no document shows it.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents, "Enroll a card for SafeToken" (2024-09-13).
        """

    @route("POST", "/cards/:id/enroll/3ds")
    async def enroll_3ds(
        self, card_id: str, *, phone_number: str | None = None, email: str | None = None
    ) -> ActionResult:
        """Enroll a card for 3-D Secure. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            phone_number: Where the codes go; if left out, the customer's number.
            email: Where the codes go; if left out, the customer's address.

        Returns:
            What the API answered; no document shows it.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents, "Enroll a card for 3DS" (2024-09-13).
        """

    @route("POST", "/cards/:id/block", resend=True, has_body=False)
    async def block(self, card_id: str) -> ActionResult:
        """Block a card; `unblock` takes it back. Sending it twice does no harm: it is retried.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            What the API answered; no document shows it.

        Raises:
            NotFoundError: There is no such card.
            RequestAccepted: The API queued it (guaranteed processing).

        Source: Allawee's documents, "Block a card" (2024-09-13).
        """

    @route("POST", "/cards/:id/unblock", resend=True, has_body=False)
    async def unblock(self, card_id: str) -> ActionResult:
        """Unblock a card. Sending it twice does no harm, so it is retried.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            What the API answered; no document shows it.

        Raises:
            NotFoundError: There is no such card.
            RequestAccepted: The API queued it (guaranteed processing).

        Source: Allawee's documents, "Unblock a card" (2024-09-13).
        """

    @route("DELETE", "/cards/:id", effect=ends("ends the card for good"))
    async def terminate(self, card_id: str) -> ActionResult:
        """End a card for good. Sending it twice does no harm, so it is retried.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            What the API answered, if anything; no document shows it.

        Raises:
            NotFoundError: There is no such card; after a retry, perhaps because the first attempt
                ended it.

        Source: Allawee's documents, "Terminate a card" (2024-09-13).
        """

    @route("GET", "/cards/:id/secrets", secure=True)
    async def secrets(self, card_id: str) -> CardSecrets:
        """Read the number and the security code of a card, from the secure host.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            The secrets; `repr` masks them: never log, print or store them.

        Raises:
            NotFoundError: There is no such card.
            PermissionDeniedError: The key lacks the scope.

        Source: Allawee's documents, "Get a card's secrets" (2024-09-21).
        """

    @route("POST", "/cards/:id/activate", secure=True)
    async def activate(self, card_id: str, *, cvv: Secret, pin: Secret) -> ActionResult:
        """Activate a card. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            cvv: The security code on the card.
            pin: The PIN that the card gets.

        Returns:
            What the API answered; no document shows it.

        Raises:
            ConfigurationError: The code or the PIN is empty or no text; nothing was sent.
            NotFoundError: There is no such card.
            AllaweeError: If it is not known whether it took effect, read the card before you try
                again.

        Source: Allawee's documents, "Activate a card" (2024-09-21).
        """

    @route("POST", "/cards/:id/reset-pin", secure=True)
    async def reset_pin(self, card_id: str, *, pin: Secret) -> ActionResult:
        """Give an active card a new PIN. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            pin: The new PIN.

        Returns:
            What the API answered; no document shows it.

        Raises:
            ConfigurationError: The PIN is empty or no text; nothing was sent.
            NotFoundError: There is no such card.
            BadRequestError: The PIN is not valid.
            RequestFailedError: The card is not active.

        Source: Allawee's documents, "Reset a card's PIN" (2024-09-21).
        """

    @route("POST", "/cards/link", secure=True)
    async def link_by_pan(
        self,
        *,
        pan: Secret,
        customer: str,
        reference: str | None = None,
        card_holder_name: str | None = None,
        funding_source: str | FreeForm | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
        deposit_channels: Strings | None = None,
    ) -> Card:
        """Give a card to a customer by the number on it.

        It is never sent twice if it may have taken effect.

        Args:
            pan: The card number.
            customer: The id of the customer.
            reference: Your own handle, by which `find` finds the card again.
            card_holder_name: The name on the card.
            funding_source: The id of the account that pays for purchases.
            controls: What the card may be used for; amounts in it are in minor units.
            metadata: Your own data.
            deposit_channels: How money comes onto the card: `bank-account`.

        Returns:
            The card, `inactive` until it is activated.

        Raises:
            ConfigurationError: The number is empty or no text, or an amount is no whole number of
                minor units; nothing was sent.
            RequestAccepted: The API queued it (guaranteed processing).
            AllaweeError: If it is not known whether it took effect, look the card up with `find`
                before you try again.

        Source: Allawee's documents, "Link a card by PAN" (2025-01-24); its path is the one of the
        pages of 2026-03-31.
        """
