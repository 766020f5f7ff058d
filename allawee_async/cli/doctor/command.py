"""`allawee doctor`: what is in the way, and what to do about it."""

from allawee_async.cli.access.connected import connected
from allawee_async.cli.access.connection import ConnectionOptions
from allawee_async.cli.options import Debug, NoColor
from allawee_async.cli.output.reports import ReportOutput


@connected
def doctor(
    *,
    connection: ConnectionOptions,
    output: ReportOutput = None,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Check what commands need: the key, the network, the clock.

    Nothing is changed. Each check that fails says what to do. --timeout sets how long one may take.
    """
    del no_color, debug
    from allawee_async.cli.doctor.run import run_doctor

    run_doctor(connection, output)
