"""The sandbox's own page at `/_sandbox`: what is going on in it, and buttons to make it go on."""

from __future__ import annotations

from allawee_async.sandbox.page.actions import Stage
from allawee_async.sandbox.page.scene import ROOT
from allawee_async.sandbox.page.serving import Page

__all__ = ["ROOT", "Page", "Stage"]
