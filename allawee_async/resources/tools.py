"""Tools: banks, bills, exchange rates, merchants, and what payments have by default."""

from allawee_async.lazy import Noun
from allawee_async.models import tools
from allawee_async.models.common import Currency
from allawee_async.resources.base import Listable, Resource, route
from allawee_async.types import FreeForm, MinorUnits


class Banks(Listable[tools.Bank], path="/tools/banks", loose=True):
    """`allawee.tools.banks`: banks, and whose a bank account is."""

    @route("GET", "/tools/banks/short-list/:accountNumber")
    async def short_list(self, account_number: str) -> tuple[tools.Bank, ...]:
        """List the banks that an account number may belong to, by its check digit.

        Args:
            account_number: A text of 10 digits, as it may begin with zeros.

        Returns:
            The banks; the right one may be missing. What the API tells of each is not documented.

        Raises:
            BadRequestError: It is no account number.

        Source: Allawee's documents on tools, banks (2024-09-13).
        """

    @route("GET", "/tools/banks/resolve")
    async def resolve(self, *, account_number: str, bank_code: str) -> tools.ResolvedAccount:
        """Tell whose a bank account is; do so before you pay out to it.

        Args:
            account_number: A text of 10 digits, as it may begin with zeros.
            bank_code: A text of 3 digits or 6: `058`, `000013`.

        Returns:
            The name of the owner and what else the API tells.

        Raises:
            APIError: The bank has no such account.

        Source: Allawee's documents on tools, banks (2024-09-13).
        """


class Bills(Resource):
    """`allawee.tools.bills`: bills that can be paid."""

    @route("GET", "/tools/bills/categories")
    async def categories(self) -> tuple[tools.BillCategory, ...]:
        """List the kinds of bills.

        Returns:
            All of them; what the API tells of each is not documented.

        Raises:
            AllaweeError: As for any read.

        Source: Allawee's documents on tools, bills (2024-09-13).
        """

    @route("GET", "/tools/bills/products")
    async def products(self) -> tuple[tools.BillProduct, ...]:
        """List the bills that can be paid.

        Returns:
            All of them; what the API tells of each is not documented, but for the shape of
            `inputs`, which is in `extra`.

        Raises:
            AllaweeError: As for any read.

        Source: Allawee's documents on tools, bills (2024-09-13).
        """

    @route("GET", "/tools/bills/products/:id")
    async def product(self, product_id: str) -> tools.BillProduct:
        """Read one bill that can be paid.

        Args:
            product_id: The id, for instance `bp.2cbc123456`.

        Returns:
            The product; what the `inputs` of a payment must hold is in `extra`.

        Raises:
            NotFoundError: There is no such product.

        Source: Allawee's documents on tools, bills (2024-09-13).
        """


class ConfigurationTools(Resource):
    """`allawee.tools.configuration`: what payments have by default."""

    @route("GET", "/tools/configuration")
    async def get(self) -> tools.Configuration:
        """Read the configuration.

        Returns:
            The configuration; what it holds is not documented.

        Raises:
            AllaweeError: As for any read.

        Source: Allawee's documents on tools, configuration (2024-09-13).
        """

    @route("PUT", "/tools/configuration/payment")
    async def update_payment(
        self,
        *,
        pay_in_account: str | None = None,
        pay_out_account: str | None = None,
        fees: tools.PaymentFees | FreeForm | None = None,
    ) -> tools.Configuration:
        """Set what later payments have by default. It does no harm twice, so it is retried.

        Args:
            pay_in_account: The id of the account that gets what comes in.
            pay_out_account: The id of the account that pays what goes out.
            fees: The ids of the fees of yours to charge: `{"bankTransfer": "fee.…", "billPayment":
                "fee.…"}`.

        Returns:
            The configuration, as far as the API tells it; the documents show no answer.

        Raises:
            BadRequestError: A field is invalid; the error names it.

        Source: Allawee's documents on tools, configuration (2024-09-13).
        """


class Fx(Resource):
    """`allawee.tools.fx`: exchange rates and quotes."""

    @route("GET", "/tools/fx/rates")
    async def rates(
        self, *, from_: Currency | str | None = None, to: Currency | str | None = None
    ) -> tuple[tools.FxRate, ...]:
        """List exchange rates.

        Args:
            from_: Only rates from this currency, for instance `NGN`.
            to: Only rates to this currency, for instance `USD`.

        Returns:
            The rates; how the API writes them is not documented: see `extra`.

        Raises:
            BadRequestError: There is no such currency.

        Source: Allawee's documents on tools, FX (2024-09-13).
        """

    @route("POST", "/tools/fx/quotes", resend=True)
    async def create_quote(
        self, *, from_: Currency | str, to: Currency | str, amount: MinorUnits
    ) -> tools.FxQuote:
        """Ask for an exchange rate that the API stands by. It moves no money, so it is retried.

        Args:
            from_: The currency that is given, for instance `NGN`.
            to: The currency that is got, for instance `USD`.
            amount: What is got, in minor units of `to`: from NGN to USD, 1100 are 11 dollars.

        Returns:
            The quote, with the hash that `fx_hash` of cards and `fx_quote_hash` of payouts want.
            How long it holds is not documented.

        Raises:
            ConfigurationError: `amount` is no whole number, or negative.
            BadRequestError: There is no rate between these currencies.

        Source: Allawee's documents on tools, FX (2024-09-13).
        """


class Merchants(Listable[tools.Merchant], path="/tools/merchants", loose=True):
    """`allawee.tools.merchants`: merchants and their categories."""

    @route("GET", "/tools/merchants/categories")
    async def categories(self) -> tuple[tools.MerchantCategory, ...]:
        """List the kinds of merchants, which the controls of cards allow and block.

        Returns:
            All of them; what the API tells of each is not documented. A bare name is
            `extra["value"]`.

        Raises:
            AllaweeError: As for any read.

        Source: Allawee's documents on tools, merchants (2024-09-13).
        """

    @route("GET", "/tools/merchants/:id")
    async def get(self, merchant_id: str) -> tools.Merchant:
        """Read one merchant.

        Args:
            merchant_id: The id, for instance `mch.2cbc123456`.

        Returns:
            The merchant; what the API tells of it is not documented.

        Raises:
            NotFoundError: There is no such merchant.

        Source: Allawee's documents on tools, merchants (2024-09-13).
        """


class Tools(Resource):
    """`allawee.tools`: what payments and cards need to know."""

    banks = Noun("Banks, and whose a bank account is.", Banks)
    bills = Noun("Bills that can be paid.", Bills)
    configuration = Noun("What payments have by default.", ConfigurationTools)
    fx = Noun("Exchange rates, and quotes that the API stands by.", Fx)
    merchants = Noun("Merchants and their categories, for the controls of cards.", Merchants)
