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
    """Opens tabs of a browser, and takes note of all that should not be."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.complaints: list[str] = []
        self._context = context
        self._home = home
        self._pages: list[Page] = []

    async def tab(self, url: str) -> Page:
        """Open a tab."""
        page = await self._context.new_page()
        self._pages.append(page)
        page.on("request", self._look_at)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on(
            "console",
            lambda told: (
                self.complaints.append(told.text) if told.type in ("error", "warning") else None
            ),
        )
        await page.goto(url)
        return page

    async def close(self) -> None:
        """Close all tabs."""
        for page in self._pages:
            await page.close()

    def _look_at(self, request: Request) -> None:
        if not request.url.startswith(self._home):
            self.complaints.append(f"a foreign request: {request.url}")


@asynccontextmanager
async def chromium() -> AsyncIterator[BrowserContext]:
    """Run a browser, in whose tabs time can be turned forward."""
    assert async_playwright is not None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        try:
            context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
            context.set_default_timeout(PATIENCE)
            await context.clock.install()
            yield context
        finally:
            await browser.close()


@asynccontextmanager
async def watched(
    browser: BrowserContext, home: str, *, all_is_well: bool = True
) -> AsyncIterator[Watched]:
    """Return what opens tabs in which all is well to the end; all requests go to `home`."""
    tabs = Watched(browser, home)
    try:
        yield tabs
    finally:
        await tabs.close()
    if all_is_well:
        assert tabs.complaints == []
