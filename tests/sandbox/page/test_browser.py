"""The sandbox's page in a real browser: what is done shows up by itself, and all is calm."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.page.views import VIEWS
from tests.sandbox.page_browser import chromium, needs_chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from tests.sandbox.conftest import Calling
    from tests.sandbox.event_receiver import Receiver

pytestmark = needs_chromium

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(customers=60, seed=1) as running:
        yield running
        assert not running.crashes


async def outcome(page: Page) -> str:
    """Return what the page tells of the last action, once it does."""
    told = page.locator("#outcome p")
    await told.wait_for()
    return await told.inner_text()


async def test_a_purchase_and_its_deliveries_show_up_by_themselves(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answer = lambda: web.json_response({"action": "approve"})
    sandbox.add_webhook(receiver.url)
    async with chromium(sandbox.url) as browser:
        watching = await browser.tab(sandbox.page_url + "/webhooks")
        page = await browser.tab(sandbox.page_url)
        await page.get_by_label("Card", exact=True).select_option("c.2tVghquVL5LxCkjB3")
        await page.get_by_label("Amount").first.fill("1,250.50")
        await page.get_by_role("button", name="Use the card").click()

        assert await outcome(page) == "The webhook is asked: NGN 1,250.50 at Wakanow."
        newest = page.locator("#authorizations li").first
        await newest.filter(has_text="approved").wait_for()
        assert "NGN 1,250.50" in await newest.inner_text()
        row = watching.locator("#events li")
        for event in ("card.authorization.request", "card.authorization.closed"):
            row = watching.locator("#events li", has_text=event)
            await row.filter(has_text="delivered").wait_for()
            await row.locator("summary").click()
            assert '"action": "approve"' in await row.inner_text()
        await row.get_by_role("button", name="Send again").click()
        assert (await outcome(watching)).startswith("On its way again: evt.")
        await row.filter(has_text="2 attempts").wait_for()
        assert await row.locator("details").get_attribute("open") is not None


async def test_a_pay_in_changes_the_balance_in_every_tab(sandbox: Sandbox) -> None:
    async with chromium(sandbox.url) as browser:
        watching = await browser.tab(sandbox.page_url + "/accounts")
        assert "NGN 10,000,000.00" in await watching.locator("#accounts tr").first.inner_text()
        page = await browser.tab(sandbox.page_url)
        await page.get_by_label("Amount").nth(1).fill("25.75")
        await page.get_by_role("button", name="Pay in").click()

        assert (await outcome(page)).startswith("Paid in: NGN 25.75 to ")
        account = watching.locator("#accounts tr", has_text="NGN 10,000,025.75")
        await account.wait_for()
        await watching.locator("#payments li", has_text="NGN 25.75").wait_for()


async def test_a_fault_hits_the_next_request_and_both_are_seen(
    sandbox: Sandbox, calling: Calling
) -> None:
    allawee = calling(sandbox)
    async with chromium(sandbox.url) as browser:
        page = await browser.tab(sandbox.page_url + "/requests")
        await page.get_by_label("What happens").select_option("503")
        await page.get_by_role("button", name="Inject").click()
        assert await outcome(page) == "Ordered: 503 Service Unavailable."
        await page.locator("#faults li", has_text="status 503: the next request").wait_for()

        assert (await allawee.get("/customers")).status == 503
        hit = page.locator("#requests li", has_text="fault: status 503")
        await hit.wait_for()
        await page.locator("#faults li", has_text="No fault is ordered").wait_for()
        await hit.locator("summary").focus()
        await page.keyboard.press("Enter")
        assert '"code": "service-unavailable"' in await hit.inner_text()
        await hit.evaluate("row => { row.isTheSame = true }")
        assert (await allawee.get("/customers")).status == 200
        await page.locator("#requests li").nth(1).wait_for()
        # What came on top has taken neither the focus nor what was opened, nor the row itself.
        assert '"code": "service-unavailable"' in await hit.inner_text()
        assert await hit.evaluate("row => row.isTheSame && row.contains(document.activeElement)")


async def test_it_can_be_paused_and_tells_when_the_sandbox_is_gone(
    sandbox: Sandbox, calling: Calling
) -> None:
    async with chromium(sandbox.url) as browser:
        page = await browser.tab(sandbox.page_url + "/requests")
        await page.get_by_role("button", name="Pause").click()
        await page.get_by_text("Paused").wait_for()
        await calling(sandbox).get("/customers")
        await asyncio.sleep(1.2)
        assert await page.locator("#requests summary").count() == 0
        await page.get_by_role("button", name="Go on").click()
        await page.locator("#requests summary").wait_for()
        await sandbox.close()
        await page.get_by_text("No connection").wait_for()
        browser.complaints[:] = [
            told for told in browser.complaints if "ERR_CONNECTION_REFUSED" not in told
        ]


async def test_it_works_without_scripts(sandbox: Sandbox) -> None:
    async with chromium(sandbox.url) as browser:
        page = await browser.tab(sandbox.page_url + "/cards", java_script_enabled=False)
        await page.get_by_role("link", name="Use verve •••• 2668, Damini").click()
        await page.get_by_role("button", name="Use the card").click()

        assert await outcome(page) == "Approved: NGN 5.00 at Wakanow."
        assert "approved" in await page.locator("#authorizations li").first.inner_text()
        assert "card=c.2tVghquVL5LxCkjB3" in page.url
        await page.get_by_role("link", name="Customers").click()
        await page.get_by_role("searchbox").fill("cus.2tXNjMhytgx7hCxu9")
        await page.get_by_role("button", name="Search").click()
        assert await page.locator("#customers tr").count() == 1


async def test_hostile_names_are_only_text(sandbox: Sandbox) -> None:
    sandbox.add_customer({"name": HOSTILE, "reference": HOSTILE})
    async with chromium(sandbox.url) as browser:
        page = await browser.tab(sandbox.page_url + "/customers")
        await page.get_by_text(HOSTILE).first.wait_for()
        sandbox.add_customer({"id": '"><script>', "name": HOSTILE + "2"})  # and by update
        await page.get_by_text(HOSTILE + "2").wait_for()

        assert await page.locator("img, script:not([src])").count() == 0


async def test_a_phone_shows_every_view_without_scrolling_sideways(
    sandbox: Sandbox, calling: Calling
) -> None:
    allawee = calling(sandbox)
    sandbox.add_customer({"name": "Wolfeschlegelsteinhausenbergerdorff" * 5})
    sandbox.add_webhook("http://127.0.0.1:1/" + "hooks" * 30, ["x" * 80])
    sandbox.state.emit("x" * 80, {})
    await allawee.get("/customers/" + "y" * 200, filter="name:" + "z" * 100)
    async with chromium(sandbox.url) as browser:
        phone = {"width": 375, "height": 700}
        page = await browser.tab(sandbox.page_url, viewport=phone)
        for name in VIEWS:
            await page.goto(f"{sandbox.page_url}/{name}")
            await page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width == 375, name


async def test_it_is_light_or_dark_as_somebody_likes_it(sandbox: Sandbox) -> None:
    async with chromium(sandbox.url) as browser:
        brightness: dict[str, int] = {}
        for scheme in ("light", "dark"):
            page = await browser.tab(sandbox.page_url, color_scheme=scheme)
            ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
            brightness[scheme] = sum(map(int, re.findall(r"\d+", ground)))

    assert brightness["dark"] < 150
    assert brightness["light"] > 600


async def test_another_site_can_neither_press_a_button_nor_show_the_page(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    """The other site even knows the token; it is on another port of this computer."""
    async with chromium("http://", all_is_well=False) as browser:
        page = await browser.tab(sandbox.page_url)
        token = await page.locator('input[name="token"]').first.get_attribute("value")
        await page.close()
        form = (
            f'<form method="post" action="{sandbox.page_url}/do/reset">'
            f'<input name="token" value="{token}"><button>Win a prize</button></form>'
            f'<iframe src="{sandbox.page_url}"></iframe>'
        )
        site = web.Server(_always(web.Response, text=form, content_type="text/html"))
        runner = web.ServerRunner(site, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            evil = await browser.tab(f"http://127.0.0.1:{runner.addresses[0][1]}/")
            framed = await evil.frames[1].evaluate("document.body.innerText")
            sandbox.add_customer({"name": "Still here"})
            await evil.get_by_role("button", name="Win a prize").click()
            told = await evil.locator("body").inner_text()
        finally:
            await runner.cleanup()

        assert told == "Actions are taken from the sandbox's own page only."
        assert len(sandbox.state.customers) == 61
        assert "Latest requests" not in framed
        refusals = [told for told in browser.complaints if "frame-ancestors" in told]
        assert refusals


def _always(make: Any, **given: Any) -> Any:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        response: web.StreamResponse = make(**given)
        return response

    return answer
