"""Proposals with everything that happens to them. One rule: rows are added, and a record is put together from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from verifier.core.failure import Failed
from verifier.core.model import ItemKind, ProposalId, StaffRole, VerificationId
from verifier.core.proposal import (
    Proposal,
    ProposalRecord,
    Response,
    ResponseWindow,
    Ruling,
    View,
    WindowStop,
)
from verifier.core.statement import Fact, Ground, StatementOfReasons
from verifier.core.verdicts import Decision, Polarity
from verifier.errors import OurError
from verifier.ports.redress import FourEyesTrainings
from verifier.storage.connection import Connection, Row
from verifier.storage.repositories.texts import WrittenTexts
from verifier.storage.rows import RowCodec
from verifier.storage.tables.failures import failed_decisions
from verifier.storage.tables.interviews import interviews, planned_items
from verifier.storage.tables.redress import (
    proposal_facts,
    proposals,
    response_windows,
    responses,
    rulings,
    shown_proposals,
    views,
    window_stops,
)

_PROPOSAL = RowCodec(Proposal, omit=("statement",))
_FACT = RowCodec(Fact, omit=("text",))
_WINDOW = RowCodec(ResponseWindow)
_STOP = RowCodec(WindowStop)
_RESPONSE = RowCodec(Response, omit=("text",))
_VIEW = RowCodec(View)
_RULING = RowCodec(Ruling, omit=("text",))


class SqlProposals:
    """Proposals of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._texts = WrittenTexts(connection)

    async def add(self, proposal: Proposal) -> None:
        """Store a proposal, its statement and its facts."""
        statement = proposal.statement
        row = {
            **_PROPOSAL.encode(proposal),
            "ground": statement.ground.value,
            "rule": statement.rule,
            "policy_version": statement.policy_version,
            "response_window_ms": statement.response_window_ms,
            "appeal_window_ms": statement.appeal_window_ms,
            "conclusive": True,
        }
        async with self._connection.atomic():
            await self._connection.insert(proposals, [row])
            for fact in statement.facts:
                subject = _fact(proposal.id, fact.number)
                words = await self._texts.write(subject, proposal.verification_id, fact.text)
                own = {"proposal_id": proposal.id, "interview_id": proposal.interview_id}
                fact_row = {**own, **_FACT.encode(fact), "cited_ms": fact.cited_ms, **words}
                await self._connection.insert(proposal_facts, [fact_row])

    async def record(self, id_: ProposalId) -> ProposalRecord:
        """One proposal."""
        return await self._record(await self._connection.one(select(proposals).where(proposals.c.id == id_)))

    async def of_verification(self, id_: VerificationId) -> tuple[ProposalRecord, ...]:
        """By number."""
        return await self._records(select(proposals).where(proposals.c.verification_id == id_))

    async def undecided(self) -> tuple[ProposalRecord, ...]:
        """Oldest first."""
        rejected = select(rulings.c.proposal_id).where(rulings.c.proposal_id.is_not(None))
        confirmed = select(failed_decisions.c.proposal_id)
        return await self._records(
            select(proposals).where(proposals.c.id.not_in(rejected), proposals.c.id.not_in(confirmed))
        )

    async def open_window(self, window: ResponseWindow) -> None:
        """Store a window."""
        await self._connection.insert(response_windows, [_WINDOW.encode(window)])

    async def stop_window(self, stop: WindowStop) -> None:
        """Store a bounce."""
        await self._connection.insert(window_stops, [_STOP.encode(stop)])

    async def show(self, id_: ProposalId, at_ms: int) -> bool:
        """Store when the page first showed it."""
        if await self._connection.first(select(shown_proposals).where(shown_proposals.c.proposal_id == id_)):
            return False
        await self._connection.insert(shown_proposals, [{"proposal_id": id_, "at_ms": at_ms}])
        return True

    async def respond(self, response: Response) -> None:
        """Store the freelancer's answer."""
        query = select(proposals.c.verification_id).where(proposals.c.id == response.proposal_id)
        case = VerificationId((await self._connection.one(query))["verification_id"])
        async with self._connection.atomic():
            words = await self._texts.write(f"response:{response.proposal_id}", case, response.text)
            await self._connection.insert(responses, [{**_RESPONSE.encode(response), **words}])

    async def add_view(self, view: View) -> None:
        """Store a stretch that was watched for long enough."""
        query = select(proposal_facts.c.cited_ms).where(
            proposal_facts.c.proposal_id == view.proposal_id, proposal_facts.c.number == view.fact_number
        )
        cited_ms = (await self._connection.one(query))["cited_ms"]
        await self._connection.insert(views, [{**_VIEW.encode(view), "cited_ms": cited_ms}])

    async def fail(self, outcome: Failed, decision: Decision, trainings: FourEyesTrainings) -> None:
        """Store the row that a failed decision refers to."""
        record = outcome.record
        fact = record.proposal.statement.facts[0]
        view = next(
            (each for each in record.views if (each.fact_number, each.person_id) == (1, outcome.confirmer_id)), None
        )
        item = select(planned_items.c.kind).where(
            planned_items.c.interview_id == decision.interview_id, planned_items.c.key == fact.item_key
        )
        window = record.windows[-1] if record.windows else None
        if view is None or window is None:
            raise OurError("A failure without a window or a view cannot be stored.")
        row = {
            "verification_id": decision.verification_id,
            "version": decision.version,
            "result": decision.result.value,
            "at_ms": decision.at_ms,
            "interview_id": decision.interview_id,
            "conclusive": outcome.assessment.conclusive,
            "interview_ended_ms": await self._ended_ms(decision),
            "run_id": fact.run_id,
            "item_key": fact.item_key,
            "item_kind": ItemKind((await self._connection.one(item))["kind"]).value,
            "admissible": outcome.findings[0].finding.admissible,
            "polarity": Polarity.ADVERSE.value,
            "in_scope": outcome.findings[0].finding.in_scope,
            "still_id": fact.still_id,
            "still_usable": True,
            **_people(outcome, trainings),
            "proposal_id": record.proposal.id,
            "proposed_ms": record.proposal.at_ms,
            "fact_number": fact.number,
            "cited_ms": fact.cited_ms,
            "window_number": window.number,
            "window_opened_ms": window.opened_ms,
            "window_closes_ms": window.closes_ms,
            "response_ms": record.response.at_ms if record.response else None,
            "promised_ms": record.proposal.statement.response_window_ms,
            "view_id": view.id,
            "view_opened_ms": view.opened_ms,
            "view_watched_ms": view.watched_ms,
        }
        await self._connection.insert(failed_decisions, [row])

    async def _ended_ms(self, decision: Decision) -> int:
        query = select(interviews.c.ended_ms).where(interviews.c.id == decision.interview_id)
        ended: int = (await self._connection.one(query))["ended_ms"]
        return ended

    async def _records(self, query: Select[Any]) -> tuple[ProposalRecord, ...]:
        rows = await self._connection.all(query.order_by(proposals.c.at_ms, proposals.c.number, proposals.c.id))
        return tuple([await self._record(row) for row in rows])

    async def _record(self, row: Row) -> ProposalRecord:
        id_ = row["id"]
        proposal = _PROPOSAL.decode(row, statement=await self._statement(row))
        response = await self._connection.first(select(responses).where(responses.c.proposal_id == id_))
        ruling = await self._connection.first(select(rulings).where(rulings.c.proposal_id == id_))
        failed = await self._connection.first(
            select(failed_decisions.c.at_ms).where(failed_decisions.c.proposal_id == id_)
        )
        shown = await self._connection.first(select(shown_proposals).where(shown_proposals.c.proposal_id == id_))
        return ProposalRecord(
            proposal=proposal,
            windows=tuple(_WINDOW.decode(each) for each in await self._of(response_windows, id_, "number")),
            stops=tuple(_STOP.decode(each) for each in await self._of(window_stops, id_, "number")),
            response=await self._response(response),
            views=tuple(_VIEW.decode(each) for each in await self._of(views, id_, "opened_ms")),
            ruling=None if ruling is None else await self._ruling(ruling),
            confirmed_ms=None if failed is None else failed["at_ms"],
            shown_ms=None if shown is None else shown["at_ms"],
        )

    async def _statement(self, row: Row) -> StatementOfReasons:
        facts = [
            _FACT.decode(fact, text=await self._texts.read(_fact(row["id"], fact["number"]), fact["text_length"]))
            for fact in await self._of(proposal_facts, row["id"], "number")
        ]
        return StatementOfReasons(
            Ground(row["ground"]),
            (facts[0], *facts[1:]),
            row["policy_version"],
            row["response_window_ms"],
            row["appeal_window_ms"],
        )

    async def _response(self, row: Row | None) -> Response | None:
        if row is None:
            return None
        text = await self._texts.read(f"response:{row['proposal_id']}", row["text_length"])
        return _RESPONSE.decode(row, text=text)

    async def _ruling(self, row: Row) -> Ruling:
        return _RULING.decode(row, text=await self._texts.read(f"ruling:{row['id']}", row["text_length"]))

    async def _of(self, table: Any, id_: str, order: str) -> Sequence[Row]:
        return await self._connection.all(select(table).where(table.c.proposal_id == id_).order_by(table.c[order]))


def _fact(proposal_id: str, number: int) -> str:
    return f"fact:{proposal_id}:{number}"


def _people(outcome: Failed, trainings: FourEyesTrainings) -> dict[str, Any]:
    proposal = outcome.record.proposal
    return {
        "interviewer_id": proposal.interviewer_id,
        "proposer_id": proposal.proposer_id,
        "confirmer_id": outcome.confirmer_id,
        "interviewer_role": StaffRole.INTERVIEWER.value,
        "reviewer_role": StaffRole.REVIEWER.value,
        "interviewer_trained_ms": trainings.interviewer.completed_ms,
        "interviewer_trained_until_ms": trainings.interviewer.valid_until_ms,
        "proposer_trained_ms": trainings.proposer.completed_ms,
        "proposer_trained_until_ms": trainings.proposer.valid_until_ms,
        "confirmer_trained_ms": trainings.confirmer.completed_ms,
        "confirmer_trained_until_ms": trainings.confirmer.valid_until_ms,
    }
