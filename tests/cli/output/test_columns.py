"""Secrets in what is shown: those that models know, and those that their names betray."""

from typing import Any

import attrs
import pytest

from allawee_async import from_dict, models, to_dict
from allawee_async.cli.output.columns import record_of
from allawee_async.models import (
    ActionResult,
    CardSecrets,
    Customer,
    RequestRecord,
    SecretKey,
    Webhook,
    WebhookSecret,
)
from allawee_async.models.base import Model
from tests.support.tables import for_each

KEY = "sk.test.0123456789abcdef"


def shown(cls: Any, document: Any, **options: Any) -> Any:
    return record_of(from_dict(cls, document), model=cls, reveal=False, **options)


def test_fields_that_models_know_as_secrets() -> None:
    secrets = {"pan": "5060990000000000", "cvv": "123", "last4": "0000", "expiry": "03/26"}
    webhook = {"id": "wh.1", "signingKey": "abc", "url": "https://example.com"}

    assert shown(CardSecrets, secrets) == {**secrets, "pan": "***", "cvv": "***"}
    assert shown(Webhook, webhook) == {**webhook, "signingKey": "***"}


def test_secrets_inside_other_objects(sample: Any) -> None:
    documented = sample("customers.get.response")["data"]
    record = shown(Customer, documented)

    assert record["claims"]["individualIdentity"]["id"] == "***"
    assert (
        record["claims"]["individualInformation"]
        == (to_dict(from_dict(Customer, documented))["claims"]["individualInformation"])  # type: ignore[call-overload, index]
    )


def test_secrets_in_lists_and_in_expanded_relations(sample: Any) -> None:
    customer = sample("customers.get.response")["data"]
    record = {"_id": "req_1", "attempts": [{"statusCode": 200, "responseBody": {"a": 1}}]}

    assert shown(RequestRecord, record)["attempts"] == [{"statusCode": 200, "responseBody": "***"}]
    card = shown(models.Card, {"id": "c.1", "customer": customer})
    assert card["customer"]["claims"]["individualIdentity"]["id"] == "***"


@pytest.mark.parametrize(
    "selected",
    [
        {
            "claims": {
                "individualIdentity": {"type": "bvn", "id": "22212345678", "url": "https://x"}
            }
        },
        {"claims": {"businessIdentity": {"id": "RC123"}}},
    ],
)
def test_secrets_in_selected_fields(selected: Any) -> None:
    record = record_of(selected, model=Customer, reveal=False)

    assert set(next(iter(record["claims"].values())).values()) <= {"***", "bvn"}  # type: ignore[union-attr]


@for_each("name", ["pan", "cvv", "PIN", "signing_key", "signingKey", "secret",
                                  "secret-key", "apiKey", "bvn", "nin", "password"])  # fmt: skip
def test_names_that_betray_a_secret_where_no_model_knows_the_field(name: Any) -> None:
    document = {"id": "x.1", "more": [{name: "1234", "kept": "1234"}]}

    assert shown(ActionResult, document)["more"] == [{name: "***", "kept": "1234"}]


def test_identities_that_no_model_knows() -> None:
    document = {"holder": {"individualIdentity": {"id": "222", "issuingCountry": "NG"}}}

    assert shown(ActionResult, document)["holder"] == {
        "individualIdentity": {"id": "***", "issuingCountry": "NG"}
    }


def test_keys_in_texts_that_no_model_knows() -> None:
    record = shown(ActionResult, {"note": f"made with {KEY}", "phone": "+2349154109234"})

    assert record == {"note": "made with ***", "phone": "+2349154109234"}


@pytest.mark.parametrize("cls", [SecretKey, WebhookSecret])
def test_an_answer_that_tells_a_secret_shows_nothing_that_is_not_known(cls: Any) -> None:
    record = shown(cls, {"token": "abc", "more": {"deep": "abc"}}, confidential=True)

    assert record == {"token": "***", "more": "***"}


def test_secrets_that_are_absent_are_not_invented() -> None:
    assert shown(Webhook, {"id": "wh.1", "signingKey": None}) == {"id": "wh.1"}
    absent = {"secret": None, "other": {"pin": None}}
    assert shown(ActionResult, absent) == absent


def test_all_of_it_is_shown_if_asked() -> None:
    document = {"pan": "5060990000000000", "cvv": "123", "secret": "x"}
    item = from_dict(CardSecrets, document)

    assert record_of(item, model=CardSecrets, reveal=True) == document


def test_the_item_itself_is_not_changed() -> None:
    item = from_dict(CardSecrets, {"pan": "5060990000000000"})
    record_of(item, model=CardSecrets, reveal=False)

    assert item.pan == "5060990000000000"


def test_no_secret_of_any_model_is_shown() -> None:
    found = 0
    for cls in (getattr(models, name) for name in dir(models)):
        if isinstance(cls, type) and issubclass(cls, Model):
            fields = attrs.fields(cls)
            secrets = {one.name: "hush" for one in fields if "secret" in one.metadata}
            needed = {one.name: "x" for one in fields if one.default is attrs.NOTHING}
            if secrets:
                record = record_of(cls(**{**needed, **secrets}), model=cls, reveal=False)  # type: ignore[arg-type]
                assert "hush" not in str(record), cls
                found += 1
    assert found >= 6
