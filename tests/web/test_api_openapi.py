"""The description and what is served are the same; the description is valid OpenAPI 3.1."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.web.platform_stage import Stage
from verifier.core.access import Scope
from verifier.core.model import Result, VerificationStatus
from verifier.core.webhook import EventType
from verifier.errors import VerifierError
from verifier.web.api.operations import PREFIX
from verifier.web.api.table import OPERATIONS


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as opened:
        yield opened


@pytest.fixture
async def document(stage: Stage) -> Any:
    return await (await stage.client.get("/api/v1/openapi.json")).json()


async def test_the_description_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


async def test_every_route_of_the_api_is_described_and_nothing_else(stage: Stage, document: Any) -> None:
    served = {
        (route.method, route.resource.canonical.removeprefix(PREFIX))
        for route in stage.client.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(PREFIX) and route.method != "HEAD"
    }
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert served - {("GET", "/openapi.json")} == described


async def test_every_event_type_is_described(document: Any) -> None:
    assert set(document["webhooks"]) == {type_.value for type_ in EventType}


async def test_status_and_result_are_closed_and_contain_failed(document: Any) -> None:
    schemas = document["components"]["schemas"]
    results = schemas["VerificationAnswer"]["properties"]["result"]["enum"]
    assert results == ["none", "verified", "failed", "inconclusive"]
    assert {result.value for result in Result} <= set(results)
    assert set(schemas["VerificationStatus"]["enum"]) == {status.value for status in VerificationStatus}


async def test_every_post_takes_an_idempotency_key(document: Any) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert ("Idempotency-Key" in names) is (method == "post"), path


async def test_every_operation_refuses_a_key_without_its_scope(stage: Stage) -> None:
    for scope in Scope:
        await stage.key("vi_live_" + scope.value.replace(":", "_"), frozenset(set(Scope) - {scope}))
    for operation in OPERATIONS:
        path = operation.path.replace("{id}", "x").replace("{n}", "1")
        secret = "vi_live_" + operation.scope.value.replace(":", "_")
        response = await stage.call(operation.method, path, key=secret)
        assert (response.status, operation.id) == (403, operation.id)


async def test_every_refusal_that_was_described_has_the_code_of_the_tree(document: Any) -> None:
    codes = {kind.public_code for kind in _kinds(VerifierError)}
    named = re.findall(r'"description": "((?:[a-z_]+: [^;"]+(?:; )?)+)"', json.dumps(document["paths"]))
    for text in named:
        assert {part.split(":")[0] for part in text.split("; ")} <= codes


def _kinds(root: type[VerifierError]) -> list[type[VerifierError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in _kinds(child))]
