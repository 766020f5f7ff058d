"""Somebody with a browser on the sandbox's page, as far as HTTP tells."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import aiohttp

    from allawee_async.sandbox import Sandbox


class Answer(NamedTuple):
    status: int
    headers: Any
    text: str


class Visitor:
    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.sandbox = sandbox

    async def get(self, path: str = "", **headers: str) -> Answer:
        url = self.sandbox.page_url + path
        async with self.session.get(url, headers=headers, allow_redirects=False) as reply:
            return Answer(reply.status, reply.headers, await reply.text())

    async def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', (await self.get()).text)
        assert found is not None
        return found[1]

    async def post(
        self,
        action: str,
        fields: dict[str, str],
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a form as the page does, and return the answer to just that."""
        sent = {"token": await self.token() if token is None else token} | fields
        told = {"Origin": self.sandbox.url, "Sec-Fetch-Site": "same-origin"}
        if headers is not None:
            told = headers
        async with self.session.post(
            f"{self.sandbox.page_url}/do/{action}", data=sent, headers=told, allow_redirects=False
        ) as reply:
            return Answer(reply.status, reply.headers, await reply.text())

    async def act(self, action: str, back: str = "/_sandbox", **fields: str) -> str:
        """Press a button, go where it leads, and return the outcome that is shown there."""
        done = await self.post(action, {"back": back} | fields)
        assert done.status == 303, done.text
        where = done.headers["Location"]
        assert where.startswith(back)
        shown = await self.get(where.removeprefix("/_sandbox"))
        assert shown.status == 200
        found = re.search(r'<p class="outcome [a-z]+">(.*?)</p>', shown.text)
        assert found is not None, shown.text
        return html.unescape(re.sub(r"<[^>]*>", "", found[1]))
