"""When the personal data of a case may be erased on request. One rule: never while somebody may still need it.

Not even when the freelancer asks: until the last appeal window is over, what was said and shown is his own defence as
much as our duty to account for the decision (Regulation (EU) 2016/679, article 17 (3) (e)), and whoever got hold of his
link could destroy it for him. Afterwards the platform (API) and the operator (command line) may ask at any time.
Called by service/redacting.
"""

from __future__ import annotations

from verifier.core.retention import KeptCase, Rule, last_appeal_ms
from verifier.core.verification import CLOSED
from verifier.errors import IllegalState

SENTENCES: dict[Rule, str] = {
    Rule.HELD: "This case is under legal hold. Nothing of it is erased until the hold is released.",
    Rule.OPEN: "This case is open. It is erased after it was closed.",
    Rule.APPEALED: "An appeal is open. It is answered first.",
    Rule.NOT_REACHED: "The freelancer was never told of the decision, so the time to appeal has not begun.",
    Rule.AFTER_APPEAL: "The freelancer can still appeal. What he needs for it is kept until then.",
    Rule.NOT_REINSTATED: "A failure was taken back and the platform has not reported what it did with the account.",
}


def objection(case: KeptCase, now_ms: int) -> Rule | None:
    """Why the case cannot be redacted now; None when it can."""
    until_ms = last_appeal_ms(case)
    facts = {
        Rule.HELD: case.held,
        Rule.OPEN: case.verification.status not in CLOSED,
        Rule.APPEALED: case.appealed,
        Rule.NOT_REACHED: until_ms is None,
        Rule.AFTER_APPEAL: until_ms is not None and now_ms < until_ms,
        Rule.NOT_REINSTATED: case.awaits_reinstatement,
    }
    return next((rule for rule, holds in facts.items() if holds), None)


def require_redactable(case: KeptCase, now_ms: int) -> None:
    """Pass when the case may be redacted.

    Raises:
        IllegalState: it may not, and why.
    """
    found = objection(case, now_ms)
    if found is not None:
        raise IllegalState(SENTENCES[found], field=found.value)
