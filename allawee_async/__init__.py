"""An async, typed client for the Allawee API (now also "Paystack Issuing").

    async with AllaweeClient("sk.test.…") as allawee:
        async for customer in allawee.customers.list():
            print(customer.id, customer.name)

Names are loaded when they are first used, so that a program that needs only models, errors or
signatures does not pay for an HTTP client.
"""

from typing import TYPE_CHECKING

from allawee_async.lazy import lazy_names

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient as AllaweeClient
    from allawee_async.codec.converter import from_dict as from_dict
    from allawee_async.codec.converter import to_dict as to_dict
    from allawee_async.errors import *
    from allawee_async.integrations.redis import RedisRate as RedisRate
    from allawee_async.models import *
    from allawee_async.pagination.pager import AsyncPager as AsyncPager
    from allawee_async.pagination.pager import Part as Part
    from allawee_async.pagination.pages import Page as Page
    from allawee_async.query.filters import F as F
    from allawee_async.transport.downloads import Download as Download
    from allawee_async.transport.request import RetryEvent as RetryEvent
    from allawee_async.transport.response import Reply as Reply
    from allawee_async.transport.retry import RetryPolicy as RetryPolicy
    from allawee_async.version import __version__ as __version__

else:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "client": "AllaweeClient",
            "codec.converter": "from_dict to_dict",
            "integrations.redis": "RedisRate",
            "pagination.pager": "AsyncPager Part",
            "pagination.pages": "Page",
            "query.filters": "F",
            "transport.downloads": "Download",
            "transport.request": "RetryEvent",
            "transport.response": "Reply",
            "transport.retry": "RetryPolicy",
            "version": "__version__",
        },
        more=("errors", "models"),
    )
