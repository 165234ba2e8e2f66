"""The media engine as a port: one call through the server, two measured legs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from verifier.core.model import InterviewId, Role
from verifier.core.samples import ConnectionState, FrameSample, ServerSample
from verifier.ports.recording import RecordingSink


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server for the browser, as in RTCIceServer."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class IceAccess:
    """How a browser may find its way to the server."""

    servers: tuple[IceServer, ...] = ()
    relay_only: bool = False
    """Nothing but the TURN servers may be used: the browser's ``iceTransportPolicy`` is ``relay``."""


IceFor = Callable[[str], IceAccess]
"""Access made for one session, whose name stands in the TURN server's log; no personal data in it."""


@dataclass(frozen=True, slots=True)
class IceCandidate:
    """A trickled candidate as in RTCIceCandidateInit; an empty ``candidate`` ends them."""

    candidate: str
    sdp_mid: str | None
    sdp_m_line_index: int | None


@dataclass(frozen=True, slots=True)
class LegOffer:
    """The server's offer for one generation of one leg, with all of its candidates inside."""

    generation: int
    sdp: str


@dataclass(frozen=True, slots=True)
class LegEvent:
    """A leg's connection changed."""

    interview_id: InterviewId
    role: Role
    generation: int
    connection: ConnectionState
    at_ms: int


class MediaEngine(Protocol):
    """Carries calls: two legs each, forwarding RTP from one to the other without decoding, measuring both."""

    async def open_leg(self, interview_id: InterviewId, role: Role, on_event: Callable[[LegEvent], None]) -> LegOffer:
        """Open a new generation of the leg (closing an older one) and return the offer to send to the browser.

        The call itself is opened with its first leg. ``on_event`` is called on the event loop whenever this
        generation's connection changes.
        """
        ...

    async def accept_answer(self, interview_id: InterviewId, role: Role, generation: int, sdp: str) -> None:
        """Apply the browser's answer.

        Raises:
            PeerRefused: the SDP does not fit the offer, or the generation is not the current one; the leg is unharmed.
            NotFound: no such leg.
        """
        ...

    async def add_candidate(
        self, interview_id: InterviewId, role: Role, generation: int, candidate: IceCandidate
    ) -> None:
        """Add a trickled remote candidate.

        Raises:
            PeerRefused: malformed, or of another generation; the leg is unharmed.
            NotFound: no such leg.
        """
        ...

    def sample(self, interview_id: InterviewId) -> tuple[ServerSample, ...]:
        """One sample per leg that was ever opened in this call, covering the time since the last call of this method.

        Empty when the call is not open. Called once a second.
        """
        ...

    def take_frames(self, interview_id: InterviewId) -> tuple[FrameSample, ...]:
        """Frame samples of the freelancer's video finished since the last call of this method, in time order."""
        ...

    def watch_frames(self, interview_id: InterviewId, *, every_frame: bool) -> None:
        """Decode every frame of the freelancer's video (a face or gesture item is open), or key frames only."""
        ...

    def record(self, interview_id: InterviewId, sink: RecordingSink) -> None:
        """Hand the encoded media of both participants to ``sink`` from now on, until the call is closed.

        A call is recorded once: a second sink is ignored, and so is one for a call that is not open. Closing the call
        waits for the sink to be closed.
        """
        ...

    def note_websocket_rtt(self, interview_id: InterviewId, role: Role, rtt_ms: float) -> None:
        """Tell the leg its signalling round trip, used until RTCP gives one."""
        ...

    async def close_leg(self, interview_id: InterviewId, role: Role) -> None:
        """Close the leg's current generation; unknown legs are ignored."""
        ...

    async def close_call(self, interview_id: InterviewId) -> None:
        """Close both legs and forget the call; unknown calls are ignored."""
        ...

    async def close(self) -> None:
        """Close everything."""
        ...
