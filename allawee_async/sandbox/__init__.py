"""An embedded Allawee: a real HTTP server that plays the API, for tests and demonstrations.

It shares no code with the client, so that a mistake of one cannot hide behind the other.
"""

from __future__ import annotations

from allawee_async.sandbox.core.sqlite import StateFileError
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.faults.deliveries import DeliveryFaults, Sending
from allawee_async.sandbox.faults.kinds import RECOVERABLE
from allawee_async.sandbox.faults.plan import Faults
from allawee_async.sandbox.http.request_log import LoggedRequest
from allawee_async.sandbox.query.grammar import MalformedQueryError
from allawee_async.sandbox.rules import RULES, Rule
from allawee_async.sandbox.server import Sandbox

StoreError = StateFileError
"""The first name of `StateFileError`; a class of `allawee_async.webhooks` has it, too."""

__all__ = [
    "RECOVERABLE",
    "RULES",
    "DeliveryFaults",
    "Faults",
    "LoggedRequest",
    "MalformedQueryError",
    "Rule",
    "Sandbox",
    "Sending",
    "State",
    "StateFileError",
    "StoreError",
]
