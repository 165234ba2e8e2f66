"""What request bodies of the pages have in common. One rule: no unknown member, no conversion, no endless text."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Token = Annotated[str, Field(min_length=16, max_length=200)]


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Nothing(Body):
    """An empty object."""


class TokenBody(Body):
    """The token of a private link, from the fragment of its address."""

    token: Token
