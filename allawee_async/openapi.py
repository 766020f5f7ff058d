"""The description of the API as OpenAPI 3.1, made from the verbs and the models.

Nothing is described here: what an endpoint takes and answers is read from its verb, what an object
holds from its model, and the prose from their docstrings, where Python keeps them.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import attrs

from allawee_async.errors import ERROR_OF_STATUS, error_class
from allawee_async.models.schema import Kind, camel, fields_of
from allawee_async.resources import Resources, nouns_of
from allawee_async.resources.signatures import parameters_of, signature_of
from allawee_async.resources.verbs import (
    FIND,
    ParameterKind,
    Returns,
    all_verbs,
    docs_of,
    noun_at,
)
from allawee_async.transport.config import BASE_URL, SECURE_URL
from allawee_async.version import __version__
from allawee_async.webhooks.decisions import Approve, Decline
from allawee_async.webhooks.events import EVENT_CLASSES, OLD_NAMES
from allawee_async.webhooks.signature import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from allawee_async.models.base import Model, OpenEnum
    from allawee_async.models.schema import ModelField, Shape
    from allawee_async.resources.verbs import Docs, Parameter, Verb
    from allawee_async.transport.routes import Effect
    from allawee_async.types import JSONObject, JSONValue

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
_NULL: Final[JSONObject] = {"type": "null"}
_OF_ALL: Final = (400, 401, 403, 429, 500, 503, 504)
_OF_WRITES: Final = (402, 409, 422)
_EVENTS_TAG: Final = "webhook events"


def document(*, base_url: str = BASE_URL, secure_url: str = SECURE_URL) -> JSONObject:
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
    webhooks: JSONObject = {name: {"post": _webhook(name, schemas)} for name in EVENT_CLASSES}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Allawee",
            "version": __version__,
            "summary": "Issue cards, open accounts, pay out money and pay bills.",
            "description": "As the client library allawee_async reads the API's documents: each "
            "`operationId` is a method of its client. Amounts are whole numbers of the minor unit.",
        },
        "servers": [{"url": base_url}],
        "security": [{"secretKey": []}],
        "tags": [*_tags(verbs)],
        "paths": {**paths},
        "webhooks": webhooks,
        "components": {
            "schemas": schemas.known,
            "responses": {**dict(_error_responses())},
            "headers": {
                "RequestId": {
                    "description": "The API's id of the request.",
                    "schema": {"type": "string"},
                }
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


def _tags(verbs: Iterable[Verb]) -> Iterator[JSONObject]:
    lines = dict(_nouns())
    for noun in dict.fromkeys(verb.noun for verb in verbs):
        yield {"name": noun, "description": lines[noun]}
    yield {"name": _EVENTS_TAG, "description": "What is sent to your webhooks."}


def _nouns(parent: type = Resources, path: str = "") -> Iterator[tuple[str, str]]:
    for noun, line in nouns_of(parent, path):
        yield noun, line
        yield from _nouns(type(noun_at(noun)), f"{noun}.")


class _Schemas:
    """The named schemas: each is made when it is first mentioned."""

    def __init__(self) -> None:
        self.known: JSONObject = {
            "Error": _object(
                code=_text("What went wrong, in kebab case."),
                statusCode={"type": "integer"},
                message=_either(_text(), {"type": "array", "items": _text()}),
                error=_either(_text(), _object(code=_text(), message=_text())),
            ),
            "RequestAccepted": _object(
                code=_text(examples=["request-accepted"]),
                message=_text(),
                error=_object(code=_text(), message=_text()),
            ),
        }

    def named(self, name: str) -> JSONObject:
        """Return a reference to a named schema."""
        return {"$ref": f"#/components/schemas/{name}"}

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
        return {**_PLAIN[shape.kind]}

    def model(self, model: type[Model]) -> JSONObject:
        """Return a reference to what a model says of an object."""
        name = model.__name__
        if name not in self.known:
            self.known[name] = {}  # objects may hold each other
            docs, fields = docs_of(model), fields_of(model)
            self.known[name] = {
                **_described(docs),
                **_object(
                    {wire: self._field(field, docs) for wire, field in fields.items()},
                    required=[wire for wire, field in fields.items() if field.required],
                ),
            }
        return self.named(name)

    def envelope(self, model: type[Model], *, returns: Returns, partial: bool) -> JSONObject:
        """Return a reference to the envelope around an object or a list."""
        is_list = returns is not Returns.OBJECT
        name = f"{model.__name__}{'List' if is_list else 'Answer'}"
        if name not in self.known:
            data = self.model(model)
            if partial:
                some = _described("Some of its fields, as `select` wants it.")
                data = _either(data, {**_PLAIN[Kind.MAPPING], **some})
            is_sure = is_list or any(field.required for field in fields_of(model).values())
            paging = _object(
                hasMore={"type": "boolean", "description": "Whether there may be a next page."},
                totalCount={"type": "integer", "description": "Only with `countTotal`."},
            )
            self.known[name] = _object(
                {
                    "code": _text(examples=["success"]),
                    "message": _text(),
                    "data": {"type": "array", "items": data} if is_list else data,
                    "metadata": paging if is_list else _PLAIN[Kind.MAPPING],
                },
                required=["data"] if is_sure else [],
            )
        return self.named(name)

    def fields(self, parameters: Iterable[Parameter], docs: Docs) -> JSONObject:
        """Return the schema of an object that holds what a method takes."""
        taken = {camel(parameter.name): parameter for parameter in parameters}
        return _object(
            {wire: self.parameter(found, docs) for wire, found in taken.items()},
            required=[wire for wire, found in taken.items() if found.required],
        )

    def parameter(self, parameter: Parameter, docs: Docs) -> JSONObject:
        """Return the schema of one parameter."""
        schema = self.of(parameter.shape)
        said = docs.arguments.get(parameter.name, "")
        if parameter.kind is ParameterKind.SECRET:
            schema |= {"format": "password", "writeOnly": True, "x-secret": True}
        if parameter.is_money:
            schema |= {"format": "int64"}
            said = said or _MINOR_UNITS
        return {**schema, **_described(said)}

    def _field(self, field: ModelField, docs: Docs) -> JSONObject:
        schema = self.of(field)
        if field.secret:
            schema |= {"x-secret": True}
            if field.kind is Kind.TEXT:
                schema |= {"format": "password"}
        if field.money:
            schema |= {"format": "int64"}
        if field.nullable or not field.required:
            schema = _or_null(schema)
        said = docs.arguments.get(field.attribute, "")
        unit = f"{_MINOR_UNITS} of `{field.currency}`."
        return {**schema, **_described(f"{said} {unit}".strip() if field.money else said)}

    def _enumeration(self, enumeration: type[OpenEnum]) -> JSONObject:
        name = enumeration.__name__
        if name not in self.known:
            values: list[JSONValue] = [str(value) for value in enumeration]
            self.known[name] = {
                "type": "string",
                **_described(docs_of(enumeration)),
                "x-known-values": values,
                "examples": [*values],
            }
        return self.named(name)


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
        verb, docs = self.verb, self.verb.docs
        effect = verb.effect
        sent = {"requestBody": self._body()} if verb.route.method in ("POST", "PUT") else {}
        return {
            "operationId": verb.call,
            "tags": [verb.noun],
            "summary": _first_sentence(docs) or verb.call,
            **_described(docs),
            "parameters": [*self._parameters()],
            **sent,
            "responses": {**dict(self._successes()), **dict(self._errors())},
            "x-safe-to-repeat": verb.route.resend,
            **({"x-effect": _told(effect)} if effect is not None else {}),
        }

    def _parameters(self) -> Iterator[JSONObject]:
        for parameter in self.verb.parameters:
            schema = self.schemas.parameter(parameter, self.verb.docs)
            said = schema.pop("description", "")
            if parameter.is_argument:
                place, name = "path", self.verb.route.template.partition(":")[2].partition("/")[0]
            else:
                place, name = "query", camel(parameter.name)
            # times of lists are written as conditions of `filter`
            if parameter.is_argument or (
                not self.verb.writes and parameter.kind is not ParameterKind.TIME
            ):
                yield {
                    "name": name,
                    "in": place,
                    "required": parameter.required,
                    **({"description": said} if said else {}),
                    "schema": schema,
                }

    def _body(self) -> JSONObject:
        taken = [parameter for parameter in self.verb.parameters if not parameter.is_argument]
        schema = self.schemas.fields(taken, self.verb.docs)
        required = any(parameter.required for parameter in taken)
        return {"required": required, "content": {_JSON: {"schema": schema}}}

    def _successes(self) -> Iterator[tuple[str, JSONObject]]:
        verb = self.verb
        is_read_at_once = verb.returns in (Returns.OBJECT, Returns.LIST)
        answer: JSONObject = {
            "description": (verb.docs.returns if is_read_at_once else "") or "Done.",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestId"}},
            "content": {self._content_type: {"schema": self._schema()}},
        }
        links: JSONObject = {target.call: link for target, link in self._links()}
        done: JSONObject = {**answer, **({"links": links} if links else {})}
        yield "200", done
        if verb.route.method == "POST":
            yield "201", done
        if verb.writes:
            accepted = self.schemas.named("RequestAccepted")
            queued = "Queued and not done yet: follow it by the id in `x-request-id`."
            content: JSONObject = {_JSON: {"schema": accepted}}
            yield "202", {**answer, "description": queued, "content": content}

    @property
    def _content_type(self) -> str:
        last = self.verb.route.template.rpartition("/")[2]
        return _FILES[last] if self.verb.returns is Returns.FILE else _JSON

    def _schema(self) -> JSONObject:
        verb = self.verb
        if verb.returns is Returns.FILE or verb.model is None:
            return {"type": "string", "contentMediaType": self._content_type}
        partial = any(parameter.name == "select" for parameter in verb.parameters)
        envelope = self.schemas.envelope(verb.model, returns=verb.returns, partial=partial)
        return _either(self.schemas.model(verb.model), envelope) if verb.route.bare else envelope

    def _links(self) -> Iterator[tuple[Verb, JSONObject]]:
        """Yield what can be done with an object that was made, or with the first of a list."""
        verb = self.verb
        get = next((o for o in self.verbs if o.noun == verb.noun and o.name == "get"), None)
        ids = [wire for wire, f in fields_of(verb.model).items() if f.attribute == "id"]
        if get is None or not ids or get.model is not verb.model or verb is get:
            return
        if any(parameter.is_argument for parameter in verb.parameters):
            return
        first = "" if verb.returns is Returns.OBJECT else "/0"
        for target in self.verbs:
            if target.parameters and target.parameters[0] == get.parameters[0]:
                pointer = f"$response.body#/data{first}/{ids[0]}"
                yield target, {"operationId": target.call, "parameters": {"id": pointer}}

    def _errors(self) -> Iterator[tuple[str, JSONObject]]:
        raised = dict(self.verb.docs.raises)
        is_about_something = any(parameter.required for parameter in self.verb.parameters)
        for status in sorted({*ERROR_OF_STATUS, *_OF_ALL}):
            said = raised.get(error_class(status).__name__, "")
            if (
                status in _OF_ALL
                or (status in _OF_WRITES and self.verb.writes)
                or (status == 404 and is_about_something)
            ):
                shared: JSONObject = {"$ref": f"#/components/responses/{status}"}
                yield str(status), {**shared, **_described(said)}


def _told(effect: Effect) -> str:
    return f"{effect.text} (only with `{effect.only_with}`)" if effect.only_with else effect.text


def _error_responses() -> Iterator[tuple[str, JSONObject]]:
    for status in sorted({*ERROR_OF_STATUS, *_OF_ALL}):
        phrase = HTTPStatus(status).phrase
        told = _first_sentence(docs_of(error_class(status))).partition(": ")[2]
        content: JSONObject = {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
        yield (
            str(status),
            {
                "description": f"{phrase}: {told}" if told else phrase,
                "headers": {"x-request-id": {"$ref": "#/components/headers/RequestId"}},
                "content": content,
            },
        )


def _webhook(name: str, schemas: _Schemas) -> JSONObject:
    """Return what is sent to a webhook, and what may be answered."""
    cls: type[Any] = EVENT_CLASSES[name]
    docs = docs_of(cls)
    data = next(one for one in parameters_of(signature_of(cls)) if one.name == "data")
    names: list[JSONValue] = [name, *(old for old, new in OLD_NAMES.items() if new == name)]
    schemas.known[cls.__name__] = _object(
        {
            "event": {"type": "string", "enum": names},
            "data": {**schemas.of(data.shape), **_described(docs.arguments.get("data", ""))},
            "metadata": _object(event=_text("The id of the event."), sentAt=_text()),
        },
        required=["event", "data"],
    )
    done = _object(code=_text(examples=["success"]), required=["code"])
    answers = [_decision(Approve, schemas), _decision(Decline, schemas)]
    answered = _either(*answers, done) if "wants_decision" in vars(cls) else done
    return {
        "operationId": name,
        "tags": [_EVENTS_TAG],
        "summary": _first_sentence(docs) or name,
        "security": [],
        "parameters": [
            {
                "name": HEADER,
                "in": "header",
                "required": True,
                "description": "HMAC-SHA512 of the body with the webhook's key, in hexadecimal.",
                "schema": {"type": "string", "pattern": "^[0-9A-Fa-f]{128}$"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {_JSON: {"schema": schemas.named(cls.__name__)}},
        },
        "responses": {
            "200": {"description": "Heard.", "content": {_JSON: {"schema": answered}}},
            "400": {
                "description": "The signature does not fit.",
                "content": {_JSON: {"schema": _object(error=_text())}},
            },
        },
    }


def _decision(cls: type[Approve | Decline], schemas: _Schemas) -> JSONObject:
    if cls.__name__ not in schemas.known:
        taken = schemas.fields(parameters_of(signature_of(cls)), docs_of(cls))
        action: JSONObject = {"action": {"const": cls.action}}
        properties = taken["properties"]
        schemas.known[cls.__name__] = {
            **taken,
            "properties": {**action, **(properties if isinstance(properties, dict) else {})},
            "required": ["action"],
        }
    return schemas.named(cls.__name__)


def _object(
    properties: Mapping[str, JSONValue] | None = None,
    *,
    required: Iterable[str] = (),
    **named: JSONValue,
) -> JSONObject:
    needed: list[JSONValue] = [*required]
    return {
        "type": "object",
        "properties": {**(properties or {}), **named},
        **({"required": needed} if needed else {}),
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
