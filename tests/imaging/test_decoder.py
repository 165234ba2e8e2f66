"""Uploads are opened in a process of their own: pictures are measured, bombs end that process and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import textwrap
from pathlib import Path

import cv2
import numpy as np
import pytest
import structlog

from bench.rig.specimen import View, card, scene
from tests.core.pictures import PLACE, exif, jpeg, jpeg_claiming, pixels, png, png_of, with_segments
from verifier.core.evidence import StillKind
from verifier.core.picture import picture
from verifier.errors import InvalidInput, OurError, TooLarge
from verifier.imaging import LimitedDecoder
from verifier.imaging.limits import MEMORY_BYTES, UNDECODABLE

FRONT, FACE = StillKind.DOCUMENT_FRONT, StillKind.FACE
ROOT = Path(__file__).parents[2]
MEASURE = {"mean_luma": 1.0, "glare_share": 0.0, "sharpness": 0.5, "card_width_px": None}


def saying(text: str) -> LimitedDecoder:
    """A decoder whose worker is this script."""
    return LimitedDecoder((sys.executable, "-c", textwrap.dedent(text)), wall_s=5.0)


def answering(width: object = 64, height: object = 48, preview: bytes = b"", **changes: object) -> LimitedDecoder:
    """A decoder whose worker answers this, whatever it is asked."""
    line = json.dumps({"width": width, "height": height, "measure": {**MEASURE, **changes}}).encode()
    return saying(f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({line + bytes([10]) + preview!r})")


async def test_a_document_is_found_measured_and_made_small() -> None:
    sent = jpeg(scene(card()))
    opened = await LimitedDecoder().open(sent, FRONT)
    assert (opened.media_type, opened.width, opened.height, opened.content) == ("image/jpeg", 1_920, 1_080, sent)
    assert opened.measure.card_width_px == pytest.approx(1_067, rel=0.06) and opened.measure.sharpness > 0.4
    small = cv2.imdecode(np.frombuffer(opened.preview, np.uint8), cv2.IMREAD_COLOR)
    assert small is not None and small.shape == (360, 640, 3) and len(opened.preview) < 60_000


async def test_a_face_is_found_in_a_picture_of_one() -> None:
    sent = (ROOT / "verifier" / "demo" / "assets" / "face.jpg").read_bytes()
    assert ((await LimitedDecoder().open(sent, FACE)).measure.card_width_px or 0) > 80


@pytest.mark.parametrize("orientation", [1, 3, 6])
async def test_a_turned_picture_is_measured_as_it_is_shown_and_its_place_is_gone(orientation: int) -> None:
    opened = await LimitedDecoder().open(with_segments(jpeg(pixels()), exif(orientation)), FRONT)
    assert (opened.width, opened.height) == ((48, 64) if orientation == 6 else (64, 48))
    assert PLACE not in opened.content + opened.preview


async def test_a_png_is_opened_too_and_its_preview_is_a_jpeg() -> None:
    opened = await LimitedDecoder().open(png(pixels(900, 700)), FACE)
    assert opened.media_type == "image/png" and picture(opened.preview).media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (b"GIF89a" + bytes(100), InvalidInput),
        (jpeg()[:-200], InvalidInput),
        (png()[:-20], InvalidInput),
        (jpeg_claiming(60_000, 60_000), TooLarge),
        (png_of(100_000, 100_000, b""), TooLarge),
        (png_of(2_000, 2_000, bytes(1_000)), InvalidInput),
        (png_of(64, 48, b"\5" * 65 * 48), InvalidInput),
    ],
    ids=["gif", "cut jpeg", "cut png", "claims too much", "claims far too much", "too little data", "odd filters"],
)
async def test_what_cannot_be_opened_is_refused_in_words(sent: bytes, refusal: type[Exception]) -> None:
    with structlog.testing.capture_logs(), pytest.raises(refusal) as refused:
        await LimitedDecoder().open(sent, FRONT)
    assert str(refused.value).endswith((".", "pixels.")) and refused.value.field  # type: ignore[attr-defined]


async def test_a_file_that_grows_a_thousandfold_stays_within_the_limits() -> None:
    sent = png_of(7_000, 7_000, bytes(7_001 * 7_000))
    assert len(sent) < 100_000
    opened = await LimitedDecoder().open(sent, FRONT)
    assert opened.measure.mean_luma == 0 and opened.measure.card_width_px is None


async def test_a_worker_that_takes_for_ever_is_ended_and_the_next_picture_is_opened() -> None:
    slow = LimitedDecoder((sys.executable, "-c", "while True: pass"), wall_s=0.5)
    with structlog.testing.capture_logs() as logged, pytest.raises(InvalidInput, match="cannot be opened"):
        await slow.open(jpeg(), FRONT)
    assert [entry["event"] for entry in logged] == ["picture_not_opened"]
    assert (await LimitedDecoder().open(jpeg(), FRONT)).width == 64


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "os.abort()", f"sys.exit({UNDECODABLE})"])
async def test_a_worker_that_a_picture_kills_is_the_pictures_fault(end: str) -> None:
    with structlog.testing.capture_logs(), pytest.raises(InvalidInput):
        await saying(f"import os, sys; sys.stdin.buffer.read(); {end}").open(jpeg(), FRONT)


async def test_a_worker_that_breaks_by_itself_is_ours() -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(OurError):
        await saying("import no_such_module").open(jpeg(), FRONT)
    assert "no_such_module" in logged[0]["complaint"]


async def test_an_answer_that_fits_is_believed() -> None:
    assert (await answering(preview=jpeg()).open(jpeg(), FRONT)).measure.sharpness == 0.5


@pytest.mark.parametrize(
    "worker",
    [
        saying("import sys; sys.stdin.buffer.read()"),
        saying("import sys; sys.stdin.buffer.read(); print('[]')"),
        answering(),
        answering(preview=b"<script>alert(1)</script>"),
        answering(preview=png()),
        answering(width=640, preview=jpeg()),
        answering(width="64px", preview=jpeg()),
        answering(mean_luma=999.0, preview=jpeg()),
        answering(glare_share=-0.1, preview=jpeg()),
        answering(sharpness=float("nan"), preview=jpeg()),
        answering(card_width_px="all", preview=jpeg()),
        answering(usable=True, preview=jpeg()),
    ],
)
async def test_an_answer_that_does_not_fit_what_was_asked_is_not_believed(worker: LimitedDecoder) -> None:
    with pytest.raises(OurError):
        await worker.open(jpeg(), FRONT)


async def test_whoever_gives_up_waiting_leaves_no_process_behind(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "told")
    script = f"import os, time; open({str(tmp_path / 'told')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    opening = asyncio.create_task(saying(script).open(jpeg(), FRONT))
    pid = int(await asyncio.to_thread((tmp_path / "told").read_text))
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("deed", "refusal"),
    [
        (f"bytearray({MEMORY_BYTES})", "MemoryError"),
        ("open('/etc/passwd')", "Too many open files"),
        ("import socket; socket.socket()", "Too many open files"),
        ("os.write(1, b'x'); os.pipe()", "Too many open files"),
    ],
)
async def test_within_the_limits_there_is_no_memory_no_file_and_no_network(deed: str, refusal: str) -> None:
    script = f"import os, socket; from verifier.imaging import limits; limits.limit_this_process(); {deed}"
    status, complaint = await ran(script)
    assert status == 1 and refusal in complaint


async def test_a_process_that_counts_for_ever_is_ended_by_the_system() -> None:
    status, _ = await ran(
        "from verifier.imaging import limits; limits.CPU_S = 1; limits.limit_this_process(); sum(iter(int, 1))"
    )
    assert status < 0


async def test_the_environment_of_the_worker_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFIER_MASTER_KEY", "secret")
    told = "import os, sys; sys.stdin.buffer.read(); assert 'VERIFIER_MASTER_KEY' not in os.environ; sys.exit(4)"
    with structlog.testing.capture_logs(), pytest.raises(InvalidInput):
        await saying(told).open(jpeg(), FRONT)


async def test_view_of_a_portrait_phone_is_measured_too() -> None:
    opened = await LimitedDecoder().open(jpeg(scene(card(), View(1_080, 1_920, 900))), FRONT)
    assert opened.measure.card_width_px == pytest.approx(873, rel=0.06)


async def ran(script: str) -> tuple[int, str]:
    """Exit status of a script and what it complained."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    return process.returncode or 0, complaint.decode()
