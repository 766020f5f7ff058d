"""Secret keys: a new one is told once; and the scope that each endpoint wants of a key."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.values import to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

_VERBS = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}

SPECIAL: Mapping[tuple[str, str], str] = {
    ("POST", "/cards/:id/block"): "cards:update:status",
    ("POST", "/cards/:id/unblock"): "cards:update:status",
    ("POST", "/cards/:id/activate"): "cards:update:status",
    ("DELETE", "/cards/:id"): "cards:update:status",
    ("POST", "/cards/:id/link"): "cards:update:link",
    ("POST", "/cards/link"): "cards:update:link",
    ("POST", "/cards/:id/reset-pin"): "cards:update:pin",
    ("GET", "/cards/:id/secrets"): "cards:read:secrets",
    ("GET", "/webhooks/:id/secret"): "webhooks:read:secret",
    ("POST", "/webhooks/:id/enable"): "webhooks:update:status",
    ("POST", "/webhooks/:id/disable"): "webhooks:update:status",
    ("POST", "/webhooks/:id/secret/roll"): "webhooks:update:secret",
    ("PUT", "/disputes/:id/close"): "disputes:update:status",
    ("POST", "/payments/:id/resend-events/payment-completed"): "payments:update:resend-events",
}
"""The scopes that do not follow from the rule; the first three names are the documented ones."""


@cache
def scope_of(method: str, path: str) -> str:
    """Return the scope that an endpoint wants.

    That is the noun with `read`, `create`, `update` or `delete`. What is done to a document that
    there is, is an update named after the last step: `payments:update:requeue`. Guaranteed
    processing is simulated with the scope of the real endpoint.
    """
    real = path.removeprefix("/simulation/grp")
    special = SPECIAL.get((method, real))
    if special is not None:
        return special
    noun, *steps = real.strip("/").split("/")
    if method == "POST" and steps and steps[0] == ":id" and len(steps) > 1:
        return f"{noun}:update:{steps[-1]}"
    return f"{noun}:{_VERBS[method]}"


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
