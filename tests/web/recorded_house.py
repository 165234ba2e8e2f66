"""A house whose contradicted case was recorded: both people, made by the muxer and kept in real encrypted files.

Used by the tests that play it in real browsers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.contract.failed_case import CALL
from tests.core import failures
from tests.media.recorded import blocks, call
from tests.web.at_address import clients_at
from tests.web.contradicted import Contradicted, contradicted
from tests.web.test_review_in_chromium import PICTURE, running
from verifier.core.model import InterviewId, RecordingId, Role
from verifier.core.principal import StaffPrincipal
from verifier.core.recording import Recording
from verifier.media.muxing import mux
from verifier.ports.evidence import WrappedKey
from verifier.service.recording import piece
from verifier.storage.evidence import EvidenceFiles, KeyRing

SECONDS, GAP = 24, (8, 13)
BEGIN_S = 2
"""On the page's axis."""


@asynccontextmanager
async def recorded(origin: str, folder: Path) -> AsyncIterator[Contradicted]:
    """The house, serving at ``origin``, its recordings in ``folder``."""
    async with clients_at(origin) as client:
        made = await contradicted(client, picture=PICTURE.read_bytes(), public_url=origin, demo=True)
        await _record(made, EvidenceFiles(folder, KeyRing([b"k" * 32])))
        async with running(made):
            yield made


async def _record(case: Contradicted, files: EvidenceFiles) -> None:
    """Both people of the call, light and loud in even seconds; of the freelancer five seconds are missing."""
    house = case.house
    state = house.units.state
    state.interviews[CALL] = replace(state.interviews[CALL], recording_consented=True)
    summary = await house.services.reviewing._read(StaffPrincipal(state.people[failures.B][0], "s"), CALL)
    begin_ms = summary[2][0] + 1_000 * BEGIN_S
    key = files.new_key()
    house.services.playing._store = _Opened(files, key)  # type: ignore[assignment]
    for leg, gap in ((Role.FREELANCER, GAP), (Role.INTERVIEWER, (0, 0))):
        made = blocks(call(SECONDS, gap=gap), leg)
        with files.writing(CALL, piece(leg), key) as out:
            about = mux(lambda made=made: made, leg, out)  # type: ignore[misc]
        assert about is not None
        recording = Recording(
            RecordingId(f"rec_{leg}"), CALL, leg, begin_ms, about.duration_ms, out.size, "e" * 64, True, about.audio,
            about.video, begin_ms + 60_000,
        )  # fmt: skip
        async with house.units() as unit:
            await unit.recordings.add(recording)


class _Opened:
    """Files whose key the house's database does not hold."""

    def __init__(self, files: EvidenceFiles, key: WrappedKey) -> None:
        self._files, self._key = files, key

    def read_range(self, id_: InterviewId, name: str, _: WrappedKey, start: int, stop: int, size: int) -> Any:
        return self._files.read_range(id_, name, self._key, start, stop, size)
