"""What the sandbox does where the documents say nothing, or say two things."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule that is the sandbox's own, and the reason for it."""

    rule: str
    why: str


_REQUESTS = (
    Rule(
        "A missing, malformed, unknown or revoked key is answered 401 with code `unauthorized`, "
        "before the path is looked at.",
        "The four messages are documented, the code and the order of the checks are not.",
    ),
    Rule(
        "Unknown paths and ids are answered 404 with code `not-found`, wrong methods 405 with "
        "`method-not-allowed` and an `Allow` header. A path of one host is unknown on the other.",
        "The statuses are documented or usual, the codes are not.",
    ),
    Rule(
        "Every answer carries a fresh `x-request-id`.",
        "The documents show it on 202 answers and do not say that others lack it.",
    ),
    Rule(
        "Bodies have at most 1 MiB (413 `payload-too-large`) and 32 levels (400), URLs 64 KiB. The "
        "content type is not looked at.",
        "Limits are not documented; a server has some.",
    ),
    Rule(
        "All invalid fields are told in one 400, with `error: Bad Request`; an empty body counts "
        "as an empty object.",
        "The shape is documented, the wording is that of the framework it comes from.",
    ),
)
_CUSTOMERS = (
    Rule(
        "`name`, `reference`, `type` and `claims` are required, for PUT as well; its body takes "
        "the place of what was sent before, but `verifications` and `metadata` stay if left out.",
        "The documents star these two as well, and say nothing about partial bodies.",
    ),
    Rule(
        "Known fields of `claims` may be absent or null and are texts otherwise; dates, titles and "
        "tiers are not checked.",
        "The documents' own request samples hold placeholders, one even the wrong type.",
    ),
    Rule(
        "Unknown fields are dropped at the top level and kept within `claims` and `metadata`.",
        "The behaviour for unknown fields is not documented.",
    ),
    Rule(
        "A `reference` that another customer has is refused with 409 `duplicate-reference`, and "
        "nothing changes.",
        "The reference is the one handle against doubles; its effect is not documented.",
    ),
    Rule(
        "`reference` is stored and can be filtered and sorted by, but is in no answer.",
        "It is required in requests and absent from every documented answer.",
    ),
    Rule(
        "A new customer is `active`, each of its verifications `verified`. POST answers 200.",
        "That is what the documented answer shows.",
    ),
)
_FILTERS = (
    Rule(
        "A long form is split at its first two bars; further bars belong to the value.",
        "A bar inside a value is not documented.",
    ),
    Rule(
        'Values may be quoted as `"..."` or `<...>` in the long form too, and so may the single '
        'entries of a list: a comma inside quotes belongs to the entry. `\\"`, `\\<`, `\\>` and '
        "`\\\\` are escapes inside their quotes; any other backslash stands for itself.",
        "Quotes in the long form, in lists, and commas in entries are not documented.",
    ),
    Rule(
        "An empty value must be quoted. Operators are written small. Only `:` and `~` can be "
        "negated by a leading `-`. The older form `f||EQ||v` is refused.",
        "That is all that the newest documents show.",
    ),
    Rule(
        "A text that is a number equals that number, and also a stored text of the very same "
        "characters; `true` and `false` likewise equal booleans.",
        "`metadata.userId` occurs as number and as text; forcing one is not documented.",
    ),
    Rule(
        "`>`, `>=`, `<`, `<=` want numbers, the date operators ISO 8601 dates (UTC without a "
        "zone), `size` a count, `exists` true or false; anything else is malformed.",
        "So a query that cannot mean anything is told instead of finding nothing.",
    ),
    Rule(
        "Paths go through lists: one entry that fits is enough, and a number picks an entry. "
        "Fields that are missing satisfy `ne`, `nin`, `nlike`, `nsize` and `exists|false` only.",
        "The documents map filters to MongoDB, which does so.",
    ),
    Rule(
        "Patterns have at most 200 characters and three repetitions, or twelve choices (`?`, or "
        "`|` in a group), of which a repetition counts as four; no nested repetitions, references "
        "or lookarounds. They see the first 128 characters of a text.",
        "A pattern must not stop the sandbox.",
    ),
    Rule(
        "A group that is sent several times is one group; of other parameters the last one counts, "
        "and unknown ones are passed over.",
        "Not documented.",
    ),
)
_LISTS = (
    Rule(
        "`limit` is 1 to 1,000; anything else is a 400.",
        "A maximum is not documented.",
    ),
    Rule(
        "`page=0` and `page=1` are both the first page; a cursor overrules `page`.",
        "The documents count from 0 in one place and from 1 in another.",
    ),
    Rule(
        "`lastId` is another name for `after`.",
        "It is named once in the documents, with this meaning.",
    ),
    Rule(
        "A page of `before` holds the items right before the cursor, in the usual order; with both "
        "cursors the page begins after `after` and ends before `before`.",
        "Neither is documented.",
    ),
    Rule(
        "A cursor may name any customer, also one that the filter leaves out; an unknown id is a "
        "400 that names the parameter.",
        "So a walk goes on when the customer it stands on changes.",
    ),
    Rule(
        "Numbers sort before texts, these before other values, and documents without the field "
        "come last in both directions; those that are alike keep the order of their creation.",
        "Not documented.",
    ),
    Rule(
        "`select` shows exactly the named fields; `id` is not added. Dotted names are malformed.",
        "Top-level fields only are documented, and nothing about `id`.",
    ),
    Rule(
        "`expand` is checked, has no effect on relations that do not exist, and at most two steps.",
        "Customers have no relations.",
    ),
)

RULES: tuple[Rule, ...] = _REQUESTS + _CUSTOMERS + _FILTERS + _LISTS
"""Every invented rule, in the order of the guides: requests, customers, filters, lists."""
