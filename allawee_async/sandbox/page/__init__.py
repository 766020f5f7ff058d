"""The sandbox's own page at `/_sandbox`: what is going on in it, and buttons to make it go on."""

from __future__ import annotations

from allawee_async.sandbox.page.actions import Stage
from allawee_async.sandbox.page.adapter import Page
from allawee_async.sandbox.page.context import ROOT

__all__ = ["ROOT", "Page", "Stage"]
