"""Fakes of Tombstones, LegalHolds, Erasures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.fakes.state import Lent, State, found, put, refers, require
from verifier.core.access import Audience
from verifier.core.erased import ERASED, LOCALE, TIME_ZONE, erased
from verifier.core.hold import LegalHold, held
from verifier.core.leftovers import Leftover
from verifier.core.model import PlannedItem, VerificationId
from verifier.core.proposal import ProposalRecord
from verifier.core.samples import BrowserSample, FrameSample, ServerSample
from verifier.core.tombstone import Tombstone
from verifier.core.webhook import DeliveryState
from verifier.errors import Conflict


class ErasedFiles:
    """Whose pictures were deleted, in order; the EraseFiles of service/redacting."""

    def __init__(self) -> None:
        self.interviews: list[str] = []

    async def __call__(self, id_: str) -> int:
        self.interviews.append(id_)
        return 1


class FakeTombstones:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, tombstone: Tombstone) -> None:
        state = self._lent.changed
        id_ = tombstone.interview_id
        refers(state.interviews, id_)
        require(tombstone.at_ms >= tombstone.not_before_ms, "not too early")
        expected = {
            ServerSample: tombstone.server_rows,
            BrowserSample: tombstone.browser_rows,
            FrameSample: tombstone.frame_rows,
        }
        put(state.tombstones, id_, tombstone)
        for kind, count in expected.items():
            rows = [key for key, row in state.samples.items() if key[0] is kind and row.interview_id == id_]
            if len(rows) != count:
                raise Conflict("The rows of this interview are others than those that were counted.")
            for key in rows:
                del state.samples[key]
        _forget_words(state, id_)

    async def of_interview(self, id_: str) -> Tombstone | None:
        return self._lent.seen.tombstones.get(id_)


class FakeLegalHolds:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, hold: LegalHold) -> None:
        state = self._lent.changed
        refers(state.verifications, hold.verification_id)
        require(hold.number >= 1 and hold.placed == (hold.number % 2 == 1), "placed, then released")
        put(state.holds, (hold.verification_id, hold.number), hold)

    async def of_verification(self, id_: str) -> tuple[LegalHold, ...]:
        return _holds(self._lent.seen, id_)


class FakeErasures:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def case(self, id_: str, at_ms: int) -> Mapping[str, int]:
        state = self._lent.changed
        about = found(state.verifications, id_)
        state.verifications[id_] = replace(
            about,
            redacted_ms=at_ms,
            external_id=ERASED,
            locale=LOCALE,
            time_zone=TIME_ZONE,
            legal_name=ERASED,
            email="",
            metadata={},
            claims=tuple(replace(claim, value=ERASED) for claim in about.claims),
        )
        for interview in [each for each in state.interviews.values() if each.verification_id == id_]:
            _forget_plan(state, interview.id)
            _forget_words(state, interview.id)
            for key, flag in list(state.flags.items()):
                if flag.interview_id == interview.id:
                    state.flags[key] = replace(flag, note="")
        _forget_told(state, id_)
        _forget_redress(state, id_)
        return {"freelancers": 1}

    async def unfinished(self, after: VerificationId, limit: int) -> tuple[VerificationId, ...]:
        seen = self._lent.seen

        def left(id_: str) -> bool:
            calls = [each.id for each in seen.interviews.values() if each.verification_id == id_]
            keys = [seen.evidence_keys[call] for call in calls if call in seen.evidence_keys]
            return any(call not in seen.tombstones for call in calls) or any(key.destroyed_ms is None for key in keys)

        rows = [each.id for each in seen.verifications.values() if each.redacted_ms is None or left(each.id)]
        return tuple(sorted(id_ for id_ in rows if id_ > after)[:limit])

    async def count(self, kind: Leftover, before_ms: int) -> int:
        return len(list(_over(self._lent.seen, kind, before_ms)))

    async def sweep(self, kind: Leftover, before_ms: int) -> int:
        swept = list(_over(self._lent.changed, kind, before_ms))
        for erase in swept:
            erase()
        return len(swept)


def _holds(state: State, id_: str | None) -> tuple[LegalHold, ...]:
    rows = [hold for (case, _), hold in state.holds.items() if case == id_]
    return tuple(sorted(rows, key=lambda hold: hold.number))


def _forget_words(state: State, id_: str) -> None:
    for key, run in list(state.runs.items()):
        if run.interview_id == id_:
            state.runs[key] = replace(run, typed=None)
    for place, entry in list(state.log.items()):
        if place[0] == id_:
            state.log[place] = replace(entry, body={})


def _forget_plan(state: State, id_: str) -> None:
    for key, item in list(state.plan.items()):
        if key[0] == id_:
            state.plan[key] = _wordless(item)


def _wordless(item: PlannedItem) -> PlannedItem:
    return replace(item, question=ERASED, expected=ERASED if item.claim_id else None)


def _forget_told(state: State, id_: str) -> None:
    for position, event in list(state.events.items()):
        if event.verification_id == id_:
            state.events[position] = replace(event, body="")
    for key, delivery in list(state.deliveries.items()):
        if delivery.event.verification_id == id_:
            over = delivery.state is DeliveryState.PENDING
            told = replace(delivery.event, body="")
            state.deliveries[key] = replace(
                delivery, event=told, state=DeliveryState.FAILED if over else delivery.state
            )
    for number, attempt in enumerate(state.attempts):
        if state.deliveries[attempt.message_id].event.verification_id == id_:
            state.attempts[number] = replace(attempt, response="")
    for place, answer in list(state.notice_attempts.items()):
        if state.notices[answer.notice_id].verification_id == id_:
            state.notice_attempts[place] = replace(answer, answer="")
    for number, check in enumerate(state.device_checks):
        if check.verification_id == id_:
            state.device_checks[number] = replace(check, figures={})


def _forget_redress(state: State, id_: str) -> None:
    for key, record in list(state.proposals.items()):
        if record.proposal.verification_id == id_:
            state.proposals[key] = _wordless_record(record)
    own = {interview.id for interview in state.interviews.values() if interview.verification_id == id_}
    _replace_texts(state.rulings, lambda each: each.verification_id == id_)
    _replace_texts(state.resolutions, lambda each: each.interview_id in own)
    _replace_texts(state.appeals, lambda each: each.verification_id == id_)
    _replace_texts(state.appeal_answers, lambda each: state.appeals[each.appeal_id].verification_id == id_)
    for place, hold in list(state.holds.items()):
        if hold.verification_id == id_:
            state.holds[place] = replace(hold, reason=erased(len(hold.reason)))


def _wordless_record(record: ProposalRecord) -> ProposalRecord:
    statement = record.proposal.statement
    first, *rest = (replace(fact, text=erased(len(fact.text))) for fact in statement.facts)
    proposal = replace(record.proposal, statement=replace(statement, facts=(first, *rest)))
    answer = record.response
    response = None if answer is None else replace(answer, text=erased(len(answer.text)))
    return replace(record, proposal=proposal, response=response)


def _replace_texts(rows: dict[str, Any], own: Callable[[Any], bool]) -> None:
    for key, row in list(rows.items()):
        if own(row):
            rows[key] = replace(row, text=erased(len(row.text)))


def _over(state: State, kind: Leftover, before_ms: int) -> list[Callable[[], object]]:
    """One call for each leftover that is over; it erases it."""

    def ended(row: Any) -> bool:
        used = getattr(row, "used_ms", None) if row.audience is Audience.STAFF else None
        moments = [moment for moment in (row.expires_ms, row.revoked_ms, used) if moment is not None]
        return any(moment < before_ms for moment in moments) and not held(_holds(state, row.verification_id))

    def gone(rows: dict[Any, Any], over: Callable[[Any], bool]) -> list[Callable[[], object]]:
        return [lambda key=key: rows.pop(key) for key, row in rows.items() if over(row)]

    def wordless(rows: Any, over: Callable[[Any], bool], **words: Any) -> list[Callable[[], object]]:
        pairs = enumerate(rows) if isinstance(rows, list) else rows.items()
        return [
            lambda key=key, row=row: rows.__setitem__(key, replace(row, **words)) for key, row in pairs if over(row)
        ]

    def of_notice(row: Any) -> bool:
        return held(_holds(state, state.notices[row.notice_id].verification_id))

    def of_delivery(row: Any) -> bool:
        return held(_holds(state, state.deliveries[row.message_id].event.verification_id))

    def farewell(event: Any) -> bool:
        case = state.verifications.get(event.verification_id or "")
        waiting = any(
            delivery.event.id == event.id and delivery.state is DeliveryState.PENDING
            for delivery in state.deliveries.values()
        )
        over = case is not None and case.redacted_ms is not None and event.at_ms < before_ms and event.body != ""
        return over and not waiting and not held(_holds(state, event.verification_id))

    match kind:
        case Leftover.SESSIONS:
            return gone(state.sessions, ended)
        case Leftover.LINKS:
            return gone(state.links, ended)
        case Leftover.TICKETS:
            return gone(state.tickets, lambda row: row.expires_ms < before_ms)
        case Leftover.REPEATED:
            return gone(state.answers, lambda row: row.created_ms < before_ms)
        case Leftover.RECEIVER_ANSWERS:
            over = lambda row: row.at_ms < before_ms and row.response != "" and not of_delivery(row)  # noqa: E731
            return wordless(state.attempts, over, response="")
        case Leftover.MAIL_ANSWERS:
            over = lambda row: row.at_ms < before_ms and row.answer != "" and not of_notice(row)  # noqa: E731
            return wordless(state.notice_attempts, over, answer="")
        case Leftover.CHECK_FIGURES:
            over = lambda row: (  # noqa: E731
                row.at_ms < before_ms and row.figures != {} and not held(_holds(state, row.verification_id))
            )
            return wordless(state.device_checks, over, figures={})
        case Leftover.FAREWELLS:
            return wordless(state.events, farewell, body="")
