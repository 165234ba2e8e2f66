"""Everything that is stored about a freelancer, for himself, as JSON-compatible values.

One rule: all of it, in his own words and those written to him; of other people only what they did in his case, by
pseudonym or id, and of pictures and sound only his own. What an interviewer noted beside a fraud flag is a colleague's
guess and stays inside; that one was raised, and how it was resolved, he reads once his case is decided. Called by the
case page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier.core.canonical import plain
from verifier.core.chain import FREELANCER
from verifier.core.events import timestamp
from verifier.core.model import Flag, FlagKind, Interview, InterviewState, Role, Verification
from verifier.core.notice import RecipientKind
from verifier.core.principal import FreelancerPrincipal
from verifier.core.proposal import ProposalRecord, Ruling
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import chronicle
from verifier.service.telling import visible_to

FORMAT = "verifier.own-data/1"


class OwnData:
    """The download of the case page."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def export(self, principal: FreelancerPrincipal) -> dict[str, object]:
        """The whole of it; that it was read is itself logged."""
        async with self._units() as unit:
            case = await unit.verifications.get(principal.verification_id)
            await chronicle(unit, case.id, self._clock, "case.exported", FREELANCER)
            return await self._export(unit, case)

    async def _export(self, unit: UnitOfWork, case: Verification) -> dict[str, object]:
        decisions = await unit.decisions.all(case.id)
        consent = await unit.consents.latest(case.id)
        check = await unit.device_checks.latest_of_verification(case.id)
        interviews = await unit.interviews.of_verification(case.id)
        return {
            "format": FORMAT,
            "generated_at": timestamp(self._clock.now_ms()),
            "case": plain(case),
            "consent": plain(consent),
            "device_check": plain(check),
            "interviews": [await _interview(unit, each, decided=bool(decisions)) for each in interviews],
            "proposals": [_proposal(record) for record in await unit.proposals.of_verification(case.id)],
            "rulings": [
                _ruling(each) for each in await unit.rulings.of_verification(case.id) if each.proposal_id is None
            ],
            "decisions": [_without(plain(each), "decided_by") for each in decisions],
            "appeals": [
                {"appeal": plain(appeal), "answer": _without(plain(answer), "reviewer_id") if answer else None}
                for appeal, answer in await unit.appeals.of_verification(case.id)
            ],
            "account_reports": [plain(report) for report in await unit.effects.of_verification(case.id)],
            "messages": [
                _without(plain(notice), "recipient_kind", "person_id")
                for notice in await unit.notices.of_verification(case.id)
                if notice.recipient_kind is RecipientKind.FREELANCER
            ],
            "told_to_platform": [
                {"type": event.type, "at": timestamp(event.at_ms), "body": event.body}
                for event in await unit.outbox.events_of(case.id)
            ],
            "log": [plain(entry) for entry in await unit.audit.of_verification(case.id)],
        }


async def _interview(unit: UnitOfWork, interview: Interview, *, decided: bool) -> dict[str, object]:
    interviewer = await unit.people.get(interview.interviewer_id)
    about = {**_without(plain(interview), "interviewer_id", "seed"), "interviewer": interviewer.pseudonym}
    if interview.state is not InterviewState.ENDED:
        return about  # What is still to be asked stays a surprise.
    rows = await unit.samples.rows(interview.id)
    findings = {finding.run_id: finding for finding in await unit.verdicts.findings(interview.id)}
    return {
        **about,
        "questions": [plain(item) for item in await unit.interviews.plan(interview.id)],
        "askings": [
            {**plain(run), "finding": plain(findings.get(run.id))} for run in await unit.runs.of_interview(interview.id)
        ],
        "assessment": plain(await unit.verdicts.assessment(interview.id)),
        "flags": await _flags(unit, interview, decided=decided),
        "conversation": [
            plain(entry) for entry in await unit.log.since(interview.id, 0) if visible_to(Role.FREELANCER, entry)
        ],
        "stills": [
            {**plain(still), "picture": f"/case/evidence/{still.id}"}
            for still in await unit.stills.of_interview(interview.id)
        ],
        "recordings": [
            {**plain(one), "file": f"/case/recordings/{one.id}"}
            for one in await unit.recordings.of_interview(interview.id)
            if one.leg is Role.FREELANCER
        ],
        "connection": {
            "server": [plain(row) for row in rows.server if row.leg is Role.FREELANCER],
            "browser": [plain(row) for row in rows.browser if row.leg is Role.FREELANCER],
            "picture": [plain(row) for row in rows.frames],
        },
    }


async def _flags(unit: UnitOfWork, interview: Interview, *, decided: bool) -> list[dict[str, object]]:
    resolved = {each.flag_id: each for each in await unit.rulings.resolutions(interview.id)}
    shown = []
    for flag in await unit.flags.of_interview(interview.id):
        if flag.kind is not FlagKind.FRAUD:
            shown.append(plain(flag))
        elif decided:
            word = resolved.get(flag.id)
            shown.append({**_raised(flag), "resolution": {"at_ms": word.at_ms, "text": word.text} if word else None})
    return shown


def _raised(flag: Flag) -> dict[str, object]:
    return _without(plain(flag), "note", "raised_by")


def _proposal(record: ProposalRecord) -> dict[str, object]:
    proposal = _without(plain(record.proposal), "interviewer_id", "proposer_id")
    ruling = record.ruling
    return {
        **proposal,
        "windows": [plain(window) for window in record.windows],
        "stops": [plain(stop) for stop in record.stops],
        "shown_ms": record.shown_ms,
        "response": plain(record.response),
        "rejected": {"at_ms": ruling.at_ms, "outcome": ruling.outcome, "text": ruling.text} if ruling else None,
        "confirmed_ms": record.confirmed_ms,
    }


def _ruling(ruling: Ruling) -> dict[str, object]:
    return {**_without(plain(ruling), "person_id", "proposal_id"), "by": "reviewer"}


def _without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if name not in names}
