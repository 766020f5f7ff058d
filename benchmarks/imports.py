"""How long a fresh interpreter takes for an import."""

from dataclasses import dataclass

from benchmarks.processes import MeasurementError, run_code

_PROGRAM = """
import json, time
started = time.perf_counter()
{statement}
print(json.dumps({{"ms": (time.perf_counter() - started) * 1000}}))
"""


_MODELS_ERRORS_SIGNATURES = """
from allawee_async.models import Customer
import allawee_async.errors
from allawee_async.webhooks import WebhookVerifier, sign
"""

_HELP = """
import contextlib, io, sys
sys.argv = ["allawee", "--help"]
from allawee_async.__main__ import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
"""


@dataclass(frozen=True, slots=True)
class Import:
    """A statement, and the figure that its time becomes."""

    figure: str
    statement: str


IMPORTS = (
    Import("aiohttp", "import aiohttp"),
    Import("package", "import allawee_async"),
    Import("client", "from allawee_async import AllaweeClient"),
    Import(
        "first_use",
        'from allawee_async import AllaweeClient; AllaweeClient("sk.test.x").customers',
    ),
    Import("models", _MODELS_ERRORS_SIGNATURES),
    Import("peer", "import httpx, pydantic"),
    Import("typer_rich", "import typer, rich"),
    Import("help", _HELP),
)


def import_times(turn: int) -> dict[str, float]:
    """The milliseconds of every import that works, each in its own interpreter.

    Which one comes first changes with the turn.
    """
    start = turn % len(IMPORTS)
    times: dict[str, float] = {}
    for one in IMPORTS[start:] + IMPORTS[:start]:
        try:
            times[one.figure] = run_code(_PROGRAM.format(statement=one.statement))["ms"]
        except MeasurementError as failed:
            if "ImportError" not in str(failed) and "ModuleNotFoundError" not in str(failed):
                raise
    return times
