"""What request bodies of the pages have in common. One rule: no unknown member, no conversion, no endless text."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _writable(text: str) -> str:
    """The text, when every database can hold it.

    Raises:
        ValueError: it holds a NUL, which PostgreSQL refuses.
    """
    if "\0" in text:
        raise ValueError("A text cannot hold a NUL.")
    return text


Written = Annotated[str, Field(max_length=20_000), AfterValidator(_writable)]
"""Words that a person wrote; how long they may be is said by the service."""
Token = Annotated[str, Field(min_length=16, max_length=200)]


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Nothing(Body):
    """An empty object."""


class TokenBody(Body):
    """The token of a private link, from the fragment of its address."""

    token: Token
