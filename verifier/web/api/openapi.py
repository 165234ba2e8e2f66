"""The OpenAPI 3.1 document, made from the models and the table of operations. One rule: nothing is written twice.

Source: OpenAPI 3.1.0, JSON Schema 2020-12.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from verifier import __version__
from verifier.core.webhook import ATTEMPT_TIMEOUT_S, RETRY_DELAYS_S, EventType
from verifier.errors import (
    CallerError,
    Conflict,
    IdempotencyMismatch,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    RateLimited,
    TooLarge,
    VerifierError,
)
from verifier.web.api.answers import Answer, Problem
from verifier.web.api.event_models import EVENT_MODELS
from verifier.web.api.operations import PREFIX, Operation
from verifier.web.api.requests import Request
from verifier.web.idempotency import HEADER, REPLAYED

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_COMMON: tuple[type[CallerError], ...] = (NotAuthenticated, NotAllowed, RateLimited)
_POSTS: tuple[type[CallerError], ...] = (InvalidInput, Conflict, TooLarge, IdempotencyMismatch)
_PARAMETER_TEXTS = {"id": "Id from an earlier answer.", "n": "Number of the interview, from 1."}

DESCRIPTION = f"""Create a verification, send its link to the freelancer, receive the signed result.

**What a result means.** `verified`: identity was confirmed in a conclusive interview. `inconclusive`: nothing was found
out, mostly because of a connection; it is never a reason to act on an account. `failed`: two reviewers confirmed, after
the freelancer could answer, that the call contradicts who he claimed to be. `none`: nothing is decided, or an earlier
decision was taken back. `recommended_account_effect` recommends no action unless the result is `failed`. While
`protect_work_in_flight` is true, let finished work be delivered and paid.

**A decision can change.** The freelancer may appeal for six months. `decision.superseded` replaces what you were told;
the highest `decision_version` alone holds, so ignore an event with a lower `sequence` than one you have seen. After a
failure was taken back, report `reinstate`; a suspension that no decision supports raises `effect.mismatch`.

**Errors** are RFC 9457 problem documents with a stable `type` and `code`; `errors` names each refused member.

**Repeating a POST.** Send an `{HEADER}` with every POST. For 24 hours the same request gets the first successful answer
again (marked `{REPLAYED}: true`); another request with the same key gets 422, one while the first is under way 409.

**Webhooks** follow Standard Webhooks 1.0 (HMAC-SHA256, `v1`). An attempt has {ATTEMPT_TIMEOUT_S:.0f} s; answer 2xx.
Up to {len(RETRY_DELAYS_S)} attempts over three days, `Retry-After` is honoured, redirects count as failures, 410
disables the endpoint. Drop repeats by `webhook-id`, order a case's events by `sequence`."""


def document(operations: Sequence[Operation], public_url: str) -> Json:
    """The whole document, JSON-compatible, ready to be served at ``/api/v1/openapi.json``."""
    schemas = _schemas(operations)
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    groups = list(dict.fromkeys(operation.group for operation in operations))
    return {
        "openapi": "3.1.0",
        "info": {"title": "verifier", "version": __version__, "description": DESCRIPTION},
        "servers": [{"url": public_url + PREFIX}],
        "security": [{"apiKey": []}],
        "tags": [{"name": group} for group in groups],
        "paths": paths,
        "webhooks": {type_.value: _webhook(type_, model) for type_, model in EVENT_MODELS.items()},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "vi_live_… or vi_test_…"},
            },
        },
    }


class _Schemas(GenerateJsonSchema):
    """Docstrings of models as descriptions, defaults included; titles of members say nothing new."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _schemas(operations: Sequence[Operation]) -> Json:
    models: dict[type[BaseModel], JsonSchemaMode] = {Problem: "serialization"}
    for operation in operations:
        models[operation.answer] = "serialization"
        if operation.body:
            models[operation.body] = "validation"
    models.update(dict.fromkeys(EVENT_MODELS.values(), "serialization"))
    _, found = models_json_schema(list(models.items()), ref_template=_REF, schema_generator=_Schemas)
    schemas: Json = found["$defs"]
    return schemas


def _operation(operation: Operation) -> Json:
    result: Json = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": " ".join(filter(None, [operation.description, f"Scope: {operation.scope.value}."])),
        "tags": [operation.group],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_headers(operation)],
        "responses": {str(operation.status): _success(operation), **_refusals(operation)},
    }
    if operation.body:
        content = {"application/json": {"schema": {"$ref": _REF.format(model=operation.body.__name__)}}}
        result["requestBody"] = {"required": _has_required(operation.body), "content": content}
    return result


def _path_parameters(operation: Operation) -> list[Json]:
    kinds: dict[str, Json] = {"n": {"type": "integer", "minimum": 1}}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMETER_TEXTS[name],
            "schema": kinds.get(name, {"type": "string"}),
        }
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _query_parameters(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    properties = operation.query.model_json_schema(schema_generator=_Schemas)["properties"]
    parameters = []
    for name, found in properties.items():
        described = _without_null(found)
        schema = {key: value for key, value in described.items() if key != "description"}
        texts = {"description": described["description"]} if "description" in described else {}
        parameters.append({"name": name, "in": "query", "required": False, **texts, "schema": schema})
    return parameters


def _without_null(schema: Json) -> Json:
    """A query parameter is absent, never null."""
    if "anyOf" not in schema:
        return schema
    (kept,) = [each for each in schema["anyOf"] if each.get("type") != "null"]
    outer = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**kept, **outer}


def _headers(operation: Operation) -> list[Json]:
    if operation.method != "POST":
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return [{"name": HEADER, "in": "header", "required": False, "description": "Your own; unique.", "schema": schema}]


def _success(operation: Operation) -> Json:
    schema = {"$ref": _REF.format(model=operation.answer.__name__)}
    content = {
        media: {"schema": schema if media == "application/json" else {"type": "string"}}
        for media in operation.media_types
    }
    return {"description": operation.summary, "content": content}


def _refusals(operation: Operation) -> Json:
    kinds = [*_COMMON, *operation.refusals, *(_POSTS if operation.method == "POST" else ())]
    by_status: dict[int, list[type[VerifierError]]] = {}
    for kind in dict.fromkeys(kinds):
        by_status.setdefault(kind.http_status, []).append(kind)
    content = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    return {
        str(status): {"description": "; ".join(f"{k.public_code}: {k.title}" for k in found), "content": content}
        for status, found in sorted(by_status.items())
    }


def _webhook(type_: EventType, model: type[Answer]) -> Json:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature", "verifier-attempts-made", "verifier-attempts-left")
    content = {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}
    described = model.model_fields["data"].annotation.__doc__ if model.model_fields["data"].annotation else ""
    return {
        "post": {
            "operationId": "on." + type_.value,
            "summary": type_.value,
            "description": described or "",
            "tags": ["Webhooks"],
            "security": [],
            "parameters": [
                {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in names
            ],
            "requestBody": {"required": True, "content": content},
            "responses": {"2XX": {"description": "Received."}, "410": {"description": "Disable this endpoint."}},
        }
    }


def _has_required(model: type[BaseModel]) -> bool:
    return issubclass(model, Request) and any(field.is_required() for field in model.model_fields.values())
