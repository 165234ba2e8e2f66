"""Opens uploads in a process of their own. One rule: a bomb ends that process, never this one.

The bytes are told to be a picture by core/picture first, so no decoder ever sees what is not. Then a fresh process with
limits of memory and time decodes, measures and makes the preview; it has no environment, no files and no children, and
what it answers is believed only as far as it fits. Made by app; the services know the port.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import structlog

from verifier.core.evidence import StillKind
from verifier.core.picture import JPEG, Picture, picture
from verifier.core.quality.still import StillMeasure
from verifier.errors import InvalidInput, OurError, VerifierError
from verifier.imaging.limits import UNDECODABLE, WALL_S
from verifier.ports.images import OpenedPicture

_log = structlog.get_logger(__name__)

_ROOT = str(Path(__file__).resolve().parents[2])
_ENVIRONMENT = {"PYTHONPATH": _ROOT, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_COMMAND = (sys.executable, "-P", "-s", "-m", "verifier.imaging.worker")
_AT_ONCE = 1
"""One core at most is taken from the calls, and politely."""
_MOST_PREVIEW_BYTES = 512 * 1024


class LimitedDecoder:
    """ImageDecoder of the ports."""

    def __init__(self, command: tuple[str, ...] = _COMMAND, wall_s: float = WALL_S) -> None:
        """``command`` starts the worker; what the picture is to show is appended."""
        self._command = command
        self._wall_s = wall_s
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def open(self, sent: bytes, kind: StillKind) -> OpenedPicture:
        """What was sent, opened, measured and made small."""
        told = await asyncio.to_thread(picture, sent)
        async with self._turn:
            status, answer, complaint = await self._ask(told.content, "face" if kind is StillKind.FACE else "document")
        if status == UNDECODABLE or status < 0:
            _log.warning("picture_not_opened", status=status, bytes=len(sent), width=told.width, height=told.height)
            raise InvalidInput("This picture cannot be opened.", field="undecodable")
        if status != 0:
            _log.error("image_worker_broken", status=status, complaint=complaint[-500:].decode(errors="replace"))
            raise OurError("Pictures cannot be opened right now.")
        return _opened(told, answer)

    async def _ask(self, content: bytes, subject: str) -> tuple[int, bytes, bytes]:
        """(exit status, what it answered, what it complained); a negative status is the signal that ended it."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            subject,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_ENVIRONMENT,
            cwd="/",
        )
        try:
            answer, complaint = await asyncio.wait_for(process.communicate(content), self._wall_s)
        except TimeoutError:
            process.kill()
            await process.wait()
            return -9, b"", b""
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return process.returncode or 0, answer, complaint


def _opened(told: Picture, answer: bytes) -> OpenedPicture:
    """What the worker answered, if it fits what was asked.

    Raises:
        OurError: it does not.
    """
    line, _, preview = answer.partition(b"\n")
    try:
        said = json.loads(line)
        measure = StillMeasure(**said["measure"])
        shown = (int(said["width"]), int(said["height"]))
        fits = _sensible(measure) and shown == (told.height, told.width)[:: 1 if told.turned else -1]
        fits = fits and len(preview) <= _MOST_PREVIEW_BYTES and picture(preview).media_type == JPEG
    except (ValueError, TypeError, KeyError, VerifierError):
        fits = False
    if not fits:
        raise OurError("The process that opens pictures gave no sensible answer.")
    return OpenedPicture(told.media_type, *shown, told.content, preview, measure)


def _sensible(measure: StillMeasure) -> bool:
    width = measure.card_width_px
    return (
        0 <= measure.mean_luma <= 255
        and 0 <= measure.glare_share <= 1
        and 0 <= measure.sharpness < float("inf")
        and (width is None or (isinstance(width, int) and width >= 0))
    )
