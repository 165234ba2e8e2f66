"""Appeals as the variables of the staff's appeals pages. One rule: formats, never judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verifier.core.appeal import ANSWER_MAX_CHARACTERS, ANSWER_MIN_CHARACTERS, AppealOutcome
from verifier.core.model import ProposalId
from verifier.core.proposal import ProposalState
from verifier.service.own_quality import Stretch
from verifier.web.pages import redress_view
from verifier.web.pages.redress_view import Reading
from verifier.wording import redress

_Row = Mapping[str, Any]


def listing(found: _Row, reading: Reading) -> dict[str, object]:
    """The variables of appeals.html."""
    return {
        "open": [_line(row, reading) for row in found["open"]],
        "answered": [_line(row, reading) for row in found["answered"]],
    }


def appeal(found: _Row, cited: Mapping[ProposalId, Mapping[int, Stretch]], reading: Reading) -> dict[str, object]:
    """The variables of appeal.html."""
    proposals = [redress_view.proposal(row, cited.get(row["id"], {}), reading) for row in found["proposals"]]
    appeals = [redress_view.appeal(row, found["clock"], reading) for row in found["appeals"]]
    return {
        "appeal": next(one for one in appeals if one["id"] == found["id"]),
        "case_id": found["verification_id"],
        "earlier": [one for one in appeals if one["id"] != found["id"]],
        "case": {
            "reference": found["reference"],
            "freelancer": found["legal_name"],
            "status": str(found["status"]),
            "result": str(found["result"]),
            "test": found["test"],
            "interview_id": found["interview_id"],
            "version": found["decision_version"],
        },
        "statement": next((one for one in proposals if one["id"] == found["proposal_id"]), None),
        "rejected": [one for one in proposals if one["state"] == ProposalState.REJECTED],
        "decisions": [_decision(row, found["names"], reading) for row in reversed(found["decisions"])],
        "clocks": redress_view.clocks(found["clocks"], reading),
        "account": redress_view.account(found["account"], reading),
        "contradicted": found["contradicted"],
        "involved": _involved(found, reading),
        "unfit": [reading.catalogue.translate(redress.UNFIT[code]) for code in found["unfit"]],
        "options": _options(found["options"], reading),
        "least": ANSWER_MIN_CHARACTERS,
        "most": ANSWER_MAX_CHARACTERS,
    }


def _line(row: _Row, reading: Reading) -> dict[str, object]:
    clock, say = row["clock"], reading.catalogue.translate
    return {
        "id": row["id"],
        "reference": row["reference"],
        "number": row["number"],
        "test": row["test"],
        "result": str(row["result"]),
        "opened": reading.at(row["opened_ms"]),
        "clock": {
            "due": reading.at(clock["due_ms"]),
            "left": reading.left(clock["due_ms"]),
            "band": redress_view.band(clock, reading.now_ms),
        }
        if clock
        else None,
        "unfit": say(redress.UNFIT[row["unfit"][0]]) if row["unfit"] else "",
        "outcome": reading.say(redress.APPEAL_OUTCOMES[row["outcome"]]) if row["outcome"] else "",
        "answered": reading.at(row["answered_ms"]),
    }


def _decision(row: _Row, names: Mapping[str, str], reading: Reading) -> dict[str, object]:
    by = names[row["by"]] if row["by"] else "verifier"
    return {"version": row["version"], "result": str(row["result"]), "at": reading.at(row["at_ms"]), "by": by}


def _involved(found: _Row, reading: Reading) -> list[dict[str, object]]:
    say = reading.catalogue.translate
    return [
        {"name": found["names"][person], "parts": ", ".join(say(redress.PARTS[part]) for part in parts)}
        for person, parts in found["parts"].items()
    ]


def _options(found: Mapping[AppealOutcome, str | None], reading: Reading) -> Sequence[dict[str, object]]:
    """Every outcome, and why it is not on offer; empty when it is."""
    say = reading.catalogue.translate
    return [
        {
            "outcome": str(outcome),
            "text": reading.say(redress.APPEAL_OUTCOMES[outcome]),
            "why_not": say(redress.HINDRANCES[hindrance]) if hindrance else "",
        }
        for outcome, hindrance in found.items()
    ]
