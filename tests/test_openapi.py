"""The description of the API: valid, whole, and true of every body that the documents show."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY
from referencing import Resource

from allawee_async.openapi import document
from allawee_async.resources.verbs import verbs_of
from allawee_async.webhooks.events import EVENT_CLASSES
from tests.support.samples import SAMPLES
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS: Final = {
    "accounts.deposit-channels.add": "accounts.add_deposit_channel",
    "accounts.deposit-channels.update-account-name": "accounts.update_deposit_account_name",
    "cards.enroll.3ds": "cards.enroll_3ds",
    "cards.enroll.safetoken": "cards.enroll_safetoken",
    "cards.link-by-id": "cards.link",
    "payments.bill.create": "payments.pay_bill",
    "payments.bill.validate": "payments.validate_bill",
    "payments.payout.create": "payments.create_payout",
    "payments.payouts.create": "payments.create_payout",
    "payments.resend-events.payment-completed": "payments.resend_completed_event",
    "simulation.card-programs.go-live": "simulation.card_program_go_live",
    "simulation.cards.request-authorization.capture": "simulation.authorization_capture",
    "simulation.cards.request-authorization.check": "simulation.authorization_check",
    "simulation.cards.request-authorization.reverse-capture": (
        "simulation.authorization_reverse_capture"
    ),
    "simulation.cards.request-authorization.update-capture": (
        "simulation.authorization_update_capture"
    ),
    "simulation.payments.pay-in": "simulation.pay_in",
    "tools.configuration.payment.update": "tools.configuration.update_payment",
    "tools.fx.quotes.create": "tools.fx.create_quote",
    "webhooks.secret.roll": "webhooks.roll_secret",
    "pagination.list": "customers.list",
}
"""The operations of samples that are called otherwise."""


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return _description()


@cache
def _description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document()))
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and description of each operation."""
    for path, methods in _description()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def bodies() -> list[dict[str, Any]]:
    return [one["requestBody"] for _, _, one in operations() if "requestBody" in one]


def operation_of(stem: str) -> dict[str, Any]:
    """Return the operation that a sample is of, by its file name without the last words."""
    stem = stem.removeprefix("withdrawn.")
    by_call = {operation["operationId"]: operation for _, _, operation in operations()}
    words = stem
    while words not in CALLS and words.replace("-", "_") not in by_call:
        words, dot, _ = words.rpartition(".")
        assert dot, stem
    return by_call[CALLS.get(words, words.replace("-", "_"))]


def schema_of(content: dict[str, Any]) -> Any:
    return content["content"]["application/json"]["schema"]


def mistakes(value: object, schema: object) -> list[str]:
    """Return what of a value does not fit a schema of the description."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema],
             "components": _description()["components"]}  # fmt: skip
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(whole).iter_errors(value)]


def schemas_in(value: object) -> Iterator[object]:
    """Yield each schema that stands anywhere in a description."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "schema":
                yield item
            elif name == "schemas":
                yield from item.values()
            else:
                yield from schemas_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from schemas_in(item)


@pytest.mark.no_cover  # most of what runs is the validator's
def test_it_is_valid(description: dict[str, Any]) -> None:
    """The session `schemathesis` also asks the validator that the meta-schema is from."""
    path = "openapi_spec_validator/resources/schemas/v3.1/schema.json"
    place = distribution("openapi-spec-validator").locate_file(path)
    openapi = json.loads(Path(str(place)).read_bytes())
    known = REGISTRY.with_resource(openapi["$id"], Resource.from_contents(openapi)).crawl()
    different = {json.dumps(schema): schema for schema in schemas_in(description)}
    schemas = {"$defs": different}

    assert len(different) > 200
    assert list(Draft202012Validator(openapi, registry=known).iter_errors(description)) == []
    meta_schema = Draft202012Validator(Draft202012Validator.META_SCHEMA, registry=known)
    assert list(meta_schema.iter_errors(schemas)) == []


def test_each_reference_leads_to_a_component(description: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(description)))
    components = {
        f"#/components/{kind}/{name}"
        for kind, named in description["components"].items()
        for name in named
    }

    assert references <= components


def test_each_operation_has_a_name_of_its_own(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(names) == len(set(names))


def test_it_has_all_endpoints_of_the_documents(endpoints: list[dict[str, Any]]) -> None:
    host = {"https://secure.allawee.com": "secure", "https://api.allawee.com": "api"}
    described = {
        operation["operationId"]: {
            "method": method,
            "path": path,
            "host": host[(operation.get("servers") or _description()["servers"])[0]["url"]],
            "resend": operation["x-safe-to-repeat"],
        }
        for method, path, operation in operations()
    }
    documented = {
        row["call"]: {
            "method": row["method"],
            "path": row["path"].replace(":id", "{id}").replace(":accountNumber", "{accountNumber}"),
            "host": row["host"],
            "resend": row["resend"],
        }
        for row in endpoints
    }

    assert len(documented) == 97
    assert described == documented


def test_every_operation_takes_what_the_documents_say(endpoints: list[dict[str, Any]]) -> None:
    described = {operation["operationId"]: operation for _, _, operation in operations()}
    for row in endpoints:
        operation = described[row["call"]]
        query = {one["name"]: one["required"] for one in operation["parameters"]
                 if one["in"] == "query"}  # fmt: skip
        body = schema_of(operation["requestBody"]) if "requestBody" in operation else {}
        expected = {*row["required"], *row["optional"]}

        assert set(body.get("properties", ())) == (expected if row["in"] == "body" else set())
        assert set(body.get("required", ())) == (
            set(row["required"]) if row["in"] == "body" else set()
        )
        if row["in"] == "query":
            assert query == {name: name in row["required"] for name in expected}
        elif query:
            assert {"limit", "after", "before", "filter", "or", "nor", "and", "sort", "expand",
                    "countTotal", "page", "lastId"} == set(query) - {"select"}  # fmt: skip
        in_path = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert in_path == [part[1:] for part in row["path"].split("/") if part.startswith(":")]


@for_each("name", sorted(path.name for path in SAMPLES.glob("*.request.json")))
def test_every_request_of_the_documents_fits(name: str) -> None:
    sent = json.loads((SAMPLES / name).read_bytes())
    operation = operation_of(name.removesuffix(".request.json"))

    assert mistakes(sent, schema_of(operation["requestBody"])) == []


@for_each(
    "name",
    sorted(
        path.name
        for path in SAMPLES.glob("*.response.json")
        if not path.name.startswith(("errors.", "grp."))
    ),
)
def test_every_answer_of_the_documents_fits(name: str) -> None:
    answered = json.loads((SAMPLES / name).read_bytes())
    schema = schema_of(operation_of(name.removesuffix(".response.json"))["responses"]["200"])
    if name.startswith("withdrawn."):  # these pages print the bare resource
        answered = {"data": answered}

    assert mistakes(answered, schema) == []


def test_the_errors_of_the_documents_fit(sample: Any) -> None:
    schemas = _description()["components"]["schemas"]

    assert mistakes(sample("errors.incorrect-filter-format.400.response"), schemas["Error"]) == []
    accepted = sample("grp.request-accepted.202.response")
    assert mistakes(accepted, schemas["RequestAccepted"]) == []


def webhook(event: str) -> dict[str, Any]:
    found: dict[str, Any] = _description()["webhooks"][event]["post"]
    return found


def test_it_has_all_webhooks(description: dict[str, Any]) -> None:
    assert list(description["webhooks"]) == list(EVENT_CLASSES)


@pytest.mark.parametrize(
    "name",
    sorted(path.name for path in SAMPLES.glob("events.*.json") if "retry" not in path.name),
)
def test_every_event_of_the_documents_fits(name: str) -> None:
    sent = json.loads((SAMPLES / name).read_bytes())

    assert mistakes(sent, schema_of(webhook(sent["event"])["requestBody"])) == []


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("webhook-answers.*")))
def test_every_answer_to_an_event_fits(name: str) -> None:
    answered = json.loads((SAMPLES / name).read_bytes())
    is_plain = "card.transaction.created" in name
    event = "card.transaction.created" if is_plain else "card.authorization.request"
    status = "400" if ".400." in name else "200"

    assert mistakes(answered, schema_of(webhook(event)["responses"][status])) == []


def test_every_sample_was_one_of_these() -> None:
    """So that a new one is not left out."""
    kinds = (".request.json", ".response.json")
    others = [path.name for path in SAMPLES.iterdir() if not path.name.endswith(kinds)]

    assert [name for name in others if not name.startswith(("events.", "webhook-answers."))] == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/CustomerAnswer"},
        {"$ref": "#/components/schemas/CardAuthorizationRequest"},
    ],
)
def test_what_is_wrong_does_not_fit(schema: dict[str, Any]) -> None:
    assert mistakes({}, schema)
    assert mistakes({"data": {"id": 1}}, schema)


def without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: without_prose(v) for k, v in value.items() if k not in ("description", "summary")
        }
    return [without_prose(item) for item in value] if isinstance(value, list) else value


def test_without_docstrings_it_says_the_same_in_fewer_words(
    description: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docstring_parser", None)
    verbs_of.cache_clear()  # they keep what was read of them
    bare: dict[str, Any] = json.loads(json.dumps(document()))
    verbs_of.cache_clear()

    assert "description" not in bare["paths"]["/cards"]["post"]
    assert "description" in description["paths"]["/cards"]["post"]
    assert bare["paths"]["/cards"]["post"]["summary"] == "cards.create"
    amount = schema_of(bare["paths"]["/cards"]["post"]["requestBody"])["properties"]["amount"]
    assert amount["description"] == "A whole number of minor units (kobo, cents)"
    assert without_prose(bare) == without_prose(description)


def test_secrets_are_marked(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    activate = schema_of(description["paths"]["/cards/{id}/activate"]["post"]["requestBody"])

    assert activate["properties"]["pin"]["format"] == "password"
    assert activate["properties"]["pin"]["writeOnly"] is True
    assert schemas["CardSecrets"]["properties"]["cvv"]["x-secret"] is True
    assert schemas["WebhookSecret"]["properties"]["signingKey"]["format"] == "password"


def test_amounts_are_whole_numbers_with_their_unit(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    amount = schemas["Payment"]["properties"]["amount"]
    payout = schema_of(description["paths"]["/payments/payouts"]["post"]["requestBody"])

    assert amount["type"] == ["integer", "null"]
    assert "minor units (kobo, cents) of `currency`" in amount["description"]
    assert payout["properties"]["amount"]["type"] == "integer"
    assert "minor units" in payout["properties"]["amount"]["description"]
    for one in [*map(schema_of, bodies()), *schemas.values()]:
        for name, field in one.get("properties", {}).items():
            if field.get("format") == "int64":
                assert "minor units" in field["description"], name


def test_enumerations_are_open(description: dict[str, Any]) -> None:
    currency = description["components"]["schemas"]["Currency"]

    assert currency["type"] == "string"
    assert currency["x-known-values"] == currency["examples"] == ["NGN", "USD"]
    assert "enum" not in currency


def test_objects_may_hold_more(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"].values()
    objects = [schema for schema in schemas if schema.get("type") == "object"]

    assert len(objects) > 100
    assert all(schema["additionalProperties"] is True for schema in objects)


def test_what_was_created_leads_to_what_can_be_done_with_it(description: dict[str, Any]) -> None:
    links = description["paths"]["/cards"]["post"]["responses"]["200"]["links"]
    of_a_list = description["paths"]["/requests"]["get"]["responses"]["200"]["links"]

    assert links["cards.get"] == {
        "operationId": "cards.get",
        "parameters": {"id": "$response.body#/data/id"},
    }
    assert {"cards.secrets", "simulation.authorization_check", "cards.terminate"} <= set(links)
    assert of_a_list["requests.get"]["parameters"] == {"id": "$response.body#/data/0/_id"}


def test_each_operation_has_the_errors_that_it_can_have(description: dict[str, Any]) -> None:
    found = {
        operation["operationId"]: {int(status) for status in operation["responses"]}
        for _, _, operation in operations()
    }

    assert all({400, 401, 403, 429, 500, 503, 504} < statuses for statuses in found.values())
    assert 404 in found["cards.get"] & found["simulation.pay_in"] & found["tools.banks.resolve"]
    assert 404 not in found["cards.list"] | found["tools.configuration.get"]
    assert {201, 202, 402, 409, 422} < found["cards.create"]
    assert not {201, 202, 402, 409, 422} & found["cards.get"]


def test_each_call_brings_a_new_one() -> None:
    document()["paths"] = {}

    assert document()["paths"]


def test_hosts_may_be_others() -> None:
    described: Any = document(base_url="http://127.0.0.1:1", secure_url="http://127.0.0.1:2")

    hosts = [server["url"] for server in described["servers"]]
    assert hosts == ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    assert described["paths"]["/cards/{id}/secrets"]["get"]["servers"] == [
        {"url": "http://127.0.0.1:2"}
    ]
