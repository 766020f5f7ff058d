"""Routes as data: method, path pattern, host, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum

import attrs

from allawee_async.sandbox.api import messages
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.core.state import State

_VERBS = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}


class Host(Enum):
    """The two hosts of the API; each is a port of the sandbox."""

    API = "api"
    SECURE = "secure"


@attrs.frozen
class Endpoint:
    """One endpoint; everything that the sandbox knows of it stands here.

    Attributes:
        method: The method.
        path: The path; `:id` in it stands for the one path parameter.
        handler: What answers a request.
        host: Which of the two hosts has it.
        scope: What a key needs for it; made by the rule of `scope_of` if it is not given.
        is_queueable: Whether a request that fails downstream can be queued.
    """

    method: str
    path: str
    handler: Callable[[State, ApiRequest], ApiResponse]
    host: Host = Host.API
    scope: str = attrs.field(
        default=attrs.Factory(lambda self: scope_of(self.method, self.path), takes_self=True),
        kw_only=True,
    )
    is_queueable: bool = attrs.field(default=False, kw_only=True)


def scope_of(method: str, path: str) -> str:
    """Return the scope that an endpoint wants by the rule.

    That is the noun with `read`, `create`, `update` or `delete`. What is done to a document that
    there is, is an update named after the last step: `payments:update:requeue`.
    """
    noun, *steps = path.strip("/").split("/")
    if method == "POST" and len(steps) > 1 and steps[0] == ":id":
        return f"{noun}:update:{steps[-1]}"
    return f"{noun}:{_VERBS[method]}"


class Router:
    """Finds the endpoint for a request."""

    def __init__(self, routes: Iterable[Endpoint]) -> None:
        self._endpoints: dict[tuple[Host, tuple[str, ...]], dict[str, Endpoint]] = {}
        for route in routes:
            key = (route.host, tuple(route.path.split("/")))
            self._endpoints.setdefault(key, {})[route.method] = route
        self._lengths = frozenset(len(path) for _, path in self._endpoints)

    def find(self, host: Host, method: str, segments: tuple[str, ...]) -> tuple[Endpoint, str]:
        """Return the endpoint for a path, given as its decoded segments, and the id in the path.

        Raises:
            RefusalError: 404 for an unknown path, 405 for a method that the path does not have.
        """
        for key, found in self._readings(segments):
            methods = self._endpoints.get((host, key))
            if methods is not None:
                if method in methods:
                    return methods[method], found
                message = f"This endpoint has no method {method[:16]}."
                allowed = {"Allow": ", ".join(sorted(methods))}
                raise messages.RefusalError(
                    messages.failure(405, "method-not-allowed", message, allowed)
                )
        raise messages.refused("not-found", "No endpoint has this path.", 404)

    def _readings(self, segments: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the path as it is, then with each segment taken for the id, the last one first."""
        if len(segments) not in self._lengths:
            return
        yield segments, ""
        for index in range(len(segments) - 1, 0, -1):
            if segments[index]:
                yield (*segments[:index], ":id", *segments[index + 1 :]), segments[index]
