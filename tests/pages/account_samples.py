"""Signing in, setting an account up, one's own settings, and people, in every state that has its own look."""

from __future__ import annotations

from typing import Any

from tests.pages.shots import PUBLIC, STAFF, Shot, moment
from verifier.service.enrolling import Offer
from verifier.web.pages.enrolment import printed

SIGN_IN = PUBLIC | {"error": "", "email": "", "oidc": ""}
SECRET = "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"
OFFERED = printed(Offer(SECRET.replace(" ", ""), "otpauth://totp/verifier:ines%40example.org?secret=JBSWY3DPEHPK3PXP"))
CODES = {
    "recovery_codes": [
        {"code": f"{word}-k3vq-m2ty-pz6d"} for word in ("abcd", "efgh", "ijkl", "mnop", "qrst", "uvwx", "yz23", "4567")
    ]
}
ENROL = PUBLIC | {
    "person": {"name": "Ines Kovač", "email": "ines@example.org"},
    "known": False,
    "offered": OFFERED,
}
WRONG_CODE = "This code is not right, or it was used before. Wait for the next one."
LINK = "https://verify.example.org/staff#wq7cXf0m3nW1aTzYb9uKpL2sVd8hEjR4gNoQxMiZ5Bc"


def problem(text: str, href: str, field: str = "") -> dict[str, Any]:
    """The error summary, and the same beside the field."""
    shown = ["[data-role=error-summary]"]
    fill: dict[str, Any] = {"[data-role=error-summary]": {"errors": [{"text": text, "href": href}]}}
    return {"show": [*shown, f"{href}-error"] if field else shown, "fill": fill}


SETTINGS = STAFF | {
    "section": "settings",
    "account": {
        "email": "ines@example.org",
        "has_password": True,
        "authenticator_since": moment("3 Nov 2026, 09:12 UTC"),
        "recovery_left": 9,
    },
    "trainings": [
        {"role": "interviewer", "until": moment("3 Nov 2027, 23:59 UTC"), "current": True},
        {"role": "reviewer", "until": moment("1 Oct 2026, 23:59 UTC"), "current": False},
    ],
    "sessions": [
        {
            "reference": "0123456789abcdef",
            "agent": "Firefox on Linux",
            "since": moment("23 Nov 2026, 08:02 UTC"),
            "seen": moment("23 Nov 2026, 14:05 UTC"),
            "own": True,
        },
        {
            "reference": "fedcba9876543210",
            "agent": "Chrome on Android",
            "since": moment("22 Nov 2026, 19:40 UTC"),
            "seen": moment("23 Nov 2026, 07:51 UTC"),
            "own": False,
        },
    ],
    "done": "",
}
BOSS = {"name": "Bea Boss", "pseudonym": "Bea", "roles": ["administrator"]}


def colleague(id_: str, name: str, roles: list[str], **other: Any) -> dict[str, Any]:
    """One line of the people, or the person of a page."""
    return {
        "id": id_,
        "name": name,
        "email": f"{id_.removeprefix('per_')}@example.org",
        "pseudonym": name.split()[0],
        "roles": roles,
        "languages": "en, bs",
        "disabled": False,
        "set_up": True,
        "overdue": [],
        "own": False,
    } | other


PEOPLE = STAFF | {
    "person": BOSS,
    "section": "people",
    "people": [
        colleague("per_bea", "Bea Boss", ["administrator"], own=True),
        colleague("per_ines", "Ines Kovač", ["interviewer", "reviewer"]),
        colleague("per_ivan", "Ivan Babić", ["interviewer"], set_up=False, overdue=["interviewer"]),
        colleague("per_rolf", "Rolf Neumann", ["appeal_reviewer"], disabled=True),
    ],
}
PERSON = STAFF | {
    "person": BOSS,
    "section": "people",
    "colleague": colleague("per_ines", "Ines Kovač", ["interviewer", "reviewer"]),
    "trainings": [
        {
            "role": role,
            "completed": moment("3 Nov 2026, 09:00 UTC"),
            "until": moment(until),
            "current": role == "interviewer",
        }
        for role, until in (("interviewer", "3 Nov 2027, 23:59 UTC"), ("reviewer", "1 Oct 2026, 23:59 UTC"))
    ],
    "changes": [
        {"at": moment("20 Nov 2026, 10:00 UTC"), "what": "roles", "detail": "Interviewer, Reviewer", "by": "Bea Boss"},
        {"at": moment("3 Nov 2026, 09:00 UTC"), "what": "added", "detail": "Interviewer", "by": ""},
    ],
    "done": "",
    "next_year": "2027-11-23",
}


def settings(name: str, **state: Any) -> Shot:
    """One state of /staff/settings."""
    return Shot(f"settings-{name}", "staff/settings.html", SETTINGS, state)


def person(name: str, context: dict[str, Any], **state: Any) -> Shot:
    """One state of somebody's page."""
    return Shot(f"person-{name}", "staff/person.html", PERSON | context, state)


ACCOUNT_PAGES = [
    Shot("sign-in", "staff/sign_in.html", SIGN_IN),
    Shot("sign-in-oidc", "staff/sign_in.html", SIGN_IN | {"oidc": "Example Corp"}),
    Shot("sign-in-recovery", "staff/sign_in.html", SIGN_IN, {"attributes": {".no-device": {"open": True}}}),
    Shot("sign-in-loading", "staff/sign_in.html", SIGN_IN, {"step": "loading"}),
    Shot("sign-in-link-problem", "staff/sign_in.html", SIGN_IN, {"step": "link-problem"}),
    *[
        Shot(f"sign-in-{error}", "staff/sign_in.html", SIGN_IN | {"error": error, "email": "ines@example.org"})
        for error in ("wrong", "missing", "locked", "expired", "provider", "unknown_person")
    ],
    Shot("signed-in", "staff/signed_in.html", PUBLIC | {"next": "/staff/queue"}),
    Shot("enrol", "staff/enrol.html", ENROL),
    Shot("enrol-known", "staff/enrol.html", ENROL | {"known": True, "offered": None}),
    Shot("enrol-wrong-code", "staff/enrol.html", ENROL, problem(WRONG_CODE, "#code", "code")),
    Shot("enrol-codes", "staff/enrol.html", ENROL, {"step": "codes", "fill": {"[data-step=codes]": CODES}}),
    settings("plain"),
    settings("wrong-password", **problem("This is not your current password.", "#password-current", "current")),
    settings("password-changed", choose={"done": "password"}),
    settings(
        "take-over",
        show=["[data-part=take-over]"],
        fill={"[data-part=take-over]": {"secret": SECRET}},
        attributes={
            "[data-part=take-over] .qr": {"viewBox": f"0 0 {OFFERED['qr_size']} {OFFERED['qr_size']}"},
            "[data-part=take-over] .qr path": {"d": OFFERED["qr_path"]},
        },
    ),
    settings(
        "new-codes",
        show=["[data-part=new-codes]"],
        fill={"[data-part=new-codes]": CODES},
        choose={"done": "codes"},
    ),
    settings("end-others", dialog="end-others"),
    Shot(
        "settings-demo",
        "staff/settings.html",
        SETTINGS
        | {
            "account": SETTINGS["account"] | {"has_password": False},
            "sessions": SETTINGS["sessions"][:1],
            "trainings": [],
            "done": "sessions",
        },
    ),
    Shot("people", "staff/people.html", PEOPLE),
    Shot(
        "people-added",
        "staff/people.html",
        PEOPLE,
        {"show": ["[data-part=link]"], "fill": {"[data-part=link]": {"link": LINK}}},
    ),
    Shot(
        "people-roles",
        "staff/people.html",
        PEOPLE,
        problem("Choose at least one role. An administrator decides nothing.", "#add-role-interviewer"),
    ),
    person("plain", {}),
    person("saved", {"done": "roles"}),
    person("own", {"colleague": PEOPLE["people"][0], "trainings": []}),
    person("disabled", {"colleague": PEOPLE["people"][3], "done": "disabled"}),
    person("not-set-up", {"colleague": PEOPLE["people"][2], "trainings": []}),
    person("forget", {}, dialog="forget"),
    person("disable", {}, dialog="disable"),
]
