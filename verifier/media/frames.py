"""Looking at the freelancer's video. One rule: sampling may miss pictures, it may never slow the call.

The event loop puts packets together to frames; one worker thread for all calls decodes and measures. When it is busy
frames are dropped and sampling waits for the next key frame. Nothing decoded leaves this module, only figures.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import av
import numpy as np
import structlog

from verifier.core.model import InterviewId
from verifier.core.quality.image import FaceDetector, Luma, measure
from verifier.core.samples import FrameSample
from verifier.media.assembly import Frame, FrameAssembler
from verifier.media.rtp import RtpPacket
from verifier.media.vp8 import dimensions
from verifier.ports import Clock

_log = structlog.get_logger(__name__)
_MEASURE_INTERVAL_S = 0.19
"""About five pictures a second are measured; the decoder needs every one."""
_QUEUED_MAX = 15
"""Frames of one call waiting for the worker: half a second of 30 a second."""
_UNTAKEN_MAX = 600
_PIXELS_MAX = 4096 * 2160
"""A key frame can declare 16383 × 16383 pixels; decoding that would take a quarter of a gigabyte."""
_PICTURE_WAIT_S, _PICTURE_INTERVAL_S = 1.0, 2.0


@dataclass(frozen=True, slots=True)
class _Job:
    frame: Frame
    at_ms: int
    measured: bool


class FrameDecoder:
    """Decodes and measures the frames of one call; lives in the worker thread."""

    def __init__(self, interview_id: InterviewId, detector: FaceDetector) -> None:
        """``detector`` is shared by all calls: one worker thread uses it."""
        self._interview_id, self._detector = interview_id, detector
        self._codec: av.VideoCodecContext | None = None
        self._before: Luma | None = None

    def run(self, job: _Job) -> FrameSample | None:
        """Decode the job's frame and measure it if it asks for that.

        Raises:
            ValueError: not decodable, or more pixels than the limit.
        """
        if job.frame.key:
            size = dimensions(job.frame.data)
            if size is None or size[0] * size[1] > _PIXELS_MAX:
                raise ValueError("this key frame declares an unusable size")
        if self._codec is None:
            codec = av.CodecContext.create("vp8", "r")
            assert isinstance(codec, av.VideoCodecContext)  # noqa: S101 narrows the binding's type
            codec.thread_count = 1
            self._codec = codec
        sample = None
        for decoded in self._codec.decode(av.Packet(job.frame.data)):
            if job.measured:
                sample = self._measure(_luma(decoded), job.at_ms)
        return sample

    def _measure(self, luma: Luma, at_ms: int) -> FrameSample:
        figures = measure(luma, self._before, self._detector)
        self._before = luma
        return FrameSample(
            interview_id=self._interview_id,
            at_ms=at_ms,
            width=figures.width,
            height=figures.height,
            mean_luma=figures.mean_luma,
            contrast=figures.contrast,
            glare_share=figures.glare_share,
            sharpness=figures.sharpness,
            repeated=figures.repeated,
            faces=figures.faces,
            face_width_px=figures.face_width_px,
        )


def _luma(decoded: av.VideoFrame) -> Luma:
    plane = decoded.planes[0]
    octets: Luma = np.frombuffer(memoryview(plane), np.uint8)
    return octets.reshape(-1, plane.line_size)[: decoded.height, : decoded.width].copy()


class FrameWorker:
    """The one thread that decodes and measures, for all calls."""

    def __init__(self, detector: FaceDetector) -> None:
        """The thread starts with the first frame."""
        self.detector = detector
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="frames")

    def submit(self, decoder: FrameDecoder, job: _Job) -> Future[FrameSample | None]:
        """Queue one frame."""
        return self._executor.submit(decoder.run, job)

    def close(self) -> None:
        """Finish the frame being decoded, forget the rest, end the thread."""
        self._executor.shutdown(wait=True, cancel_futures=True)


class FrameSampler:
    """Samples one call's freelancer video: key frames, or every frame while a face or gesture item is open."""

    def __init__(self, interview_id: InterviewId, clock: Clock, worker: FrameWorker) -> None:
        """Samples key frames only, until told otherwise."""
        self.dropped = 0
        """Frames not decoded because the worker was busy."""
        self._clock, self._worker = clock, worker
        self._decoder = FrameDecoder(interview_id, worker.detector)
        self._assembler = FrameAssembler()
        self._finished: deque[FrameSample] = deque(maxlen=_UNTAKEN_MAX)
        self._want_picture: Callable[[], None] = lambda: None
        self._queued = 0
        self._measured_at = self._key_seen_at = self._asked_at = -math.inf
        self._closed = False

    def start_source(self, want_picture: Callable[[], None]) -> None:
        """A new generation of the freelancer's leg sends from now on; ``want_picture`` asks it for a key frame."""
        self._want_picture = want_picture
        self._assembler.start(every_frame=self._assembler.every_frame)

    def watch(self, *, every_frame: bool) -> None:
        """Switch between every frame and key frames only; switching on asks for one key frame."""
        if every_frame == self._assembler.every_frame:
            return
        self._assembler.start(every_frame=every_frame)
        if every_frame:
            self._want_picture()

    def take(self) -> tuple[FrameSample, ...]:
        """Samples finished since the last call, in time order."""
        taken = tuple(self._finished)
        self._finished.clear()
        return taken

    def push(self, packet: RtpPacket, now_s: float) -> None:
        """See one accepted packet; runs on the event loop and only copies references."""
        for frame in self._assembler.push(packet, now_s):
            self._submit(frame, now_s)
        if self._assembler.every_frame and self._assembler.waiting:
            self._ask_picture(now_s)
        else:
            self._key_seen_at = now_s

    def close(self) -> None:
        """Take no more frames."""
        self._closed = True

    def _ask_picture(self, now_s: float) -> None:
        if now_s - self._key_seen_at > _PICTURE_WAIT_S and now_s - self._asked_at > _PICTURE_INTERVAL_S:
            self._asked_at = now_s
            self._want_picture()

    def _submit(self, frame: Frame, now_s: float) -> None:
        if self._closed:
            return
        if self._queued >= _QUEUED_MAX:
            self.dropped += 1
            self._assembler.lose()
            return
        measured = now_s - self._measured_at >= _MEASURE_INTERVAL_S
        if measured:
            self._measured_at = now_s
        self._queued += 1
        loop = asyncio.get_running_loop()
        future = self._worker.submit(self._decoder, _Job(frame, self._clock.now_ms(), measured))
        future.add_done_callback(lambda done: _hand_back(loop, self._done, done))

    def _done(self, future: Future[FrameSample | None]) -> None:
        self._queued -= 1
        if future.cancelled() or self._closed:
            return
        error = future.exception()
        if error is not None:
            _log.info("media_frame_not_decoded", reason=type(error).__name__)
            self._assembler.lose()
            return
        sample = future.result()
        if sample is not None:
            self._finished.append(sample)


def _hand_back(
    loop: asyncio.AbstractEventLoop,
    done: Callable[[Future[FrameSample | None]], None],
    future: Future[FrameSample | None],
) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(done, future)
