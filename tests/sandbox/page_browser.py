"""A real Chromium, and what must not happen in it: errors, broken policy, foreign requests."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, BrowserContext, Page, Request

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
    """Opens tabs of one browser, and takes note of all that should not be."""

    def __init__(self, browser: Browser, home: str) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._home = home

    async def context(self, **options: Any) -> BrowserContext:
        context = await self._browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.on("request", self._look_at)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        context.on(
            "console",
            lambda told: (
                self.complaints.append(told.text) if told.type in ("error", "warning") else None
            ),
        )
        return context

    async def tab(self, url: str, **options: Any) -> Page:
        page = await (await self.context(**options)).new_page()
        await page.goto(url)
        return page

    def _look_at(self, request: Request) -> None:
        if not request.url.startswith(self._home):
            self.complaints.append(f"a foreign request: {request.url}")


@asynccontextmanager
async def chromium(home: str, *, all_is_well: bool = True) -> AsyncIterator[Watched]:
    """Run a browser in which all is well to the end; `home` is where all requests go to."""
    assert async_playwright is not None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        try:
            watched = Watched(browser, home)
            yield watched
        finally:
            await browser.close()
    if all_is_well:
        assert watched.complaints == []
