"""`allawee doctor`: what is in the way, and what to do about it."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs
import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from allawee_async.cli.access.connection import open_sandbox, run_with_client
from allawee_async.cli.access.credentials import STDIN, FoundKey
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.doctor.checks import Finding, Patient, Status, examine
from allawee_async.cli.doctor.models import Difference, compare_live, compare_recorded
from allawee_async.cli.errors import CommandError
from allawee_async.cli.options import flag, option
from allawee_async.cli.output.console import output_console
from allawee_async.cli.output.writers import ReportOutput, is_for_a_program, print_json
from allawee_async.cli.wording import counted
from allawee_async.redaction import SecretText, printable
from allawee_async.transport.config import Hosts
from allawee_async.types import JSONValue

_SECONDS: Final = 10.0
_ROOMY_FROM: Final = 64
_STYLES_OF_KINDS: Final[dict[str, str]] = {
    **dict.fromkeys((Difference.MISSING, Difference.WRONG_TYPE), "bold red"),
    **dict.fromkeys((Difference.NEW_FIELD, Difference.NEW_VALUE), "yellow"),
}
_STYLES: Final = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}


@attrs.frozen(kw_only=True)
class DoctorOptions:
    """What is compared, and how it is told: an option for each attribute."""

    models: bool = flag(
        "Read one page of each list, and compare what comes with what the client knows."
    )
    recorded: Path | None = option(
        "Compare answers in files such as cards.get.response.json, without a key.", metavar="DIR"
    )
    output: ReportOutput = None


def doctor(*, connection: ConnectionOptions, options: DoctorOptions) -> None:
    """Check what commands need: the key, the network, the clock.

    Nothing is changed. Each check that fails says what to do. --timeout sets how long one may take.

    With --models it tells instead which fields, values and types the API answers that the client
    does not know; the values themselves are not shown.
    """
    if options.models or options.recorded:
        _compare_models(connection, options)
        return
    if connection.api_key_file == STDIN:
        with suppress(CommandError):  # which is a finding; here nothing else waits for the answer
            _ = connection.key
    findings = asyncio.run(_examined(connection))
    failed = sum(finding.status is Status.FAIL for finding in findings.values())
    if is_for_a_program(options.output):
        checks: list[JSONValue] = [
            {"check": name, **attrs.asdict(finding)} for name, finding in findings.items()
        ]
        print_json({"ok": not failed, "checks": checks})
    else:
        _print_for_people(findings)
    if failed:
        raise CommandError(f"{failed} of {len(findings)} checks failed; each says what to do")


def _compare_models(connection: ConnectionOptions, options: DoctorOptions) -> None:
    compared = (
        run_with_client(connection, compare_live)
        if options.recorded is None
        else compare_recorded(options.recorded)
    )
    if is_for_a_program(options.output):
        print_json(compared.document())
    else:
        table = Table.grid(padding=(0, 2))
        for kind, told in compared.rows():
            style = _STYLES_OF_KINDS.get(kind, "dim")
            table.add_row(Text(kind, style=style), Text(told, overflow="fold"))
        output_console().print(table)
    counts = f"{counted(compared.compared, 'object')} compared"
    if compared.found:
        raise CommandError(f"{counts}, {counted(len(compared.found), 'difference')}")
    if not compared.compared:
        raise CommandError("there was nothing to compare; see what was not read")
    typer.echo(f"{counts}, no differences", err=True)


async def _examined(connection: ConnectionOptions) -> dict[str, Finding]:
    seconds = _SECONDS if connection.timeout is None else connection.timeout
    if connection.is_sandbox:
        async with open_sandbox(connection) as sandbox:
            key = FoundKey(SecretText(sandbox.api_key), "sandbox", "the embedded sandbox")
            hosts = Hosts(sandbox.url, sandbox.secure_url)
            patient = Patient(hosts=hosts, find_key=lambda: key, environ=os.environ)
            return await examine(patient, seconds=seconds)
    hosts = Hosts.choose(connection.base_url, connection.secure_url, os.environ)
    patient = Patient(hosts=hosts, find_key=lambda: connection.key, environ=os.environ)
    return await examine(patient, seconds=seconds)


def _print_for_people(findings: "Mapping[str, Finding]") -> None:
    """Print a table where there is room for one, otherwise some lines for each check."""
    console = output_console()
    if console.width >= _ROOMY_FROM:
        console.print(_table(findings))
        return
    for name, finding in findings.items():
        console.print(Text(f"{finding.status.value:<4}  {name}", style=_STYLES[finding.status]))
        console.print(Padding(_told(finding), (0, 0, 0, 2)))


def _table(findings: "Mapping[str, Finding]") -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("Check", no_wrap=True)
    table.add_column("Found", overflow="fold")
    for name, finding in findings.items():
        style = _STYLES[finding.status]
        table.add_row(Text(finding.status, style=style), name, _told(finding))
    return table


def _told(finding: Finding) -> Text:
    told = Text(printable(finding.found))
    if finding.advice is not None:
        told.append(f"\n{printable(finding.advice)}", style="italic")
    return told
