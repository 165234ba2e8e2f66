"""A walk over our own OpenAPI document: whatever is asked, the answer is one that the document describes.

Inputs are made from the document's schemas, mostly valid and sometimes anything at all; ids are those of things that
are there, and others. Every answer must have a described status and media type and fit its schema.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.contract import examples
from tests.web.platform_stage import ASKED, LIVE, TEST, Stage
from verifier.core.policy import SHIPPED
from verifier.web.api.table import OPERATIONS

Json = dict[str, Any]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
REAL = {
    "url": st.sampled_from(
        ["https://example.org/hooks", "https://127.0.0.1/", "http://example.org", "https://example.org:1"]
    ),
    "time_zone": st.sampled_from(["Europe/Sarajevo", "UTC", "Mars/Olympus"]),
    "locale": st.sampled_from(["en", "bs", "xx-"]),
    "country": st.sampled_from(["BA", "DE", "ba"]),
    "email": st.sampled_from(["ana@example.org", "ana", "@"]),
    "policy": st.sampled_from(["default", "other"]),
    "external_id": st.integers(0, 10**6).map(lambda number: f"case-{number}"),
    "skills": st.sampled_from([[], ["Go"], ["Go", "go"]]),
    "languages": st.sampled_from([[], ["en", "bs"], ["xx-"]]),
    "date_of_birth": st.sampled_from(["1990-02-28", "1990-02-30", "2999-01-01"]),
}
"""Members whose rules a schema cannot say."""
UNREAL: list[Any] = [
    *(["Go", "go"], ["xx-"], "xx-", "1990-02-30", "2999-01-01", "https://127.0.0.1/", "http://example.org"),
    *("Mars/Olympus", "ba", "ana", "@", "other"),
]


@dataclass
class Walk:
    """The API with things in it."""

    stage: Stage
    document: Json
    ids: list[str] = field(default_factory=list)


@pytest.fixture
async def walk() -> AsyncIterator[Walk]:
    async with Stage() as stage:
        made = [await stage.created(f"there-{number}") for number in range(2)]
        made += [await stage.created("there", TEST)]
        async with stage.units() as unit:
            await unit.people.add(examples.person(), None)
            held = examples.interview(verification_id=made[0]["id"], policy_version=SHIPPED.version)
            await unit.interviews.add(held, [examples.item(claim_id=None)])
            await unit.interviews.save(examples.ended(held))
            await unit.samples.add([examples.server_sample()], [examples.browser_sample()], [examples.frame_sample()])
        hook = await stage.json("POST", "/webhook-endpoints", {"url": "https://example.org/"}, status=201)
        delivery = await stage.json("POST", f"/webhook-endpoints/{hook['id']}/test", status=202)
        document = await (await stage.client.get("/api/v1/openapi.json")).json()
        ids = [*(one["id"] for one in made), hook["id"], delivery["id"]]
        yield Walk(stage, document, ids)


@dataclass(frozen=True)
class Maker:
    """Makes values of a schema; a wild one puts anything else in their place now and then."""

    document: Json
    wild: bool

    def of(self, schema: Json, name: str = "") -> st.SearchStrategy[Any]:
        kind = self._of(schema, name)
        return st.integers(0, 9).flatmap(lambda roll: ANYTHING if roll == 0 else kind) if self.wild else kind

    def _of(self, schema: Json, name: str) -> st.SearchStrategy[Any]:
        if name in REAL:
            return REAL[name] if self.wild else REAL[name].filter(lambda value: value not in UNREAL)
        if "$ref" in schema:
            return self._of(self._resolved(schema["$ref"]), name)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return st.one_of([self._of(one, name) for one in schema[key]])
        if "enum" in schema or "const" in schema:
            return st.sampled_from(schema.get("enum", [schema.get("const")]))
        return self._of_type(schema)

    def _of_type(self, schema: Json) -> st.SearchStrategy[Any]:
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                items = self.of(schema.get("items", {}))
                return st.lists(items, min_size=schema.get("minItems", 0), max_size=3, unique_by=json.dumps)
            case "integer":
                return st.integers(schema.get("minimum", -5), schema.get("maximum", 200))
            case "boolean":
                return st.booleans()
            case "null":
                return st.none()
            case "string":
                if "pattern" in schema:
                    return st.from_regex(schema["pattern"], fullmatch=True)
                letters = st.characters(codec="utf-8", categories=["L", "Nd"])
                return st.text(
                    letters, min_size=schema.get("minLength", 0), max_size=min(40, schema.get("maxLength", 40))
                )
        return ANYTHING

    def _object(self, schema: Json) -> st.SearchStrategy[Json]:
        members = {name: self.of(inner, name) for name, inner in schema.get("properties", {}).items()}
        needed = set(schema.get("required", ()))
        whole = st.fixed_dictionaries(
            {name: one for name, one in members.items() if name in needed},
            optional={name: one for name, one in members.items() if name not in needed},
        )
        extra = st.dictionaries(st.text(max_size=8), ANYTHING, max_size=1) if self.wild else st.just({})
        return st.tuples(whole, extra).map(lambda both: {**both[1], **both[0]})

    def _resolved(self, ref: str) -> Json:
        found: Any = self.document
        for part in ref.removeprefix("#/").split("/"):
            found = found[part]
        return dict(found)


def described(document: Json, path: str, method: str) -> Json:
    return dict(document["paths"][path][method.lower()])


def expect_described(document: Json, operation: Json, status: int, media: str, text: str) -> None:
    assert status < 500, text
    responses: Mapping[str, Json] = operation["responses"]
    assert str(status) in responses, f"{operation['operationId']} answers {status}, which is not described: {text}"
    content = responses[str(status)]["content"]
    assert media in content, f"{operation['operationId']} answers {media}"
    if media.endswith("json"):
        schema = {**content[media]["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(json.loads(text))


KEYS = ["", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer vi_live_\udcff", f"Bearer {LIVE}x"]
PREFIXES = {"verifications": "ver_", "webhook-endpoints": "end_", "deliveries": "msg_"}
SHARED = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
@SHARED
@given(data=st.data())
async def test_every_answer_is_described(walk: Walk, operation: Any, data: st.DataObject) -> None:
    document = walk.document
    told = described(document, operation.path, operation.method)
    make = Maker(document, data.draw(st.booleans(), label="wild"))
    path, query = operation.path, {}
    for parameter in told["parameters"]:
        where, name = parameter["in"], parameter["name"]
        if where == "path":
            there = [id_ for id_ in walk.ids if id_.startswith(PREFIXES.get(path.split("/")[1], ""))]
            value = data.draw(st.sampled_from([*there, "1"]) if name == "id" else st.sampled_from(["1", "2", "x"]))
            value = data.draw(st.text(min_size=1, max_size=20)) if make.wild and data.draw(st.booleans()) else value
            path = path.replace("{" + name + "}", quote(value, safe=""))
        elif where == "query" and data.draw(st.booleans()):
            drawn = data.draw(make.of(parameter["schema"], name), label=name)
            query[name] = drawn if isinstance(drawn, str) else json.dumps(drawn)
    body = None
    if "requestBody" in told:
        schema = told["requestBody"]["content"]["application/json"]["schema"]
        drawn = data.draw(make.of(schema) | st.binary(max_size=20) if make.wild else make.of(schema), label="body")
        body = drawn if isinstance(drawn, bytes) else json.dumps(drawn).encode()
    headers = data.draw(st.sampled_from([{}, {}, {}, {"Idempotency-Key": "again"}]), label="headers")
    answer = await walk.stage.client.request(
        operation.method,
        "/api/v1" + path,
        params={name: value.encode("utf-8", "replace").decode() for name, value in query.items()},
        data=body,
        headers={"Authorization": f"Bearer {LIVE}", "Content-Type": "application/json", **headers},
    )
    expect_described(document, told, answer.status, answer.content_type, await answer.text())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
@pytest.mark.parametrize("authorization", KEYS)
async def test_every_refusal_of_a_key_is_described(walk: Walk, operation: Any, authorization: str) -> None:
    path = operation.path.replace("{id}", "x").replace("{n}", "1")
    headers = {"Authorization": authorization} if authorization else {}
    answer = await walk.stage.client.request(operation.method, "/api/v1" + path, headers=headers)
    assert answer.status == 401
    told = described(walk.document, operation.path, operation.method)
    expect_described(walk.document, told, answer.status, answer.content_type, await answer.text())


async def test_the_walk_reaches_what_works(walk: Walk) -> None:
    """A walk that is refused everywhere would prove nothing."""
    schema = described(walk.document, "/verifications", "POST")["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": walk.document["components"]}).validate(ASKED)
    for operation in OPERATIONS:
        if operation.method == "GET" and "{" not in operation.path:
            assert (await walk.stage.call("GET", operation.path)).status == 200
