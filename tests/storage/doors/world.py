"""A case in which a failure may be written by hand, and everything that the violations of its rules refer to.

Stored through the repositories up to the point where only the decision is missing; the rest, which no service would
ever write, is written by hand here. ``legitimate`` is what a failure consists of.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tests.contract import failed_case
from tests.core import failures
from tests.core.interviews import CITY
from tests.storage.databases import SEALER, Home
from tests.storage.hands import Hand, Row, by_hand, inserting, row_of
from verifier.core.model import StaffRole
from verifier.storage import Store

CASE, CALL, FACT_RUN = failed_case.CASE, failed_case.CALL, failures.ASKED.id
H72_MS = 72 * failures.HOUR_MS
LONG_AGO = failures.CALL.created_ms - 9 * failures.HOUR_MS
"""Trainings that ended before the call began at this moment."""
APPEAL: Row = {
    "id": "apl_1",
    "verification_id": CASE,
    "number": 1,
    "decision_version": 1,
    "decision_result": "failed",
    "opened_ms": failures.DECIDED_MS + failures.HOUR_MS,
    "text_length": 20,
    "text_sha256": "ab" * 32,
}
"""Against the failure."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The two rows of a failed decision."""

    decision: Row
    failed: Row

    def statements(self, decision: Row | None = None, failed: Row | None = None) -> list[str]:
        """That write it, with changes."""
        return [
            inserting("decisions", {**self.decision, **(decision or {})}),
            inserting("failed_decisions", {**self.failed, **(failed or {})}),
        ]


def build(url: str) -> None:
    """Fill an empty database."""
    asyncio.run(_store(url))
    with by_hand(url) as hand:
        for fill in (_trainings, _askings, _other_interviews, _facts, _views, _windows, _other_proposals):
            fill(hand)


def legitimate(home: Home) -> Failure:
    """What the repositories write when B confirms, in a database of its own."""
    url = home.fresh()
    asyncio.run(_store(url))
    asyncio.run(_confirm(url))
    with by_hand(url) as hand:
        found = Failure(row_of(hand, "decisions", "TRUE"), row_of(hand, "failed_decisions", "TRUE"))
    home.drop(url)
    return found


async def _store(url: str) -> None:
    async with await Store.open(url, SEALER) as store, store.units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        # The interviewer is a trained reviewer too: only that he is the same person stands in his way.
        await uow.trainings.add(failures.training(failures.INTERVIEWER, StaffRole.REVIEWER))


async def _confirm(url: str) -> None:
    async with await Store.open(url, SEALER) as store, store.units() as uow:
        await failed_case.add_failure(uow)


def clone(hand: Hand, table: str, where: str, **changes: object) -> None:
    """Write a row like another one."""
    hand.execute(inserting(table, {**row_of(hand, table, where), **changes}))


def _trainings(hand: Hand) -> None:
    """One that ran out before the call, for each of the three."""
    for who, role in ((failures.INTERVIEWER, "interviewer"), (failures.A, "reviewer"), (failures.B, "reviewer")):
        over = {"completed_ms": LONG_AGO, "valid_until_ms": LONG_AGO + failures.HOUR_MS}
        clone(hand, "trainings", f"person_id = '{who}' AND role = '{role}'", **over)


def _askings(hand: Hand) -> None:
    """Further askings of the same call, each with a finding that cannot carry a failure."""
    inadmissible = {"admissible": False, "reasons": '["media.audio_interviewer_uplink"]'}
    _asking(hand, "inadmissible", CITY.key, **inadmissible)
    _asking(hand, "supporting", CITY.key, polarity="supporting")
    _asking(hand, "out_of_scope", CITY.key, admissible=False, in_scope=False)
    _asking(hand, "profile", "profile.0")
    _asking(hand, "code", "comprehension.hear_interviewer")
    clone(hand, "stills", "id = 'stl_1'", id="stl_unusable", usable=False, problems='["blurred"]')


def _asking(hand: Hand, name: str, key: str, call: str = CALL, **finding: object) -> None:
    (taken,) = hand.execute(
        f"SELECT coalesce(max(number), 0) FROM item_runs WHERE interview_id = '{call}' AND item_key = '{key}'"
    )
    own = {"interview_id": call, "item_key": key}
    clone(hand, "item_runs", f"id = '{FACT_RUN}'", id=f"run_{name}", number=taken[0] + 1, **own)
    clone(hand, "findings", f"run_id = '{FACT_RUN}'", run_id=f"run_{name}", **own, **finding)


def _other_interviews(hand: Hand) -> None:
    """A conclusive and an inconclusive one of the same case and one of another case, each as damning as the first."""
    clone(hand, "verifications", f"id = '{CASE}'", id="vf_2", external_id="another person")
    clone(hand, "claims", f"verification_id = '{CASE}' AND id = '{CITY.claim_id}'", verification_id="vf_2")
    for id_, number, case, conclusive in (
        ("iv_conclusive", 2, CASE, True),
        ("iv_inconclusive", 3, CASE, False),
        ("iv_elsewhere", 1, "vf_2", True),
    ):
        clone(hand, "interviews", f"id = '{CALL}'", id=id_, number=number, verification_id=case)
        own = {"interview_id": id_, "verification_id": case}
        clone(hand, "planned_items", f"interview_id = '{CALL}' AND key = '{CITY.key}'", **own)
        clone(hand, "assessments", f"interview_id = '{CALL}'", interview_id=id_, conclusive=conclusive)
        _asking(hand, id_, CITY.key, id_)
        clone(hand, "stills", "id = 'stl_1'", id=f"stl_{id_}", interview_id=id_, run_id=f"run_{id_}")


def _facts(hand: Hand) -> None:
    """Each cites one of the askings that cannot carry a failure, or the still that shows nothing."""
    for number, run in enumerate(("inadmissible", "supporting", "out_of_scope", "profile", "code"), start=2):
        key = row_of(hand, "item_runs", f"id = 'run_{run}'")["item_key"]
        _fact(hand, number=number, run_id=f"run_{run}", item_key=key)
    _fact(hand, number=7, still_id="stl_unusable")


def _fact(hand: Hand, **changes: object) -> None:
    clone(hand, "proposal_facts", "proposal_id = 'prp_1' AND number = 1", **changes)


def _views(hand: Hand) -> None:
    """By B of every fact; of the first fact by everybody else; and at the wrong times."""
    for number in range(2, 8):
        clone(hand, "views", "id = 'viw_1'", id=f"viw_{number}", fact_number=number)
    for who in (failures.INTERVIEWER, failures.A, failed_case.C):
        clone(hand, "views", "id = 'viw_1'", id=f"viw_of_{who}", person_id=who)
    clone(hand, "views", "id = 'viw_1'", id="viw_soon", opened_ms=failures.OPENED_MS + 60_000)
    clone(hand, "views", "id = 'viw_1'", id="viw_before", opened_ms=failures.PROPOSED_MS - 1)
    clone(hand, "views", "id = 'viw_1'", id="viw_too_late", opened_ms=failures.DECIDED_MS - 5_999)


def _windows(hand: Hand) -> None:
    """One of 72 hours where seven days were promised, and one that opened before there was anything to answer."""
    window = "proposal_id = 'prp_1' AND number = 1"
    clone(hand, "response_windows", window, number=2, closes_ms=failures.OPENED_MS + H72_MS)
    moved = {"opened_ms": failures.PROPOSED_MS - 1, "closes_ms": failures.PROPOSED_MS - 1 + 7 * 24 * failures.HOUR_MS}
    clone(hand, "response_windows", window, number=3, **moved)


def _other_proposals(hand: Hand) -> None:
    """Like the first, but without a fact, made before the call ended, answered in time, answered before it was told."""
    clone(hand, "proposals", "id = 'prp_1'", id="prp_bare", number=2)
    _proposal(hand, "prp_hasty", 3, at_ms=failures.ENDED_MS - 1)
    _proposal(hand, "prp_answered", 4)
    _proposal(hand, "prp_answered_before", 5)
    for proposal, at_ms in (
        ("prp_answered", failures.OPENED_MS + failures.HOUR_MS),
        ("prp_answered_before", failures.OPENED_MS - 1),
    ):
        digest = {"text_length": 5, "text_sha256": "ab" * 32}
        hand.execute(inserting("responses", {"proposal_id": proposal, "at_ms": at_ms, **digest}))


def _proposal(hand: Hand, id_: str, number: int, **changes: object) -> None:
    clone(hand, "proposals", "id = 'prp_1'", id=id_, number=number, **changes)
    clone(hand, "proposal_facts", "proposal_id = 'prp_1' AND number = 1", proposal_id=id_)
    clone(hand, "response_windows", "proposal_id = 'prp_1' AND number = 1", proposal_id=id_)
    clone(hand, "views", "id = 'viw_soon'", id=f"viw_{id_}", proposal_id=id_)
