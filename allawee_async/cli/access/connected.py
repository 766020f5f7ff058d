"""The connection options on a command: what makes a `ConnectionOptions` of them."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from allawee_async.cli import options
from allawee_async.cli.access.connection import ConnectionOptions

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

_OPTION_OF: Final[dict[str, Any]] = {
    "api_key_file": options.ApiKeyFile,
    "sandbox": options.UseSandbox,
    "sandbox_file": options.SandboxFile,
    "sandbox_customers": options.SandboxCustomers,
    "base_url": options.BaseUrl,
    "secure_url": options.SecureUrl,
    "timeout": options.Timeout,
}

CONNECTION_PARAMETERS: Final = tuple(
    inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=field.default,
        annotation=_OPTION_OF[field.name],
    )
    for field in attrs.fields(ConnectionOptions)
)
"""The options that make a `ConnectionOptions`, as parameters of a command."""


def connected(command: Callable[..., R]) -> Callable[..., R]:
    """Return a command that Typer gives connection options to, from one that takes `connection`.

    The parameter `connection: ConnectionOptions` becomes one option for each of its attributes.
    """
    signature = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        is_ours = parameter.name == "connection"
        parameters += CONNECTION_PARAMETERS if is_ours else (parameter,)

    @functools.wraps(command)
    def typed(*positional: object, **given: Any) -> R:
        names = [parameter.name for parameter in CONNECTION_PARAMETERS]
        connection = ConnectionOptions(**{name: given.pop(name) for name in names})
        return command(*positional, connection=connection, **given)

    typed.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    typed.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return typed
