"""Webhooks: where the API sends its events; create, change, switch on and off, sign."""

from difflib import get_close_matches
from typing import Any, cast

from allawee_async.models.common import ActionResult
from allawee_async.models.webhooks import Webhook, WebhookEventName, WebhookSecret
from allawee_async.redaction import one_line
from allawee_async.resources.base import Listable, route
from allawee_async.transport.retry_state import log
from allawee_async.transport.routes import ends
from allawee_async.types import FreeForm, Secret, Strings


def _warn_of_unknown(given: dict[str, Any]) -> None:
    """Warn of events that no document names: the API takes them, and sends nothing."""
    events, known = given.get("events"), [*map(str, WebhookEventName)]
    for name in cast("list[object]", events) if isinstance(events, list | tuple) else ():
        if isinstance(name, str) and name not in known:
            close = get_close_matches(name, known, n=2)
            hint = f"did you mean {' or '.join(close)}? " if close else ""
            told = f"no document names the event {one_line(name)!r}; {hint}"
            log.warning("%sknown: %s", told, ", ".join(known))


class Webhooks(Listable[Webhook], path="/webhooks"):
    """`allawee.webhooks`: where the API sends its events."""

    @route("POST", "/webhooks", tells_secret=True, prepare=_warn_of_unknown)
    async def create(
        self,
        *,
        name: str,
        events: Strings,
        url: str,
        api_version: str | None = None,
        description: str | None = None,
        signing_key: Secret | None = None,
        metadata: FreeForm | None = None,
    ) -> Webhook:
        """Create a webhook. It is never sent twice if it may have taken effect.

        It gets no events before `enable`: until then the default webhook does.

        Args:
            name: Your name for it.
            events: The names of the events that it gets: `card.transaction.created`. There is no
                name for all of them; one that no document has is logged. A program that decides on
                authorizations needs all three: `card.authorization.request`,
                `card.authorization.update` and `card.authorization.closed`.
            url: Where they are sent.
            api_version: The version of the API in which they are written: `2023-02-01`.
            description: More about it.
            signing_key: The key to sign them with.
            metadata: Your own data.

        Returns:
            The new webhook; the documents do not show which fields the API answers with.

        Raises:
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, look through `list` before you
                try again.

        Source: Allawee's documents on webhooks (2024-09-13).
        """

    @route("GET", "/webhooks/:id")
    async def get(self, webhook_id: str) -> Webhook:
        """Read one webhook.

        Args:
            webhook_id: The id, for instance `wh.2cbc123456`.

        Returns:
            The webhook; the documents do not show which fields the API answers with.

        Raises:
            NotFoundError: There is no such webhook.

        Source: Allawee's documents on webhooks (2024-09-13).
        """

    @route("PUT", "/webhooks/:id", prepare=_warn_of_unknown)
    async def update(
        self,
        webhook_id: str,
        *,
        name: str | None = None,
        events: Strings | None = None,
        url: str | None = None,
        api_version: str | None = None,
        description: str | None = None,
        metadata: FreeForm | None = None,
    ) -> Webhook:
        """Change a webhook. Sending it twice does no harm, so it is retried.

        The documents do not say whether what is left out stays as it is; give all of it. The
        signing key is changed by `roll_secret` only.

        Args:
            webhook_id: The id, for instance `wh.2cbc123456`.
            name: Your name for it.
            events: The names of the events that it gets; one that no document has is logged.
            url: Where they are sent.
            api_version: The version of the API in which they are written.
            description: More about it.
            metadata: Your own data.

        Returns:
            The webhook as it is now.

        Raises:
            NotFoundError: There is no such webhook.
            BadRequestError: A field is invalid; the error names it.

        Source: Allawee's documents on webhooks (2024-09-13).
        """

    @route("DELETE", "/webhooks/:id", effect=ends("deletes the webhook for good"))
    async def delete(self, webhook_id: str) -> ActionResult:
        """Delete a webhook. Sending it twice does no harm, so it is retried.

        Args:
            webhook_id: The id, for instance `wh.2cbc123456`.

        Returns:
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            NotFoundError: There is no such webhook; after a retry, perhaps no longer.

        Source: Allawee's documents on webhooks (2024-09-13).
        """

    @route("POST", "/webhooks/:id/enable", resend=True)
    async def enable(self, webhook_id: str) -> Webhook:
        """Let a webhook get its events. Sending it twice does no harm, so it is retried.

        Args:
            webhook_id: The id, for instance `wh.2cbc123456`.

        Returns:
            The webhook, as far as the API tells it; the documents show no answer.

        Raises:
            NotFoundError: There is no such webhook.

        Source: Allawee's documents on webhooks (2024-09-13).
        """

    @route("POST", "/webhooks/:id/disable", resend=True)
    async def disable(self, webhook_id: str) -> Webhook:
        """Let the default webhook get its events again. It is retried, as it does no harm.

        Args:
            webhook_id: The id, for instance `wh.2cbc123456`.

        Returns:
            The webhook, as far as the API tells it; the documents show no answer.

        Raises:
            NotFoundError: There is no such webhook.

        Source: Allawee's documents on webhooks (2024-09-13).
        """

    @route("GET", "/webhooks/:id/secret", tells_secret=True)
    async def secret(self, webhook_id: str) -> WebhookSecret:
        """Read the key that signs the events of a webhook.

        Args:
            webhook_id: The id, for instance `wh.2cbc123456`.

        Returns:
            The key; `repr` masks it.

        Raises:
            NotFoundError: There is no such webhook.

        Source: Allawee's documents on webhooks (2024-09-13).
        """

    @route(
        "POST",
        "/webhooks/:id/secret/roll",
        tells_secret=True,
        effect=ends("changes the key that signs events, so the old one ends"),
    )
    async def roll_secret(
        self, webhook_id: str, *, signing_key: Secret | None = None
    ) -> WebhookSecret:
        """Change the key that signs events. It is never sent twice if it may have taken effect.

        Accept signatures of both keys for a while: events that are on the way carry the old one.

        Args:
            webhook_id: The id, for instance `wh.2cbc123456`.
            signing_key: The new key. Withdrawn documents say that
                the API makes one up if there is none.

        Returns:
            The key, as far as the API tells it; `repr` masks it.

        Raises:
            NotFoundError: There is no such webhook.
            AllaweeError: If it is not known whether it took effect, `secret` tells which key holds.

        Source: Allawee's documents on webhooks (2024-09-13).
        """
