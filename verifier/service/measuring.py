"""Every second of every call: take the rows, store them, show both sides where they stand, end what has broken.

One rule: rows are durable before anything is shown from them, and what is shown here never becomes a verdict; that is
computed in service/concluding from what is stored.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import structlog

from verifier.core.findings import admit, quality_of, stills_of
from verifier.core.interview import CONVERSATION_STATES, InterviewEvent, accepts, next_state
from verifier.core.live import Indicators, indicators
from verifier.core.messages import LegFigures, QualityUpdate, Stats
from verifier.core.model import EndCause, InterviewId, ItemRun, Need, Role
from verifier.core.policy import Policy
from verifier.core.quality.perception import perceive
from verifier.core.quality.timeline import SECOND_MS, Timeline
from verifier.core.quality.window import Preview, Standing, preview
from verifier.core.samples import BrowserSample, FrameSample, ServerSample, uplink_kbps
from verifier.ports import Clock, MediaEngine, UnitOfWorkFactory
from verifier.service.calls import Calls, LiveCall
from verifier.service.concluding import Concluding
from verifier.service.telling import Telling

_log = structlog.get_logger(__name__)

LOOK_BACK_MS = 12_000
"""Rows before a window that the loss window, settling and neighbouring rows need."""
DEGRADED_TICKS = 3
"""Seconds of trouble (or of none) before the call is called impaired (or live again)."""
COMPLETE_TIMEOUT_MS = 8_000
"""Longest wait for the last rows after the interviewer has completed the checklist."""
KEEP_UNSAVED = 600


@dataclass(frozen=True, slots=True)
class _Taken:
    """The rows of one call and second."""

    call: LiveCall
    server: tuple[ServerSample, ...]
    browser: tuple[BrowserSample, ...]
    frames: tuple[FrameSample, ...]


class Measuring:
    """The pulse of all calls."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        media: MediaEngine,
        calls: Calls,
        telling: Telling,
        concluding: Concluding,
        policy: Policy,
    ) -> None:
        self._units = units
        self._clock = clock
        self._media = media
        self._calls = calls
        self._telling = telling
        self._concluding = concluding
        self._policy = policy

    def take_stats(self, id_: InterviewId, role: Role, stats: Stats) -> None:
        """Keep one second of a browser's counters until the next tick stores them."""
        call = self._calls.get(id_)
        if call.generations.get(role) != stats.generation or len(call.unsaved_browser) >= KEEP_UNSAVED:
            return
        call.unsaved_browser.append(
            BrowserSample(
                interview_id=id_,
                leg=role,
                generation=stats.generation,
                sequence=stats.sequence,
                client_ms=stats.client_ms,
                received_ms=self._clock.now_ms(),
                audio=stats.audio,
                video=stats.video,
                source=stats.source,
            )
        )

    async def tick(self) -> None:
        """One second of every call: all rows in one transaction, then each call by itself."""
        await self._end_again()
        going_on = [call for call in self._calls.all() if call.ended_by is None]
        taken = [one for call in going_on if (one := self._take(call)) is not None]
        stored = await self._store(taken)
        outcomes = await asyncio.gather(*(self._show(one) for one in stored), return_exceptions=True)
        for one, outcome in zip(stored, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                _log.error("tick_failed", interview=one.call.interview.id, exc_info=outcome)

    async def _end_again(self) -> None:
        calls = self._calls.all()
        outcomes = await asyncio.gather(*(self._concluding.again(call) for call in calls), return_exceptions=True)
        for call, outcome in zip(calls, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                _log.error("end_not_stored", interview=call.interview.id, exc_info=outcome)

    def _take(self, call: LiveCall) -> _Taken | None:
        """The rows of this second; None when the call cannot be measured: its seconds are missing, and so bad."""
        id_ = call.interview.id
        try:
            server, frames = self._media.sample(id_), self._media.take_frames(id_)
        except Exception as error:
            _log.error("not_measured", interview=id_, exc_info=error)
            return None
        browser, call.unsaved_browser = tuple(call.unsaved_browser), []
        return _Taken(call, server, browser, frames)

    async def _store(self, taken: list[_Taken]) -> list[_Taken]:
        """Those whose rows are durable now; when all together are refused, each call is tried by itself."""
        try:
            await self._add(taken)
        except Exception as error:
            calls = [one.call.interview.id for one in taken]
            _log.error("rows_not_stored", interviews=calls, exc_info=error)
            alone = [await self._store([one]) for one in taken] if len(taken) > 1 else []
            return [one for stored in alone for one in stored]
        return taken

    async def _add(self, taken: list[_Taken]) -> None:
        if not taken:
            return
        async with self._units() as unit:
            for one in taken:
                await unit.samples.add(one.server, one.browser, one.frames)
        for one in taken:
            one.call.rows.server.extend(one.server)
            one.call.rows.browser.extend(one.browser)
            one.call.rows.frames.extend(one.frames)

    async def _show(self, taken: _Taken) -> None:
        call, now_ms = taken.call, self._clock.now_ms()
        async with call.lock:
            if call.ended_by is not None:
                return
            cause = _broken(call, now_ms, self._policy)
            if cause is not None:
                await self._concluding.conclude(call, cause)
                return
            self._watch_frames(call)
            if self._settle_runs(call, now_ms):
                self._telling.checklist(call)
            settled_ms = (call.interview.live_ms or now_ms) + self._policy.settling_ms
            seen = indicators(call.rows.since(now_ms - 2 * LOOK_BACK_MS), now_ms, self._policy, settled_ms)
            self._telling.send(call, self._quality(call, seen, taken.server, now_ms))
            await self._grade(call, seen)
            if _complete(call, now_ms, self._policy):
                await self._concluding.conclude(call, EndCause.COMPLETED)

    def _watch_frames(self, call: LiveCall) -> None:
        run = call.open_run
        watched = run is not None and bool({Need.VIDEO_FACE, Need.VIDEO_GESTURE} & set(call.item(run.item_key).needs))
        self._media.watch_frames(call.interview.id, every_frame=watched)

    def _settle_runs(self, call: LiveCall, now_ms: int) -> bool:
        """Judge every ended run whose padded window is covered by rows; whether any was."""
        due = [run for run in call.runs if run.id not in call.settled and _is_due(run, now_ms, self._policy)]
        for run in due:
            item, flags = call.item(run.item_key), tuple(call.flags)
            rows = call.rows.since(run.started_ms - LOOK_BACK_MS)
            quality = quality_of(run, item, flags, self._timeline(call, run, now_ms), rows, self._policy)
            finding = admit(run, item, quality, flags, self._policy)
            call.settled[run.id] = (finding.admissible, finding.reasons)
        return bool(due)

    def _timeline(self, call: LiveCall, run: ItemRun, now_ms: int) -> Timeline:
        """The seconds around a run, on the grid that the verdict uses: whole seconds since the call went live."""
        live_ms = call.interview.live_ms or run.started_ms
        start_ms = live_ms + max(0, run.started_ms - LOOK_BACK_MS - live_ms) // SECOND_MS * SECOND_MS
        return perceive(call.rows.since(start_ms - LOOK_BACK_MS), start_ms, now_ms, self._policy)

    def _quality(
        self, call: LiveCall, seen: Indicators, server: tuple[ServerSample, ...], now_ms: int
    ) -> QualityUpdate:
        run = call.open_run
        so_far = self._so_far(call, run, now_ms) if run else None
        return QualityUpdate(
            at_ms=now_ms,
            indicators={stream.value: word.value for stream, word in seen.words.items()},
            fault=seen.blame.fault,
            fault_side=seen.blame.side,
            legs={row.leg.value: _figures(row, call.rows.before(row)) for row in server},
            run_id=run.id if run else None,
            run_admissible=_ADMISSIBLE[so_far.standing] if so_far else None,
            run_reasons=so_far.reasons if so_far else (),
        )

    def _so_far(self, call: LiveCall, run: ItemRun, now_ms: int) -> Preview:
        item, timeline = call.item(run.item_key), self._timeline(call, run, now_ms)
        rows = call.rows.since(run.started_ms - LOOK_BACK_MS)
        stills, flags = stills_of(run, item, rows), tuple(call.flags)
        return preview(timeline, run.started_ms, now_ms, item.needs, flags, rows.frames, self._policy, stills)

    async def _grade(self, call: LiveCall, seen: Indicators) -> None:
        """Move between live and impaired after a few seconds of the same."""
        troubled = seen.blame.fault is not None
        call.degraded_ticks = max(0, call.degraded_ticks) + 1 if troubled else min(0, call.degraded_ticks) - 1
        event = InterviewEvent.DEGRADED if troubled else InterviewEvent.RECOVERED
        if abs(call.degraded_ticks) < DEGRADED_TICKS or not accepts(call.interview.state, event):
            return
        moved = replace(call.interview, state=next_state(call.interview.state, event))
        body: dict[str, object] = {"state": moved.state, "fault": seen.blame.fault, "side": seen.blame.side}
        async with self._units() as unit:
            await unit.interviews.save(moved)
            entry = await unit.log.append(moved.id, self._clock.now_ms(), "state", None, body)
        call.interview = moved
        self._telling.entries(call, entry)


_ADMISSIBLE = {Standing.GOOD_SO_FAR: True, Standing.TOO_EARLY: None, Standing.ASK_AGAIN: False}


def _is_due(run: ItemRun, now_ms: int, policy: Policy) -> bool:
    """Whether the rows that cover the padded window of an ended run have had the time to arrive."""
    if run.ended_ms is None:
        return False
    return now_ms >= run.ended_ms + policy.window_padding_ms + policy.sample_interval_slack_ms


def _broken(call: LiveCall, now_ms: int, policy: Policy) -> EndCause | None:
    """Why the call has to end now although nobody ended it, or None."""
    if call.broken_since_ms is not None and now_ms - call.broken_since_ms > policy.reconnect_grace_ms:
        return EndCause.TECHNICAL_ABORT
    if call.interview.state not in CONVERSATION_STATES and now_ms - call.interview.created_ms > policy.no_show_ms:
        return _never_live(call)
    return None


def _never_live(call: LiveCall) -> EndCause:
    """Who did not come; when both came and could not be connected, nobody stayed away."""
    if Role.INTERVIEWER not in call.generations:
        return EndCause.INTERVIEWER_NO_SHOW
    return EndCause.TECHNICAL_ABORT if Role.FREELANCER in call.generations else EndCause.FREELANCER_NO_SHOW


def _complete(call: LiveCall, now_ms: int, policy: Policy) -> bool:
    """Whether a completed checklist may be concluded: every run has settled and every still that was taken has come, or
    waiting longer brings nothing.
    """
    if call.completing_since_ms is None:
        return False
    if now_ms - call.completing_since_ms > COMPLETE_TIMEOUT_MS:
        return True
    still_coming = any(capture.pending for capture in call.captures.values())
    return not still_coming and all(run.id in call.settled for run in call.runs)


def _figures(row: ServerSample, before: ServerSample | None) -> LegFigures:
    """This second's figures of one leg, for the people in the call."""
    lost = row.report_video.fraction_lost
    return LegFigures(
        rtt_ms=row.rtt_ms,
        loss_percent=None if lost is None else round(100 * lost, 1),
        jitter_ms=row.audio.jitter_ms if row.audio.ssrc is not None else None,
        uplink_kbps=uplink_kbps(row, before) if before else None,
    )
