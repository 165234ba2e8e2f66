"""What both sides of a call are told, in one place. One rule: the log goes out in the order it was stored."""

from __future__ import annotations

from verifier.core.checklist_view import checklist_for
from verifier.core.messages import LogMessage, ServerMessage, StillStatus, TakeStill, to_wire
from verifier.core.model import FlagKind, LogEntry, Role
from verifier.ports import Bus
from verifier.service.calls import Capture, LiveCall, interview_topic


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


def stills_for(role: Role, call: LiveCall) -> tuple[StillStatus | TakeStill, ...]:
    """What a page that has just connected must know: where each still stands, and what its camera is still to take."""
    captures = tuple(call.captures.values())
    asked = [TakeStill(one.id, one.kind) for one in captures if one.pending and role is Role.FREELANCER]
    return (*(still_status(one) for one in captures), *asked)


def still_status(capture: Capture) -> StillStatus:
    """What has become of a still, as both sides are told."""
    return StillStatus(
        still_id=capture.id,
        kind=capture.kind,
        item_key=capture.item_key,
        run_id=capture.run_id,
        state=capture.state,
        usable=capture.usable,
        problems=capture.problems,
    )


def log_message(entry: LogEntry) -> LogMessage:
    """A stored log entry as the message that carries it."""
    return LogMessage(sequence=entry.sequence, at_ms=entry.at_ms, kind=entry.kind, by=entry.by, body=dict(entry.body))
