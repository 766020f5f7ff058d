"""Rules about requests, customers, filters, lists, keys and the state file, and their numbers."""

from __future__ import annotations

from allawee_async.sandbox.rules.rule import Rule, about

MAX_BODY = 1024 * 1024
MAX_URL = 64 * 1024
MAX_NESTING = 32
DEFAULT_LIMIT, MAX_LIMIT = 20, 1_000
MAX_EXPAND_STEPS = 2
MAX_CONDITIONS = 100
MAX_SORT_FIELDS = 10
MAX_PATTERN = 200
MAX_SEARCHED = 128
# A choice doubles the time at worst, a repetition multiplies it by the length of the text, which
# measures like four choices; the worst pattern of this weight takes a tenth of a second.
MAX_WEIGHT = 12
WEIGHT_OF_REPEAT = 4
SEARCH_SECONDS = 1.0
"""Of the processor; a tenth of a millisecond for each document that was looked at is added."""
QUEUE_SECONDS = 0.2
CALLS_KEPT = 1_000
BODY_KEPT = 4 * 1024

RULES: tuple[Rule, ...] = (
    *about(
        "Requests",
        Rule("A missing, malformed, unknown or revoked key is answered 401 with code "
             "`unauthorized`, before the path is looked at.",
             "The four messages are documented, the code and the order of the checks are not."),
        Rule("Unknown paths and ids are answered 404 with code `not-found`, wrong methods 405 "
             "with `method-not-allowed` and an `Allow` header. A path of one host is unknown on "
             "the other.", "The statuses are documented or usual, the codes are not."),
        Rule("Every answer carries a fresh `x-request-id`.",
             "The documents show it on 202 answers and do not say that others lack it."),
        Rule(f"Bodies have at most {MAX_BODY // 1024**2} MiB (413 `payload-too-large`) and "
             f"{MAX_NESTING} levels (400), URLs {MAX_URL // 1024} KiB. The content type is not "
             "looked at.", "Limits are not documented; a server has some."),
        Rule("All invalid fields are told in one 400, with `error: Bad Request`; an empty body "
             "counts as an empty object.",
             "The shape is documented, the wording is that of the framework it comes from."),
    ),
    *about(
        "Customers",
        Rule("`name`, `reference`, `type` and `claims` are required, for PUT as well; its body "
             "takes the place of what was sent before, but `verifications` and `metadata` stay "
             "if left out.",
             "The documents star these two as well, and say nothing about partial bodies."),
        Rule("Known fields of `claims` may be absent or null and are texts otherwise; dates "
             "and titles are not checked. Verifications are `tier-1` to `tier-3`.",
             "The documents' own request samples hold placeholders, one even the wrong type."),
        Rule("Unknown fields are dropped at the top level and kept within `claims` and "
             "`metadata`.", "The behaviour for unknown fields is not documented."),
        Rule("A `reference` that another customer has is refused with 409 `duplicate-reference`, "
             "and nothing changes.",
             "The reference is the one handle against doubles; its effect is not documented."),
        Rule("`reference` is stored and can be filtered and sorted by, but is in no answer.",
             "It is required in requests and absent from every documented answer."),
        Rule("A new customer is `active`, each of its verifications `verified`. POST answers 200.",
             "That is what the documented answer shows."),
    ),
    *about(
        "Filters",
        Rule("A long form is split at its first two bars; further bars belong to the value.",
             "A bar inside a value is not documented."),
        Rule('Values may be quoted as `"..."` or `<...>` in the long form too, and so may the '
             'single entries of a list: a comma inside quotes belongs to the entry. `\\"`, '
             "`\\<`, `\\>` and `\\\\` are escapes inside their quotes; any other backslash "
             "stands for itself.",
             "Quotes in the long form, in lists, and commas in entries are not documented."),
        Rule("An empty value must be quoted. Operators are written small. Only `:` and `~` can "
             "be negated by a leading `-`. The older form `f||EQ||v` has `EQ`, `NEQ`, `LIKE`, "
             "`IN` and `NIN`, written in capitals.",
             "The newest documents print the older form once, and otherwise show no more."),
        Rule("A relation is filtered by its field or by its `id`: `customer` and `customer.id` "
             "are the same. An id is found by each of its documented prefixes.",
             "The documents write both fields, and the same id with several prefixes."),
        Rule("Customers are found by `email`, `phone`, `country` and `state` too, which are "
             "looked up in their claims.",
             "The documents filter by them, and no sample has such a field."),
        Rule("A text that is a number equals that number, and also a stored text of the very "
             "same characters; `true` and `false` likewise equal booleans.",
             "`metadata.userId` occurs as number and as text; forcing one is not documented."),
        Rule("`>`, `>=`, `<`, `<=` want numbers, the date operators ISO 8601 dates (UTC without "
             "a zone), `size` a count, `exists` true or false; anything else is malformed.",
             "So a query that cannot mean anything is told instead of finding nothing."),
        Rule("Paths go through lists: one entry that fits is enough, and a number picks an "
             "entry. Fields that are missing satisfy `ne`, `nin`, `nlike`, `nsize` and "
             "`exists|false` only.", "The documents map filters to MongoDB, which does so."),
        Rule(f"Patterns have at most {MAX_PATTERN} characters and a weight of {MAX_WEIGHT}: a "
             f"choice (`?`, or `|` in a group) weighs 1, a repetition {WEIGHT_OF_REPEAT}; no "
             f"nested repetitions, references or lookarounds. They see the first {MAX_SEARCHED} "
             "characters of a text.", "A pattern must not stop the sandbox."),
        Rule(f"A group has at most {MAX_CONDITIONS} conditions, `sort` at most {MAX_SORT_FIELDS} "
             f"fields, and a search of few documents takes at most {SEARCH_SECONDS:g} s of the "
             "processor; else the request is a 400.", "A search must not stop it either."),
        Rule("A group that is sent several times is one group; of other parameters the last one "
             "counts, and unknown ones are passed over.", "Not documented."),
    ),
    *about(
        "Lists",
        Rule(f"`limit` is 1 to {MAX_LIMIT:,}, and {DEFAULT_LIMIT} without one; anything else is a "
             "400.", "A maximum is not documented."),
        Rule("`page=0` and `page=1` are both the first page; a cursor overrules `page`.",
             "The documents count from 0 in one place and from 1 in another."),
        Rule("`lastId` is another name for `after`.",
             "It is named once in the documents, with this meaning."),
        Rule("A page of `before` holds the items right before the cursor, in the usual order; "
             "with both cursors the page begins after `after` and ends before `before`.",
             "Neither is documented."),
        Rule("A cursor may name any customer, also one that the filter leaves out; an unknown id "
             "is a 400 that names the parameter.",
             "So a walk goes on when the customer it stands on changes."),
        Rule("Numbers sort before texts, these before other values, and documents without the "
             "field come last in both directions; those that are alike keep the order of their "
             "creation.", "Not documented."),
        Rule("`select` shows exactly the named fields; `id` is not added. Dotted names are "
             "malformed.", "Top-level fields only are documented, and nothing about `id`."),
        Rule("`expand` is checked, has no effect on relations that do not exist, and at most "
             f"{MAX_EXPAND_STEPS} steps. Spaces or commas separate relations; after a colon, "
             "commas separate fields.",
             "Customers have no relations; the separators are documented in both ways."),
    ),
    *about(
        "Keys",
        Rule("Scopes are named noun and verb: `customers:read`, `payments:create`, "
             "`webhooks:delete`, and `cards:update:fund` for what is done to one document. "
             "Special names have `cards:read:secrets`, `cards:update:pin`, "
             "`webhooks:read:secret`, `webhooks:update:secret`, `webhooks:update:status`, "
             "`disputes:update:status`; `/simulation` wants `simulation:create`, and for "
             "guaranteed processing the scope of the real endpoint.",
             "Three names are documented: `cards:create`, `cards:update:status`, "
             "`cards:update:link`."),
        Rule("A missing scope is 403 `insufficient-scope` and is named. It is looked at after "
             "the path and before the body. The first key has all scopes; no scope includes "
             "another.", "The status is documented, the code is not."),
        Rule("New keys begin with `sk.test.`, may get any scopes, and are told in the field "
             "`key` of the one answer. Only their digests are kept.",
             "The documents say that a key is shown once."),
        Rule("With a key that begins with `sk.live.`, `/simulation` is 403 `test-key-required`.",
             "The documents say that only test keys can simulate, and show no answer."),
    ),
    *about(
        "Guaranteed processing",
        Rule("Guaranteed processing is off for the first key; `Sandbox(grp_enabled=True)` or a "
             "new key switches it on.", "It is documented as off by default."),
        Rule(f"A queued request is done {QUEUE_SECONDS} seconds later by the sandbox's clock. Its "
             "record has the path of the real endpoint, an `initiator` (the id of the key) and "
             "`***` in place of `pan`, `cvv` and `pin`.",
             "The sample shows the real path; the rest is not documented."),
        Rule("A request that could not be done is refused before it is queued, whatever is wrong "
             "with it. Without guaranteed processing the simulation answers 503 "
             "`service-unavailable`.",
             "The documents say that the body is checked like that of the real endpoint."),
        Rule("`x-grp-force-retry: true` lets the first attempt fail too, `x-grp-force-hard-stop: "
             "true` answers 503 at once. Both work on the five real endpoints as well; other "
             "values have no effect.", "Neither values nor scope of the headers are documented."),
        Rule("Faults that are ordered with `sandbox.faults` are answered as ordered, never "
             "queued.", "So a test gets the very fault that it asked for."),
        Rule(f"`/requests` lists the latest {CALLS_KEPT:,} to {2 * CALLS_KEPT:,} calls with a "
             "key, and all queued ones. Of other calls the query is not kept, bodies up to "
             f"{BODY_KEPT // 1024} KiB are, with `***` in place of what is secret, and every "
             "`latency` is 0. The list has the envelope, the single record has none.",
             "The documents are of two minds what it holds."),
    ),
    *about(
        "The file",
        Rule("With `data` the state is in a SQLite file: each request that changes something is "
             "saved before it is answered. Faults, the log of calls and `state.decide` are not "
             "saved. After a restart ids are no longer those of the seed. A new file can be read "
             "by nobody but its owner.",
             "So it outlives a kill; a power cut may cost the last moments."),
    ),
)  # fmt: skip
