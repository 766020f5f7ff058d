"""The description of the API as OpenAPI 3.1, made from the verbs and the models.

Nothing is described here: what an endpoint takes and answers is read from its verb, what an object
holds from its model, and the prose from their docstrings, where Python keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

import attrs

from allawee_async.codec.json import dumps, loads
from allawee_async.errors import ERROR_OF_STATUS, error_class
from allawee_async.models.base import Model, OpenEnum
from allawee_async.models.schema import Kind, ModelField, Shape, camel, fields_of
from allawee_async.resources import Resources, nouns_of
from allawee_async.resources.signatures import parameters_of, signature_of
from allawee_async.resources.verbs import (
    FIND,
    Docs,
    Parameter,
    ParameterKind,
    Returns,
    Verb,
    all_verbs,
    docs_of,
    noun_at,
)
from allawee_async.transport.config import BASE_URL, SECURE_URL
from allawee_async.types import JSONObject, JSONValue
from allawee_async.version import __version__
from allawee_async.webhooks.events import EVENT_CLASSES, OLD_NAMES
from allawee_async.webhooks.responses import Approve, Decline
from allawee_async.webhooks.signature import HEADER

__all__ = ["document"]

_JSON: Final = "application/json"
_FILES: Final = {"csv": "text/csv", "pdf": "application/pdf"}
"""The content types of files, by the last part of their paths; no document tells them."""

_PLAIN: Final[Mapping[Kind, JSONObject]] = {
    Kind.TEXT: {"type": "string"},
    Kind.WHOLE_NUMBER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.TRUTH: {"type": "boolean"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
    Kind.DATE: {"type": "string"},  # 1997-2-13 is one, too
    Kind.MAPPING: {"type": "object", "additionalProperties": True},
    Kind.JSON: {},
}
_MINOR_UNITS: Final = "A whole number of minor units (kobo, cents)"
_SCHEMAS: Final = "#/components/schemas/"
_NULL: Final[JSONObject] = {"type": "null"}
_ERRORS: Final = {status: HTTPStatus(status) for status in (*ERROR_OF_STATUS, 500, 503, 504)}
_OF_WRITES: Final = (402, 409, 422)
_EVENTS: Final = "webhook events"


def document(*, base_url: str = BASE_URL, secure_url: str = SECURE_URL) -> dict[str, Any]:
    """Return an OpenAPI 3.1 description of all endpoints and webhooks, as JSON.

    Fields and values that the documents do not name are allowed everywhere. Besides what OpenAPI
    knows there is `x-known-values` (the values of an open enumeration), `x-secret` (what must not
    be seen), `x-effect` (what a call does that cannot be taken back) and `x-safe-to-repeat`
    (whether sending it twice does no harm).

    Args:
        base_url: The address of the standard host, for a sandbox or a proxy.
        secure_url: The address of the host for card numbers and PINs.

    Returns:
        A new dictionary, which is yours to change.

    Example:
        >>> from allawee_async.openapi import document
        >>> document()["openapi"]
        '3.1.0'
    """
    schemas = _Schemas()
    verbs = [verb for verb in all_verbs() if verb.name != FIND]
    paths: dict[str, JSONObject] = {}
    for verb in verbs:
        operation = _Operation(verb, schemas, verbs)
        described = operation.described()
        if verb.route.secure:
            described["servers"] = [{"url": secure_url}]
        paths.setdefault(operation.path, {})[verb.route.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Allawee",
            "version": __version__,
            "summary": "Issue cards, open accounts, pay out money and pay bills.",
            "description": "As the client library allawee_async reads the API's documents: each "
            "`operationId` is a method of its client. Amounts are whole numbers of the minor unit.",
        },
        "servers": [
            {"url": base_url, "description": "All operations that name no server."},
            {"url": secure_url, "description": "Card numbers and PINs: operations that name it."},
        ],
        "security": [{"secretKey": []}],
        "tags": [*_tags(verbs)],
        "paths": {**paths},
        "webhooks": {name: {"post": _webhook(name, schemas)} for name in EVENT_CLASSES},
        "components": {
            "schemas": schemas.known,
            "responses": {str(status): _error(status) for status in _ERRORS},
            "headers": {
                "RequestId": {"description": "The API's id of the request.", "schema": _text()}
            },
            "securitySchemes": {
                "secretKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A secret key: `sk.test.…` reaches only the sandbox.",
                }
            },
        },
    }


def arguments_schema(verb: Verb) -> JSONObject:
    """Return the JSON schema of an object that holds the arguments of a verb, in wire names.

    It stands alone and allows no other arguments; secrets that a verb can do without are left out.
    """
    schemas = _Schemas()
    of_all = {*schemas.known}
    taken = [one for one in verb.parameters if not one.shape.secret]
    schema = schemas.fields(taken, verb.docs) | {"additionalProperties": False}
    needed = {name: one for name, one in schemas.known.items() if name not in of_all}
    text = dumps({**schema, "$defs": needed}).replace(_SCHEMAS.encode(), b"#/$defs/")
    return cast("JSONObject", loads(text))


def _tags(verbs: Iterable[Verb]) -> Iterator[JSONObject]:
    for noun in dict.fromkeys(verb.noun for verb in verbs):
        parent, dot, _ = noun.rpartition(".")
        lines = nouns_of(type(noun_at(parent)) if parent else Resources, parent + dot)
        yield {"name": noun, "description": dict(lines)[noun]}
    yield {"name": _EVENTS, "description": "What is sent to your webhooks."}


def _error(status: int) -> JSONObject:
    phrase = _ERRORS[status].phrase
    told = _first_sentence(docs_of(error_class(status))).partition(": ")[2]
    return _answer(f"{phrase}: {told}" if told else phrase, _named("Error"))


class _Schemas:
    """The named schemas: each is made when it is first mentioned."""

    def __init__(self) -> None:
        reason = _object({"code": _text(), "message": _text()})
        texts: JSONObject = {"type": "array", "items": _text()}
        self.known: JSONObject = {
            "Error": _object(
                {
                    "code": _text("What went wrong, in kebab case."),
                    "statusCode": {"type": "integer"},
                    "message": _either(_text(), texts),
                    "error": _either(_text(), reason),
                }
            ),
            "RequestAccepted": _object(
                {"code": _text(examples=["request-accepted"]), "message": _text(), "error": reason}
            ),
        }

    def of(self, shape: Shape) -> JSONObject:
        """Return the schema of a value that is there."""
        if shape.kind is Kind.LIST and shape.item is not None:
            item = self.of(shape.item)
            return {"type": "array", "items": _either(item, _NULL) if shape.item.nullable else item}
        if shape.kind is Kind.RELATION:
            whole = [] if shape.model is None else [self.model(shape.model)]
            return _either(_text(), *whole, _PLAIN[Kind.MAPPING])
        if shape.model is not None:
            return self.model(shape.model)
        if shape.enumeration is not None:
            return self._enumeration(shape.enumeration)
        schema = {**_PLAIN[shape.kind]}
        if shape.secret:
            schema |= {"x-secret": True}
            if shape.kind is Kind.TEXT:
                schema |= {"format": "password"}
        if shape.money:
            schema |= {"format": "int64"}
        return schema

    def model(self, model: type[Model]) -> JSONObject:
        """Return a reference to what a model says of an object."""
        name = model.__name__
        if name not in self.known:
            self.known[name] = {}  # objects may hold each other
            docs, fields = docs_of(model), fields_of(model)
            required = [wire for wire, field in fields.items() if field.required]
            held = {wire: self._field(field, docs) for wire, field in fields.items()}
            self.known[name] = {**_described(docs), **_object(held, *required)}
        return _named(name)

    def envelope(self, model: type[Model], *, is_list: bool, partial: bool) -> JSONObject:
        """Return a reference to the envelope around an object or a list."""
        name = f"{model.__name__}{'List' if is_list else 'Answer'}"
        if name not in self.known:
            data = self.model(model)
            if partial:
                some = _described("Some of its fields, as `select` wants it.")
                data = _either(data, {**_PLAIN[Kind.MAPPING], **some})
            paging: JSONObject = {
                "hasMore": {"type": "boolean", "description": "Whether there may be a next page."},
                "totalCount": {"type": "integer", "description": "Only with `countTotal`."},
            }
            held: JSONObject = {
                "code": _text(examples=["success"]),
                "message": _text(),
                "data": {"type": "array", "items": data} if is_list else data,
                "metadata": _object(paging) if is_list else _PLAIN[Kind.MAPPING],
            }
            is_sure = is_list or any(field.required for field in fields_of(model).values())
            self.known[name] = _object(held, *(["data"] if is_sure else []))
        return _named(name)

    def fields(
        self, parameters: Iterable[Parameter], docs: Docs, **fixed: JSONObject
    ) -> JSONObject:
        """Return the schema of an object that holds what a method takes."""
        taken = {camel(parameter.name): parameter for parameter in parameters}
        held = {wire: self.parameter(found, docs) for wire, found in taken.items()}
        required = [wire for wire, found in taken.items() if found.required]
        return _object({**fixed, **held}, *fixed, *required)

    def parameter(self, parameter: Parameter, docs: Docs) -> JSONObject:
        """Return the schema of one parameter."""
        shape, said = parameter.shape, docs.arguments.get(parameter.name, "")
        schema = self.of(shape) | ({"writeOnly": True} if shape.secret else {})
        return {**schema, **_described(said or (_MINOR_UNITS if shape.money else ""))}

    def _field(self, field: ModelField, docs: Docs) -> JSONObject:
        schema, said = self.of(field), docs.arguments.get(field.attribute, "")
        if field.money:
            said = f"{said} {_MINOR_UNITS} of `{field.currency}`.".strip()
        if field.nullable or not field.required:
            schema = _or_null(schema)
        return {**schema, **_described(said)}

    def _enumeration(self, enumeration: type[OpenEnum]) -> JSONObject:
        values: list[JSONValue] = [str(value) for value in enumeration]
        said = _described(docs_of(enumeration))
        facts: JSONObject = {"x-known-values": values, "examples": [*values]}
        self.known[enumeration.__name__] = {**_text(), **said, **facts}
        return _named(enumeration.__name__)


@attrs.frozen
class _Operation:
    """One endpoint."""

    verb: Verb
    schemas: _Schemas
    verbs: list[Verb]

    @property
    def path(self) -> str:
        """The path, with its parameter in braces."""
        steps = self.verb.route.template.split("/")
        return "/".join(f"{{{step[1:]}}}" if step.startswith(":") else step for step in steps)

    def described(self) -> JSONObject:
        """Return all that there is to know of it."""
        verb, docs, effect = self.verb, self.verb.docs, self.verb.effect
        taken = [parameter for parameter in verb.parameters if not parameter.is_argument]
        answers = {**dict(self._successes()), **dict(self._errors())}
        described: JSONObject = {
            "operationId": verb.call,
            "tags": [verb.noun],
            "summary": _first_sentence(docs) or verb.call,
            **_described(docs),
            "parameters": [*self._parameters()],
            "responses": dict(sorted(answers.items())),
            "x-safe-to-repeat": verb.route.resend,
        }
        if verb.route.method in ("POST", "PUT"):
            body = self.schemas.fields(taken, docs)
            described["requestBody"] = {"required": "required" in body, **_content(body)}
        if effect is not None:
            only = f" (only with `{effect.only_with}`)" if effect.only_with else ""
            described["x-effect"] = effect.text + only
        return described

    def _parameters(self) -> Iterator[JSONObject]:
        for parameter in self.verb.parameters:
            if parameter.is_argument:
                place, name = "path", self.verb.route.template.partition(":")[2].partition("/")[0]
            elif self.verb.writes or parameter.kind is ParameterKind.TIME:
                continue  # it is in the body, or written as a condition of `filter`
            else:
                place, name = "query", camel(parameter.name)
            schema = self.schemas.parameter(parameter, self.verb.docs)
            said = schema.pop("description", parameter.name)
            placed: JSONObject = {"name": name, "in": place, "required": parameter.required}
            yield {**placed, "description": said, "schema": schema}

    def _successes(self) -> Iterator[tuple[str, JSONObject]]:
        verb = self.verb
        kind = _FILES.get(verb.route.template.rpartition("/")[2], _JSON)
        returned = verb.docs.returns if verb.returns in (Returns.OBJECT, Returns.LIST) else ""
        done = _answer(returned or "Done.", self._schema(), kind)
        links: JSONObject = {target.call: link for target, link in self._links()}
        if links:
            done["links"] = links
        yield "200", done
        if verb.route.method == "POST":
            yield "201", done
        if verb.writes:
            queued = "Queued and not done yet: follow it by the id in `x-request-id`."
            yield "202", _answer(queued, _named("RequestAccepted"))

    def _schema(self) -> JSONObject:
        verb = self.verb
        if verb.returns is Returns.FILE or verb.model is None:
            return {}  # it is no JSON
        partial = any(parameter.name == "select" for parameter in verb.parameters)
        is_list = verb.returns is not Returns.OBJECT
        envelope = self.schemas.envelope(verb.model, is_list=is_list, partial=partial)
        return _either(self.schemas.model(verb.model), envelope) if verb.route.bare else envelope

    def _links(self) -> Iterator[tuple[Verb, JSONObject]]:
        """Yield what can be done with an object that was made, or with the first of a list."""
        verb = self.verb
        get = next((o for o in self.verbs if o.noun == verb.noun and o.name == "get"), None)
        ids = [wire for wire, field in fields_of(verb.model).items() if field.attribute == "id"]
        takes_one = any(parameter.is_argument for parameter in verb.parameters)
        if get is None or not ids or get.model is not verb.model or takes_one:
            return
        first = "" if verb.returns is Returns.OBJECT else "/0"
        pointer = f"$response.body#/data{first}/{ids[0]}"
        for target in self.verbs:
            if target.parameters and target.parameters[0] == get.parameters[0]:
                yield target, {"operationId": target.call, "parameters": {"id": pointer}}

    def _errors(self) -> Iterator[tuple[str, JSONObject]]:
        raised = dict(self.verb.docs.raises)
        is_about_something = any(parameter.required for parameter in self.verb.parameters)
        for status in _ERRORS:
            if status in _OF_WRITES and not self.verb.writes:
                continue
            if status != 404 or is_about_something:
                said = _described(raised.get(error_class(status).__name__, ""))
                yield str(status), {"$ref": f"#/components/responses/{status}", **said}


def _webhook(name: str, schemas: _Schemas) -> JSONObject:
    """Return what is sent to a webhook, and what may be answered."""
    cls: type[Any] = EVENT_CLASSES[name]
    docs = docs_of(cls)
    data = next(one for one in parameters_of(signature_of(cls)) if one.name == "data")
    names: list[JSONValue] = [name, *(old for old, new in OLD_NAMES.items() if new == name)]
    sent: JSONObject = {
        "event": {"type": "string", "enum": names},
        "data": schemas.parameter(data, docs),
        "metadata": _object({"event": _text("The id of the event."), "sentAt": _text()}),
    }
    schemas.known[cls.__name__] = _object(sent, "event", "data")
    done = _object({"code": _text(examples=["success"])}, "code")
    decisions = [_decision(Approve, schemas), _decision(Decline, schemas)]
    answered = _either(*decisions, done) if "wants_decision" in vars(cls) else done
    refused = _object({"error": _text()})
    signature: JSONObject = {
        "name": HEADER,
        "in": "header",
        "required": True,
        "description": "HMAC-SHA512 of the body with the webhook's key, in hexadecimal.",
        "schema": _text(pattern="^[0-9A-Fa-f]{128}$"),
    }
    return {
        "operationId": name,
        "tags": [_EVENTS],
        "summary": _first_sentence(docs) or name,
        "security": [],
        "parameters": [signature],
        "requestBody": {"required": True, **_content(_named(cls.__name__))},
        "responses": {
            "200": {"description": "Heard.", **_content(answered)},
            "400": {"description": "The signature does not fit.", **_content(refused)},
        },
    }


def _decision(cls: type[Approve | Decline], schemas: _Schemas) -> JSONObject:
    taken = parameters_of(signature_of(cls))
    schemas.known[cls.__name__] = schemas.fields(taken, docs_of(cls), action={"const": cls.action})
    return _named(cls.__name__)


def _named(name: str) -> JSONObject:
    return {"$ref": f"{_SCHEMAS}{name}"}


def _content(schema: JSONObject, kind: str = _JSON) -> JSONObject:
    return {"content": {kind: {"schema": schema}}}


def _answer(description: str, schema: JSONObject, kind: str = _JSON) -> JSONObject:
    headers: JSONObject = {"x-request-id": {"$ref": "#/components/headers/RequestId"}}
    return {"description": description, "headers": headers, **_content(schema, kind)}


def _object(properties: Mapping[str, JSONValue], *required: str) -> JSONObject:
    return {
        "type": "object",
        "properties": {**properties},
        **({"required": [*required]} if required else {}),
        "additionalProperties": True,
    }


def _text(description: str = "", **facts: JSONValue) -> JSONObject:
    return {"type": "string", **_described(description), **facts}


def _either(*schemas: JSONObject) -> JSONObject:
    flat: list[JSONValue] = []
    for schema in schemas:
        inner = schema.get("anyOf")
        flat += inner if isinstance(inner, list) else [schema]
    return {"anyOf": flat}


def _or_null(schema: JSONObject) -> JSONObject:
    plain = schema.get("type")
    if isinstance(plain, str):
        return {**schema, "type": [plain, "null"]}
    return _either(schema, _NULL) if schema else schema


def _described(said: str | Docs) -> JSONObject:
    text = said if isinstance(said, str) else "\n\n".join(said.paragraphs)
    return {"description": text} if text else {}


def _first_sentence(docs: Docs) -> str:
    return docs.paragraphs[0].partition(". ")[0].rstrip(".") if docs.paragraphs else ""
