"""The clients that are measured side by side."""

from importlib import import_module

from benchmarks.contestants.base import Contestant

BARE, OURS, PEER = "bare", "allawee_async", "httpx_pydantic"
CONTESTANTS = (BARE, OURS, PEER)

_CLASSES = {
    BARE: ("benchmarks.contestants.bare", "Bare"),
    OURS: ("benchmarks.contestants.ours", "Ours"),
    PEER: ("benchmarks.contestants.httpx_pydantic", "HttpxPydantic"),
}


def load(name: str) -> type[Contestant]:
    """Import one contestant and nothing of the others, whose memory would count."""
    module, cls = _CLASSES[name]
    found: type[Contestant] = getattr(import_module(module), cls)
    return found
