"""What somebody has to set right, as the line that stands on every staff page. Called by web/rendering."""

from __future__ import annotations

from verifier.core.clocks import ClockKind
from verifier.core.model import Person, StaffRole
from verifier.service.escalating import Alarm, AlarmKind
from verifier.wording import redress
from verifier.wording.catalogue import Catalogue
from verifier.wording.dates import moment
from verifier.wording.proposals import CLOCKS

_ZONE = "UTC"
"""Staff pages show UTC: colleagues in different zones talk about the same moment."""
_OF_APPEALS = frozenset({ClockKind.ANSWER_APPEAL, ClockKind.REINSTATE})


def alarm(found: Alarm, person: Person, catalogue: Catalogue) -> dict[str, object]:
    """One alarm: {text, reference, url, since, test}; ``url`` is empty for whoever may not open the case."""
    text = CLOCKS[found.clock] if found.clock else redress.ALARMS[found.kind]
    return {
        "text": catalogue.translate(text),
        "reference": found.reference,
        "url": _url(found, person),
        "since": moment(found.since_ms, _ZONE, catalogue.language),
        "test": found.test,
    }


def _url(found: Alarm, person: Person) -> str:
    appealed = found.kind is AlarmKind.EFFECT or found.clock in _OF_APPEALS
    if appealed and found.appeal_id and StaffRole.APPEAL_REVIEWER in person.roles:
        return f"/staff/appeals/{found.appeal_id}"
    if found.interview_id and person.roles & {StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER}:
        return f"/staff/reviews/{found.interview_id}"
    return ""
