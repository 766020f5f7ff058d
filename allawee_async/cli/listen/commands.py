"""`allawee webhooks listen`, `sign` and `verify`: tools for those who receive webhooks."""

from pathlib import Path
from typing import Annotated

import typer

from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.listen.options import Body, ListenOptions, SigningKeyFile
from allawee_async.cli.output.reports import ReportOutput


def sign(body: Body = Path("-"), *, signing_key_file: SigningKeyFile = None) -> None:
    """Sign a body as Allawee signs its webhooks, and print the signature.

    Every byte counts, a line end as well: with a pipe, use printf and not echo. Without a file or
    ALLAWEE_SIGNING_KEY it asks for the signing key, without showing it.
    """
    from allawee_async.cli.listen.signing import print_signature

    print_signature(body, signing_key_file)


def verify(
    body: Body = Path("-"),
    *,
    signature: Annotated[
        str, typer.Option(metavar="HEX", help="The value of the header Allawee-Signature.")
    ],
    max_age: Annotated[
        float | None,
        typer.Option(min=0.001, metavar="SECONDS", help="Refuse what was sent longer ago."),
    ] = None,
    signing_key_file: SigningKeyFile = None,
    output: ReportOutput = None,
) -> None:
    """Tell whether a signature fits a body, and what the body says.

    It ends with exit code 1 if it does not fit, or if the body is no event. Without a file or
    ALLAWEE_SIGNING_KEY it asks for the signing key, without showing it.
    """
    from allawee_async.cli.listen.signing import print_verdict

    print_verdict(body, signature, signing_key_file, max_age=max_age, output=output)


def listen(*, options: ListenOptions, connection: ConnectionOptions) -> None:
    """Receive webhooks on this computer, and show what comes, until Ctrl-C.

    With a signing key it tells whether each delivery is signed with it. Authorizations are declined
    unless --decide or the program behind --forward-to says otherwise.

    To see it at work, run `allawee sandbox`, paste the three lines that it prints into another
    terminal, and there run `allawee webhooks listen --register`.
    """
    from allawee_async.cli.listen.run import run_listen

    run_listen(options, connection)
