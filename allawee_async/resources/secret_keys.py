"""Secret keys: create them."""

from allawee_async.models.secret_keys import SecretKey
from allawee_async.resources.base import Resource, route
from allawee_async.transport.routes import tells_once
from allawee_async.types import Strings


class SecretKeys(Resource):
    """`allawee.secret_keys`: the API keys of your business."""

    @route(
        "POST",
        "/secret-keys",
        tells_secret=True,
        effect=tells_once("makes a key that the API tells only now"),
    )
    async def create(
        self, *, name: str, scopes: Strings, grp_enabled: bool | None = None
    ) -> SecretKey:
        """Create an API key. It is never sent twice if it may have taken effect.

        Args:
            name: Your name for it.
            scopes: What it may do: `cards:create`, `cards:update:status`.
            grp_enabled: Whether its requests are queued when a service is down (guaranteed
                processing); by default they are not.

        Returns:
            The new key. The key itself is told this once; `repr` masks it.

        Raises:
            BadRequestError: A field is missing or invalid; the error names it.
            PermissionDeniedError: The key of this client may not create keys.
            AllaweeError: If it is not known whether it took effect, there may be a key that nobody
                has seen: look at the dashboard.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """
