"""Webhooks: where events go to, and the keys that sign them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from urllib.parse import urlsplit

from allawee_async.sandbox.api.documents import changed, fresh, reads, shown, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, given
from allawee_async.sandbox.events.recording import DISABLED, ENABLED
from allawee_async.sandbox.rules.values import MAX_SIGNING_KEY

_KEY_PREFIX = "whk."
_FIELDS = ("name", "events", "url", "apiVersion", "description", "metadata")


def create_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /webhooks`: it gets events once it is enabled."""
    fields = _read_webhook(call.body, (*_FIELDS, "signingKey"))
    return success(state.webhooks.add(_complete(state, fields, DISABLED)))


def update_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /webhooks/:id`; the signing key can only be rolled."""
    webhook = stored(state.webhooks, call.id)
    return changed(state, state.webhooks, webhook, _read_webhook(call.body, _FIELDS))


def delete_webhook(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `DELETE /webhooks/:id` with the webhook as it was."""
    reply = shown(state.webhooks, call.id)
    state.webhooks.remove(call.id)
    return reply


def set_status(status: str, state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /webhooks/:id/enable` and `…/disable`."""
    webhook = stored(state.webhooks, call.id)
    return changed(state, state.webhooks, webhook, {"status": status})


def get_secret(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /webhooks/:id/secret`."""
    return success(given(stored(state.webhooks, call.id), "signingKey"))


def roll_secret(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /webhooks/:id/secret/roll`: the old key signs nothing any more."""
    webhook = stored(state.webhooks, call.id)
    with read_body(call.body) as body:
        _check_key(body)
    key: Document = {"signingKey": body.fields.get("signingKey") or state.ids.new(_KEY_PREFIX, 32)}
    changed(state, state.webhooks, webhook, key)
    return success(key)


def plant(
    state: State, url: str, events: Iterable[str] | None, signing_key: str | None
) -> Document:
    """Store an enabled webhook; without events it is the default one, which gets all the others.

    Raises:
        TypeError: The events are one text, which would be taken for a list of letters.
    """
    if isinstance(events, str):
        raise TypeError(f"events is a list of names: [{events!r}]")
    fields = {"name": "Planted", "url": url, "events": [*(events or ())], "signingKey": signing_key}
    webhook = _complete(state, fields, ENABLED) | {"isDefault": events is None}
    state.webhooks.add(webhook)
    return webhook


def _complete(state: State, fields: Document, status: str) -> Document:
    webhook: Document = {"name": "", "events": [], "url": "", "status": status, "metadata": {}}
    webhook |= fresh(state, state.webhooks) | fields
    if webhook.get("signingKey") is None:
        webhook["signingKey"] = state.ids.new(_KEY_PREFIX, 32)
    return webhook


def _read_webhook(sent: bytes, names: tuple[str, ...]) -> Document:
    """Return those of the named fields that a request sets."""
    with read_body(sent) as body:
        body.text("name")
        body.texts("events")
        url = body.text("url")
        if url.strip() and not _is_url(url):
            body.refuse("url", "must be a URL address")
        body.text("apiVersion", required=False)
        body.text("description", required=False)
        body.object("metadata", required=False)
        if "signingKey" in names:
            _check_key(body)
    return body.given(*names)


def _check_key(body: RequestBody) -> None:
    key = body.text("signingKey", required=body.fields.get("signingKey") is not None)
    if len(key) > MAX_SIGNING_KEY:
        body.refuse("signingKey", f"must be shorter than or equal to {MAX_SIGNING_KEY} characters")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


_STATUS, _SECRET = "webhooks:update:status", "webhooks:update:secret"
ROUTES = (
    *reads("/webhooks", lambda state: state.webhooks),
    Endpoint("POST", "/webhooks", create_webhook),
    Endpoint("PUT", "/webhooks/:id", update_webhook),
    Endpoint("DELETE", "/webhooks/:id", delete_webhook),
    Endpoint("POST", "/webhooks/:id/enable", partial(set_status, ENABLED), scope=_STATUS),
    Endpoint("POST", "/webhooks/:id/disable", partial(set_status, DISABLED), scope=_STATUS),
    Endpoint("GET", "/webhooks/:id/secret", get_secret, scope="webhooks:read:secret"),
    Endpoint("POST", "/webhooks/:id/secret/roll", roll_secret, scope=_SECRET),
)
