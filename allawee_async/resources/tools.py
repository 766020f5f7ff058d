"""Tools: banks, bills, exchange rates, merchants, and what payments have by default."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from allawee_async.resources.tools_banks import Banks
from allawee_async.resources.tools_bills import Bills
from allawee_async.resources.tools_configuration import ConfigurationTools
from allawee_async.resources.tools_fx import Fx
from allawee_async.resources.tools_merchants import Merchants

if TYPE_CHECKING:
    from allawee_async.transport.session import SessionManager


class Tools:
    """`allawee.tools`: what payments and cards need to know."""

    def __init__(self, session: SessionManager) -> None:
        self._session = session

    @cached_property
    def banks(self) -> Banks:
        """Banks, and whose a bank account is."""
        return Banks(self._session)

    @cached_property
    def bills(self) -> Bills:
        """Bills that can be paid."""
        return Bills(self._session)

    @cached_property
    def configuration(self) -> ConfigurationTools:
        """What payments have by default."""
        return ConfigurationTools(self._session)

    @cached_property
    def fx(self) -> Fx:
        """Exchange rates, and quotes that the API stands by."""
        return Fx(self._session)

    @cached_property
    def merchants(self) -> Merchants:
        """Merchants and their categories, for the controls of cards."""
        return Merchants(self._session)
