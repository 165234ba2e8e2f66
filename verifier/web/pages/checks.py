"""The device and network check, the same for freelancers (/join) and interviewers (/staff)."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Annotated, Any, Literal, Self, TypeVar, get_type_hints

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from verifier.core.messages import MAX_MESSAGE_BYTES
from verifier.core.model import StaffRole
from verifier.core.samples import BrowserAudio, BrowserSource, BrowserVideo
from verifier.service.checking import Principal
from verifier.web import problem
from verifier.web.access import join_only, staff_only
from verifier.web.keys import SERVICES, SETTINGS
from verifier.web.pages.bodies import Body, Nothing
from verifier.web.rendering import answer
from verifier.web.security import limit

routes = web.RouteTableDef()

_LARGEST_NUMBER = 2**53
"""What JavaScript counts exactly; also keeps arithmetic on counters in the range of floats."""
_Value = TypeVar("_Value")


class Answer(Body):
    """The browser's answer for one leg of a check."""

    check_id: Annotated[str, Field(max_length=64)]
    leg: Literal["sender", "receiver"]
    sdp: Annotated[str, Field(max_length=MAX_MESSAGE_BYTES // 2)]


class Counters(Body):
    """Numbers of getStats, each within what JavaScript counts exactly."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, str_max_length=200)

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        for name, value in self:
            if isinstance(value, (int, float)) and abs(value) > _LARGEST_NUMBER:
                raise ValueError(f"{name} is out of range")
        return self


def _model_of(cls: type) -> type[Counters]:
    """A pydantic model with the fields of a core dataclass, which stay named in one place."""
    hints = get_type_hints(cls)
    members: dict[str, Any] = {one.name: (hints[one.name], one.default) for one in fields(cls)}
    return create_model(cls.__name__, __base__=Counters, **members)


class Finish(Body):
    """What the receiver's browser counted, and the state of the sender's devices."""

    check_id: Annotated[str, Field(max_length=64)]
    audio: _model_of(BrowserAudio)  # type: ignore[valid-type]
    video: _model_of(BrowserVideo)  # type: ignore[valid-type]
    source: _model_of(BrowserSource)  # type: ignore[valid-type]


async def start(request: web.Request, principal: Principal) -> web.Response:
    """Offers for both legs of a new check."""
    settings, services = request.app[SETTINGS], request.app[SERVICES]
    limit(request, "check", settings.check_rate, principal.session_hash)
    await problem.read(request, Nothing)
    begun = await services.checking.start(principal)
    access = settings.ice.access(begun.check_id, services.clock.now_ms())
    return answer(
        {
            "check_id": begun.check_id,
            "legs": {"sender": asdict(begun.sender), "receiver": asdict(begun.receiver)},
            "ice_servers": [asdict(server) for server in access.servers],
            "relay_only": access.relay_only,
            "seconds": begun.seconds,
        }
    )


async def take_answer(request: web.Request, principal: Principal) -> web.Response:
    """The browser's answer for one leg."""
    body = await problem.read(request, Answer)
    await request.app[SERVICES].checking.answer(principal, body.check_id, body.leg, body.sdp)
    return answer({})


async def finish(request: web.Request, principal: Principal) -> web.Response:
    """The verdict, stored."""
    body = await problem.read(request, Finish)
    audio, video = _value(BrowserAudio, body.audio), _value(BrowserVideo, body.video)
    source = _value(BrowserSource, body.source)
    return answer(await request.app[SERVICES].checking.finish(principal, body.check_id, audio, video, source))


def _value(cls: type[_Value], model: BaseModel) -> _Value:
    return cls(**dict(model))


for _path, _handler in (("start", start), ("answer", take_answer), ("finish", finish)):
    routes.post(f"/join/check/{_path}")(join_only(_handler))
    routes.post(f"/staff/check/{_path}")(staff_only(StaffRole.INTERVIEWER)(_handler))
