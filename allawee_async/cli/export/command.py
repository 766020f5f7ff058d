"""`allawee <noun> export`: a list as a file, with the options of the noun's `list`.

Other lists of a noun have a command as well: `allawee accounts export-logs`.
"""

from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
from typer.core import TyperGroup

from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.commands import LazyCommand
from allawee_async.cli.operations.options import own_parameters
from allawee_async.cli.operations.output import MaxItems
from allawee_async.cli.options import flag, made_command, option, parameter
from allawee_async.cli.wording import kebab, listed
from allawee_async.resources.verbs import Returns, Verb, verbs_of

_OF_THE_LIST: Final = frozenset(
    {
        *("limit", "sort", "expand", "count_total"),
        *("filter", "or_", "nor", "and_", "created_since", "created_until", "updated_since"),
    }
)


@attrs.frozen(kw_only=True)
class ExportOptions:
    """How a list becomes a file: an option for each attribute."""

    out: Path = option(
        "The file: .parquet, .jsonl, .jsonl.gz or .csv; - is stdout.",
        default=attrs.NOTHING,
        metavar="FILE",
    )
    format: str | None = option(
        "parquet, jsonl, jsonl.gz or csv; else by the name.", metavar="FORMAT"
    )
    columns: str | None = option("Only these: id,name,claims; else all.", metavar="NAMES")
    resume: bool = flag("Go on with an unfinished export; begin if there is none.")
    overwrite: bool = flag("Replace a file, or an unfinished export.")
    reveal: bool = flag("Write identity numbers and other secrets, not ***.")
    excel: bool = flag("A CSV for people with a spreadsheet: leading zeros and + are kept.")
    max_items: MaxItems = None
    parallel: str | None = option(
        "Read so many parts of the list at a time; else one.", metavar="N"
    )


def add_exports(group: TyperGroup, noun: str) -> None:
    """Add a command for each list of a noun to its group.

    Args:
        group: The group.
        noun: The attribute path of the noun on the client: `customers`, `tools.banks`.
    """
    for verb in verbs_of(noun):
        if verb.returns is Returns.PAGES:
            name = "export" if verb.name == "list" else f"export-{kebab(verb.name)}"
            line = f"Export the {listed(verb)} to a file: Parquet, JSON Lines or CSV"
            group.add_command(LazyCommand(name, line, partial(_made, verb, name)))


def _made(listing: Verb, name: str) -> Any:
    kept = tuple(one for one in listing.parameters if one.is_argument or one.name in _OF_THE_LIST)
    verb = attrs.evolve(listing, parameters=kept)

    def export(**given: Any) -> None:
        from allawee_async.cli.export.run import run_export

        run_export(verb, given)

    parameters = [
        parameter("options", ExportOptions),
        *own_parameters(verb),
        parameter("connection", ConnectionOptions),
    ]
    return made_command(export, name, parameters, help=_help(listed(verb)))


def _help(words: str) -> str:
    return f"""Export the {words} to a file: Parquet, JSON Lines or CSV.

    The file appears when it is complete. Until then there is a checkpoint beside it: however the
    export ends, the same command with --resume goes on where it stopped, and each of the {words}
    is in the file exactly once.

    What cannot be decoded goes to FILE.rejected.jsonl, with the reason; the exit code is then 1.

    In a CSV, a text that a spreadsheet would take for a formula has an apostrophe in front.

    With --parallel the list is cut by time of creation; the file is the same."""
