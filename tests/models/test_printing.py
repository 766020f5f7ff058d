"""What printers make of models and of secrets: nothing that must not be seen."""

from __future__ import annotations

import io
import pprint
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis.vendor.pretty import pretty as printed_by_hypothesis
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from allawee_async import (
    Card,
    CardSecrets,
    Customer,
    Model,
    Payment,
    RequestRecord,
    SecretKey,
    Webhook,
    from_dict,
)
from allawee_async.redaction import SecretBytes, SecretObject, SecretText
from tests.support import nursery
from tests.support.canaries import BVN, PAN
from tests.support.samples import full_customer
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "whk.CANARYcanary"
CLAIMS = {"individualIdentity": {"type": "bvn", "id": BVN, "url": KEY}}
PLANTED = (PAN, BVN, KEY)

MODELS: list[Model] = [
    from_dict(CardSecrets, {"pan": PAN, "cvv": KEY, "serviceCode": PAN}),
    from_dict(Customer, {**full_customer(), "claims": CLAIMS}),
    from_dict(Webhook, {"id": "wh.1", "signingKey": KEY}),
    from_dict(SecretKey, {"id": "key.1", "secretKey": KEY, "token": KEY}),
    from_dict(RequestRecord, {"_id": "req_1", "requestBody": {"pan": PAN}}),
    from_dict(RequestRecord, {"_id": "req_1", "attempts": [{"responseBody": KEY}]}),
    from_dict(Card, {"id": "c.1", "customer": {"id": "cus.1", "claims": CLAIMS}}),
    from_dict(Card, {"id": "c.1", "metadata": {"deep": [{"pin": KEY, "bvn": BVN}]}}),
    Card(id="c.1", customer=MappingProxyType({"bvn": BVN})),  # type: ignore[arg-type]
    Payment(id="p.1", events=[{"secret": KEY}]),  # type: ignore[arg-type]
]
VALUES: list[object] = [
    SecretText(KEY * 20),
    SecretBytes(KEY.encode() * 20),
    SecretObject(pan=PAN, note=KEY * 20),
]


def printed_by_rich(value: object) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(value)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def printed_by_rich_in_a_traceback(value: object) -> str:
    def fail(kept: object, listed: list[object]) -> None:
        raise ValueError

    try:
        fail(value, [value])
    except ValueError:
        return printed_by_rich(Traceback(show_locals=True)).rpartition(" in fail ")[2]
    pytest.fail("it does not fail")


PRINTERS: list[Callable[[Any], str]] = [
    repr,
    str,
    pprint.pformat,
    pretty_repr,
    lambda value: pretty_repr({"deep": [value]}),
    printed_by_rich,
    printed_by_hypothesis,
    printed_by_rich_in_a_traceback,
]


@for_each("value", MODELS)
@for_each("print_it", PRINTERS)
def test_printers_show_no_secret_of_a_model(print_it: Callable[[Any], str], value: Model) -> None:
    text = print_it(value)

    assert type(value).__name__ in text
    assert not [planted for planted in PLANTED if planted in text]


@for_each("value", VALUES)
@for_each("print_it", [repr, *PRINTERS[3:5], PRINTERS[-1]])
def test_printers_show_nothing_of_a_secret_text(
    print_it: Callable[[Any], str], value: object
) -> None:
    text = print_it(value)

    assert not [planted for planted in PLANTED if planted in text]


def test_rich_shows_what_repr_shows() -> None:
    for value in MODELS:
        shown = [f"{name}={item!r}" for name, item in value.__rich_repr__()]

        assert repr(value) == f"{type(value).__name__}({', '.join(shown)})"
    assert printed_by_rich(MODELS[0]) == "CardSecrets(extra=<'serviceCode'>, pan=***, cvv=***)\n"


def test_attrs_tells_printers_that_ask_it_what_is_shown() -> None:
    for value in MODELS:
        shown = {
            field.name: field.repr(getattr(value, field.name))
            for field in attrs.fields(type(value))
            if callable(field.repr)
        }

        assert not any(field.repr is True for field in attrs.fields(type(value)))
        assert not [planted for planted in PLANTED if planted in str(shown)]


def test_pytest_shows_no_secret_of_models_that_differ(tmp_path: Any) -> None:
    (tmp_path / "test_it.py").write_text(
        f"""
from allawee_async import CardSecrets

first, other = CardSecrets(pan="{PAN}", cvv="{KEY}"), CardSecrets(pan="{BVN}")

def test_one():
    assert first == other

def test_many():
    assert [first, other] == [other, first], first
"""
    )
    command = ("-m", "pytest", "-vv", "-p", "no:cacheprovider", "-c", "/dev/null", str(tmp_path))
    output, _ = nursery.python(*command, stdout=nursery.PIPE, text=True).communicate()
    shown = [line for line in output.splitlines() if line.startswith("E ")]

    assert "2 failed" in output
    assert any("CardSecrets(pan=***" in line for line in shown)
    assert not [line for line in shown for planted in PLANTED if planted in line]
