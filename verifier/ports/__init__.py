"""What the services need from the outside, as Protocols. One rule: no adapter is named here.

Adapters: ``app`` (clock, entropy), ``media`` (MediaEngine), ``imaging`` (ImageDecoder), ``storage`` (UnitOfWork and
repositories, EvidenceStore), ``delivery`` (webhook transport), ``web`` (Bus towards the open WebSockets).
"""

from verifier.ports.evidence import EvidenceStore
from verifier.ports.images import ImageDecoder, OpenedPicture
from verifier.ports.media import IceAccess, IceCandidate, IceFor, IceServer, LegEvent, LegOffer, MediaEngine
from verifier.ports.runtime import Bus, Clock, Entropy
from verifier.ports.storage import UnitOfWork, UnitOfWorkFactory

__all__ = [
    "Bus",
    "Clock",
    "Entropy",
    "EvidenceStore",
    "IceAccess",
    "IceCandidate",
    "IceFor",
    "IceServer",
    "ImageDecoder",
    "LegEvent",
    "LegOffer",
    "MediaEngine",
    "OpenedPicture",
    "UnitOfWork",
    "UnitOfWorkFactory",
]
