"""Opening pictures that strangers sent, as a port. One rule: whatever they do, they do it to a process of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from verifier.core.evidence import StillKind
from verifier.core.quality.still import StillMeasure


@dataclass(frozen=True, slots=True)
class OpenedPicture:
    """An upload that is a picture."""

    media_type: str
    """Sniffed from the bytes: ``image/jpeg`` or ``image/png``."""
    width: int
    height: int
    """As shown."""
    content: bytes
    """What is kept of it; see core/picture."""
    preview: bytes
    """A small JPEG of it, made anew from the pixels."""
    measure: StillMeasure


class ImageDecoder(Protocol):
    """Opens uploads."""

    async def open(self, sent: bytes, kind: StillKind) -> OpenedPicture:
        """What was sent, opened, measured for what it is to show, and made small.

        Raises:
            TooLarge: more bytes or pixels than a still may have.
            InvalidInput: no picture, not whole, of an odd kind, or nothing that can be opened within our limits;
                ``field`` says which.
            OurError: the process that opens pictures is broken.
        """
        ...
