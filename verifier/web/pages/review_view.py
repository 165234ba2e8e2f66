"""Stored verdicts as the variables of the review templates. One rule: formats, never judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from verifier import __version__
from verifier.web.pages import stills_view
from verifier.wording import case as words
from verifier.wording import claims
from verifier.wording.catalogue import Catalogue
from verifier.wording.dates import clock, minutes, moment
from verifier.wording.measures import name_of

_Row = Mapping[str, Any]

_FILTERS: tuple[tuple[str, str, Callable[[_Row], bool]], ...] = (
    ("All", "all", lambda row: True),
    ("In review", "in_review", lambda row: row["status"] == "in_review"),
    ("Inconclusive", "inconclusive", lambda row: row["conclusive"] is False),
    ("Verified", "verified", lambda row: row["result"] == "verified"),
    ("Failed", "failed", lambda row: row["result"] == "failed"),
)


def listing(
    rows: Sequence[_Row],
    query: Mapping[str, str],
    zone: str,
    catalogue: Catalogue,
    clocks: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The variables of reviews.html; ``?show=`` chooses a filter, an unknown one shows all.

    ``clocks``: the nearest running one by interview.
    """
    ended = [row for row in rows if row["ended_ms"] is not None]
    wanted = query.get("show", "all")
    chosen = next((keep for _, code, keep in _FILTERS if code == wanted), _FILTERS[0][2])
    return {
        "interviews": [
            {**_line(row, zone, catalogue), "clock": (clocks or {}).get(row["id"])} for row in ended if chosen(row)
        ],
        "filters": [
            {
                "name": catalogue.translate(name),
                "url": f"?show={code}",
                "current": keep is chosen,
                "count": sum(1 for row in ended if keep(row)),
            }
            for name, code, keep in _FILTERS
        ],
        "next_url": "",
        "total": len(ended),
    }


def case_id(found: _Row) -> str:
    """Of which case the interview is."""
    return str(found["verification"]["id"])


def replay(found: _Row, zone: str, catalogue: Catalogue) -> dict[str, object]:
    """The variables ``interview``, ``case``, ``runs``, ``siblings`` and ``stills`` of review.html."""
    about, case, decision = found["interview"], found["verification"], found["decision"]
    start_ms = found["start_ms"]
    return {
        "interview": {
            **_facts(found, zone, catalogue),
            **_verdict(found["assessment"], found["limits"]),
            "flags": [_flag(flag, start_ms) for flag in found["flags"]],
        },
        "case": {
            "status": str(case["status"]),
            "result": str(case["result"]),
            "decided_by": _decided_by(decision, found),
            "decided_at": moment(decision["at_ms"], zone, catalogue.language) if decision else None,
        },
        "runs": [_run(run, start_ms, about["ended_ms"], catalogue) for run in found["runs"]],
        "siblings": [],
        "stills": stills_view.of_call(found["stills"], start_ms, catalogue),
    }


def duration_s(found: _Row) -> float:
    """Length of the time axis in seconds."""
    return float(len(found["seconds"]))


def _line(row: _Row, zone: str, catalogue: Catalogue) -> dict[str, object]:
    return {
        "id": row["id"],
        "reference": row["external_id"],
        "number": row["number"],
        "at": moment(row["created_ms"], zone, catalogue.language),
        "minutes": minutes(row.get("live_ms") or row["created_ms"], row["ended_ms"]),
        "freelancer": row["legal_name"],
        "interviewer": row["interviewer"],
        "outcome": "conclusive" if row["conclusive"] else "inconclusive",
        "reasons": [{"code": code} for code in row["reasons"]],
        "status": str(row["status"]),
        "result": str(row["result"]),
        "flags": row.get("flags", 0),
    }


def _facts(found: _Row, zone: str, catalogue: Catalogue) -> dict[str, object]:
    about, case = found["interview"], found["verification"]
    began_ms = about["live_ms"] or about["created_ms"]
    return {
        "id": about["id"],
        "reference": case["external_id"],
        "number": about["number"],
        "freelancer": case["legal_name"],
        "interviewer": found["interviewer"]["name"],
        "at": moment(began_ms, zone, catalogue.language),
        "ended_at": moment(about["ended_ms"] or found["seconds"][-1], zone, catalogue.language),
        "minutes": minutes(began_ms, about["ended_ms"]),
        "end_cause": str(about["end_cause"] or ""),
        "recorded": found["recording"] == "kept",
        "policy_version": about["policy_version"],
        "checklist_version": about["checklist_version"],
        "algorithm_version": __version__,
        "absent_tests": [name_of(test, catalogue.translate) for test in found["limits"]["absent_tests"]],
    }


def _verdict(assessment: _Row | None, limits: _Row) -> dict[str, object]:
    shown: dict[str, object] = {
        "bad_windows_limit": _percent(limits["max_bad_share_relied"]),
        "bad_live_limit": _percent(limits["max_bad_share_live"]),
    }
    if assessment is None:
        return {**shown, "outcome": "in_interview", "reasons": [], "fault": "", "fault_share": 0, **_shares(0.0, 0.0)}
    blame = assessment["blame"]
    return {
        **shown,
        "outcome": "conclusive" if assessment["conclusive"] else "inconclusive",
        "reasons": [{"code": code} for code in assessment["reasons"]],
        "fault": str(blame["fault"] or ""),
        "fault_share": round(100 * blame["explained"]),
        **_shares(assessment["bad_share_relied"], assessment["bad_share_live"]),
    }


def _shares(relied: float, live: float) -> dict[str, object]:
    return {"bad_windows": _percent(relied), "bad_live": _percent(live)}


def _percent(share: float) -> float:
    return round(100 * share, 1)


def _decided_by(decision: _Row | None, found: _Row) -> str:
    if decision is None:
        return ""
    own = decision["decided_by"] == found["interview"]["interviewer_id"]
    return str(found["interviewer"]["name"]) if own else str(decision["decided_by"] or "verifier")


def _flag(flag: _Row, start_ms: int) -> dict[str, object]:
    return {
        "kind": str(flag["kind"]),
        "by": str(flag["raised_by"] or "server"),
        "at": clock(flag["at_ms"] - start_ms),
        "text": flag["note"],
        "state": "",
    }


def _run(run: _Row, start_ms: int, call_ended_ms: int | None, catalogue: Catalogue) -> dict[str, object]:
    started_ms = run["started_ms"]
    ended_ms = run["ended_ms"] or call_ended_ms or started_ms
    failed = [figure for figure in run["figures"] if not figure["passed"]]
    return {
        "id": run["id"],
        "item": words.item(run["key"], run["question"], catalogue.translate),
        "kind": str(run["kind"]),
        "mandatory": run["mandatory"],
        "from": clock(started_ms - start_ms),
        "to": clock(ended_ms - start_ms),
        "from_s": (started_ms - start_ms) / 1_000,
        "to_s": (ended_ms - start_ms) / 1_000,
        "answer": str(run["answer"] or ""),
        "admissible": bool(run["admissible"]),
        "reasons": run["reasons"],
        "detail": "; ".join(_figure(figure, catalogue) for figure in failed or run["figures"][:2]),
        "claim": claims.value(run["key"].partition(".")[2], run["claim"], catalogue.language) if run["claim"] else "–",
    }


def _figure(figure: _Row, catalogue: Catalogue) -> str:
    """One test in short: its name, what was measured, and the limit."""
    value = "–" if figure["value"] is None else f"{figure['value']:.4g}"
    return f"{name_of(figure['test'], catalogue.translate)} {value} ({figure['limit']:.4g})"
