"""Secret keys: a new one is told once, with the scopes that it has."""

from __future__ import annotations

from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import JsonObject


def create_secret_key(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /secret-keys`."""
    with read_body(call.body) as body:
        name, scopes = body.text("name"), body.texts("scopes")
        grp_enabled = body.flag("grpEnabled", required=False)
    secret = state.ids.new("sk.test.", 32)
    key = state.keys.add(secret, scopes=scopes, grp_enabled=grp_enabled)
    now = state.now()
    shown: JsonObject = {
        "name": name, "scopes": [*scopes], "grpEnabled": grp_enabled, "key": secret,
        "createdAt": now, "updatedAt": now, "id": key.id, "object": "secret.key",
    }  # fmt: skip
    return success(shown)


ROUTES = (Endpoint("POST", "/secret-keys", create_secret_key),)
