"""Every page in every state that has its own look, with data as a real case would give it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.pages import redress_states
from tests.pages.account_samples import ACCOUNT_PAGES
from tests.pages.redress_samples import APPEALS_PAGES, FORMS
from tests.pages.shots import PUBLIC, STAFF, Shot, moment

ITEMS = [
    {"title": "The interviewer reads out four digits. Please type what you hear.", "hint": ""},
    {"title": "Please say your full legal name.", "hint": ""},
    {"title": "Which city do you live in?", "hint": ""},
    {"title": "Please look into the camera, alone in the picture, for a few seconds.", "hint": ""},
    {
        "title": "Please hold the front of your identity document into the camera, with all four edges in the picture.",
        "hint": "if you have it at hand; you may say no",
    },
    {
        "title": "You told us that you work with Go. What did you use it for most recently?",
        "hint": "does not decide anything",
    },
]
CLAIMS = [
    {"field": "Name", "value": "Miro Hadžić"},
    {"field": "City", "value": "Sarajevo"},
    {"field": "Country", "value": "Bosnia and Herzegovina"},
    {"field": "Skills", "value": "Go, PostgreSQL"},
    {"field": "Languages", "value": "English, Bosnian"},
]
EXPLAIN = {"*": {"items": ITEMS, "claims": CLAIMS, "platform_name": "Northwind Freelance"}}
PROGRESS = [
    {"title": "Code: the interviewer hears you", "state": "admissible"},
    {"title": "Name", "state": "settling"},
    {"title": "City", "state": "asking"},
    {"title": "Country", "state": "ask_again"},
    {"title": "Date of birth", "state": "open"},
    {"title": "Face", "state": "open"},
    {"title": "Movement", "state": "open"},
    {"title": "Skill: Go", "state": "open"},
]
NETWORK = {
    "rtt_ms": "48",
    "loss_up": "0.2",
    "loss_down": "0.0",
    "jitter_ms": "6",
    "bitrate_up": "1 240",
    "bitrate_down": "1 380",
    "problems": [{"text": "Part of what you send does not arrive."}, {"text": "Packets arrive unevenly."}],
}
BANDS = {
    "i_hear_them": "poor",
    "they_hear_me": "good",
    "i_see_them": "fair",
    "they_see_me": "good",
}
LEGS = {
    "[data-leg=freelancer]": {"rtt_ms": "48", "loss_percent": "0.2", "jitter_ms": "6", "uplink_kbps": "1 240"},
    "[data-leg=interviewer]": {"rtt_ms": "310", "loss_percent": "12.4", "jitter_ms": "58", "uplink_kbps": "180"},
}


def indicators(bands: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Attributes that show these bands in the strip."""
    return {f"[data-indicator={name}]": {"data-band": band} for name, band in bands.items()}


GOOD = dict.fromkeys(BANDS, "good")
ASKING = {
    "[data-role=question]": {"number": "3 of 8", "claim": "City", "text": "Which city do you live in?"},
    "[data-role=progress]": {"progress": PROGRESS, "done": "2", "total": "8"},
    "[data-role=stage]": {"remote_name": "Ana, interviewer"},
    **LEGS,
}


def join(name: str, step: str, **state: Any) -> Shot:
    """One step of /join."""
    return Shot(f"join-{name}", "join.html", PUBLIC, {"step": step, **state})


def call(name: str, bands: dict[str, str] = GOOD, stage: str = "playing", **state: Any) -> Shot:
    """One state of the freelancer's call."""
    attributes = {
        "[data-role=stage]": {"data-stage": stage},
        "[data-role=question]": {"data-question": "asking"},
        **indicators(bands),
        **state.pop("attributes", {}),
    }
    return join(f"call-{name}", "call", fill=ASKING | state.pop("fill", {}), attributes=attributes, **state)


def green_room(name: str, devices: str, network: str, **state: Any) -> Shot:
    """One state of the green room."""
    attributes = {
        "[data-role=devices]": {"data-devices": devices},
        "[data-role=network]": {"data-network": network},
        "[data-role=mic-level]": {"value": "0.55"},
        "[data-role=network-progress]": {"value": "9"},
    }
    fill = {
        "[data-role=network]": NETWORK,
    }
    return join(f"green-room-{name}", "green-room", attributes=attributes, fill=fill, **state)


def result(name: str, **state: Any) -> Shot:
    """One kind of result."""
    return join(f"result-{name}", "result", choose={"result": name, **state.pop("choose", {})}, **state)


JOIN = [
    join("loading", "loading"),
    *[
        join(f"link-{case.replace('_', '-')}", "link-problem", choose={"link-problem": case})
        for case in ("expired", "revoked", "used_elsewhere", "missing", "incomplete", "offline")
    ],
    join("over", "over"),
    join("explain", "explain", fill=EXPLAIN),
    join("consent", "consent"),
    join(
        "consent-error",
        "consent",
        show=["[data-role=error-summary]", "[data-role=consent-interview-error]"],
        fill={
            "[data-role=error-summary]": {
                "errors": [{"text": "Tick this box to go on, or press “I do not agree”.", "href": "#consent-interview"}]
            }
        },
    ),
    join("consent-decline", "consent", dialog="decline"),
    green_room("before", "before", "before"),
    green_room("asking", "asking", "before"),
    *[
        green_room(f"problem-{case.replace('_', '-')}", "problem", "before", choose={"device-problem": case})
        for case in ("denied", "blocked", "in_use", "none_found", "unsupported", "other")
    ],
    green_room("relay", "before", "before", choose={"relay": "needed"}),
    green_room("measuring", "ready", "running", choose={"mic-verdict": "heard"}),
    *[
        green_room(
            band, "ready", "done", choose={"network-verdict": band, "mic-verdict": "heard", "speaker-verdict": "heard"}
        )
        for band in ("good", "fair", "poor", "unknown")
    ],
    green_room(
        "unmeasured", "ready", "failed", choose={"speaker-verdict": "playing"}, show=["[data-role=speaker-answer]"]
    ),
    *[
        green_room(f"unmeasured-{case}", "ready", "failed", choose={"network-failure": case})
        for case in ("relay", "server")
    ],
    *[
        join(
            f"waiting-{case}",
            "waiting-room",
            choose={"waiting": case},
            fill={"*": {"position": "3", "estimate": "about 12 minutes", "interviewer_pseudonym": "Ana"}},
        )
        for case in ("queued", "next", "assigned", "nobody", "reconnecting")
    ],
    call(
        "connecting",
        dict.fromkeys(BANDS, "unknown"),
        "connecting",
        attributes={"[data-role=question]": {"data-question": "none"}},
    ),
    *[
        call(f"trouble-{case}", dict.fromkeys(BANDS, "unknown"), "connecting", choose={"trouble": case})
        for case in ("relay", "full")
    ],
    call("good"),
    call("interviewer-weak", BANDS, choose={"fault": "interviewer_uplink"}),
    call(
        "own-weak",
        GOOD | {"they_hear_me": "bad", "they_see_me": "poor"},
        choose={"fault": "freelancer_uplink", "notice": "cannot_hear_sent"},
        attributes={"[data-role=question]": {"data-question": "between"}},
    ),
    call(
        "reconnecting",
        dict.fromkeys(BANDS, "unknown"),
        "reconnecting",
        choose={"reconnect": "other"},
        fill={"[data-role=reconnect-banner]": {"seconds_left": "41"}},
    ),
    call(
        "code-type",
        show=["[data-role=code-card]"],
        attributes={"[data-role=code-card]": {"data-code": "type"}},
        fill={
            "[data-role=question]": {
                "number": "1 of 8",
                "claim": "that you understand each other",
                "text": "The interviewer reads out four digits. Please type what you hear.",
            }
        },
    ),
    call(
        "code-speak",
        show=["[data-role=code-card]"],
        attributes={"[data-role=code-card]": {"data-code": "speak"}},
        fill={"[data-role=code-card]": {"code": "4 0 7 2"}},
    ),
    call(
        "code-matched", show=["[data-role=code-card]"], attributes={"[data-role=code-card]": {"data-code": "matched"}}
    ),
    call(
        "code-mismatched",
        show=["[data-role=code-card]"],
        attributes={"[data-role=code-card]": {"data-code": "mismatched"}},
    ),
    call("audio-only", GOOD | {"i_see_them": "poor"}, "audio_only", choose={"fault": "freelancer_downlink"}),
    call("tap", stage="tap"),
    call("recorded", show=["[data-role=recording]"]),
    call(
        "camera-off",
        stage="camera_off",
        show=["[data-role=self-off]"],
        attributes={
            "[data-action=toggle-camera]": {"data-on": "false"},
            "[data-action=toggle-microphone]": {"data-on": "false"},
        },
        choose={"notice": "muted"},
    ),
    call(
        "chat",
        show=["[data-role=chat]", "[data-role=chat-unread]"],
        hide=["[data-role=chat-empty]"],
        fill={
            "[data-role=chat]": {
                "chat": [
                    {
                        "from": "them",
                        "name": "Ana",
                        "time": "14:07",
                        "text": "I cannot hear you right now. Could you write the city here?",
                    },
                    {"from": "me", "name": "You", "time": "14:08", "text": "Sarajevo. Your sound breaks up as well."},
                ]
            },
            "[data-role=chat-unread]": {"unread": "2"},
        },
        attributes={"[data-action=toggle-chat]": {"aria-expanded": "true"}},
    ),
    *[
        call(f"still-{name.replace('_', '-')}", choose={"still": name}, attributes={"[data-role=self]": taking})
        for name, taking in (
            ("taking_document", {"data-taking": "true"}),
            ("taking_face", {"data-taking": "true"}),
            ("sending", {}),
            ("good", {}),
            ("camera_off", {}),
            ("refused", {}),
        )
    ],
    call(
        "still-bad",
        choose={"still": "bad"},
        fill={
            "[data-role=still-banner]": {
                "still_hints": [{"text": "Light is reflected on it. Tilt it a little until the bright spot is gone."}]
            }
        },
    ),
    call("stop", dialog="stop-connection"),
    call("leave", dialog="leave"),
    result("verified", show=["[data-role=case-link]"]),
    result(
        "in_review",
        show=["[data-role=case-link]", "[data-role=next]"],
        fill={
            "[data-role=next]": {
                "next": [
                    {"text": "A reviewer looks at the call:", "by": "by 24 November, 14:20"},
                    {"text": "You get a message, and this page changes.", "by": ""},
                ]
            }
        },
    ),
    result(
        "retry_offered",
        choose={"fault-note": "interviewer"},
        show=[
            "[data-role=case-link]",
            "[data-role=reasons]",
            "[data-role=fault-note]",
            "[data-action=retry]",
            "[data-role=retry-hint]",
        ],
        fill={
            "[data-role=reasons]": {
                "reasons": [
                    {"text": "The interviewer's sound did not reach us well enough."},
                    {"text": "Not every required question could be asked over a good connection."},
                ]
            }
        },
    ),
    *[result(name, show=["[data-role=case-link]"]) for name in ("awaiting_response", "failed", "another_call")],
    *[result(name) for name in ("alternative_route", "awaiting_freelancer", "inconclusive", "cancelled", "expired")],
    join("taken-over", "taken-over"),
    *[
        join(
            f"error-{case}",
            "error",
            choose={"error": case},
            show=["[data-role=error-reference]"],
            fill={"*": {"reference": "7f3c-02"}},
        )
        for case in ("offline", "unsupported", "server")
    ],
]

RUNS_CASE = [
    {"item": "Legal name", "answer": "consistent", "admissible": True, "reasons": [], "at": moment("14:06:10")},
    {
        "item": "City",
        "answer": "not_heard",
        "admissible": False,
        "reasons": ["media.audio_freelancer_uplink", "comprehension.reported"],
        "at": moment("14:07:02"),
    },
    {
        "item": "Country",
        "answer": "",
        "admissible": False,
        "reasons": ["media.audio_interviewer_uplink"],
        "at": moment("14:08:40"),
    },
]
CASE: dict[str, Any] = {
    "reference": "VF-7K2Q",
    "platform_name": "Northwind Freelance",
    "legal_name": "Miro Hadžić",
    "status": "retry_offered",
    "result": "none",
    "result_at": None,
    "headline": "Your last call has no result",
    "explanation": (
        "It could not be held well enough to count, and it says nothing about you. Nothing follows from it for your "
        "account. You get another call."
    ),
    "reasons": [{"code": "media.audio_interviewer_uplink"}, {"code": "checklist.incomplete"}],
    "fault": "interviewer",
    "clocks": [
        {
            "name": "Your link for a new call works until",
            "due": moment("7 December 2026, 15:05"),
            "left": "14 days",
            "band": "good",
        }
    ],
    "next_steps": [
        {"text": "Start a new call when it suits you.", "by": None},
        {"text": "A different interviewer talks with you.", "by": None},
    ],
    "start": "again",
    "interviews": [
        {
            "number": 1,
            "at": moment("23 November 2026, 15:05"),
            "minutes": 6,
            "interviewer": "Ana",
            "outcome": "inconclusive",
            "reasons": [{"code": "media.audio_interviewer_uplink"}],
            "runs": RUNS_CASE,
            "stills": [
                {
                    "id": "s1",
                    "name": "Document, front",
                    "at": "23 November 2026, 15:09",
                    "usable": False,
                    "erased": False,
                },
                {
                    "id": "s2",
                    "name": "Document, front",
                    "at": "23 November 2026, 15:10",
                    "usable": True,
                    "erased": False,
                },
                {"id": "s3", "name": "Face", "at": "23 November 2026, 15:10", "usable": True, "erased": True},
            ],
            "recording": {"id": "rec_1", "erased": False},
        }
    ],
    "timeline": [
        {
            "at": moment("23 November 2026, 15:12"),
            "text": "The call ended without a result; a new one was offered.",
            "mark": "refresh",
        },
        {"at": moment("23 November 2026, 15:05"), "text": "Call 1 began.", "mark": "camera"},
        {
            "at": moment("23 November 2026, 14:58"),
            "text": "You agreed to the interview. You did not agree to a recording.",
            "mark": "check",
        },
        {
            "at": moment("22 November 2026, 09:30"),
            "text": "The verification was asked for by Northwind Freelance.",
            "mark": "document",
        },
    ],
    "claims": CLAIMS[1:],
    "test_mode": False,
    "proposal": None,
    "statement": None,
    "rejected": [],
    "rulings": [],
    "decisions": [],
    "appeals": [],
    "appealed": False,
    "appealing": {
        "possible": False,
        "version": 0,
        "over": False,
        "until": None,
        "left": "",
        "answered_within": "14 days",
    },
    "account": {"reports": [], "suspended": False, "reinstatement_awaited": None},
    "protected": True,
    "messages": [],
    "disowned": None,
}
CASE_VERIFIED = CASE | {
    "protected": False,
    "status": "completed",
    "result": "verified",
    "result_at": moment("23 November 2026, 15:40"),
    "headline": "You are verified",
    "explanation": "Everything you said about yourself was confirmed in a clear call. The platform has been told.",
    "reasons": [],
    "fault": "",
    "clocks": [],
    "next_steps": [],
    "start": "",
}
CASE_REVIEW = CASE | {
    "status": "in_review",
    "headline": "Your call is being looked at",
    "explanation": (
        "The call was clear. A reviewer looks at it before anything is decided. "
        "Your account and your work go on unchanged."
    ),
    "reasons": [],
    "fault": "",
    "start": "",
    "clocks": [
        {"name": "A reviewer answers", "due": moment("24 November 2026, 15:40"), "left": "3 hours", "band": "fair"}
    ],
    "next_steps": [{"text": "A reviewer looks at the call", "by": moment("24 November 2026, 15:40")}],
}
CASE_NEW = CASE | {
    "protected": False,
    "status": "awaiting_freelancer",
    "headline": "Your interview has not taken place yet",
    "explanation": "Open it with the link in your message whenever it suits you.",
    "reasons": [],
    "fault": "",
    "clocks": [],
    "interviews": [],
    "start": "first",
}


def case(name: str, data: dict[str, Any] | None, **state: Any) -> Shot:
    """One state of /case."""
    shown = {"step": "case", **state} if data else state
    return Shot(f"case-{name}", "case.html", PUBLIC | {"view": "open" if data else "opening", "case": data}, shown)


PUBLIC_PAGES = [
    Shot("home", "home.html", PUBLIC),
    Shot("home-test", "home.html", PUBLIC | {"test_mode": True}),
    *[
        Shot(f"problem-{kind.replace('_', '-')}", "error.html", PUBLIC | {"kind": kind, "reference": "7f3c-02"})
        for kind in ("not_found", "forbidden", "expired", "signed_out", "private_link", "too_many", "server")
    ],
    case("opening", None),
    *[
        case(f"link-{one}", None, step="link-problem", choose={"link-problem": one})
        for one in ("missing", "incomplete", "revoked", "expired", "offline")
    ],
    case("retry", CASE),
    *[case(f"start-{one}", CASE, choose={"start-call": one}) for one in ("changed", "signed_out", "failed")],
    case("verified", CASE_VERIFIED),
    case("review", CASE_REVIEW),
    case("new", CASE_NEW),
    case("sessions-ended", CASE_NEW, choose={"links": "ended"}, fill={"*": {"ended": "2"}}),
    case("links-renewed", CASE_NEW, choose={"links": "renewed"}, show=["[data-role=new-join-link]"]),
    case("links-failed", CASE_NEW, choose={"links": "failed"}),
    case("renewing-links", CASE_NEW, dialog="renew-links"),
    *[case(f"redress-{name}", data) for name, data in redress_states.pages().items()],
    *FORMS,
    Shot("api-loading", "api_docs.html", PUBLIC | {"openapi_url": "/api/v1/openapi.json"}),
    Shot(
        "api-failed",
        "api_docs.html",
        PUBLIC | {"openapi_url": "/api/v1/openapi.json"},
        {"attributes": {"[data-api]": {"data-api": "failed"}}},
    ),
    Shot(
        "api-ready",
        "api_docs.html",
        PUBLIC | {"openapi_url": "/api/v1/openapi.json"},
        {
            "attributes": {"[data-api]": {"data-api": "ready"}},
            "fill": {
                "*": {
                    "groups": [
                        {
                            "name": "Verifications",
                            "links": [
                                {"method": "POST", "title": "Create", "href": "#create"},
                                {"method": "GET", "title": "List", "href": "#list"},
                            ],
                        },
                        {
                            "name": "Webhook endpoints",
                            "links": [
                                {"method": "POST", "title": "Create", "href": "#endpoint"},
                                {"method": "DELETE", "title": "Disable", "href": "#disable"},
                            ],
                        },
                    ],
                    "operations": [
                        {
                            "id": "create",
                            "method": "POST",
                            "path": "/api/v1/verifications",
                            "summary": "Create a verification and get its link",
                            "description": (
                                "The claims are frozen: nothing else may be asked about. Send an Idempotency-Key."
                            ),
                            "scope": "verifications:write",
                            "fields": [
                                {
                                    "name": "external_id",
                                    "type": "string",
                                    "required": "required",
                                    "meaning": "Your own id of the case.",
                                },
                                {
                                    "name": "claims.skills",
                                    "type": "string[]",
                                    "required": "",
                                    "meaning": "What questions about skills may be about.",
                                },
                            ],
                            "answers": [
                                {"status": "201", "meaning": "Created, with join_url"},
                                {"status": "422", "meaning": "The same key came with another body"},
                            ],
                            "example": (
                                '{\n  "external_id": "fl-1093",\n'
                                '  "freelancer": {"legal_name": "Miro Hadžić", "city": "Sarajevo"}\n}'
                            ),
                        }
                    ],
                }
            },
        },
    ),
]

WAITING = [
    {
        "position": "1",
        "reference": "VF-7K2Q",
        "languages": "English, Bosanski",
        "call": "first",
        "check": "good",
        "waiting_for": "6:12",
        "match": "true",
    },
    {
        "position": "2",
        "reference": "VF-M9XA",
        "languages": "Español",
        "call": "new call no. 2",
        "check": "fair",
        "waiting_for": "4:40",
        "match": "false",
    },
    {
        "position": "3",
        "reference": "VF-22HD",
        "languages": "English",
        "call": "first",
        "check": "unknown",
        "waiting_for": "0:35",
        "match": "true",
    },
]
QUEUE = STAFF | {"section": "queue"}


def queue(name: str, view: str, gate: str, why: str, **state: Any) -> Shot:
    """One state of the queue."""
    return Shot(
        f"queue-{name}",
        "staff/queue.html",
        QUEUE,
        {
            "attributes": {
                "[data-queue]": {"data-queue": view},
                **({"[data-action=take-next]": {"disabled": False}} if why == "ready" else {}),
            },
            "choose": {"gate": gate, "take-next-why": why},
            "fill": {
                "*": {
                    "waiting": WAITING,
                    "valid_until": "18:05",
                    "count": "3" if view == "ready" else "0",
                    "as_of": "14:11:07",
                }
            },
            **state,
        },
    )


def check(name: str, devices: str, network: str, verdict: str, show: Sequence[str] = (), **choose: str) -> Shot:
    """One state of the interviewer's own check."""
    attributes = {
        "[data-role=devices]": {"data-devices": devices},
        "[data-role=network]": {"data-network": network},
        "[data-role=mic-level]": {"value": "0.55"},
        "[data-role=network-progress]": {"value": "9"},
    }
    fill = {"[data-role=network]": NETWORK, "*": {"valid_until": "18:11", "relay_code": "401"}}
    return Shot(
        f"check-{name}",
        "staff/check.html",
        QUEUE,
        {"attributes": attributes, "fill": fill, "choose": {"check-verdict": verdict, **choose}, "show": [*show]},
    )


CHECKLIST = [
    {
        "key": "comprehension.hear_interviewer",
        "title": "Code: they hear you",
        "claim": "",
        "state": "admissible",
        "answer_word": "Consistent",
        "runs": "asked 1 ×",
    },
    {
        "key": "comprehension.hear_freelancer",
        "title": "Code: you hear them",
        "claim": "",
        "state": "settling",
        "answer_word": "Consistent",
        "runs": "asked 1 ×",
    },
    {
        "key": "identity.legal_name",
        "title": "Legal name",
        "claim": "Miro Hadžić",
        "state": "admissible",
        "answer_word": "Consistent",
        "runs": "asked 1 ×",
    },
    {
        "key": "identity.city",
        "title": "City",
        "claim": "Sarajevo",
        "state": "asking",
        "answer_word": "",
        "runs": "asked 2 ×",
    },
    {
        "key": "identity.country",
        "title": "Country",
        "claim": "Bosnia and Herzegovina",
        "state": "ask_again",
        "answer_word": "Not heard",
        "runs": "asked 1 ×",
    },
    {"key": "face.present", "title": "Face", "claim": "", "state": "open", "answer_word": "", "runs": ""},
    {"key": "face.liveness", "title": "Movement", "claim": "", "state": "open", "answer_word": "", "runs": ""},
    {
        "key": "profile.1",
        "title": "Skill",
        "claim": "Go",
        "state": "skipped",
        "answer_word": "Declined",
        "runs": "asked 1 ×",
    },
]
INTERVIEW = QUEUE | {
    "interview": {
        "id": "i1",
        "case": "v1",
        "number": 1,
        "reference": "VF-7K2Q",
        "freelancer": "Miro Hadžić",
        "languages": ["English", "Bosanski"],
    },
    "claims": CLAIMS,
}


def interview(
    name: str, ask: str = "asking", admissible: str = "yes", bands: dict[str, str] = GOOD, **state: Any
) -> Shot:
    """One state of the interviewer's call."""
    fill = {
        "[data-role=ask]": {
            "kind": "Identity",
            "number": "4",
            "total": "8",
            "text": "Which city do you live in?",
            "claim_field": "City",
            "claim_value": "Sarajevo",
            "answer_word": "Consistent",
        },
        "[data-role=checklist]": {"items": CHECKLIST, "done": "3", "total": "8"},
        "[data-role=stage]": {"remote_name": "Miro Hadžić"},
        ".call-clock": {"elapsed": "3:42"},
        **LEGS,
        **state.pop("fill", {}),
    }
    attributes = {
        "[data-role=ask]": {"data-ask": ask, "data-mandatory": "true"},
        "[data-role=admissibility]": {"data-admissible": admissible},
        "[data-role=stage]": {"data-stage": state.pop("stage", "playing")},
        "[data-state=asking] > .checklist-item": {"aria-current": "true"},
        **indicators(bands),
        **state.pop("attributes", {}),
    }
    state["hide"] = ["[data-role=checklist-empty]", *state.get("hide", [])]
    return Shot(
        f"interview-{name}",
        "staff/interview.html",
        INTERVIEW,
        {"step": "call", "fill": fill, "attributes": attributes, **state},
    )


def still(name: str, admissible: str = "pending", problems: Sequence[str] = (), **state: Any) -> Shot:
    """The interviewer's call while a document is asked for."""
    kept = name in {"good", "bad"}
    return interview(
        f"still-{name}",
        "asking",
        admissible,
        fill={
            "[data-role=ask]": {
                "kind": "Document",
                "number": "5",
                "total": "11",
                "text": "Please hold the front of your identity document into the camera, with all four edges visible.",
                "claim_field": "",
                "claim_value": "",
            },
            "[data-role=still]": {"still_problems": [{"text": text} for text in problems]},
        },
        attributes={
            "[data-role=still]": {"data-still": name},
            "[data-role=ask]": {"data-ask": "asking", "data-mandatory": "false"},
            **({"[data-role=still-picture]": {"src": "/staff/evidence/s1/preview"}} if kept else {}),
            **({"[data-role=capture-still]": {"disabled": True}} if name in {"asked", "taken"} else {}),
        },
        show=["[data-role=still]", *(["[data-role=still-picture]"] if kept else [])],
        choose={
            "still-state": name,
            "still-verb": "first" if name == "none" else "again",
            **({"still-failure": "camera_off"} if name == "failed" else {}),
        },
        **state,
    )


def end(name: str, **state: Any) -> Shot:
    """One kind of ending, as the interviewer sees it."""
    fill = {
        "*": {
            "admissible": "7",
            "mandatory": "7",
            "bad_windows": "1.8",
            "bad_windows_limit": "10",
            "bad_live": "4.1",
            "bad_live_limit": "30",
        },
        **state.pop("fill", {}),
    }
    return Shot(
        f"interview-end-{name}",
        "staff/interview.html",
        INTERVIEW,
        {"step": "end", "choose": {"end": name}, "fill": fill, **state},
    )


def review_row(number: int, **changes: Any) -> dict[str, Any]:
    """One line of the list of reviews."""
    return {
        "id": f"i{number}",
        "reference": "VF-7K2Q",
        "number": number,
        "at": moment("23 Nov 2026, 15:05"),
        "minutes": 6,
        "freelancer": "Miro Hadžić",
        "interviewer": "Ines Kovač",
        "outcome": "inconclusive",
        "reasons": [{"code": "media.audio_interviewer_uplink"}],
        "status": "retry_offered",
        "result": "none",
        "flags": 1,
        "clock": None,
    } | changes


def task(name: str, **changes: Any) -> dict[str, Any]:
    """One case that waits."""
    return {
        "id": "i2",
        "reference": "VF-7K2Q",
        "number": 2,
        "freelancer": "Miro Hadžić",
        "interviewer": "Ines Kovač",
        "test": False,
        "task": "decide",
        "name": name,
        "why": "An answer contradicts a claim, or not everything was consistent.",
        "flags": 0,
        "clock": None,
        "against": [],
    } | changes


def chip(name: str, left: str, band: str, *, over: bool = False) -> dict[str, Any]:
    """A clock."""
    due = moment("24 Nov 2026, 15:40 UTC")
    return {"kind": "decide", "name": name, "left": left, "over": over, "band": band, "due": due}


REVIEWS = STAFF | {
    "section": "reviews",
    "mine": [
        task("Confirm or reject", task="confirm", clock=chip("Confirm or reject", "40 minutes", "poor", over=True)),
        task("Resolve the fraud flag", task="resolve", flags=1, clock=chip("Decide", "3 hours", "fair"), test=True),
        task("Decide this call", clock=chip("Decide, or propose a failure", "21 hours", "unknown")),
    ],
    "others": [
        task(
            "The freelancer can answer",
            task="answer",
            why="Nobody can confirm anything before the time is over.",
            clock=chip("Freelancer's time to answer", "6 days", "unknown"),
        ),
        task("Decide this call", against=["You held this interview. Somebody else reviews it."]),
    ],
    "interviews": [
        review_row(
            2,
            outcome="conclusive",
            reasons=[],
            status="in_review",
            minutes=9,
            flags=0,
            clock=chip("Decide, or propose a failure", "3 hours", "fair"),
        ),
        review_row(1),
        review_row(
            1,
            freelancer="Lucía Fernández",
            reference="VF-M9XA",
            outcome="conclusive",
            reasons=[],
            status="completed",
            result="verified",
            flags=0,
            minutes=11,
        ),
        review_row(
            1,
            freelancer="Tom Baker",
            reference="VF-90RT",
            outcome="conclusive",
            reasons=[],
            status="in_review",
            flags=1,
            clock=chip("Decide, or propose a failure", "40 minutes", "poor", over=True),
        ),
    ],
    "filters": [
        {"name": "All", "url": "?", "current": True, "count": 4},
        {"name": "In review", "url": "?status=in_review", "current": False, "count": 2},
        {"name": "Inconclusive", "url": "?outcome=inconclusive", "current": False, "count": 1},
        {"name": "Verified", "url": "?result=verified", "current": False, "count": 1},
    ],
    "next_url": "?cursor=abc",
    "total": 4,
}
RUNS = [
    {
        "id": "r1",
        "item": "Code: they hear you",
        "kind": "comprehension",
        "mandatory": True,
        "from": "0:12",
        "to": "0:31",
        "from_s": 12,
        "to_s": 31,
        "answer": "consistent",
        "admissible": True,
        "reasons": [],
        "detail": "concealed 0.0 %, limit 7 %",
        "claim": "–",
    },
    {
        "id": "r2",
        "item": "Legal name",
        "kind": "identity",
        "mandatory": True,
        "from": "0:48",
        "to": "1:04",
        "from_s": 48,
        "to_s": 64,
        "answer": "consistent",
        "admissible": True,
        "reasons": [],
        "detail": "concealed 1.1 %, limit 7 %",
        "claim": "Miro Hadžić",
    },
    {
        "id": "r3",
        "item": "City",
        "kind": "identity",
        "mandatory": True,
        "from": "1:50",
        "to": "2:14",
        "from_s": 110,
        "to_s": 134,
        "answer": "not_heard",
        "admissible": False,
        "reasons": ["media.audio_freelancer_uplink", "comprehension.reported"],
        "detail": "concealed 31.0 %, limit 7 %",
        "claim": "Sarajevo",
    },
    {
        "id": "r4",
        "item": "City",
        "kind": "identity",
        "mandatory": True,
        "from": "3:20",
        "to": "3:41",
        "from_s": 200,
        "to_s": 221,
        "answer": "consistent",
        "admissible": True,
        "reasons": [],
        "detail": "concealed 2.2 %, limit 7 %",
        "claim": "Sarajevo",
    },
    {
        "id": "r5",
        "item": "Skill: Go",
        "kind": "profile",
        "mandatory": False,
        "from": "4:30",
        "to": "5:02",
        "from_s": 270,
        "to_s": 302,
        "answer": "declined",
        "admissible": False,
        "reasons": ["metrics.missing"],
        "detail": "measured 88 %, at least 95 %",
        "claim": "Go",
    },
]
STILLS = [
    {"id": "s1", "name": "Document, front", "at": "4:52", "usable": False, "problems": ["too_small", "glare"]},
    {"id": "s2", "name": "Document, front", "at": "5:03", "usable": True, "problems": []},
    {"id": "s3", "name": "Face", "at": "5:20", "usable": True, "problems": []},
]
STILLS = [one | {"size": "1920 × 1080", "erased": one["id"] == "s3"} for one in STILLS]
REVIEW = STAFF | {
    "section": "reviews",
    "case_id": "v1",
    "conflict_declared": False,
    "interview": {
        "id": "i1",
        "reference": "VF-7K2Q",
        "number": 1,
        "freelancer": "Miro Hadžić",
        "interviewer": "Ines Kovač",
        "at": moment("23 November 2026, 15:05:02"),
        "ended_at": moment("15:11:04"),
        "minutes": 6,
        "end_cause": "quality_abort",
        "outcome": "inconclusive",
        "reasons": [{"code": "media.audio_interviewer_uplink"}, {"code": "checklist.incomplete"}],
        "fault": "interviewer_uplink",
        "fault_share": 91,
        "recorded": False,
        "policy_version": "2026-11-a",
        "checklist_version": "2026-11-a",
        "algorithm_version": "1",
        "absent_tests": ["Document held still", "Blocks in the picture"],
        "bad_windows": 18.4,
        "bad_windows_limit": 10.0,
        "bad_live": 22.0,
        "bad_live_limit": 30.0,
        "flags": [
            {"kind": "cant_hear", "by": "freelancer", "at": "2:05", "text": "", "state": ""},
            {
                "kind": "fraud",
                "by": "interviewer",
                "at": "5:30",
                "text": "Somebody off camera whispered the street.",
                "state": "open",
            },
        ],
    },
    "case": {"status": "retry_offered", "result": "none", "decided_by": "", "decided_at": None},
    "runs": RUNS,
    "stills": STILLS,
    "stills_shown": True,
    "recording": {"state": "refused", "tracks": []},
    "siblings": [
        {"number": 1, "url": "#", "outcome": "inconclusive", "current": True},
        {"number": 2, "url": "#", "outcome": "conclusive", "current": False},
    ],
    "panel": None,
    "export_csv_url": "/api/v1/verifications/v1/interviews/1/quality?format=csv",
    "export_json_url": "/api/v1/verifications/v1/interviews/1/quality",
}
REVIEW_GOOD = REVIEW | {
    "interview": REVIEW["interview"]
    | {
        "outcome": "conclusive",
        "reasons": [],
        "fault": "",
        "end_cause": "completed",
        "flags": [],
        "bad_windows": 0.0,
        "bad_live": 1.2,
        "absent_tests": [],
        "recorded": True,
    },
    "case": {
        "status": "completed",
        "result": "verified",
        "decided_by": "Ines Kovač",
        "decided_at": moment("23 November 2026, 15:21"),
    },
    "runs": [],
    "stills": [],
    "siblings": [],
    "recording": {
        "state": "kept",
        "tracks": [{"leg": "freelancer", "whole": True}, {"leg": "interviewer", "whole": False}],
    },
}


def recorded(name: str, **state: Any) -> Shot:
    """A good call with its recording in one state of playing."""
    playback = {"[data-role=recording]": {"data-playback": state.pop("playback", "paused")}}
    attributes = {**playback, **state.pop("attributes", {})}
    return review(f"recording-{name}", REVIEW_GOOD, "ready", attributes=attributes, replay=True, **state)


REVIEW_RUN = RUNS[3] | {"answer": "inconsistent"}


def cited_still(id_: str, **changes: Any) -> dict[str, Any]:
    """A still of the contradicted call."""
    return {
        "id": id_,
        "name": "Document, front",
        "at": "3:24",
        "usable": True,
        "preview_url": "/static/img/mark.svg",
        "opened": False,
    } | changes


OUTCOMES = [
    {
        "code": "verified",
        "name": "Verified",
        "follows": "The claims stand. The freelancer and the platform are told at once, and the case is closed.",
        "why": "",
    },
    {
        "code": "new_interview",
        "name": "New interview",
        "follows": "Another interviewer holds another call. Nothing is decided, and the account stays as it is.",
        "why": "",
    },
    {
        "code": "alternative_route",
        "name": "Another way",
        "follows": "The platform verifies the freelancer in another way. Nothing is said against them.",
        "why": "",
    },
]
NOTHING_ALLOWED = dict.fromkeys(("propose", "confirm", "reject", "rule", "resolve", "verify"), False)
PANEL: dict[str, Any] = {
    "standing": "3.in_review.0.0.0",
    "person_id": "per_a",
    "task": "decide",
    "clocks": [
        {
            "kind": "decide",
            "name": "Decide, or propose a failure",
            "due": moment("24 Nov 2026, 15:11 UTC"),
            "left": "3 hours",
            "over": False,
            "band": "fair",
        }
    ],
    "differs": False,
    "can": NOTHING_ALLOWED | {"propose": True, "rule": True, "resolve": True},
    "cannot": [],
    "findings": [
        {
            "run_id": "r4",
            "item": "City",
            "question": "In which city do you live?",
            "claim": "Sarajevo",
            "kind": "identity",
            "from": "3:20",
            "to": "3:41",
            "from_s": 200,
            "to_s": 221,
            "grounds": ["identity_contradicted", "impersonation"],
        }
    ],
    "grounds": [
        {
            "code": "identity_contradicted",
            "name": "Claimed identity contradicted",
            "meaning": "What was said or shown contradicts what was claimed, and nothing in the call confirms it.",
            "fits": True,
        },
        {
            "code": "impersonation",
            "name": "Impersonation",
            "meaning": "Somebody else took part in the call in the freelancer's name.",
            "fits": True,
        },
        {
            "code": "face_mismatch",
            "name": "Face mismatch",
            "meaning": "The face in the call is not the face on the document.",
            "fits": False,
        },
    ],
    "stills": [
        cited_still("s1"),
        cited_still("s2", name="Face", at="0:52"),
        cited_still("s3", at="3:30", usable=False),
    ],
    "outcomes": OUTCOMES,
    "proposal": None,
    "history": [],
    "rulings": [],
    "flags": [],
    "answer_within": "7 days",
    "confirm_within": "24 hours",
    "policy_version": "2026-11-a",
    "appeal_days": 184,
}
FLAGGED = PANEL | {
    "task": "resolve",
    "outcomes": [OUTCOMES[0] | {"why": "Resolve every fraud flag first."}, *OUTCOMES[1:]],
    "flags": [
        {"id": "f1", "at": "5:30", "note": "Somebody off camera whispered the street.", "resolution": None},
        {
            "id": "f2",
            "at": "2:10",
            "note": "A second voice.",
            "resolution": {
                "by": "Ana Marić",
                "at": moment("23 Nov 2026, 16:10 UTC"),
                "text": "The voice came from a radio, which was switched off when they were asked to.",
            },
        },
    ],
}
RULING = {
    "outcome": "New interview",
    "by": "Ana Marić",
    "at": moment("23 Nov 2026, 18:00 UTC"),
    "text": "The document was not readable at the place that matters. Another call settles it.",
}
PROPOSAL: dict[str, Any] = {
    "id": "prp_1",
    "number": 1,
    "by": "Ana Marić",
    "at": moment("23 Nov 2026, 16:20 UTC"),
    "ground": "Claimed identity contradicted",
    "meaning": "What was said or shown contradicts what was claimed, and nothing in the call confirms it.",
    "policy_version": "2026-11-a",
    "state": "to_confirm",
    "own": False,
    "window_closed": True,
    "closes": moment("24 Nov 2026, 09:12 UTC"),
    "response": {
        "at": moment("24 Nov 2026, 09:12 UTC"),
        "text": "I moved to Zagreb in October. The marketplace still has my old address; I asked them to change it.",
    },
    "facts": [
        {
            "number": 1,
            "item": "City",
            "claim": "Sarajevo",
            "text": "The city on the document is Zagreb; the claim says Sarajevo. Asked twice, they said Zagreb.",
            "from": "3:20",
            "to": "3:32",
            "from_ms": 200_000,
            "to_ms": 212_000,
            "seconds": 12,
            "still": cited_still("s1"),
            "watched": False,
        },
        {
            "number": 2,
            "item": "City",
            "claim": "Sarajevo",
            "text": "Asked for the street, they looked away and named one that does not exist in Sarajevo.",
            "from": "3:32",
            "to": "3:41",
            "from_ms": 212_000,
            "to_ms": 221_000,
            "seconds": 9,
            "still": cited_still("s2", name="Face", opened=True),
            "watched": True,
        },
    ],
    "watching": True,
    "only_watching": True,
}
TO_CONFIRM = PANEL | {
    "standing": "4.in_review.1.1.0",
    "task": "confirm",
    "clocks": [PANEL["clocks"][0] | {"kind": "confirm", "name": "Confirm or reject", "over": True, "band": "poor"}],
    "can": NOTHING_ALLOWED | {"reject": True},
    "cannot": ["Watch every cited stretch in the replay first."],
    "proposal": PROPOSAL,
    "history": [PROPOSAL | {"id": "prp_0", "state": "rejected", "watching": False, "ruling": RULING}],
}
CONFIRMABLE = TO_CONFIRM | {
    "can": NOTHING_ALLOWED | {"reject": True, "confirm": True},
    "cannot": [],
    "proposal": PROPOSAL | {"facts": [fact | {"watched": True} for fact in PROPOSAL["facts"]]},
}
WAITING = TO_CONFIRM | {
    "task": "answer",
    "clocks": [PANEL["clocks"][0] | {"kind": "respond", "name": "Freelancer's time to answer", "left": "6 days"}],
    "can": NOTHING_ALLOWED,
    "cannot": [
        "You made this proposal. Somebody else confirms or rejects it.",
        "The freelancer can still answer, or was not reached yet.",
    ],
    "proposal": PROPOSAL
    | {"state": "window_open", "response": None, "own": True, "watching": False, "only_watching": False},
    "history": [],
}
CLOSED = PANEL | {
    "task": "closed",
    "clocks": [],
    "can": NOTHING_ALLOWED,
    "findings": [],
    "history": [PROPOSAL | {"state": "confirmed", "watching": False, "ruling": None}],
    "rulings": [RULING],
}
NOT_ON_OFFER = PANEL | {
    "task": "none",
    "clocks": [],
    "can": NOTHING_ALLOWED,
    "findings": [],
    "cannot": ["The interview is inconclusive. It can never lead to a failure."],
}
DIFFERS = PANEL | {
    "differs": True,
    "findings": [],
    "outcomes": [OUTCOMES[0] | {"why": "Only another call or way is left."}, *OUTCOMES[1:]],
    "can": NOTHING_ALLOWED | {"rule": True},
    "cannot": ["The stored verdict does not follow from what was measured. Only another call or way is left."],
}
ALL_CONSISTENT = PANEL | {"task": "verify", "findings": [], "can": NOTHING_ALLOWED | {"verify": True}}
NOT_REACHED = WAITING | {
    "task": "reach",
    "proposal": WAITING["proposal"] | {"state": "notifying", "closes": None},
}
REVIEW_PROPOSABLE = REVIEW_GOOD | {
    "case": REVIEW["case"] | {"status": "in_review"},
    "runs": [*RUNS[:3], REVIEW_RUN, RUNS[4]],
    "panel": PANEL,
}


OPENED = {'[data-role="propose"]': {"open": True}}


def decision(name: str, panel: dict[str, Any], *, attributes: dict[str, Any] | None = None, **state: Any) -> Shot:
    """One state of the panel beside the replay."""
    shown = {"[data-timeline]": {"data-timeline": "ready"}, **(attributes or {})}
    context = REVIEW_PROPOSABLE | {"panel": panel}
    return Shot(f"review-decision-{name}", "staff/review.html", context, {"attributes": shown, "replay": True, **state})


def review(name: str, context: dict[str, Any], timeline: str, **state: Any) -> Shot:
    """One state of the replay page."""
    return Shot(
        f"review-{name}",
        "staff/review.html",
        context,
        {**state, "attributes": {"[data-timeline]": {"data-timeline": timeline}, **state.get("attributes", {})}},
    )


STAFF_PAGES = [
    *APPEALS_PAGES,
    queue("loading", "loading", "not_checked", "gate"),
    queue("untrained", "ready", "untrained", "gate"),
    queue("unchecked", "ready", "not_checked", "gate"),
    queue("ready", "ready", "valid", "ready"),
    queue("resume", "ready", "valid", "taken", show=["[data-role=resume]"]),
    queue("no-match", "ready", "valid", "no_match"),
    queue("empty", "empty", "valid", "empty"),
    queue("expired", "ready", "expired", "gate"),
    queue("failed", "ready", "failed", "gate"),
    queue("after-fault", "ready", "after_fault", "gate"),
    queue("error", "error", "valid", "failed"),
    check("before", "before", "before", "todo"),
    check("problem", "problem", "before", "devices", **{"device-problem": "denied"}),
    check("measuring", "ready", "running", "todo", **{"mic-verdict": "heard"}),
    check("passed", "ready", "done", "passed", **{"network-verdict": "good", "mic-verdict": "heard"}),
    check("network", "ready", "done", "network", ["[data-role=network-problems]"], **{"network-verdict": "poor"}),
    check("relay-spare", "before", "before", "todo", relay="spare"),
    check("relay", "ready", "failed", "ours", **{"relay": "needed", "network-failure": "relay"}),
    check("full", "ready", "failed", "ours", **{"network-failure": "server"}),
    check("unsaved", "ready", "done", "unsaved", **{"network-verdict": "good"}),
    Shot("interview-connecting", "staff/interview.html", INTERVIEW),
    *[
        interview(f"trouble-{case}", "idle", "idle", choose={"trouble": case}, fill={"*": {"relay_code": "401"}})
        for case in ("relay", "full")
    ],
    interview("idle", "idle", "idle"),
    interview("asking"),
    interview("done", "done", "kept"),
    interview(
        "ask-again",
        "again",
        "no",
        GOOD | {"they_hear_me": "poor", "they_see_me": "fair"},
        choose={
            "fault": "interviewer_uplink",
            "refusal": "media.audio_interviewer_uplink",
            "ask-again-hint": "try",
        },
        show=["[data-role=ask-again]"],
    ),
    interview(
        "code-type",
        "code",
        "pending",
        show=["[data-role=code-card]"],
        attributes={"[data-role=code-card]": {"data-code": "type"}},
    ),
    interview(
        "code-speak",
        "code",
        "pending",
        show=["[data-role=code-card]"],
        attributes={"[data-role=code-card]": {"data-code": "speak"}},
        fill={"[data-role=code-card]": {"code": "4 0 7 2"}},
    ),
    interview(
        "reconnecting",
        "idle",
        "idle",
        dict.fromkeys(BANDS, "unknown"),
        stage="reconnecting",
        choose={"reconnect": "other"},
    ),
    interview("recorded", "idle", "idle", show=["[data-role=recording]"]),
    still("none"),
    still("asked"),
    still("taken"),
    still("good", "yes"),
    still(
        "bad",
        problems=[
            "Glare: ask to tilt it a little until the bright spot is gone.",
            "Not sharp: ask to hold still, a little farther away, or to clean the lens.",
        ],
    ),
    still("failed"),
    interview("flag", dialog="flag-fraud"),
    interview("flagged", "done", "kept", choose={"flag-state": "raised"}),
    interview("finish", dialog="finish"),
    interview(
        "chat",
        show=["[data-role=chat]"],
        hide=["[data-role=chat-empty]"],
        fill={
            "[data-role=chat]": {
                "chat": [
                    {
                        "from": "them",
                        "name": "Miro Hadžić",
                        "time": "14:08",
                        "text": "Sarajevo. Your sound breaks up as well.",
                    }
                ]
            }
        },
    ),
    end("computing", hide=["[data-role=end-figures]"]),
    end("may_verify"),
    end(
        "to_review",
        show=["[data-role=end-reasons]"],
        fill={
            "[data-role=end-reasons]": {
                "reasons": [{"text": "The interviewer asked for a second look and gave a reason."}]
            }
        },
    ),
    end(
        "retry",
        show=["[data-role=end-reasons]", "[data-role=own-fault]"],
        fill={
            "[data-role=end-reasons]": {"reasons": [{"text": "The interviewer's sound did not reach us well enough."}]}
        },
    ),
    end("exhausted"),
    end("decided"),
    end("refused"),
    *[
        Shot(
            f"interview-over-{case_.replace('_', '-')}",
            "staff/interview.html",
            INTERVIEW,
            {"step": "over", "choose": {"over": case_}},
        )
        for case_ in ("freelancer_left", "quality_abort", "technical_abort", "no_show", "closed")
    ],
    Shot("interview-taken-over", "staff/interview.html", INTERVIEW, {"step": "taken-over"}),
    *[
        Shot(
            f"interview-error-{case_}", "staff/interview.html", INTERVIEW, {"step": "error", "choose": {"error": case_}}
        )
        for case_ in ("devices", "offline", "server")
    ],
    Shot("reviews", "staff/reviews.html", REVIEWS),
    Shot(
        "reviews-empty",
        "staff/reviews.html",
        REVIEWS | {"mine": [], "others": [], "interviews": [], "next_url": "", "total": 0},
    ),
    review("loading", REVIEW, "loading"),
    review("ready", REVIEW, "ready", replay=True),
    review("good", REVIEW_GOOD, "empty"),
    recorded("playing", playback="playing"),
    recorded("waiting", playback="waiting"),
    recorded("failed", playback="failed"),
    recorded("gap", attributes={"[data-testid=recorded-interviewer]": {"data-picture": "gap"}}),
    *[
        review(f"recording-{state}", REVIEW | {"recording": {"state": state, "tracks": []}}, "empty")
        for state in ("erased", "running", "none", "hidden")
    ],
    review("conflict", REVIEW | {"conflict_declared": True}, "ready"),
    review("declare-conflict", REVIEW, "ready", dialog="conflict"),
    review(
        "picture",
        REVIEW,
        "empty",
        dialog="viewer",
        fill={
            "[data-role=viewer]": {
                "viewer_name": "Document, front",
                "viewer_at": "4:52",
                "viewer_href": "/staff/evidence/s1",
            }
        },
        attributes={"[data-role=viewer-picture]": {"src": "/staff/evidence/s1", "alt": "Document, front, at 4:52"}},
    ),
    review("own-call", REVIEW | {"stills_shown": False}, "empty"),
    review("error", REVIEW, "error"),
    decision("decide", PANEL),
    decision(
        "propose",
        PANEL,
        attributes=OPENED,
        fill={"*": {"facts": [{"title": "Fact 1: City, 3:20–3:41"}]}},
    ),
    decision(
        "propose-errors",
        PANEL,
        attributes=OPENED,
        show=['[data-role="propose-form"] [data-role="error-summary"]'],
        fill={"*": {"errors": [{"text": "Choose the ground.", "href": "#ground-identity_contradicted"}]}},
    ),
    decision(
        "check",
        PANEL,
        attributes=OPENED,
        hide=['[data-role="propose-form"]'],
        show=['[data-role="propose-summary"]'],
        fill={
            "*": {
                "ground": "Claimed identity contradicted",
                "summary": [
                    {
                        "title": "Fact 1: City, 3:20–3:41",
                        "stretch": "3:20–3:32, 12 s",
                        "still": "Document, front, 3:24",
                        "text": "The city on the document is Zagreb; the claim says Sarajevo.",
                    }
                ],
            }
        },
    ),
    decision("rule", PANEL, attributes={'[data-role="rule"]': {"open": True}}),
    decision("flags", FLAGGED),
    decision("waiting", WAITING),
    decision("not-reached", NOT_REACHED),
    decision("confirm", TO_CONFIRM),
    decision(
        "watching",
        TO_CONFIRM,
        attributes={
            '[data-fact="1"]': {"data-running": "yes", "data-opened": "yes"},
            '[data-fact="1"] progress': {"value": 42},
        },
        show=['[data-fact="1"] [data-role="watching"]'],
        fill={"*": {"progress": "5 of 12 s"}},
    ),
    decision("confirmable", CONFIRMABLE, attributes={'[data-role="reject"]': {"open": True}}),
    decision("confirm-dialog", CONFIRMABLE, dialog="confirm-failure"),
    decision("closed", CLOSED),
    decision("not-on-offer", NOT_ON_OFFER),
    decision("differs", DIFFERS),
    decision("verify", ALL_CONSISTENT),
    decision("step-up", PANEL, show=['[data-role="step-up"]']),
    decision("stale", PANEL, show=['[data-role="stale"]']),
]

SHOTS: list[Shot] = [*PUBLIC_PAGES, *JOIN, *STAFF_PAGES, *ACCOUNT_PAGES]
