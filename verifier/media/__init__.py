"""The media room: one call through the server, forwarded without decoding and measured packet by packet.

``engine`` implements the ``MediaEngine`` port on ICE and DTLS of aiortc. A packet's way:
``aiortc_hooks`` (socket, SRTP) → ``leg`` (parse, route) → ``receiver`` (count, NACK) → the other leg's ``sender``
(rewrite, history) → its socket. Beside it: ``control`` (bandwidth, with ``twcc`` and ``estimator``), ``frames``
(pictures of the freelancer's video for OpenCV, off the event loop), ``measure`` (a row per leg and second).
``call`` links two legs over all their generations; ``sdp`` and ``addresses`` say what is offered.
"""

from verifier.media.engine import EmbeddedMediaEngine
from verifier.media.settings import MediaSettings

__all__ = ["EmbeddedMediaEngine", "MediaSettings"]
