"""Every table, split by aggregate. One rule: what the domain forbids, a constraint refuses, even by hand."""

from verifier.storage.tables import (
    access,
    cases,
    chain,
    evidence,
    failures,
    interviews,
    keeping,
    notices,
    outbox,
    redress,
    samples,
    staff,
    verdicts,
)
from verifier.storage.tables.columns import METADATA

__all__ = [
    "METADATA",
    "access",
    "cases",
    "chain",
    "evidence",
    "failures",
    "interviews",
    "keeping",
    "notices",
    "outbox",
    "redress",
    "samples",
    "staff",
    "verdicts",
]
