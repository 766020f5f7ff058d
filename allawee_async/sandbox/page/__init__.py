"""The sandbox's own page at `/_sandbox`: what is going on in it, and buttons to make it go on."""

from __future__ import annotations

from allawee_async.sandbox.page.actions import ActionContext
from allawee_async.sandbox.page.adapter import PageServer
from allawee_async.sandbox.page.context import ROOT

__all__ = ["ROOT", "ActionContext", "PageServer"]
