"""Who had which part in a case. One rule: whoever had any answers no appeal of it.

Collected from the rows of the case by service/appealing; the appeals page shows the same list. Opening a recording is
no part: whoever answers an appeal has to watch it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from verifier.core.appeal import AppealAnswer
from verifier.core.model import Interview, PersonId
from verifier.core.proposal import ProposalRecord, Ruling
from verifier.core.verdicts import Decision


class Part(StrEnum):
    """What somebody did in a case."""

    INTERVIEWED = "interviewed"
    PROPOSED = "proposed"
    RULED = "ruled"
    RESOLVED_FLAG = "resolved_flag"
    DECIDED = "decided"
    ANSWERED_APPEAL = "answered_appeal"


def involved(
    interviews: Iterable[Interview],
    proposals: Iterable[ProposalRecord],
    rulings: Iterable[Ruling],
    resolved_by: Iterable[PersonId],
    decisions: Iterable[Decision],
    answers: Iterable[AppealAnswer],
) -> Mapping[PersonId, Sequence[Part]]:
    """Each person with a part in the case, in the order in which parts come up, and every part once.

    Args:
        interviews: every call of the case.
        proposals: every proposed failure, whatever became of it.
        rulings: every word of a reviewer on a conclusive call.
        resolved_by: who resolved a fraud flag of any of the calls.
        decisions: every version; one of the system names nobody.
        answers: the answers to earlier appeals.
    """
    found: dict[PersonId, list[Part]] = {}
    pairs = [
        *((each.interviewer_id, Part.INTERVIEWED) for each in interviews),
        *((each.proposal.proposer_id, Part.PROPOSED) for each in proposals),
        *((each.person_id, Part.RULED) for each in rulings),
        *((person, Part.RESOLVED_FLAG) for person in resolved_by),
        *((each.decided_by, Part.DECIDED) for each in decisions if each.decided_by is not None),
        *((each.reviewer_id, Part.ANSWERED_APPEAL) for each in answers),
    ]
    for person, part in pairs:
        if part not in found.setdefault(person, []):
            found[person].append(part)
    return found
