"""A pool of connections that leads nowhere but to the test."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

import attrs
from multidict import CIMultiDict

from allawee_async import AllaweeClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.transport.request import Request

BASE_URL = "https://api.example"
SECURE_URL = "https://secure.example"
NOTHING: Any = object()


@attrs.frozen
class Sent:
    """One request that reached the wire."""

    method: str
    url: Any
    headers: Mapping[str, str]
    raw: bytes | None

    @property
    def body(self) -> Any:
        """The JSON that was sent, or None for no body at all."""
        return None if self.raw is None else json.loads(self.raw)

    @property
    def host(self) -> str:
        return {"api.example": "api", "secure.example": "secure"}[self.url.host]

    @property
    def path(self) -> str:
        return str(self.url.raw_path)

    @property
    def query(self) -> dict[str, str]:
        return dict(self.url.query)


class Wire:
    """Stands for the pool of connections: keeps what is sent and answers what it was told."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.slept: list[float] = []
        self.time = 0.0
        self._answers: deque[Any] = deque()

    def answer(
        self, data: Any = NOTHING, *, status: int = 200, body: Any = NOTHING, **headers: str
    ) -> None:
        """Set the next answer: `data` in an envelope, or a whole `body`."""
        if body is NOTHING:
            body = {"code": "success"} if data is NOTHING else {"code": "success", "data": data}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._answers.append((status, CIMultiDict(named), raw))

    def fail(self, error: Exception) -> None:
        """Let the next request fail."""
        self._answers.append(error)

    def client(self, **options: Any) -> AllaweeClient:
        """Return a client whose calls come here."""
        client = AllaweeClient(
            "sk.test.wire",
            base_url=BASE_URL,
            secure_url=SECURE_URL,
            clock=lambda: self.time,
            sleep=self._sleep,
            random=lambda: 1.0,
            **options,
        )
        client._session.pool = self  # type: ignore[assignment]
        return client

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def free_turn(self) -> Wire:
        return self

    async def exchange(self, request: Request, headers: Any, _: Any) -> Any:
        self.sent.append(Sent(request.method, request.url, headers, request.body))
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self, error: Exception | None = None) -> None:
        pass

    def enter(self) -> None:
        pass

    async def leave(self, *, is_owner: bool) -> None:
        pass

    async def close(self) -> None:
        pass
