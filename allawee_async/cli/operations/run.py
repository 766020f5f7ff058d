"""What the command of a verb does: read the values, ask if need be, call, and write the answer."""

from __future__ import annotations

import asyncio
import math
import shlex
from collections.abc import Generator, Sequence
from contextlib import aclosing, contextmanager
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import attrs
import typer

from allawee_async import errors
from allawee_async.cli.access.connection import run_with_client
from allawee_async.cli.access.credentials import STDIN
from allawee_async.cli.errors import CommandError, ExitCode, warn
from allawee_async.cli.operations.conditions import doubts, unnamed_values
from allawee_async.cli.operations.confirmations import confirm, consequence_of
from allawee_async.cli.operations.help_texts import PAGE_SIZE
from allawee_async.cli.operations.options import times_of
from allawee_async.cli.operations.output import OutputOptions, save
from allawee_async.cli.operations.values import arguments_of, shown_arguments
from allawee_async.cli.output.columns import BALANCE, record_of, relations_in
from allawee_async.cli.output.live_bar import counting
from allawee_async.cli.output.pager import paged
from allawee_async.cli.output.writers import Format, Writer
from allawee_async.cli.wording import command_words, counted, kebab, listed, words_of
from allawee_async.models.base import Model
from allawee_async.pagination.pager import AsyncPager
from allawee_async.query.parameters import ListParams
from allawee_async.redaction import printable
from allawee_async.resources.verbs import FIND, Returns, Verb
from allawee_async.types import FreeForm, JSONObject

if TYPE_CHECKING:
    from allawee_async.cli.access.options import ConnectionOptions
    from allawee_async.client import AllaweeClient

# The verb that tells whether another one took effect, where `get` does not.
_TELLS: Final = {"cards.fund": "funding_source_balance", "webhooks.roll_secret": "secret"}
_AT_A_TIME: Final = 8
_FAILED: Final = ("payment", "failed")


def run_verb(verb: Verb, given: dict[str, Any]) -> None:
    """Call a verb, and write what it answers.

    Args:
        verb: What to call.
        given: The values of all options, by Python name.

    Raises:
        CommandError: A value cannot be used, the answer was no, nobody could be asked, or nobody
            reads what a write has to tell.
        AllaweeError: The call failed.
    """
    try:
        _run(verb, given)
    except BrokenPipeError as error:
        if not verb.writes:
            raise
        raise CommandError("it was not carried out, as nobody reads what it tells") from error


def _run(verb: Verb, given: dict[str, Any]) -> None:
    if given.get("failed"):
        times: Any = arguments_of(times_of(verb).parameters, given)
        run_with_client(given["connection"], partial(retry_failed, times=times))
        return
    batch = given.get("batch")
    if batch and batch.from_file:
        from allawee_async.cli.batch.run import run_file

        run_file(verb, batch.from_file, given)
        return
    connection: ConnectionOptions = given["connection"]
    taken = {field.name for field in attrs.fields(OutputOptions)}
    output = OutputOptions(**{name: value for name, value in given.items() if name in taken})
    output.check()
    arguments = arguments_of(
        verb.parameters, given, stdin_is_taken=connection.api_key_file == STDIN
    )
    warn(*doubts(verb, arguments))
    consequence = consequence_of(verb, arguments, reveal=output.reveal)
    if consequence and not output.yes:
        shown = shown_arguments(verb.parameters, arguments)
        confirm(command_words(verb.call), consequence, shown, connection.key_kind)
    run_with_client(connection, VerbCall(verb, arguments, output))


async def retry_failed(client: AllaweeClient, times: ListParams) -> None:
    """Ask for all events that failed, and have each sent again, one after the other.

    Args:
        client: A client.
        times: Of which time they are, by the parameters of the list.

    Raises:
        CommandError: Some could not be sent again.
        AllaweeError: The events could not be listed.
    """
    lost = 0
    params: ListParams = {**times, "limit": PAGE_SIZE}
    # The list is read to its end first: what is sent again moves in it.
    failed = [
        event.id
        async for event in client.events.list(**params)
        if event.extra.get("status") == "failed" and event.id is not None
    ]
    for event_id in failed:
        told = printable(event_id)
        try:
            await client.events.retry(event_id)
        except errors.AllaweeError as error:
            lost += 1
            typer.echo(f"{told}: {printable(str(error))}", err=True)
        else:
            typer.echo(told)
    typer.echo(f"sent {counted(len(failed) - lost, 'event')} again", err=True)
    if lost:
        raise CommandError(f"{counted(lost, 'event')} could not be sent again")


class VerbCall:
    """One call of a verb.

    Args:
        verb: What to call.
        arguments: With what, by Python name.
        output: What was asked for beside it.
    """

    def __init__(self, verb: Verb, arguments: dict[str, Any], output: OutputOptions) -> None:
        self._verb = verb
        self._arguments = arguments
        self._output = output
        self._ids = [arguments[one.name] for one in verb.parameters if one.is_argument]
        self._count = self._invalid = 0
        self._adds_balances = False

    async def __call__(self, client: AllaweeClient) -> None:
        """Send the call, and write what it answers.

        Raises:
            CommandError: It is not known whether a write took effect, or nothing was found.
            AllaweeError: The call failed.
            typer.Exit: The API queued it.
        """
        if self._output.wait:
            client = client.with_options(wait_for_accepted=math.inf)
        self._client = client
        try:
            await self._answer(attrgetter(self._verb.call)(client))
        except errors.RequestAccepted as accepted:
            self._tell_queued(accepted)
            raise typer.Exit(ExitCode.QUEUED) from None
        except errors.AllaweeError as error:
            if error.outcome_unknown:
                raise CommandError(f"{error}{self._advice()}", ExitCode.UNKNOWN) from error
            if isinstance(error, errors.NotFoundError) and (advice := self._advice_on_id()):
                raise CommandError(str(error), ExitCode.NOT_FOUND, advice=advice) from error
            raise

    async def _answer(self, method: Any) -> None:
        ids, arguments = self._ids, self._arguments
        names = [one.name for one in self._verb.parameters if not one.is_argument]
        options = {name: arguments[name] for name in names if arguments[name] is not None}
        match self._verb.returns:
            case Returns.FILE:
                await save(method(*ids), self._output.out, overwrite=self._output.overwrite)
            case Returns.PAGES:
                if not options.get("select"):  # else an entry is whatever comes
                    options["on_invalid"] = self._note_invalid
                options.setdefault("limit", min(PAGE_SIZE, self._output.most or PAGE_SIZE))
                with paged(wanted=not self._output.no_pager):
                    await self._write_list(partial(method, *ids), options)
            case Returns.LIST:
                items = await method(*ids, **options)
                with paged(wanted=not self._output.no_pager):
                    writer = self._output.writer(self._verb.model)
                    writer.page([self._record(item) for item in items])
                    writer.end(self._counted(len(items)))
            case _:
                self._write_one(await method(*ids, **options))

    async def _write_list(self, method: Any, options: dict[str, Any]) -> None:
        selected = options.get("select") or ()
        columns = self._output.names(selected)
        usual = self._output.format is Format.TABLE and columns is None and not selected
        names = relations_in(self._verb.model) if usual and not options.get("expand") else []
        is_shown = usual or BALANCE in (columns or ())  # it is asked for, account by account
        self._adds_balances = is_shown and self._verb.call == "accounts.list"
        writer = self._output.writer(self._verb.model, selected)
        try:
            expanded = {**options, "expand": names} if names else options
            await self._write_pages(method(**expanded), writer)
        except (errors.BadRequestError, errors.UnprocessableEntityError):
            if self._count or not names:
                raise
            await self._write_pages(method(**options), writer)  # then ids have to do

    async def _write_pages(self, pager: AsyncPager[Any], writer: Writer) -> None:
        total, most, is_cut = None, self._output.most, False
        with counting(words_of(self._verb.noun)) as tell:
            async with aclosing(pager.pages()) as pages:
                async for page in pages:
                    total = page.total_count if total is None else total
                    items = page.items[: None if most is None else most - self._count]
                    records = [self._record(item) for item in items]
                    if self._adds_balances:
                        await self._add_balances(records)
                    writer.page(records)
                    self._count += len(items)
                    tell(self._count, total)
                    if self._count == most:
                        is_cut = page.has_more or len(items) < len(page.items)
                        break
        words = self._counted(self._count)
        of_all = "" if total is None else f" of {total:,}"
        first = f"the first {words.removeprefix('1 ')}{of_all}"
        writer.end(first if is_cut else words)
        if not self._count:
            warn(*unnamed_values(self._verb, self._arguments, alike=False))
        if total is not None and self._output.format is not Format.TABLE:
            typer.echo(f"{total:,} in all", err=True)
        if self._invalid:
            unread = "entry" if self._invalid == 1 else "entries"
            raise CommandError(
                f"{self._invalid:,} {unread} could not be read, and so not shown",
                advice="--select takes fields as they come",
            )

    def _counted(self, number: int) -> str:
        return counted(number, listed(self._verb).removesuffix("s"))

    async def _add_balances(self, records: Sequence[JSONObject]) -> None:
        """Ask for what is on each account, which no list tells."""
        turns = asyncio.Semaphore(_AT_A_TIME)

        async def add(record: JSONObject) -> None:
            async with turns:
                balance = await self._client.accounts.balance(str(record.get("id")))
            record[BALANCE] = balance.available

        answers = await asyncio.gather(*map(add, records), return_exceptions=True)
        failures = [answer for answer in answers if answer is not None]
        if failures and not isinstance(failures[0], errors.AllaweeError):
            raise failures[0]
        if failures:
            warn(f"{counted(len(failures), 'balance')} could not be read: {failures[0]}")

    def _note_invalid(self, error: errors.DecodeError) -> None:
        """Tell of an entry that is none; the list goes on behind it."""
        self._invalid += 1
        item = error.item if isinstance(error.item, dict) else {}
        warn(f"{item.get('id', 'an entry')}: {error.path}: {error.message}")

    def _write_one(self, found: Model | None) -> None:
        if found is None:
            noun = words_of(self._verb.noun).removesuffix("s")
            raise CommandError(f"there is no {noun} with this reference", ExitCode.NOT_FOUND)
        record = self._record(found)
        told = f" (id {printable(str(record['id']))})" if record.get("id") else ""
        failure = None
        if self._verb.writes and (record.get("object"), record.get("status")) == _FAILED:
            reason = printable(str(record.get("failureReason") or "the API tells no reason"))
            failure = CommandError(f"the payment{told} failed: {reason}")
        try:
            with self._shown(f"took effect{told}"):
                self._output.writer(self._verb.model).one(record)
        except CommandError as unseen:
            raise failure or unseen from None
        if failure:
            raise failure
        if not record and self._output.format is Format.TABLE:
            typer.echo("done", err=True)

    @contextmanager
    def _shown(self, happened: str) -> Generator[None]:
        """Let no failure to show an answer look like a failure of the call."""
        try:
            yield
        except OSError as error:
            if not self._verb.writes:
                raise
            call, reason = command_words(self._verb.call), error.strerror or "nobody reads it"
            raise CommandError(
                f"{call} {happened}, but its answer could not be shown ({reason})",
                ExitCode.NOT_SHOWN,
                advice="do not repeat it",
            ) from error

    def _record(self, item: Model | FreeForm) -> JSONObject:
        return record_of(
            item,
            model=self._verb.model,
            reveal=self._output.reveal,
            confidential=self._verb.is_confidential,
        )

    def _tell_queued(self, accepted: errors.RequestAccepted) -> None:
        told = printable(accepted.request_id or "")
        with self._shown(f"is queued by the API (request id {told})"):
            self._output.writer(None).one(
                {"code": "request-accepted", "requestId": accepted.request_id}
            )
        typer.echo(
            "queued by the API, not done yet: do not send it again; "
            f"follow it with: allawee requests get {told}",
            err=True,
        )

    def _advice_on_id(self) -> str | None:
        """Return what to do if a reference was given in the place of an id, which has a dot."""
        ids = self._ids
        if FIND not in self._verb.siblings or not ids or "." in ids[0]:
            return None
        find = f"allawee {command_words(self._verb.noun)} find --reference {shlex.quote(ids[0])}"
        return f"is it a reference? `{find}` tells the id"

    def _advice(self) -> str:
        """Return how to look whether the call took effect."""
        siblings, program = self._verb.siblings, f"allawee {command_words(self._verb.noun)}"
        ids, reference = self._ids, self._arguments.get("reference")
        look = _TELLS.get(self._verb.call, "get")
        if reference and FIND in siblings:
            return f"; look: {program} find --reference {shlex.quote(reference)}"
        if ids and look in siblings:
            return f"; look: {program} {kebab(look)} {shlex.quote(ids[0])}"
        if "list" not in siblings:
            return ""
        because = "it had no --reference, so " if "reference" in self._arguments else ""
        return f"; {because}look through: {program} list --max-items 20"
