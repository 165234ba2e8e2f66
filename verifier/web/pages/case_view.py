"""The ``CaseState`` as the variables of case.html: codes to words, milliseconds to moments in the reader's zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier.core.clocks import ClockKind
from verifier.core.model import ProposalId, Result, VerificationStatus
from verifier.core.proposal import ProposalState
from verifier.service.join_state import INTERVIEW_AHEAD
from verifier.service.own_quality import Stretch
from verifier.web.pages import redress_view, stills_view
from verifier.web.pages.redress_view import Reading
from verifier.wording import case as words
from verifier.wording import notices
from verifier.wording.catalogue import Catalogue
from verifier.wording.dates import left, minutes, moment

SIDES = frozenset({"interviewer", "server", "freelancer"})
"""Fault sides that the page has a sentence for."""
_STARTS = {VerificationStatus.RETRY_OFFERED: "again", VerificationStatus.WAITING: ""}
"""How the start of a call is offered where one is ahead; who is in the waiting room has it open in another window."""
Cited = Mapping[ProposalId, Mapping[int, Stretch]]
"""The seconds of every fact, by proposal and number."""


def case(state: Mapping[str, Any], cited: Cited, platform_name: str, catalogue: Catalogue) -> dict[str, object]:
    """The page's variable ``case``."""
    zone, language = str(state["time_zone"]), catalogue.language
    reading = Reading(zone, catalogue, state["server_ms"])
    last = state["last_interview"] if state["result"] == Result.NONE else None
    fault = _fault(last)
    decision = state["decision"]
    return {
        "reference": state["reference"],
        "platform_name": platform_name,
        "legal_name": state["legal_name"],
        "status": str(state["status"]),
        "result": str(state["result"]),
        "result_at": moment(decision["at_ms"], zone, language) if decision else None,
        **_heading(state, last, catalogue),
        "reasons": [{"code": code} for code in last["reasons"]] if last and not last["conclusive"] else [],
        "fault": fault,
        "clocks": redress_view.clocks(state["clocks"], reading),
        "next_steps": _next_steps(state, fault, reading),
        "start": _STARTS.get(state["status"], "first") if state["status"] in INTERVIEW_AHEAD else "",
        **redress(state, cited, reading),
        "interviews": [_interview(one, zone, catalogue) for one in state["interviews"]],
        "timeline": [_entry(one, zone, platform_name, catalogue) for one in reversed(state["timeline"])],
        "claims": words.claims(state["claims"], catalogue, name=False),
        "messages": [_message(one, reading) for one in reversed(state["notices"])],
        "disowned": reading.at(state["disowned_ms"]),
        "test_mode": state["test"],
    }


def redress(state: Mapping[str, Any], cited: Cited, reading: Reading) -> dict[str, object]:
    """What is proposed, decided and appealed against; shared with the pages of the two forms."""
    proposals = {row["id"]: redress_view.proposal(row, cited.get(row["id"], {}), reading) for row in state["proposals"]}
    running = next((row for row in state["clocks"] if row["kind"] == ClockKind.ANSWER_APPEAL), None)
    appeals = [redress_view.appeal(row, running, reading) for row in state["appeals"]]
    current = state["decisions"][-1] if state["decisions"] else None
    failed = current is not None and current["result"] == Result.FAILED
    appealing = state["appealing"]
    return {
        "proposal": next((one for one in proposals.values() if one["state"] in _UNDECIDED), None),
        "statement": proposals.get(current["proposal_id"]) if current and failed else None,
        "rejected": [one for one in proposals.values() if one["state"] == ProposalState.REJECTED],
        "rulings": [redress_view.ruling(row, reading) for row in reversed(state["rulings"])],
        "decisions": [_decision(row, reading) for row in reversed(state["decisions"])],
        "appeals": [*reversed(appeals)],
        "appealed": any(appeal["answer"] is None for appeal in appeals),
        "appealing": {
            "possible": appealing["possible"],
            "version": appealing["version"],
            "over": appealing["over"],
            "until": reading.at(appealing["until_ms"]),
            "left": reading.left(appealing["until_ms"]) if appealing["until_ms"] is not None else "",
            "answered_within": left(appealing["answer_within_ms"], reading.catalogue.language),
        },
        "account": redress_view.account(state["account"], reading),
        "protected": state["protect_work_in_flight"] and _feared_for(state),
    }


def _feared_for(state: Mapping[str, Any]) -> bool:
    """Whether something happened that makes people fear for their work: a call was held, or words were written."""
    return state["last_interview"] is not None or bool(state["proposals"] or state["appeals"])


_UNDECIDED = frozenset({ProposalState.NOTIFYING, ProposalState.WINDOW_OPEN, ProposalState.TO_CONFIRM})


def _heading(state: Mapping[str, Any], last: Mapping[str, Any] | None, catalogue: Catalogue) -> dict[str, object]:
    decisions = state["decisions"]
    title, explanation = words.headline(
        state["status"],
        state["result"],
        catalogue.translate,
        decided_by=decisions[-1]["by"] if decisions else "",
        proposed=_proposed(state),
        ordered_by=state["ordered_by"],
    )
    return {"headline": title, "explanation": explanation}


def _proposed(state: Mapping[str, Any]) -> str:
    """How far a proposal is about which nothing is decided: open, answered or silent; empty when there is none."""
    for row in state["proposals"]:
        if row["state"] == ProposalState.TO_CONFIRM:
            return "answered" if row["response"] else "silent"
        if row["state"] in _UNDECIDED:
            return "open"
    return ""


def _next_steps(state: Mapping[str, Any], fault: str, reading: Reading) -> list[dict[str, object]]:
    say = reading.catalogue.translate
    if any(row["answer"] is None for row in state["appeals"]):
        due = next(row["due_ms"] for row in state["clocks"] if row["kind"] == ClockKind.ANSWER_APPEAL)
        return [{"text": say(words.APPEALED), "by": reading.at(due)}]
    steps = words.next_steps(state["status"], fault in {"interviewer", "server"}, say)
    if state["result"] == Result.FAILED and state["appealing"]["possible"]:
        steps = [say(words.MAY_APPEAL)]
    return [{"text": text, "by": None} for text in steps]


def _decision(row: Mapping[str, Any], reading: Reading) -> dict[str, object]:
    return {"version": row["version"], "result": str(row["result"]), "at": reading.at(row["at_ms"]), "by": row["by"]}


def _message(row: Mapping[str, Any], reading: Reading) -> dict[str, object]:
    text, became = notices.notice(row["kind"], row["state"], reading.catalogue.translate)
    return {"text": text, "became": became, "at": reading.at(row["at_ms"] or row["created_ms"])}


def _fault(last: Mapping[str, Any] | None) -> str:
    side = str(last["fault_side"]) if last and not last["conclusive"] else ""
    return side if side in SIDES else ""


def _interview(one: Mapping[str, Any], zone: str, catalogue: Catalogue) -> dict[str, object]:
    language = catalogue.language
    return {
        "number": one["number"],
        "at": moment(one["live_ms"] or one["created_ms"], zone, language),
        "minutes": minutes(one["live_ms"], one["ended_ms"]),
        "interviewer": one["interviewer"],
        "outcome": _outcome(one["conclusive"]),
        "reasons": [{"code": code} for code in one["reasons"]],
        "runs": [
            {
                "item": words.item(run["key"], run["question"], catalogue.translate),
                "answer": str(run["answer"] or ""),
                "admissible": run["admissible"],
                "reasons": run["reasons"],
                "at": moment(run["started_ms"], zone, language),
            }
            for run in one["items"]
        ],
        "stills": stills_view.of_case(one["stills"], zone, catalogue),
        "recording": one["recording"],
    }


def _outcome(conclusive: bool | None) -> str:
    if conclusive is None:
        return "in_interview"
    return "conclusive" if conclusive else "inconclusive"


def _entry(one: Mapping[str, Any], zone: str, platform_name: str, catalogue: Catalogue) -> dict[str, object]:
    text, mark = words.event(one["what"], one["number"], platform_name, catalogue.translate)
    return {"at": moment(one["at_ms"], zone, catalogue.language), "text": text, "mark": mark}
