"""RFC 9457 answers, and the parsing that leads to them. One rule: every refusal has a stable type and a code.

Used by the API and by the JSON posts of the pages alike; core knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from verifier.errors import InvalidInput, VerifierError

MEDIA_TYPE = "application/problem+json"
BODY_TIMEOUT_S = 30.0
"""For the largest body that the pages and the API take (256 KiB): 70 kbit/s is enough."""
MOST_FIELDS = 20
"""Field errors named in one answer."""

_Model = TypeVar("_Model", bound=BaseModel)


_TOLD_AT_MOST = 3
"""Refused members in the sentence for people; ``errors`` has all of them."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One member of a request that was refused."""

    pointer: str
    """RFC 6901 JSON pointer into the body, or ``?name`` for a query parameter."""
    code: str
    """Stable code of the rule, e.g. ``missing``, ``extra_forbidden``, ``string_too_long``."""
    detail: str


class FieldsInvalid(InvalidInput):
    """Input in which one or several fields are to blame, each named."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        told = [f"{p.pointer or 'body'}: {p.detail}" for p in self.problems[:_TOLD_AT_MOST]]
        rest = len(self.problems) - len(told)
        detail = "; ".join([*told, *([f"and {rest} more in errors"] if rest else [])])
        super().__init__(detail, field=self.problems[0].pointer if self.problems else None)


def document(error: VerifierError) -> dict[str, object]:
    """The problem document of an error of our tree."""
    result: dict[str, object] = {
        "type": f"/problems/{error.public_code}",
        "title": error.title,
        "status": error.http_status,
        "detail": error.detail,
        "code": error.public_code,
    }
    if error.field is not None:
        result["field"] = error.field
    if isinstance(error, FieldsInvalid):
        result["errors"] = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in error.problems]
    return result


def response(error: VerifierError, headers: Mapping[str, str] | None = None) -> web.Response:
    """The HTTP answer for an error of our tree; it is never cached."""
    return web.Response(
        status=error.http_status,
        body=json.dumps(document(error), ensure_ascii=False).encode("utf-8", "replace"),
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def http_error(error: web.HTTPException, headers: Mapping[str, str] | None = None) -> web.Response:
    """The same form for what the HTTP library refuses by itself (unknown path, method, oversize body)."""
    kept = {name: value for name, value in error.headers.items() if name.lower() in {"allow", "retry-after"}}
    return of_status(error.status, {**kept, **(headers or {})})


def of_status(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """The same form with nothing but the status' own words."""
    title = HTTPStatus(status).phrase
    code = re.sub("[^a-z]+", "_", title.lower().replace("'", ""))
    payload = {"type": f"/problems/{code}", "title": title, "status": status, "detail": title, "code": code}
    return web.Response(
        status=status,
        body=json.dumps(payload).encode(),
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def parse(model: type[_Model], raw: bytes) -> _Model:
    """The body as a model; members that the model does not name are refused.

    Raises:
        FieldsInvalid: naming each field by JSON pointer; input values are never repeated.
    """
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise FieldsInvalid(_problems(error)) from None


def parse_query(model: type[_Model], query: Mapping[str, str]) -> _Model:
    """Query parameters as a model; text is converted to the numbers and names that the model asks for.

    Raises:
        FieldsInvalid: naming each parameter.
    """
    try:
        return model.model_validate_strings(dict(query))
    except ValidationError as error:
        named = [FieldProblem("?" + p.pointer.lstrip("/"), p.code, p.detail) for p in _problems(error)]
        raise FieldsInvalid(named) from None


async def read(request: web.Request, model: type[_Model]) -> _Model:
    """The request's JSON body as a model.

    Raises:
        FieldsInvalid: it does not fit the model, or is not JSON.
        InvalidInput: its media type is another one.
        web.HTTPRequestEntityTooLarge: it is larger than the application allows.
    """
    if request.content_type != "application/json":
        raise InvalidInput("Send the body as application/json.")
    return parse(model, await body_of(request))


async def body_of(request: web.Request) -> bytes:
    """The whole body.

    Raises:
        InvalidInput: it did not arrive in time: nobody holds a handler by sending a byte a minute.
        web.HTTPRequestEntityTooLarge: it is larger than the application allows.
    """
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError:
        raise InvalidInput("The body did not arrive in time. Please send the request again.") from None


def _problems(error: ValidationError) -> list[FieldProblem]:
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FIELDS]
    return [FieldProblem(_pointer(item["loc"]), item["type"], item["msg"]) for item in found]


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
