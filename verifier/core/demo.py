"""What ``verifier demo`` needs to get in. One rule: built by app, read by demo, which do not know each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoAccess:
    """Credentials of one run of the demonstration."""

    api_key: str
    """Platform key that may create verifications."""
    interviewer_links: tuple[str, ...]
    """One-use staff sign-in links (``…/staff#token``), one for each interviewer needed."""
    reviewer_link: str
    """One-use sign-in link of a reviewer, printed for whoever wants to look at the replays."""
