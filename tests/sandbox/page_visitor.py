"""Somebody with a browser on the sandbox's page, as far as HTTP tells."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import aiohttp

    from allawee_async.sandbox import Sandbox


class Answer(NamedTuple):
    status: int
    headers: Any
    text: str


class FormReader(HTMLParser):
    """Reads what the forms of a page send if somebody only presses their buttons."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = self.forms.setdefault(found.get("action", ""), {})
        elif tag == "input" and found.get("type") != "checkbox":
            self._fields[found["name"]] = found.get("value", "")
        elif tag == "select":
            self._select = found["name"]
        elif tag == "option" and self._select:
            if "selected" in found:
                self._fields[self._select] = found["value"]
            self._fields.setdefault(self._select, found["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


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
        assert done.headers.get("Location", "").startswith(back)
        return await self.follow(done)

    async def press(self, path: str, action: str, **typed: str) -> Answer:
        """Press a button of a view as a browser without scripts does."""
        forms = FormReader((await self.get(path)).text).forms
        return await self.post(action, forms[f"/_sandbox/do/{action}"] | typed)

    async def follow(self, done: Answer) -> str:
        """Go where an action leads, and return the outcome that is shown there."""
        assert done.status == 303, done.text
        shown = await self.get(done.headers["Location"].removeprefix("/_sandbox"))
        assert shown.status == 200
        found = re.search(r'<p class="outcome [a-z]+">(.*?)</p>', shown.text)
        assert found is not None, shown.text
        return html.unescape(re.sub(r"<[^>]*>", "", found[1]))
