"""Card programs: set up the kinds of cards that you issue."""

from allawee_async.models.card_programs import (
    CardAuthorizationSettings,
    CardDistribution,
    CardNetwork,
    CardPersonalization,
    CardProgram,
    CardType,
)
from allawee_async.models.common import Currency
from allawee_async.resources.base import Listable, route
from allawee_async.types import FreeForm


class CardPrograms(Listable[CardProgram], path="/card-programs"):
    """`allawee.card_programs`: the kinds of cards that you issue."""

    @route("POST", "/card-programs")
    async def create(
        self,
        *,
        name: str,
        network: CardNetwork | str,
        type: CardType | str,
        currency: Currency | str,
        description: str | None = None,
        quantity: int | None = None,
        distribution: CardDistribution | FreeForm | None = None,
        personalization: CardPersonalization | FreeForm | None = None,
        authorization: CardAuthorizationSettings | FreeForm | None = None,
    ) -> CardProgram:
        """Create a program. It is never sent twice if it may have taken effect.

        A virtual program is live at once. A physical one is made after its approval, and should
        have `quantity`, `distribution`, `personalization` and `authorization`.

        Args:
            name: A name that none of your programs has.
            network: `verve`, `mastercard` or `visa`.
            type: `virtual` or `physical`.
            currency: `NGN` or `USD`.
            description: Your own words.
            quantity: How many physical cards are to be made.
            distribution: How they are delivered.
            personalization: What they look like, likewise.
            authorization: How purchases are decided and paid, likewise.

        Returns:
            The new program.

        Raises:
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, list the programs before you
                try again.

        Source: Allawee's documents, "Create a card program" (2025-01-24) and the guide to virtual
        cards (2026-04-01).
        """

    @route("GET", "/card-programs/:id")
    async def get(self, program_id: str) -> CardProgram:
        """Read one program.

        Args:
            program_id: The id, for instance `c.prg.2tXPDcLLvvXGeTNk9`.

        Returns:
            The program.

        Raises:
            NotFoundError: There is no such program.
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get your card programs" (2024-09-13).
        """

    @route("PUT", "/card-programs/:id")
    async def update(
        self,
        program_id: str,
        *,
        name: str,
        network: CardNetwork | str,
        type: CardType | str,
        currency: Currency | str,
        description: str | None = None,
        quantity: int | None = None,
        distribution: CardDistribution | FreeForm | None = None,
        personalization: CardPersonalization | FreeForm | None = None,
        authorization: CardAuthorizationSettings | FreeForm | None = None,
    ) -> CardProgram:
        """Replace a program that is not approved yet. Sending it twice does no harm: it is retried.

        Args:
            program_id: The id, for instance `c.prg.2tXPDcLLvvXGeTNk9`.
            name: A name that none of your programs has.
            network: `verve`, `mastercard` or `visa`.
            type: `virtual` or `physical`.
            currency: `NGN` or `USD`.
            description: Your own words.
            quantity: How many physical cards are to be made.
            distribution: How they are delivered.
            personalization: What they look like, likewise.
            authorization: How purchases are decided and paid, likewise.

        Returns:
            The program as it is now.

        Raises:
            NotFoundError: There is no such program.
            BadRequestError: A field is missing or invalid, or the program is approved.

        Source: Allawee's documents, "Update a card program" (2024-09-13).
        """
