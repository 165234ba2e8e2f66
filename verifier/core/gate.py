"""Whether an interviewer may take calls. One rule: a current training and a passed, fresh check of one's own open it.

Read by service/staff and service/taking.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import DeviceCheck, StaffRole, Training, trained
from verifier.core.policy import Policy

WITHDRAWN = "withdrawn_after_interview"
"""Figure of the failed check that is stored when a call was inconclusive because of the interviewer's side."""


class GateState(StrEnum):
    """Whether an interviewer may take calls, and why not."""

    UNTRAINED = "untrained"
    NOT_CHECKED = "not_checked"
    VALID = "valid"
    EXPIRED = "expired"
    FAILED = "failed"
    AFTER_FAULT = "after_fault"


@dataclass(frozen=True, slots=True)
class Gate:
    """The state of the interviewer's gate; ``valid_until_ms`` is set whenever the latest check passed."""

    state: GateState
    valid_until_ms: int | None = None


def gate(check: DeviceCheck | None, trainings: Iterable[Training], now_ms: int, policy: Policy) -> Gate:
    """What the trainings and the latest check of an interviewer allow now."""
    if trained(trainings, StaffRole.INTERVIEWER, now_ms) is None:
        return Gate(GateState.UNTRAINED)
    if check is None:
        return Gate(GateState.NOT_CHECKED)
    if not check.passed:
        return Gate(GateState.AFTER_FAULT if WITHDRAWN in check.figures else GateState.FAILED)
    until_ms = check.at_ms + policy.check_valid_ms
    return Gate(GateState.VALID if now_ms <= until_ms else GateState.EXPIRED, until_ms)
