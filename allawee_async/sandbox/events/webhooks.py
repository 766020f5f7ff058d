"""Webhooks: where events go to, and the keys that sign them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from allawee_async.sandbox.api.documents import added, fresh, given, replaced
from allawee_async.sandbox.api.messages import RefusalError, failure, success
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.values import to_bytes
from allawee_async.sandbox.events.recording import DISABLED, ENABLED
from allawee_async.sandbox.rules.events import MAX_SIGNING_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

PREFIX = "wh."
_FIELDS = ("name", "events", "url", "apiVersion", "description", "metadata")


def list_webhooks(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /webhooks`."""
    return answer_list(state.webhooks, call.pairs)


def get_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /webhooks/:id`."""
    return _shown(state, _stored(state, call.id))


def create_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /webhooks`: it gets events once it is enabled."""
    body = _read_webhook(call.body, with_key=True)
    webhook = _complete(state, given(body, *_FIELDS, "signingKey"), DISABLED)
    return added(state.webhooks, webhook)


def update_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /webhooks/:id`; the signing key can only be rolled."""
    stored = _stored(state, call.id)
    body = _read_webhook(call.body, with_key=False)
    return replaced(state.webhooks, stored | given(body, *_FIELDS) | {"updatedAt": state.now()})


def delete_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `DELETE /webhooks/:id` with the webhook as it was."""
    reply = _shown(state, _stored(state, call.id))
    state.webhooks.remove(call.id)
    return reply


def enable_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /webhooks/:id/enable`."""
    return _set_status(state, call, ENABLED)


def disable_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /webhooks/:id/disable`."""
    return _set_status(state, call, DISABLED)


def get_secret(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /webhooks/:id/secret`."""
    return _secret(_stored(state, call.id))


def roll_secret(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /webhooks/:id/secret/roll`: the old key signs nothing any more."""
    stored = _stored(state, call.id)
    body = read_body(call.body)
    checks = Checks()
    _check_key(checks, body)
    checks.refuse_if_any()
    key = body.get("signingKey") or _new_key(state)
    rolled = stored | {"signingKey": key, "updatedAt": state.now()}
    state.webhooks.replace(rolled)
    return _secret(rolled)


def plant(
    state: State, url: str, events: Iterable[str] | None, signing_key: str | None
) -> JsonObject:
    """Store an enabled webhook; without events it is the default one, which gets all the others."""
    fields: JsonObject = {"name": "Planted", "url": url, "events": list(events or ())}
    if signing_key is not None:
        fields["signingKey"] = signing_key
    webhook = _complete(state, fields, ENABLED) | {"isDefault": events is None}
    state.webhooks.add(webhook)
    return webhook


def _complete(state: State, fields: JsonObject, status: str) -> JsonObject:
    webhook: JsonObject = {
        "name": "", "events": [], "url": "", "status": status, "metadata": {},
        **fresh(state, PREFIX, state.webhooks, "webhook"),
    } | fields  # fmt: skip
    if "signingKey" not in webhook:
        webhook["signingKey"] = _new_key(state)
    return webhook


def _new_key(state: State) -> str:
    return state.new_secret("whk.")


def _read_webhook(body: bytes, *, with_key: bool) -> JsonObject:
    webhook = read_body(body)
    checks = Checks()
    checks.text(webhook, "name")
    checks.texts(webhook, "events")
    checks.text(webhook, "url")
    url = webhook.get("url")
    if isinstance(url, str) and url.strip() and not _is_url(url):
        checks.messages.append("url must be a URL address")
    checks.text(webhook, "apiVersion", required=False)
    checks.text(webhook, "description", required=False)
    checks.object(webhook, "metadata", required=False)
    if with_key:
        _check_key(checks, webhook)
    checks.refuse_if_any()
    return webhook


def _check_key(checks: Checks, body: JsonObject) -> None:
    key = body.get("signingKey")
    checks.text(body, "signingKey", required=key is not None)
    if isinstance(key, str) and len(key) > MAX_SIGNING_KEY:
        message = f"signingKey must be shorter than or equal to {MAX_SIGNING_KEY} characters"
        checks.messages.append(message)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _set_status(state: State, call: ApiRequest, status: str) -> ApiResponse:
    stored = _stored(state, call.id)
    return replaced(state.webhooks, stored | {"status": status, "updatedAt": state.now()})


def _stored(state: State, id: str) -> JsonObject:
    webhook = state.webhooks.get(id)
    if webhook is None:
        raise RefusalError(failure(404, "not-found", f"No webhook has the id {id[:64]!r}."))
    return webhook


def _shown(state: State, webhook: JsonObject) -> ApiResponse:
    position = state.webhooks.position_of(str(webhook["id"]))
    return success(state.webhooks.shown_at(position or 0))


def _secret(webhook: JsonObject) -> ApiResponse:
    return success(to_bytes({"signingKey": webhook["signingKey"]}))


ROUTES = (
    Endpoint("GET", "/webhooks", list_webhooks),
    Endpoint("POST", "/webhooks", create_webhook),
    Endpoint("GET", "/webhooks/:id", get_webhook),
    Endpoint("PUT", "/webhooks/:id", update_webhook),
    Endpoint("DELETE", "/webhooks/:id", delete_webhook),
    Endpoint("POST", "/webhooks/:id/enable", enable_webhook),
    Endpoint("POST", "/webhooks/:id/disable", disable_webhook),
    Endpoint("GET", "/webhooks/:id/secret", get_secret),
    Endpoint("POST", "/webhooks/:id/secret/roll", roll_secret),
)
