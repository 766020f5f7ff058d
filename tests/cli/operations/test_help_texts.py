"""Docstrings, with the names in them as the command line writes them."""

from typing import Any

import pytest

from allawee_async.cli.operations.help_texts import first_sentence, spoken
from allawee_async.cli.wording import command_words, kebab


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ("It gets one of `allawee.tools.fx.create_quote`.",
         "It gets one of `allawee tools fx create-quote`."),
        ("If `fx_hash` is another one", "If --fx-hash is another one"),
        ("changed by `roll_secret` only", "changed by `roll-secret` only"),
        ("Unlike `cards.link_by_pan` it", "Unlike `cards link-by-pan` it"),
        ("`fx_quote_hash` of payouts", "`fxQuoteHash` of payouts"),
        ("`NGN` or `mch.2cbc123456`", "`NGN` or `mch.2cbc123456`"),
    ],
)  # fmt: skip
def test_python_becomes_the_command_line(python: Any, command: Any) -> None:
    assert spoken(python, options=["fx_hash"], verbs=["roll_secret"]) == command


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("Block a card; `unblock` takes it back. It is retried.", "Block a card"),
        ("Pay a bill: airtime and so on. It is never sent twice.", "Pay a bill: airtime and so on"),
        ("The key; `repr` masks it.", "The key"),
    ],
)
def test_the_beginning_of_a_docstring(text: Any, beginning: Any) -> None:
    assert first_sentence(text) == beginning


def test_names() -> None:
    assert (kebab("create_payout"), kebab("from_")) == ("create-payout", "from")
    assert command_words("tools.banks.short_list") == "tools banks short-list"
