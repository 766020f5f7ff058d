"""Rules of the sandbox's own for webhooks, events, keys, guaranteed processing and the file."""

from __future__ import annotations

_WEBHOOKS = (
    (
        (
            "A new webhook is `disabled`. Its signing key is in no answer but those of `/secret` "
            "and `/secret/roll`; one that is not sent is made up. URLs are `http` or `https`, "
            "keys have at most 256 characters."
        ),
        "The documents say that it has to be enabled, and show no answer.",
    ),
    (
        (
            "An event goes to the enabled webhook that its card program names, else to the newest"
            " enabled one that lists it, else to the default webhook. The sandbox has a default "
            "webhook only after `add_webhook` without events."
        ),
        (
            "The default webhook is set where the API does not reach; several that list one event"
            " are not documented."
        ),
    ),
    (
        (
            "Nothing is sent to addresses that are not of this computer: the event is recorded as"
            " `failed` and says so. `Sandbox(webhooks_anywhere=True)` lifts this."
        ),
        "A test must not call strangers by mistake.",
    ),
    (
        (
            "A rolled key signs nothing any more, also no event that is sent again. DELETE "
            "answers with the webhook as it was."
        ),
        "Whether the old key is still good for a while is not documented.",
    ),
)
_EVENTS = (
    (
        (
            "An event is `pending` until it is answered with 200 (`delivered`), `failed` when all"
            " attempts are used up, `unclaimed` when there is no webhook for it. It shows its "
            "latest 20 attempts with status, latency, answer and error."
        ),
        "The documents name deliveries and show none.",
    ),
    (
        (
            "What is not answered with 200 is sent again after 1, 5, 30, 120 and 600 seconds; "
            "`webhook_pauses` changes that. Requests for a decision and `request.completed` are "
            "sent once; redirects are not followed."
        ),
        "The schedule is not documented.",
    ),
    (
        "A repeat is the same, byte for byte, `sentAt` included, and keeps the id of the event.",
        "So the signature is the same too; the documents do not say.",
    ),
    (
        (
            "An answer must be there within 2 seconds for a request, 4 for a pending update, and "
            "10 for all others."
        ),
        "The first two are documented.",
    ),
    (
        (
            "Only the first answer to a request for a decision counts. It may be none: what is "
            "answered after the time, or to a copy, has no effect."
        ),
        "Not documented; a decision cannot be taken back.",
    ),
    (
        (
            "`retry` sends any event again, also a delivered one, to the webhook that gets it "
            "now. Events of a webhook that has been disabled or deleted move on likewise."
        ),
        "The documents say no more than that it is sent again.",
    ),
)
_KEYS = (
    (
        (
            "Scopes are named noun and verb: `customers:read`, `payments:create`, "
            "`webhooks:delete`, and `cards:update:fund` for what is done to one document. Special"
            " names have `cards:read:secrets`, `cards:update:pin`, `webhooks:read:secret`, "
            "`webhooks:update:secret`, `webhooks:update:status`, `disputes:update:status`; "
            "`/simulation` wants `simulation:create`, and for guaranteed processing the scope of "
            "the real endpoint."
        ),
        "Three names are documented: `cards:create`, `cards:update:status`, `cards:update:link`.",
    ),
    (
        (
            "A missing scope is 403 `insufficient-scope` and is named. It is looked at after the "
            "path and before the body. The first key has all scopes; no scope includes another."
        ),
        "The status is documented, the code is not.",
    ),
    (
        (
            "New keys begin with `sk.test.`, may get any scopes, and are told in the field `key` "
            "of the one answer. Only their digests are kept."
        ),
        "The documents say that a key is shown once.",
    ),
    (
        "With a key that begins with `sk.live.`, `/simulation` is 403 `test-key-required`.",
        "The documents say that only test keys can simulate, and show no answer.",
    ),
)
_PROCESSING = (
    (
        (
            "Guaranteed processing is off for the first key; `Sandbox(grp_enabled=True)` or a new"
            " key switches it on."
        ),
        "It is documented as off by default.",
    ),
    (
        (
            "A queued request is done 0.2 seconds later by the sandbox's clock. Its record has "
            "the path of the real endpoint, an `initiator` (the id of the key) and `***` in place"
            " of `pan`, `cvv` and `pin`."
        ),
        "The sample shows the real path; the rest is not documented.",
    ),
    (
        (
            "A request that could not be done is refused before it is queued, whatever is wrong "
            "with it. Without guaranteed processing the simulation answers 503 "
            "`service-unavailable`."
        ),
        "The documents say that the body is checked like that of the real endpoint.",
    ),
    (
        (
            "`x-grp-force-retry: true` lets the first attempt fail too, `x-grp-force-hard-stop: "
            "true` answers 503 at once. Both work on the five real endpoints as well; other "
            "values have no effect."
        ),
        "Neither values nor scope of the headers are documented.",
    ),
    (
        "Faults that are ordered with `sandbox.faults` are answered as ordered, never queued.",
        "So a test gets the very fault that it asked for.",
    ),
    (
        (
            "`/requests` lists the latest 1,000 to 2,000 calls with a key, and all queued ones. "
            "Of other calls neither query nor bodies are kept, and every `latency` is 0. The list"
            " has the envelope, the single record has none."
        ),
        "The documents are of two minds what it holds.",
    ),
)
_FILE = (
    (
        (
            "With `data` the state is in a SQLite file: each request that changes something is "
            "saved before it is answered. Faults, the log of calls and `state.decide` are not "
            "saved. After a restart ids are no longer those of the seed. A new file can be read by"
            " nobody but its owner."
        ),
        "So it outlives a kill; a power cut may cost the last moments.",
    ),
)

SERVICE_RULES: tuple[tuple[str, str], ...] = _WEBHOOKS + _EVENTS + _KEYS + _PROCESSING + _FILE
