"""The sandbox's page in a real browser: what is done shows up by itself, and all is calm."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.page.views import VIEWS
from tests.sandbox.conftest import Caller
from tests.sandbox.page_browser import Watched, chromium, needs_chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from playwright.async_api import Locator, Page

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Watched]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Sandbox]:
    async with Sandbox(customers=60, seed=1) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox(running: Sandbox) -> AsyncIterator[Sandbox]:
    running.reset()
    yield running
    assert not running.crashes


@pytest_asyncio.fixture(loop_scope="module")
async def tabs(browser: Watched, sandbox: Sandbox) -> AsyncIterator[Watched]:
    async with browser.watching(sandbox.url) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def caller(sandbox: Sandbox) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(session, sandbox)


async def shown(found: Locator) -> Locator:
    """Return what the page shows after it has asked for what is new, without the pause before."""
    await found.page.clock.fast_forward(1_000)
    await found.wait_for()
    return found


async def outcome(page: Page) -> str:
    """Return what the page tells of the last action, once it does."""
    told = page.locator("#outcome p")
    await told.wait_for()
    return await told.inner_text()


@asynccontextmanager
async def serving(make: Callable[[], web.Response]) -> AsyncIterator[str]:
    """Run a server that answers everything alike, and return its address."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return make()

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_a_purchase_and_its_deliveries_show_up_by_themselves(
    sandbox: Sandbox, tabs: Watched
) -> None:
    async with serving(lambda: web.json_response({"action": "approve"})) as url:
        sandbox.add_webhook(url)
        row = await see_a_purchase(sandbox, tabs)

        assert await row.locator("details").get_attribute("open") is not None


async def see_a_purchase(sandbox: Sandbox, tabs: Watched) -> Locator:
    """Use a card and send its last event again; return its row in the tab that only watches."""
    watching = await tabs.tab(sandbox.page_url + "/webhooks")
    page = await tabs.tab(sandbox.page_url)
    await page.get_by_label("Card", exact=True).select_option("c.2tVghquVL5LxCkjB3")
    await page.get_by_label("Amount").first.fill("1,250.50")
    await page.get_by_role("button", name="Use the card").click()

    assert await outcome(page) == "The webhook is asked: NGN 1,250.50 at Wakanow."
    await sandbox.deliver()
    newest = await shown(page.locator("#authorizations li").first.filter(has_text="approved"))
    assert "NGN 1,250.50" in await newest.inner_text()
    await watching.bring_to_front()
    names = ("card.authorization.request", "card.authorization.closed")
    rows = [watching.locator("#events li", has_text=name) for name in names]
    for row in rows:
        await shown(row.filter(has_text="delivered"))
        await row.locator("summary").click()
        assert '"action": "approve"' in await row.inner_text()
    row = rows[-1]
    await row.get_by_role("button", name="Send again").click()
    assert (await outcome(watching)).startswith("On its way again: evt.")
    await sandbox.deliver()
    return await shown(row.filter(has_text="2 attempts"))


async def test_a_pay_in_changes_the_balance_in_every_tab(sandbox: Sandbox, tabs: Watched) -> None:
    watching = await tabs.tab(sandbox.page_url + "/accounts")
    assert "NGN 10,000,000.00" in await watching.locator("#accounts tr").first.inner_text()
    page = await tabs.tab(sandbox.page_url)
    await page.get_by_label("Amount").nth(1).fill("25.75")
    await page.get_by_role("button", name="Pay in").click()

    assert (await outcome(page)).startswith("Paid in: NGN 25.75 to ")
    await shown(watching.locator("#accounts tr", has_text="NGN 10,000,025.75"))
    await shown(watching.locator("#payments li", has_text="NGN 25.75"))


async def test_a_fault_hits_the_next_request_and_both_are_seen(
    sandbox: Sandbox, tabs: Watched, caller: Caller
) -> None:
    page = await tabs.tab(sandbox.page_url + "/requests")
    await page.get_by_label("What happens").select_option("503")
    await page.get_by_role("button", name="Inject").click()
    assert await outcome(page) == "Ordered: 503 Service Unavailable."
    await shown(page.locator("#faults li", has_text="status 503: the next request"))

    assert (await caller.get("/customers")).status == 503
    hit = await shown(page.locator("#requests li", has_text="fault: status 503"))
    await shown(page.locator("#faults li", has_text="No fault is ordered"))
    await hit.locator("summary").focus()
    await page.keyboard.press("Enter")
    assert '"code": "service-unavailable"' in await hit.inner_text()
    await hit.evaluate("row => { row.isTheSame = true }")
    assert (await caller.get("/customers")).status == 200
    await shown(page.locator("#requests li").nth(1))
    # What came on top has taken neither the focus nor what was opened, nor the row itself.
    assert '"code": "service-unavailable"' in await hit.inner_text()
    assert await hit.evaluate("row => row.isTheSame && row.contains(document.activeElement)")


async def test_it_can_be_paused_and_tells_when_the_sandbox_is_gone(browser: Watched) -> None:
    async with Sandbox() as sandbox, browser.watching(sandbox.url) as tabs:
        page = await tabs.tab(sandbox.page_url + "/requests")
        await page.get_by_role("button", name="Pause").click()
        await page.get_by_text("Paused").wait_for()
        async with aiohttp.ClientSession() as session:
            await Caller(session, sandbox).get("/customers")
        await page.clock.fast_forward(5_000)
        assert await page.locator("#requests summary").count() == 0
        await page.get_by_role("button", name="Go on").click()
        await shown(page.locator("#requests summary"))
        await sandbox.close()
        await shown(page.get_by_text("No connection"))
        tabs.complaints[:] = [
            told for told in tabs.complaints if "ERR_CONNECTION_REFUSED" not in told
        ]


async def test_what_is_told_goes_by_itself_or_when_it_is_dismissed(
    sandbox: Sandbox, tabs: Watched
) -> None:
    page = await tabs.tab(sandbox.page_url)
    told, dismiss = page.locator("#outcome p"), page.get_by_role("link", name="Dismiss")
    await page.get_by_role("button", name="Settle all cards now").click()
    assert await outcome(page) == "Settled: 0 purchases."
    await page.clock.fast_forward(7_000)
    await told.wait_for(state="detached")
    await page.get_by_label("Merchant").fill("Shoprite")
    await page.get_by_label("Card", exact=True).select_option("c.2tVghquVL5LxCkjB3")
    await page.get_by_role("button", name="Use the card").click()
    assert (await outcome(page)).startswith("Declined: ")
    await page.clock.fast_forward(60_000)
    await dismiss.click()
    await told.wait_for(state="detached")

    assert page.url == sandbox.page_url


async def test_what_is_to_be_copied_is_copied(sandbox: Sandbox, tabs: Watched) -> None:
    page = await tabs.tab(sandbox.page_url)
    await page.get_by_role("button", name="Copy", exact=True).click()
    await page.get_by_role("button", name="Copied").wait_for()
    lines = await page.evaluate("navigator.clipboard.readText()")
    assert lines.splitlines() == [
        f"export ALLAWEE_BASE_URL={sandbox.url}",
        f"export ALLAWEE_SECURE_URL={sandbox.secure_url}",
        f"export ALLAWEE_API_KEY={sandbox.api_key}",
    ]
    await page.get_by_role("button", name="Make a key for a client").click()
    told = await outcome(page)
    await page.clock.fast_forward(60_000)
    await page.locator("#outcome .copy").click()
    await page.locator("#outcome").get_by_text("Copied").wait_for()

    key = await page.evaluate("navigator.clipboard.readText()")
    assert key.startswith("sk.test.")
    assert key in told


async def test_hostile_names_are_only_text(sandbox: Sandbox, tabs: Watched) -> None:
    sandbox.add_customer({"name": HOSTILE, "reference": HOSTILE})
    page = await tabs.tab(sandbox.page_url + "/customers")
    await page.get_by_text(HOSTILE).first.wait_for()
    sandbox.add_customer({"id": '"><script>', "name": HOSTILE + "2"})  # and by update
    await (await shown(page.get_by_text(HOSTILE + "2"))).click()
    await page.get_by_role("heading", name=HOSTILE + "2").wait_for()

    assert await page.locator("img, script:not([src])").count() == 0


async def test_a_phone_shows_every_view_without_scrolling_sideways(
    sandbox: Sandbox, tabs: Watched, caller: Caller
) -> None:
    long = sandbox.add_customer({"name": "Wolfeschlegelsteinhausenbergerdorff" * 5})
    sandbox.add_webhook("http://127.0.0.1:1/" + "hooks" * 30, ["x" * 80])
    sandbox.state.emit("x" * 80, {})
    await caller.get("/customers/" + "y" * 200, filter="name:" + "z" * 100)
    page = await tabs.tab(sandbox.page_url)
    await page.set_viewport_size({"width": 375, "height": 700})
    details = [f"customers?id={long['id']}", "cards?id=c.2tVghquVL5LxCkjB3", "accounts?id=no"]
    for name in [*VIEWS, "accounts?id=ac.2tVZczWw7m6Teoeb7", *details]:
        await page.goto(f"{sandbox.page_url}/{name}", wait_until="commit")
        await page.locator("footer").wait_for()
        await page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width == 375, name


async def test_it_is_light_or_dark_as_somebody_likes_it(sandbox: Sandbox, tabs: Watched) -> None:
    brightness: dict[str, int] = {}
    page = await tabs.tab(sandbox.page_url)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness[scheme] = sum(map(int, re.findall(r"\d+", ground)))

    assert brightness["dark"] < 150
    assert brightness["light"] > 600


async def test_another_site_can_neither_press_a_button_nor_show_the_page(
    sandbox: Sandbox, browser: Watched
) -> None:
    """The other site even knows the token; it is on another port of this computer."""
    async with browser.watching("http://", all_is_well=False) as tabs:
        page = await tabs.tab(sandbox.page_url)
        token = await page.locator('input[name="token"]').first.get_attribute("value")
        form = (
            f'<form method="post" action="{sandbox.page_url}/do/reset">'
            f'<input name="token" value="{token}"><button>Win a prize</button></form>'
            f'<iframe src="{sandbox.page_url}"></iframe>'
        )

        async with serving(lambda: web.Response(text=form, content_type="text/html")) as url:
            evil = await tabs.tab(url)
            framed = await evil.frames[1].evaluate("document.body.innerText")
            sandbox.add_customer({"name": "Still here"})
            await evil.get_by_role("button", name="Win a prize").click()
            told = await evil.locator("body").inner_text()

        assert told == "Actions are taken from the sandbox's own page only."
        assert len(sandbox.state.customers) == 61
        assert "Latest requests" not in framed
        refusals = [told for told in tabs.complaints if "frame-ancestors" in told]
        assert refusals
