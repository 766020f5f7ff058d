"""The version of the library, in the one place that the build and the code read; its extras."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from allawee_async.errors import ConfigurationError

__version__ = "0.1.0"


def install_command(extra: str) -> str:
    """Return the command that adds an extra, from where the library was installed."""
    # Only who lacks something asks.
    import json  # noqa: PLC0415
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415
    from urllib.parse import urlsplit  # noqa: PLC0415
    from urllib.request import url2pathname  # noqa: PLC0415

    name = f"allawee_async[{extra}]"
    origin: dict[str, Any]
    try:
        origin = json.loads(distribution("allawee_async").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        origin = {}
    url: str = origin.get("url", "")  # PEP 610; there is none for what came from an index
    if url.startswith("file:"):
        editable = "-e " if origin.get("dir_info", {}).get("editable") else ""
        return f"pip install {editable}'{url2pathname(urlsplit(url).path)}[{extra}]'"
    if url:
        kind = origin.get("vcs_info", {}).get("vcs")
        return f"pip install '{name} @ {kind + '+' if kind else ''}{url}'"
    return f"pip install '{name}'"


@contextmanager
def needing(library: str, extra: str) -> Generator[None]:
    """Say what to install, where the imports of a block find that a library is missing.

    Raises:
        ConfigurationError: It is.
    """
    try:
        yield
    except ImportError as error:
        message = f"this needs {library} ({error}): {install_command(extra)}"
        raise ConfigurationError(message) from None
