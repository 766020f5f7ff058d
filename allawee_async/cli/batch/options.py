"""What `--from FILE` and the options beside it ask for."""

from enum import StrEnum
from pathlib import Path
from typing import Final

import attrs

from allawee_async.cli.options import flag, option
from allawee_async.resources.verbs import FIND, Verb

FROM: Final = "--from"


class Amounts(StrEnum):
    """What the amounts of a file are."""

    MAJOR = "major"
    MINOR = "minor"


@attrs.frozen(kw_only=True)
class BatchOptions:
    """How to do something for each row of a file: an option for each attribute."""

    from_file: Path | None = option(
        "A file (.csv, .tsv, .jsonl, .parquet) whose columns are named as the options. Killed at "
        "any moment, the same command goes on.",
        FROM,
        metavar="FILE",
    )
    map: list[str] | None = option(
        "A column of another name. May be repeated.", metavar="OPTION=COLUMN"
    )
    ignore: list[str] | None = option("A column to leave out. May be repeated.", metavar="COLUMN")
    amounts: Amounts = option(
        "Amounts of the file are minor (150050) or major (1500.50) units.",
        default=Amounts.MINOR,
        metavar="UNITS",
    )
    dry_run: bool = flag("Check all rows, and send nothing.")
    check_names: bool = flag(
        "Show the bank's name of each account beside the row's, before asking."
    )
    concurrency: int = option("Rows at a time.", default=8, min=1, max=256, metavar="NUMBER")
    resend_unknown: bool = flag(
        "Send rows again of which an earlier run does not know whether they took effect, and which "
        "the API does not find by their reference."
    )


def takes_files(verb: Verb) -> bool:
    """Return whether a verb may be called for each row of a file: what it makes can be found."""
    makes = verb.writes and (not verb.route.resend or verb.route.method == "PUT")
    return makes and FIND in verb.siblings and any(p.name == "reference" for p in verb.parameters)
