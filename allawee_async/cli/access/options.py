"""Options that several commands share: which API they talk to, and with which key."""

import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

import attrs
import typer

from allawee_async.cli.access.credentials import FoundKey, find_key, kind_of
from allawee_async.cli.errors import UsageError
from allawee_async.cli.options import flag, option

KeyKind = Literal["test", "live", "sandbox", "unknown"]

MOST_CUSTOMERS: Final = 200_000

BaseUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Host of the API; else ALLAWEE_BASE_URL."),
]
SecureUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Host for card numbers and PINs; else ALLAWEE_SECURE_URL."),
]
Timeout = Annotated[
    float | None,
    typer.Option(min=0.001, metavar="SECONDS", help="Seconds to wait for one answer."),
]


@attrs.frozen(kw_only=True)
class ConnectionOptions:
    """Which API a command talks to, and with which key: an option for each attribute."""

    api_key_file: Path | None = option(
        "Read the API key from this file, - for stdin; else ALLAWEE_API_KEY, else the key of "
        "`allawee login`.",
        metavar="FILE",
    )
    sandbox: bool = flag(
        "Use an embedded sandbox instead of the API; --sandbox FILE keeps its state, for instance "
        "in play.db."
    )
    sandbox_file: Path | None = option(
        "What --sandbox FILE stands for.", dir_okay=False, hidden=True
    )
    sandbox_customers: int | None = option(
        "Customers that a new sandbox begins with (50).", min=0, max=MOST_CUSTOMERS, metavar="N"
    )
    base_url: BaseUrl = None
    secure_url: SecureUrl = None
    timeout: Timeout = None
    rate: float | None = option("Send no more requests in a second.", min=0.001, metavar="NUMBER")

    @property
    def is_sandbox(self) -> bool:
        """Whether it is an embedded sandbox that answers.

        Raises:
            CommandError: A key or a host is given beside it, or customers without it.
        """
        if not self.sandbox and self.sandbox_file is None:
            if self.sandbox_customers is not None:
                raise UsageError("--sandbox-customers is for a sandbox; add --sandbox")
            return False
        for name in ("api_key_file", "base_url", "secure_url"):
            if getattr(self, name) is not None:
                option = "--" + name.replace("_", "-")
                raise UsageError(
                    f"--sandbox has a key and an address of its own; leave out {option}"
                )
        return True

    @cached_property
    def key(self) -> FoundKey:
        """The key and where it came from; looked for once, because stdin can be read only once.

        Raises:
            CommandError: There is none, or its source cannot be read.
        """
        return find_key(self.api_key_file, base_url=self.base_url, environ=os.environ)

    @property
    def key_kind(self) -> KeyKind:
        """What kind of key is used, for questions; the key itself is never shown.

        Raises:
            CommandError: There is no key.
        """
        return "sandbox" if self.is_sandbox else kind_of(self.key.key)
