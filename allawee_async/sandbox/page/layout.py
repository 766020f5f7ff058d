"""The frame around every view: the head, the way around, the outcome of what was just done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.page.context import ROOT, address
from allawee_async.sandbox.page.html import Html, document, tag
from allawee_async.sandbox.page.views import VIEWS
from allawee_async.version import __version__

if TYPE_CHECKING:
    from allawee_async.sandbox.page.actions import ActionOutcome
    from allawee_async.sandbox.page.context import ViewContext


def whole_page(context: ViewContext, outcome: ActionOutcome | None = None) -> Html:
    """Return the document that shows a view, and what came of an action if one was just done."""
    view = VIEWS[context.name]
    main, beside = view.draw(context)
    shape = "main" if beside is None else "main with-aside"
    return document(
        _head(view.title),
        tag(
            "body",
            tag("a", "Skip to the content", href="#content", class_="skip"),
            _banner(context),
            tag(
                "main",
                tag("h1", view.title),
                _outcome(outcome),
                tag("div", main, None if beside is None else tag("aside", beside), class_=shape),
                id="content",
                tabindex="-1",
            ),
            tag("footer", f"allawee_async {__version__}. Times are UTC. ",
                "Test money only: nothing here is real."),
        ),
    )  # fmt: skip


def _head(title: str) -> Html:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · Allawee sandbox"),
        tag("link", rel="icon", href=f"{ROOT}/icon.svg", type="image/svg+xml"),
        tag("link", rel="stylesheet", href=f"{ROOT}/page.css"),
        tag("script", src=f"{ROOT}/page.js", defer=True),
    )


def _banner(context: ViewContext) -> Html:
    links = [
        tag("a", view.title, href=address(name),
            aria_current="page" if name == context.name else None)
        for name, view in VIEWS.items()
    ]  # fmt: skip
    live = tag(
        "div",
        tag("span", "Live", id="live-state"),
        tag("button", "Pause", type="button", id="live-switch", class_="quiet"),
        id="live",
        hidden=True,
    )
    reload = tag("noscript", tag("a", "Reload", href=context.address))
    return tag(
        "header",
        tag("strong", "Allawee ", tag("span", "sandbox")),
        tag("nav", links, aria_label="Views"),
        live,
        reload,
    )


def _outcome(outcome: ActionOutcome | None) -> Html:
    """Return the place where outcomes are told; without one it is empty."""
    told = None if outcome is None else tag("p", outcome.text, class_=f"outcome {outcome.kind}")
    return tag("div", told, id="outcome", role="status")
