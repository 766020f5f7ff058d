"""Secret keys: a new one is told once, with the scopes that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.jsontypes import to_bytes

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.jsontypes import JsonObject
    from allawee_async.sandbox.core.state import State


def create_secret_key(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /secret-keys`."""
    body = read_body(call.body)
    checks = Checks()
    checks.text(body, "name")
    checks.texts(body, "scopes")
    checks.flag(body, "grpEnabled", required=False)
    checks.refuse_if_any()
    scopes = body["scopes"] if isinstance(body["scopes"], list) else []
    secret = state.new_secret("sk.test.")
    grp_enabled = body.get("grpEnabled") is True
    key = state.keys.add(secret, scopes=map(str, scopes), grp_enabled=grp_enabled)
    now = state.now()
    shown: JsonObject = {
        "name": body["name"], "scopes": scopes, "grpEnabled": grp_enabled, "key": secret,
        "createdAt": now, "updatedAt": now, "id": key.id, "object": "secret.key",
    }  # fmt: skip
    return success(to_bytes(shown))


ROUTES = (Endpoint("POST", "/secret-keys", create_secret_key),)
