"""What a platform may send, as models. One rule: a member that is not named here is refused, not ignored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from verifier.core.verdicts import AccountEffect
from verifier.core.webhook import EventType
from verifier.web.api import fields

PAGE_DEFAULT, PAGE_MAX = 25, 100


def _distinct(values: list[str]) -> list[str]:
    if len({value.casefold() for value in values}) != len(values):
        raise PydanticCustomError("not_distinct", "must not name anything twice")
    return values


class Request(BaseModel):
    """Base of every body and query."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Freelancer(Request):
    """Who is to be verified, as the platform knows them: the identity part of the claims snapshot."""

    legal_name: fields.Name
    email: fields.Email
    country: fields.Country
    city: fields.City
    address: fields.Address | None = None
    date_of_birth: fields.IsoDate | None = None
    locale: Annotated[fields.Language, Field(description="Language of pages and e-mails; BCP 47 tag.")]
    time_zone: fields.TimeZone


class Claims(Request):
    """What the freelancer claimed beforehand; questions are drawn from nothing else."""

    skills: Annotated[list[fields.Skill], Field(max_length=50), AfterValidator(_distinct)] = []
    languages: Annotated[list[fields.Language], Field(max_length=20), AfterValidator(_distinct)] = []


class CreateVerification(Request):
    """A new case with its claims snapshot, which never changes afterwards."""

    external_id: fields.ExternalId
    freelancer: Freelancer
    claims: Claims = Claims()
    policy: fields.PolicyName = "default"
    metadata: Annotated[
        dict[fields.MetadataKey, fields.MetadataValue],
        Field(max_length=20, description="Up to 20 texts of your own; never shown to the freelancer."),
    ] = {}


class Nothing(Request):
    """An empty object."""


class ReportEffect(Request):
    """What the platform did with the freelancer's account."""

    verification_id: fields.Id
    decision_version: Annotated[
        int, Field(ge=0, le=1_000_000, description="The version acted on; 0: before any decision.")
    ]
    account_effect: Annotated[AccountEffect, Field(strict=False)]


Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_048),
    Field(description="https on the public internet, without user information or fragment."),
]
Events = Annotated[
    list[Annotated[EventType, Field(strict=False)]],
    Field(max_length=len(EventType), description="Types to receive; empty: all."),
]


class CreateEndpoint(Request):
    """A new address to receive events."""

    url: Url
    events: Events = []


class UpdateEndpoint(Request):
    """Members that are absent stay as they are."""

    url: Url | None = None
    events: Events | None = None
    enabled: Annotated[Literal[True] | None, Field(description="true enables a disabled endpoint again.")] = None


class RotateSecret(Request):
    """How to begin a rotation."""

    keep_previous: Annotated[
        bool, Field(description="The secret before signs as well until it is retired; false: it is void at once.")
    ] = True


Cursor = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(description="next_cursor of the page before.")
]
Limit = Annotated[int, Field(ge=1, le=PAGE_MAX, description="Rows in a page.")]


class Page(Request):
    """Which part of a list."""

    cursor: Cursor | None = None
    limit: Limit = PAGE_DEFAULT


class Newest(Request):
    """How many of the newest rows."""

    limit: Limit = PAGE_DEFAULT


class WhichEndpoint(Request):
    """Whose secrets sign the answer."""

    endpoint_id: Annotated[
        fields.Id | None, Field(description="Whose secrets sign; absent: the oldest enabled endpoint.")
    ] = None


class QualityForm(Request):
    """Form of the per-second rows."""

    format: Annotated[Literal["json", "csv"], Field(description="csv holds the rows of one origin.")] = "json"
    origin: Annotated[
        Literal["server", "browser", "frames"],
        Field(description="csv only: the server's own figures, the browsers' reports, or the frames looked at."),
    ] = "server"
