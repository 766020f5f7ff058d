"""What `--from FILE` and the options beside it ask for."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import attrs
import typer

from allawee_async.resources.verbs import FIND, Verb

FROM: Final = "--from"


class Amounts(StrEnum):
    """What the amounts of a file are."""

    MAJOR = "major"
    MINOR = "minor"


From = Annotated[
    Path | None,
    typer.Option(
        FROM,
        metavar="FILE",
        help="A file (.csv, .tsv, .jsonl, .parquet) whose columns are named as the options. Killed "
        "at any moment, the same command goes on.",
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="OPTION=COLUMN", help="A column of another name. May be repeated."
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="COLUMN", help="A column to leave out. May be repeated."),
]
AmountsIn = Annotated[
    Amounts,
    typer.Option(
        "--amounts",
        metavar="UNITS",
        help="Amounts of the file are minor (150050) or major (1500.50) units.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check all rows, and send nothing.")]
CheckNames = Annotated[
    bool,
    typer.Option(
        "--check-names",
        help="Show the bank's name of each account beside the row's, before asking.",
    ),
]
Concurrency = Annotated[
    int,
    typer.Option("--concurrency", min=1, max=256, metavar="NUMBER", help="Rows at a time."),
]
ResendUnknown = Annotated[
    bool,
    typer.Option(
        "--resend-unknown",
        help="Send rows again of which an earlier run does not know whether they took "
        "effect, and which the API does not find by their reference.",
    ),
]


@attrs.frozen(kw_only=True)
class BatchOptions:
    """How to do something for each row of a file: an option for each attribute."""

    from_file: From = None
    map: Map = None
    ignore: Ignore = None
    amounts: AmountsIn = Amounts.MINOR
    dry_run: DryRun = False
    check_names: CheckNames = False
    concurrency: Concurrency = 8
    resend_unknown: ResendUnknown = False


def takes_files(verb: Verb) -> bool:
    """Return whether a verb may be called for each row of a file: what it makes can be found."""
    makes = verb.writes and (not verb.route.resend or verb.route.method == "PUT")
    return makes and FIND in verb.siblings and any(p.name == "reference" for p in verb.parameters)
