"""Which model describes the body of which event. Read by the OpenAPI document and by the tests of core/events."""

from __future__ import annotations

from verifier.core.webhook import EventType
from verifier.web.api import redress_answers as redress
from verifier.web.api import webhook_answers
from verifier.web.api.answers import Answer

EVENT_MODELS: dict[EventType, type[Answer]] = {
    EventType.VERIFICATION_CREATED: webhook_answers.CreatedEvent,
    EventType.INTERVIEW_STARTED: webhook_answers.StartedEvent,
    EventType.INTERVIEW_INCONCLUSIVE: webhook_answers.InconclusiveEvent,
    EventType.VERIFICATION_FAILURE_PROPOSED: redress.ProposedEvent,
    EventType.VERIFICATION_NEW_INTERVIEW: redress.NewInterviewEvent,
    EventType.VERIFICATION_DECIDED: webhook_answers.DecidedEvent,
    EventType.DECISION_SUPERSEDED: redress.SupersededEvent,
    EventType.APPEAL_OPENED: redress.AppealOpenedEvent,
    EventType.APPEAL_DECIDED: redress.AppealDecidedEvent,
    EventType.VERIFICATION_ALTERNATIVE_ROUTE: webhook_answers.AlternativeEvent,
    EventType.VERIFICATION_CANCELLED: webhook_answers.ClosedEvent,
    EventType.VERIFICATION_EXPIRED: webhook_answers.ClosedEvent,
    EventType.VERIFICATION_REDACTED: redress.RedactedEvent,
    EventType.EFFECT_MISMATCH: webhook_answers.MismatchEvent,
    EventType.ENDPOINT_TEST: webhook_answers.TestEvent,
}
"""The body of every type that this version sends."""
