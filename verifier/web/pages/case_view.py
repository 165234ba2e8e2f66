"""The ``CaseState`` as the variables of case.html: codes to words, milliseconds to moments in the reader's zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier.core.model import Result, VerificationStatus
from verifier.wording import case as words
from verifier.wording.catalogue import Catalogue
from verifier.wording.dates import minutes, moment

SIDES = frozenset({"interviewer", "server", "freelancer"})
"""Fault sides that the page has a sentence for."""
RETRY_URL = "/join"


def case(state: Mapping[str, Any], platform_name: str, catalogue: Catalogue) -> dict[str, object]:
    """The page's variable ``case``."""
    say, zone, language = catalogue.translate, str(state["time_zone"]), catalogue.language
    last = state["last_interview"] if state["result"] == Result.NONE else None
    fault = _fault(last)
    title, explanation = words.headline(state["status"], state["result"], say)
    decision = state["decision"]
    return {
        "reference": state["reference"],
        "platform_name": platform_name,
        "legal_name": state["legal_name"],
        "status": str(state["status"]),
        "result": str(state["result"]),
        "result_at": moment(decision["at_ms"], zone, language) if decision else None,
        "headline": title,
        "explanation": explanation,
        "reasons": [{"code": code} for code in last["reasons"]] if last and not last["conclusive"] else [],
        "fault": fault,
        "clocks": [],
        "next_steps": [
            {"text": text, "by": None}
            for text in words.next_steps(state["status"], fault in {"interviewer", "server"}, say)
        ],
        "retry_url": RETRY_URL if state["status"] == VerificationStatus.RETRY_OFFERED else "",
        "interviews": [_interview(one, zone, catalogue) for one in state["interviews"]],
        "timeline": [_entry(one, zone, platform_name, catalogue) for one in reversed(state["timeline"])],
        "claims": words.claims(state["claims"], catalogue, name=False),
        "test_mode": state["test"],
    }


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
    }


def _outcome(conclusive: bool | None) -> str:
    if conclusive is None:
        return "in_interview"
    return "conclusive" if conclusive else "inconclusive"


def _entry(one: Mapping[str, Any], zone: str, platform_name: str, catalogue: Catalogue) -> dict[str, object]:
    text, mark = words.event(one["what"], one["number"], platform_name, catalogue.translate)
    return {"at": moment(one["at_ms"], zone, catalogue.language), "text": text, "mark": mark}
