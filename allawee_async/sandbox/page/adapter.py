"""The page over HTTP: requests in, documents out. What it shows and does is decided elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import parse_qsl

from aiohttp import web

from allawee_async.sandbox.core.values import to_bytes
from allawee_async.sandbox.page import actions
from allawee_async.sandbox.page.control import HEADER, PREFIX, controlled
from allawee_async.sandbox.page.guard import HEADERS, Visit, objection, objection_to_action
from allawee_async.sandbox.page.views import KEPT, ROOT, VIEWS, ViewContext, address, whole_page
from allawee_async.version import install_command

_ASSETS = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class PageServer:
    """Serves the page of one sandbox.

    Args:
        context: What it shows and works on.
        listens_at: The address that the sandbox listens at.
        exports: Returns the lines that make a shell's programs use the sandbox.
    """

    def __init__(
        self, context: actions.ActionContext, *, listens_at: str, exports: Callable[[], list[str]]
    ) -> None:
        self._context = context
        self._listens_at = listens_at
        self._exports = exports
        self._token = token_urlsafe(24)
        self._outcomes: deque[tuple[str, actions.ActionOutcome]] = deque(maxlen=20)
        self._numbers = count(1)

    def serves(self, request: web.BaseRequest) -> bool:
        """Return whether a request is for the page; the API has the others."""
        path = request.raw_path
        return path.startswith(ROOT) and path[len(ROOT) :][:1] in ("", "/", "?")

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one request for the page."""
        try:
            return await self._answer(request)
        except Exception as crash:  # noqa: BLE001 - it is noted
            self._context.adapter.note_crash("show its page", crash)
            return _response(500, "The sandbox itself failed; its log says how.")

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        visit = _visit(request)
        reason = objection(visit, self._listens_at)
        if reason is not None:
            return _response(403, reason)
        path, _, query = request.raw_path.partition("?")
        name = path.removeprefix(ROOT).strip("/")
        by_browser = visit.origin is not None or visit.site is not None
        if name.startswith(PREFIX) and HEADER in request.headers and not by_browser:
            form = await _read_form(request) or {} if request.method == "POST" else {}
            asked, of = dict(parse_qsl(query)) | form, name.removeprefix(PREFIX)
            status, told = controlled(self._context, request.method, of, asked)
            return _response(status, to_bytes(told), "application/json")
        if name.startswith("do/"):
            return await self._act(request, visit, name.removeprefix("do/"))
        if request.method not in ("GET", "HEAD"):
            return _response(405, "This can only be read.", headers={"Allow": "GET, HEAD"})
        if name in _ASSETS:
            return _response(200, _asset(name), _ASSETS[name])
        if name not in VIEWS:
            return _response(404, f"There is no such page; go to {ROOT}.")
        return self._view(name, dict(parse_qsl(query)))

    def _view(self, name: str, query: Mapping[str, str]) -> web.Response:
        own = self._context
        context = ViewContext(
            state=own.state(),
            log=own.adapter.log,
            faults=own.adapter.faults,
            crashes=len(own.adapter.crashes),
            exports=self._exports(),
            token=self._token,
            name=name,
            query=query,
        )
        outcome = dict(self._outcomes).get(query.get("outcome", ""))
        try:
            html = whole_page(context, outcome)
        except ModuleNotFoundError as missing:
            if missing.name not in ("jinja2", "markupsafe"):
                raise
            return _response(501, f"The sandbox's page needs jinja2: {install_command('cli')}")
        return _response(200, html, "text/html; charset=utf-8")

    async def _act(self, request: web.BaseRequest, visit: Visit, name: str) -> web.Response:
        """Carry out an action, and lead back to where somebody was, with its outcome."""
        if request.method != "POST":
            return _response(405, "This is done with a button.", headers={"Allow": "POST"})
        action = actions.ACTIONS.get(name)
        if action is None:
            return _response(404, "There is no such action.")
        form = await _read_form(request)
        if form is None:
            return _response(413, "This is too long for a form.")
        reason = objection_to_action(visit, form.get("token", ""), self._token)
        if reason is not None:
            return _response(403, reason)
        try:
            outcome = action(self._context, form)
        except actions.WrongInputError as error:
            outcome = actions.ActionOutcome(str(error), actions.BAD)
        number = str(next(self._numbers))
        self._outcomes.append((number, outcome))
        return _response(303, headers={"Location": _back(form.get("back", ""), number)})


@cache
def _asset(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()


async def _read_form(request: web.BaseRequest) -> dict[str, str] | None:
    """Return the fields of a form, or None if it is too long."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > 16 * 1024:
            return None
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _back(sent: str, outcome: str) -> str:
    """Return where an action leads back to: a view of the page, whatever was sent."""
    path, _, query = sent.partition("?")
    name = path.removeprefix(ROOT).strip("/")
    kept = {key: value for key, value in parse_qsl(query) if key in KEPT}
    return address(name if name in VIEWS else "", **kept, outcome=outcome)


def _visit(request: web.BaseRequest) -> Visit:
    transport, headers = request.transport, request.headers
    own = None if transport is None else transport.get_extra_info("sockname")
    hosts = headers.getall("Host", [])
    return Visit(
        peer=request.remote or "",
        own=str(own[0]) if own else "",
        host=hosts[0] if len(hosts) == 1 else None,
        origin=headers.get("Origin"),
        site=headers.get("Sec-Fetch-Site"),
    )


def _response(
    status: int,
    body: str | bytes = b"",
    content_type: str = "text/plain; charset=utf-8",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    sent = body.encode(errors="replace") if isinstance(body, str) else body
    told = {**HEADERS, "Content-Type": content_type, **(headers or {})}
    return web.Response(status=status, body=sent, headers=told)
