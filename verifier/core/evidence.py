"""What is kept of a call as evidence: stills. One rule: figures here, pictures encrypted elsewhere, never in a row.

A still is taken by the freelancer's own browser at the camera's full resolution while an item is asked. Its bytes lie
in the evidence store under its id; this row stays when they are erased. Made by service/stills, cited by
core/statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import InterviewId, RunId, StillId


class StillKind(StrEnum):
    """What a still shows."""

    DOCUMENT_FRONT = "document_front"
    DOCUMENT_BACK = "document_back"
    DOCUMENT_TILT = "document_tilt"
    """The document held at an angle, so that a hologram can be seen."""
    FACE = "face"


@dataclass(frozen=True, slots=True)
class Still:
    """One preserved still with what was measured in it. Append-only."""

    id: StillId
    interview_id: InterviewId
    run_id: RunId
    """The asking within which it was taken."""
    item_key: str
    kind: StillKind
    at_ms: int
    """When it was asked for, on the server's clock."""
    sha256: str
    """Of the bytes that the browser sent, as 64 hexadecimal digits."""
    size_bytes: int
    media_type: str
    """``image/jpeg`` or ``image/png``, sniffed from the bytes."""
    width: int
    height: int
    mean_luma: float
    """0..255."""
    glare_share: float
    """Share of pixels with luma above 245, 0..1."""
    sharpness: float
    """Normalised Tenengrad, ≥ 0; see core/quality/image."""
    card_width_px: int | None
    """Width of the document, or of the face, in pixels of the still; None when none was found."""
    usable: bool
    problems: tuple[str, ...]
    """Codes of what keeps it from being usable; empty when it is."""
