"""Rules about webhooks and events, and their numbers."""

from __future__ import annotations

from allawee_async.sandbox.rules.rule import Rule, about

MAX_SIGNING_KEY = 256
ATTEMPTS_KEPT = 20
PAUSES = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds between the attempts to send an event; after the last one it has failed."""
DECISION_SECONDS, UPDATE_SECONDS, ANSWER_SECONDS = 2.0, 4.0, 10.0

_TOLD_PAUSES = f"{', '.join(f'{pause:g}' for pause in PAUSES[:-1])} and {PAUSES[-1]:g}"

NEWER_EVENTS_SINCE = "2024-05-01"

RULES: tuple[Rule, ...] = (
    *about(
        "Webhooks",
        Rule("A new webhook is `disabled`. Its signing key is in no answer but those of "
             "`/secret` and `/secret/roll`; one that is not sent is made up. URLs are `http` or "
             f"`https`, keys have at most {MAX_SIGNING_KEY} characters.",
             "The documents say that it has to be enabled, and show no answer."),
        Rule("An event goes to the enabled webhook that its card program names, else to the "
             "newest enabled one that lists it, else to the default webhook. The sandbox has a "
             "default webhook only after `add_webhook` without events. A program that names a URL "
             "which no webhook has gets its events there, signed with the key of the default "
             "webhook, or else of the newest enabled one.",
             "The default webhook is set where the API does not reach; several that list one "
             "event are not documented."),
        Rule("Nothing is sent to addresses that are not of this computer: the event is recorded "
             "as `failed` and says so. `Sandbox(webhooks_anywhere=True)` lifts this.",
             "A test must not call strangers by mistake."),
        Rule("A rolled key signs nothing any more, also no event that is sent again. DELETE "
             "answers with the webhook as it was.",
             "Whether the old key is still good for a while is not documented."),
    ),
    *about(
        "Events",
        Rule("An event is `pending` until it is answered with 200 (`delivered`), `failed` when "
             "all attempts are used up, `unclaimed` when there is no webhook for it. It shows "
             f"its latest {ATTEMPTS_KEPT} attempts with status, latency, answer and error.",
             "The documents name deliveries and show none."),
        Rule(f"What is not answered with 200 is sent again after {_TOLD_PAUSES} seconds; "
             "`webhook_pauses` changes that. Requests for a decision and `request.completed` are "
             "sent once; redirects are not followed.", "The schedule is not documented."),
        Rule("A repeat is the same, byte for byte, `sentAt` included, and keeps the id of the "
             "event.", "So the signature is the same too; the documents do not say."),
        Rule("Events about cards have the newest form. A webhook whose `apiVersion` is before "
             f"{NEWER_EVENTS_SINCE} gets the older one: with `object`, `createdAt`, `channel` and "
             "`decisionType`, and all of `networkData`.",
             "The documents show both forms, and do not say which webhook gets which."),
        Rule(f"An answer must be there within {DECISION_SECONDS:g} seconds for a request, "
             f"{UPDATE_SECONDS:g} for a pending update, and {ANSWER_SECONDS:g} for all others.",
             "The first two are documented."),
        Rule("Only the first answer to a request for a decision counts. It may be none: what is "
             "answered after the time, or to a copy, has no effect.",
             "Not documented; a decision cannot be taken back."),
        Rule("`retry` sends any event again, also a delivered one, to the webhook that gets it "
             "now. Events of a webhook that has been disabled or deleted move on likewise.",
             "The documents say no more than that it is sent again."),
    ),
)  # fmt: skip
