"""Every table, split by aggregate. One rule: what the domain forbids, a constraint refuses, even by hand."""

from verifier.storage.tables import access, cases, interviews, notices, outbox, samples, staff, verdicts
from verifier.storage.tables.columns import METADATA

__all__ = ["METADATA", "access", "cases", "interviews", "notices", "outbox", "samples", "staff", "verdicts"]
