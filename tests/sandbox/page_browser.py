"""A real Chromium, and what must not happen in it: errors, broken policy, foreign requests."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import BrowserContext, Page, Request

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 20_000  # milliseconds
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

try:
    from playwright.async_api import async_playwright
except ImportError:
    async_playwright = None  # type: ignore[assignment]

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or async_playwright is None,
    reason="needs Chromium (apt install chromium) and playwright (pip install playwright)",
)


class Watched:
    """Opens tabs of a browser, which are used again, and takes note of all that should not be."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self._context = context
        self._home = ""
        self._free: list[Page] = []
        self._used: list[Page] = []

    async def tab(self, url: str) -> Page:
        """Show an address in a tab of its own."""
        page = self._free.pop() if self._free else await self._open()
        self._used.append(page)
        await page.bring_to_front()  # those behind are drawn seldom, and clicks wait for it
        await page.set_viewport_size({"width": 1280, "height": 720})
        await page.emulate_media(color_scheme="light")
        await page.goto(url)
        return page

    @asynccontextmanager
    async def watching(self, home: str, *, all_is_well: bool = True) -> AsyncIterator[Watched]:
        """Let all be well while the block lasts; all requests go to `home`."""
        self._home = home
        self.complaints.clear()
        try:
            yield self
            if all_is_well:
                assert self.complaints == []
        finally:
            while self._used:
                page = self._used.pop()
                await page.goto("about:blank")
                self._free.append(page)

    async def _open(self) -> Page:
        page = await self._context.new_page()
        page.on("request", self._look_at)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on(
            "console",
            lambda told: (
                self.complaints.append(told.text) if told.type in ("error", "warning") else None
            ),
        )
        return page

    def _look_at(self, request: Request) -> None:
        if not request.url.startswith((self._home, "about:")):
            self.complaints.append(f"a foreign request: {request.url}")


@asynccontextmanager
async def chromium() -> AsyncIterator[Watched]:
    """Run a browser, in whose tabs time can be turned forward."""
    assert async_playwright is not None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        try:
            context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
            context.set_default_timeout(PATIENCE)
            await context.clock.install()
            yield Watched(context)
        finally:
            await browser.close()
