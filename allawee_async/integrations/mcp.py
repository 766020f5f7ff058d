"""The verbs of a client as tools of the Model Context Protocol, for agents that must do no harm.

It is behind `allawee mcp`, and serves any transport of the official SDK:

server = make_server(allawee, Permissions(writes=True))
async with stdio_server() as (received, sent):
    await server.run(received, sent, server.create_initialization_options())
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, cast

import attrs

from allawee_async.client import AllaweeClient
from allawee_async.codec.converter import to_dict
from allawee_async.errors import AllaweeError, APIError, RequestAccepted
from allawee_async.models.base import Model
from allawee_async.models.schema import camel, masked
from allawee_async.openapi import arguments_schema
from allawee_async.redaction import printable
from allawee_async.resources.verbs import ParameterKind, Returns, Verb, all_verbs
from allawee_async.transport.downloads import Download
from allawee_async.transport.routes import EffectKind
from allawee_async.types import JSONObject
from allawee_async.version import __version__, needing

with needing("the SDK of the protocol", "mcp"):
    import mcp_types as types
    from jsonschema import Draft202012Validator
    from mcp.server.lowlevel import Server

__all__ = ["Permissions", "SpendingLimits", "make_server"]

_USUAL_ENTRIES: Final = 20
_MOST_ENTRIES: Final = 100
_MOST_BYTES_OF_A_FILE: Final = 1_000_000
_INSTRUCTIONS: Final = """\
The Allawee API: cards, accounts, payments. Amounts are whole numbers of the minor unit (kobo,
cents). Lists come in pages of at most 100 entries: `after` takes the id of the last entry of the
page before. `filter` is written `field|operator|value`, for instance `status|eq|active`. Secrets
are masked. Where an error says `outcomeUnknown`, the call may have taken effect: look it up, and do
not repeat it.
"""
_TELLING: Final = ("required", "additionalProperties")
"""What a schema refuses without quoting the value, which may be an identity number."""


@attrs.frozen
class SpendingLimits:
    """The most that may be spent, in minor units, by currency.

    Attributes:
        everywhere: What holds for each currency that has no limit of its own; None lets nothing
            be spent in it.
        by_currency: The limits of single currencies.
    """

    everywhere: int | None = None
    by_currency: Mapping[str, int] = attrs.Factory(dict[str, int])

    def of(self, currency: str) -> int:
        """Return the limit of a currency."""
        return self.by_currency.get(currency, self.everywhere or 0)


@attrs.frozen(kw_only=True)
class Permissions:
    """What an agent may do beside reading.

    Attributes:
        writes: Whether it may change what moves no money.
        money: Whether it may move money, within the limits.
        max_amount: The most for one payment.
        max_total: The most for all payments of a server together.
    """

    writes: bool = False
    money: bool = False
    max_amount: SpendingLimits = SpendingLimits()
    max_total: SpendingLimits = SpendingLimits()


class _RefusedError(Exception):
    """What was not sent, and why."""


@attrs.frozen
class _Tool:
    """A verb as a tool."""

    verb: Verb

    @property
    def name(self) -> str:
        """Its name; some programs allow no dots in it."""
        return self.verb.call.replace(".", "_")

    @cached_property
    def schema(self) -> JSONObject:
        """The schema of its arguments."""
        return arguments_schema(self.verb)

    @property
    def is_offered(self) -> bool:
        """Whether it neither shows nor needs a secret."""
        return not self.verb.is_confidential and not any(
            parameter.required and parameter.shape.secret for parameter in self.verb.parameters
        )

    def moves_money(self, given: Mapping[str, object] | None = None) -> bool:
        """Return whether a call with these arguments moves money; without, whether one may."""
        effect = self.verb.effect
        if effect is None or effect.kind is not EffectKind.MONEY:
            return False
        only_with = effect.only_with
        return given is None or only_with is None or given.get(only_with) is not None

    def is_allowed(self, permissions: Permissions, given: Mapping[str, object]) -> bool:
        """Return whether a call with these arguments may be made."""
        if self.moves_money(given):
            return permissions.money
        return permissions.writes or not self.verb.writes

    def shown(self) -> types.Tool:
        """Return what a program is told of it."""
        verb, effect = self.verb, self.verb.effect
        return types.Tool(
            name=self.name,
            description="\n\n".join(verb.docs.paragraphs) or verb.call,
            input_schema=self.schema,
            annotations=types.ToolAnnotations(
                read_only_hint=not verb.writes,
                destructive_hint=effect is not None and effect.kind is not EffectKind.TOLD_ONCE,
                idempotent_hint=verb.route.resend,
                open_world_hint=True,
            ),
        )

    def read(self, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Return the arguments of a call by Python name.

        Raises:
            _RefusedError: They do not fit the schema.
        """
        fault = next(cast("Any", Draft202012Validator)(self.schema).iter_errors(arguments), None)
        if fault is not None:
            wanted = f"{fault.validator}: {json.dumps(fault.validator_value)[:200]}"
            told = fault.message if fault.validator in _TELLING else f"must be of {wanted}"
            raise _RefusedError(f"{fault.json_path}: {told}")
        given: dict[str, Any] = {}
        for parameter in self.verb.parameters:
            value = arguments.get(camel(parameter.name))
            if value is not None:
                is_time = parameter.kind is ParameterKind.TIME
                given[parameter.name] = _time(str(value)) if is_time else value
        return given


def _time(text: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise _RefusedError(
            f"{text[:40]!r} is no date and no time as ISO 8601 writes them"
        ) from None


@attrs.define
class _Tools:
    """All tools of a server, and what its agent has spent."""

    _client: AllaweeClient
    _permissions: Permissions
    _log: Callable[[str], object]
    _spent: Counter[str] = attrs.field(factory=Counter[str], init=False)

    @cached_property
    def by_name(self) -> Mapping[str, _Tool]:
        """The tools that may be called at all."""
        may = self._permissions
        found = [tool for tool in map(_Tool, all_verbs()) if tool.is_offered]
        return {
            tool.name: tool
            for tool in found
            if tool.is_allowed(may, {}) or (may.money and tool.moves_money())
        }

    async def list(self, *_: object) -> types.ListToolsResult:
        """Answer which tools there are."""
        return types.ListToolsResult(tools=[tool.shown() for tool in self.by_name.values()])

    async def call(self, _: object, wanted: types.CallToolRequestParams) -> types.CallToolResult:
        """Answer a call; whatever goes wrong is told to the agent."""
        start, ended = time.perf_counter(), "done"
        try:
            result = await self._run(wanted.name, wanted.arguments or {})
        except _RefusedError as refused:
            ended = f"not sent: {refused}"
            result = _answer({"message": ended, "outcomeUnknown": False}, is_error=True)
        except AllaweeError as error:
            ended = f"{type(error).__name__}: {error}"
            result = _answer(_told(error), is_error=True)
        elapsed = (time.perf_counter() - start) * 1000
        self._log(f"{printable(wanted.name)}: {printable(ended)} ({elapsed:.0f} ms)")
        return result

    async def _run(self, name: str, arguments: Mapping[str, object]) -> types.CallToolResult:
        tool = self.by_name.get(name)
        if tool is None:
            raise _RefusedError(f"there is no tool {name[:80]!r}, or it is not allowed here")
        given = tool.read(arguments)
        if not tool.is_allowed(self._permissions, given):
            raise _RefusedError("that needs a permission which this server was not given")
        if not tool.moves_money(given):
            return await self._send(tool.verb, given)
        if any(parameter.name == "reference" for parameter in tool.verb.parameters):
            given.setdefault("reference", f"mcp-{uuid.uuid4()}")
        amount, currency = await self._spending(tool.verb, given)
        self._take(amount, currency)
        try:
            result = await self._send(tool.verb, given)
        except AllaweeError as error:
            if error.outcome_unknown and "reference" in given:
                error.add_note(f"its reference is {given['reference']}")
            elif not (error.outcome_unknown or isinstance(error, RequestAccepted)):
                self._spent[currency] -= amount
            raise
        fees = result.structured_content.get("fees")
        if isinstance(fees, int):
            self._spent[currency] += fees
        return result

    def _take(self, amount: int, currency: str) -> None:
        """Count what is about to be spent.

        Raises:
            _RefusedError: It is too much.
        """
        most = self._permissions.max_amount.of(currency)
        left = self._permissions.max_total.of(currency) - self._spent[currency]
        if amount > most:
            raise _RefusedError(f"{amount} {currency} are more than the {most} allowed at once")
        if amount > left:
            raise _RefusedError(f"{amount} {currency} are more than the {left} left to spend")
        self._spent[currency] += amount

    async def _spending(self, verb: Verb, given: Mapping[str, Any]) -> tuple[int, str]:
        """Return what a call will spend; where it does not say, the API is asked before."""
        client, amount, currency = self._client, given.get("amount"), given.get("currency")
        match verb.call:
            case "cards.fund":
                currency = (await client.cards.get(given["card_id"])).currency
            case "cards.create":
                currency = (await client.card_programs.get(given["program"])).currency
            case "payments.requeue":
                payment = await client.payments.get(given["payment_id"])
                amount, currency = payment.amount, payment.currency
            case "payments.pay_bill":
                text = str(given["inputs"].get("amount", ""))
                amount = int(text) if text.isascii() and text.isdigit() else None
                currency = "NGN"  # bills are of Nigeria
            case _:
                pass
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0 or not currency:
            raise _RefusedError("how much it would spend, and in which currency, is not known")
        return amount, str(currency)

    async def _send(self, verb: Verb, given: dict[str, Any]) -> types.CallToolResult:
        method = attrgetter(verb.call)(self._client)
        taken = [one.name for one in verb.parameters if one.is_argument and one.name in given]
        ids = [given.pop(name) for name in taken]
        match verb.returns:
            case Returns.FILE:
                return await _file(method(*ids, **given))
            case Returns.PAGES:
                given["limit"] = min(given.get("limit", _USUAL_ENTRIES), _MOST_ENTRIES)
                page = await method(*ids, **given)
                items = [_shown(item, verb) for item in page.items[: given["limit"]]]
                more: JSONObject = {"hasMore": page.has_more, "totalCount": page.total_count}
                return _answer({"items": [*items], **more})
            case Returns.LIST:
                found = await method(*ids, **given)
                entries = [_shown(item, verb) for item in found[:_MOST_ENTRIES]]
                return _answer({"items": [*entries], "hasMore": len(found) > len(entries)})
            case _:
                found = await method(*ids, **given)
                return _answer({"found": None} if found is None else _shown(found, verb))


def _shown(item: Any, verb: Verb) -> JSONObject:
    return to_dict(item, reveal=False) if isinstance(item, Model) else masked(item, verb.model)


async def _file(download: Download) -> types.CallToolResult:
    content = bytearray()
    async with download:
        async for chunk in download:
            content += chunk
            if len(content) > _MOST_BYTES_OF_A_FILE:
                raise _RefusedError("the file is too large for an answer; `allawee` can save it")
        kind = download.content_type
    blob = base64.b64encode(content).decode()
    file = types.BlobResourceContents(uri="file:///answer", mime_type=kind, blob=blob)
    return types.CallToolResult(content=[types.EmbeddedResource(type="resource", resource=file)])


def _told(error: AllaweeError) -> JSONObject:
    told: JSONObject = {
        "error": type(error).__name__,
        "message": str(error),
        "outcomeUnknown": error.outcome_unknown,
        "notes": [*getattr(error, "__notes__", ())],
    }
    if isinstance(error, APIError):
        told |= {"status": error.status, "code": error.code, "requestId": error.request_id}
    if isinstance(error, RequestAccepted):
        told |= {"requestId": error.request_id, "advice": "It is queued: do not repeat it."}
    elif error.outcome_unknown:
        told["advice"] = "It may have taken effect: look it up, and do not repeat it."
    return told


def _answer(value: JSONObject, *, is_error: bool = False) -> types.CallToolResult:
    text = types.TextContent(type="text", text=json.dumps(value, ensure_ascii=False))
    return types.CallToolResult(content=[text], structured_content=value, is_error=is_error)


def make_server(
    client: AllaweeClient,
    permissions: Permissions | None = None,
    *,
    log: Callable[[str], object] | None = None,
) -> Server[Any]:
    """Return a server whose tools are the verbs of a client.

    Each verb is a tool of its name, with `_` for `.`: `payments_create_payout`. Verbs that show or
    need a secret (card numbers, PINs, signing keys, API keys) are none, and neither is what the
    permissions do not allow. Secrets in answers are masked, and lists come in pages.

    Args:
        client: The client that the tools call; it is not closed.
        permissions: What an agent may do beside reading; by default nothing.
        log: Called with a line for each call; no line holds a secret.
    """
    tools = _Tools(client, permissions or Permissions(), log or (lambda _: None))
    return Server(
        "allawee",
        version=__version__,
        instructions=_INSTRUCTIONS,
        on_list_tools=tools.list,
        on_call_tool=tools.call,
    )
