"""Who may use the page: somebody at this computer, from the page itself. Pure.

Every web page that is open in the browser can send requests to ports of this computer. So the page
wants to be called by a name of this computer (or a foreign name could be made to lead here), and an
action wants to come from the page, with the token that only the page has.
"""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

import attrs

from allawee_async.sandbox.page.views import ROOT

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With `no-referrer`, browsers would send the page's own actions with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""The headers of every answer of the page."""


@attrs.frozen
class Visit:
    """What a request tells about where it is from.

    Attributes:
        peer: The address of the other end of the connection.
        own: The address of this end of it.
        host: The header `Host`; None unless there is exactly one.
        origin: The header `Origin`.
        site: The header `Sec-Fetch-Site`, which older browsers do not send.
    """

    peer: str
    own: str
    host: str | None
    origin: str | None = None
    site: str | None = None


def objection(visit: Visit, listens_at: str) -> str | None:
    """Return why a request may not see the page, or None if it may.

    Args:
        visit: Where the request is from.
        listens_at: The address that the sandbox was told to listen at.
    """
    if not (is_loopback(visit.peer) or visit.peer == visit.own):
        return "The sandbox's page is for the computer that the sandbox runs on."
    name = _name_in(visit.host)
    known = name in (listens_at.lower(), "localhost") or (name or "").endswith(".localhost")
    if name is None or not (known or is_loopback(name) or name == visit.own):
        return f"Call the sandbox's page by its address, http://127.0.0.1:<port>{ROOT}."
    return None


def objection_to_action(visit: Visit, sent: str, token: str) -> str | None:
    """Return why a request that may see the page may not do anything, or None if it may."""
    own_origin = f"http://{visit.host}".lower()
    if visit.site not in (None, "same-origin") or (visit.origin or "").lower() != own_origin:
        return "Actions are taken from the sandbox's own page only."
    if not compare_digest(sent.encode(), token.encode()):
        return "This page is of an earlier run of the sandbox: reload it, then try again."
    return None


def is_loopback(address: str) -> bool:
    """Return whether an IP address is one of this computer alone."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


def _name_in(host: str | None) -> str | None:
    """Return the name or the address in a `Host` header, in small letters."""
    try:
        return urlsplit(f"//{host}").hostname if host else None
    except ValueError:
        return None
