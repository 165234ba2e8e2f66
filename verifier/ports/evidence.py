"""Where the bytes of evidence lie, as a port. One rule: what it holds can be read only with its interview's data key.

The database knows which evidence there is and holds each interview's data key, wrapped by a master key; the store holds
the bytes, encrypted with it. Destroying the wrapped key therefore erases the evidence, wherever copies of it lie.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from verifier.core.model import InterviewId


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """An interview's data key as the database may hold it."""

    wrapped: bytes
    """Encrypted by a master key (AES key wrap, RFC 3394)."""
    master_key_id: str
    """Which one: 16 hexadecimal digits that say nothing about the key."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One piece of evidence that the store has bytes of."""

    interview_id: InterviewId
    name: str
    age_ms: int
    """Time since it was written."""


class EvidenceStore(Protocol):
    """Encrypted evidence by interview and name. Names and ids are lower-case letters, digits and underscores."""

    @property
    def master_key_id(self) -> str:
        """Id of the newest master key: it wraps from now on."""
        ...

    def new_key(self) -> WrappedKey:
        """A fresh data key, wrapped by the newest master key."""
        ...

    def rewrapped(self, key: WrappedKey) -> WrappedKey:
        """The same data key wrapped by the newest master key; equal to ``key`` when it is already.

        Raises:
            SealBroken: no master key of the ring opens it.
        """
        ...

    async def write(self, id_: InterviewId, name: str, key: WrappedKey, content: bytes) -> None:
        """Encrypt and keep; durable when it returns. What the name held before is replaced as a whole.

        Raises:
            SealBroken: no master key of the ring opens the data key.
            OurError: the disk refused.
        """
        ...

    def read(self, id_: InterviewId, name: str, key: WrappedKey) -> AsyncIterator[bytes]:
        """The content, chunk by chunk; each one is proven to be whole and in its place before it is given.

        Raises:
            NotFound: nothing was kept under this name, or it was erased.
            SealBroken: no master key of the ring opens the data key, or the bytes were changed, cut, reordered or moved
                here from elsewhere; what came before the damage has been given already.
        """
        ...

    async def discard(self, id_: InterviewId, *names: str) -> None:
        """Delete single pieces that no row tells of; those that are not there are ignored."""
        ...

    async def erase(self, id_: InterviewId) -> int:
        """Delete whatever is kept of this interview; the number of pieces. The caller destroys the key first."""
        ...

    async def files(self) -> tuple[EvidenceFile, ...]:
        """Everything there is, by interview and name; what is being written is not."""
        ...
