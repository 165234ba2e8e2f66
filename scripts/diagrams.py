"""Writes docs/states.md from the state tables of core; a test fails when the file is stale.

.venv/bin/python scripts/diagrams.py
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from verifier.core import interview, verification
from verifier.core.model import InterviewState, VerificationStatus

TARGET = Path(__file__).resolve().parents[1] / "docs" / "states.md"

HEAD = """# States

Generated from `verifier/core/interview.py` and `verifier/core/verification.py` by `scripts/diagrams.py`.
What is not drawn is refused and changes nothing.
"""


def page() -> str:
    """The whole text of docs/states.md."""
    ended = [row for row in interview.TRANSITIONS.items() if row[0][1] is interview.InterviewEvent.ENDED]
    others = [row for row in interview.TRANSITIONS.items() if row[0][1] is not interview.InterviewEvent.ENDED]
    parts = [
        HEAD,
        "## Interview\n",
        f"From each of the {len(ended)} states but `ended`, the event `ended` leads to `ended`.\n",
        diagram(InterviewState.CREATED, ((a, e, b) for (a, e), b in others)),
        "\n## Verification\n",
        "The result is separate from the status: it changes only through a decision version.\n",
        diagram(VerificationStatus.AWAITING_FREELANCER, ((a, e, b) for (a, e), b in verification.TRANSITIONS.items())),
    ]
    return "\n".join(parts) + "\n"


def diagram(start: StrEnum, rows: Iterable[tuple[StrEnum, StrEnum, StrEnum]]) -> str:
    """A Mermaid state diagram of (state, event, next state) rows."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start.value}"]
    lines += [f"    {state.value} --> {after.value}: {event.value}" for state, event, after in rows]
    return "\n".join([*lines, "```"])


if __name__ == "__main__":
    TARGET.write_text(page())
