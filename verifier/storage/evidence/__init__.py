"""Evidence at rest: ``files`` (the EvidenceStore of the ports) → ``envelope`` (chunks) → ``wrapping`` (data keys)."""

from verifier.storage.evidence.files import EvidenceFiles
from verifier.storage.evidence.wrapping import KeyRing

__all__ = ["EvidenceFiles", "KeyRing"]
