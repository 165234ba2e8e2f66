"""What both sides of a call are told, in one place. One rule: the log goes out in the order it was stored."""

from __future__ import annotations

from verifier.core.checklist_view import checklist_for
from verifier.core.messages import LogMessage, ServerMessage, to_wire
from verifier.core.model import FlagKind, LogEntry, Role
from verifier.ports import Bus
from verifier.service.calls import LiveCall, interview_topic


class Telling:
    """Publishes messages to the sides of a live call."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def send(self, call: LiveCall, message: ServerMessage, *roles: Role) -> None:
        """Send to the given sides, or to both."""
        for role in roles or tuple(Role):
            self._bus.publish(interview_topic(call.interview.id, role), to_wire(message))

    def entries(self, call: LiveCall, *entries: LogEntry) -> None:
        """Send log entries to every side that may see them."""
        for entry in entries:
            for role in Role:
                if visible_to(role, entry):
                    self.send(call, log_message(entry), role)

    def checklist(self, call: LiveCall) -> None:
        """Send each side its view of the checklist."""
        for role in Role:
            view = checklist_for(role, call.interview.seed, call.plan, call.runs, call.settled)
            self.send(call, view, role)


def visible_to(role: Role, entry: LogEntry) -> bool:
    """Whether a side may see a log entry: fraud flags are between the interviewer and the reviewer."""
    return role is Role.INTERVIEWER or not (entry.kind == "flag" and entry.body.get("kind") == FlagKind.FRAUD)


def log_message(entry: LogEntry) -> LogMessage:
    """A stored log entry as the message that carries it."""
    return LogMessage(sequence=entry.sequence, at_ms=entry.at_ms, kind=entry.kind, by=entry.by, body=dict(entry.body))
