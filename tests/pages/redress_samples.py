"""Pages of answering and appealing in every state, with what real services and views make of a real case."""

from __future__ import annotations

from typing import Any

from tests.pages import redress_states
from tests.pages.shots import PUBLIC, STAFF, Shot, moment


def form(name: str, template: str, data: dict[str, Any], **state: Any) -> Shot:
    """One state of a form of words."""
    return Shot(name, template, PUBLIC | {"case": data, "most": 10_000}, state)


_REFUSED = {"errors": [{"text": "Write your words first.", "href": "#text"}]}
_TOLD = {
    "show": ["[data-role=error-summary]", "[data-role=text-error]"],
    "fill": {"[data-role=error-summary]": _REFUSED, "[data-role=text-error]": {"text": "Write your words first."}},
}
FORMS = [
    form("answer", "case_answer.html", redress_states.pages()["proposed"]),
    form("answer-error", "case_answer.html", redress_states.pages()["proposed"], **_TOLD),
    form("answer-send", "case_answer.html", redress_states.pages()["proposed"], dialog="send"),
    form("appeal", "case_appeal.html", redress_states.pages()["failed"]),
    form("appeal-error", "case_appeal.html", redress_states.pages()["failed"], **_TOLD),
    *[Shot(f"not-me-{step}", "not_me.html", PUBLIC, {"step": step}) for step in ("ask", "done", "link-problem")],
    Shot("not-me-offline", "not_me.html", PUBLIC, {"step": "ask", "choose": {"not-me-problem": "offline"}}),
]
"""The forms of the private page, and the page for a message gone astray."""

ALARMS = [
    {
        "text": "An appeal has not been answered.",
        "reference": "failed-case",
        "url": "/staff/appeals/apl_1",
        "since": moment("23 November 2026, 14:05 UTC"),
        "test": False,
    },
    {
        "text": "The platform suspended an account, and no decision supports that.",
        "reference": "VF-7K2Q",
        "url": "",
        "since": moment("24 November 2026, 09:12 UTC"),
        "test": True,
    },
]
APPEALS = STAFF | {
    "section": "appeals",
    "person": {"name": "Alma Appeal", "pseudonym": "Alma", "roles": ["appeal_reviewer"]},
}
APPEAL_ERROR = {"errors": [{"text": "Choose what becomes of the appeal.", "href": "#outcome-upheld"}]}


def appeal(name: str, state: str, more: dict[str, Any] | None = None, **shown: Any) -> Shot:
    """One state of the page of an appeal."""
    context = APPEALS | redress_states.desk()[state] | (more or {})
    return Shot(f"appeals-{name}", "staff/appeal.html", context, shown)


APPEALS_PAGES = [
    Shot("appeals-list", "staff/appeals.html", APPEALS | redress_states.desk()["list-open"]),
    Shot("appeals-list-answered", "staff/appeals.html", APPEALS | redress_states.desk()["list-overturned"]),
    Shot("appeals-list-involved", "staff/appeals.html", APPEALS | redress_states.desk()["list-involved"]),
    Shot("appeals-empty", "staff/appeals.html", APPEALS | redress_states.desk()["list-empty"]),
    appeal("open", "open"),
    appeal(
        "error",
        "open",
        show=["[data-role=error-summary]"],
        fill={"[data-role=error-summary]": APPEAL_ERROR},
    ),
    appeal("confirm", "open", dialog="answer"),
    appeal("involved", "involved"),
    appeal("hindered", "hindered"),
    appeal("breached", "breached", {"alarms": ALARMS}),
    appeal("overturned", "overturned"),
    appeal("again", "again"),
    appeal("contradicted", "overturned", {"contradicted": True}),
]
