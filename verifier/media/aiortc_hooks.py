"""Every private part of aiortc and aioice that we touch, in one place. One rule: their packet path is not used.

ICE and DTLS are theirs (``RTCIceTransport``, ``RTCDtlsTransport``); SRTP datagrams are taken from the socket, opened
and handed on without queue, task or packet objects, and sent the same way. So no state of aiortc is global to us:
its codec tables, receivers and senders stay untouched for whoever else uses it in the process.
The version is pinned; tests/media/test_aiortc_hooks.py fails when one of these internals changes.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import aioice.candidate
import aiortc
import pylibsrtp
import structlog
from aioice.ice import StunProtocol

from verifier.errors import PeerRefused
from verifier.media.addresses import dropped
from verifier.media.sdp import Candidate, RemoteDescription
from verifier.media.srtp import LONGEST, Srtp, is_rtcp

_log = structlog.get_logger(__name__)
_COMPONENT = 1
_FIRST_SRTP, _LAST_SRTP = 128, 191
"""First octets of SRTP and SRTCP. Source: RFC 7983 7."""
_LAST_STUN = 3
_EARLY_MAX = 128
_FAILURES_LOGGED = 5
"""Anybody can send datagrams; nobody may fill the log with them."""

Receive = Callable[[bytes, float], None]


class SecureTransport:
    """ICE, DTLS and SRTP of one leg. Times given to the callbacks are seconds of ``time.monotonic``."""

    def __init__(self, on_rtp: Receive, on_rtcp: Receive, on_alive: Callable[[float], None]) -> None:
        """Nothing is opened yet.

        Args:
            on_rtp: called with each authenticated RTP packet.
            on_rtcp: called with each authenticated RTCP compound.
            on_alive: called for every datagram of any kind that comes from the peer.
        """
        self._on_rtp, self._on_rtcp, self._on_alive = on_rtp, on_rtcp, on_alive
        self._gatherer = aiortc.RTCIceGatherer(iceServers=[])
        self._ice = aiortc.RTCIceTransport(self._gatherer)
        self._connection = self._ice._connection
        self._connection.ice_controlling = True
        self._ice._role_set = True
        self._dtls = aiortc.RTCDtlsTransport(self._ice, [aiortc.RTCCertificate.generateCertificate()])
        self._dtls.on("statechange", self._dtls_changed)
        self._early: list[tuple[bytes, float]] = []
        """SRTP that overtook the end of the handshake, with its time of arrival."""
        self._sockets: dict[StunProtocol, socket.socket] = {}
        self._closed = False
        self._route: Any = None
        """Nominated pair, its socket's ``sendto`` and its remote address: looked up once, not for every packet."""
        self._srtp: Srtp | None = None
        """From the end of the handshake on, until DTLS ends."""
        self._failures = 0
        self.refused_datagrams = 0
        """Datagrams that were empty, from a stranger, not authentic, or made a handler fail."""

    @property
    def ufrag(self) -> str:
        """Our ICE user name fragment."""
        return self._connection.local_username

    @property
    def password(self) -> str:
        """Our ICE password."""
        return self._connection.local_password

    @property
    def fingerprint(self) -> str:
        """SHA-256 fingerprint of our certificate."""
        found = self._dtls.getLocalParameters().fingerprints
        return next(fingerprint.value for fingerprint in found if fingerprint.algorithm == "sha-256")

    @property
    def connected(self) -> bool:
        """Whether SRTP can be sent and received."""
        return self._srtp is not None and not self._closed

    @property
    def ended(self) -> bool:
        """Whether ICE or DTLS failed or was closed, by either side."""
        return self._closed or self._dtls.state in ("failed", "closed") or self._ice.state in ("failed", "closed")

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever the state of ICE or DTLS changes."""
        self._ice.on("statechange", listener)
        self._dtls.on("statechange", listener)

    async def listen(self, opened: Iterable[tuple[socket.socket, tuple[Candidate, ...]]]) -> None:
        """Listen on bound sockets instead of those that aioice would open itself."""
        loop = asyncio.get_running_loop()
        for bound, candidates in opened:
            _, protocol = await loop.create_datagram_endpoint(lambda: StunProtocol(self._connection), sock=bound)
            first = candidates[0]
            protocol.local_candidate = aioice.candidate.Candidate(
                foundation=first.foundation, component=_COMPONENT, transport="udp", priority=first.priority,
                host=first.address, port=first.port, type=first.kind,
            )  # fmt: skip
            protocol.datagram_received = self._receiver(protocol)  # type: ignore[method-assign,assignment]
            self._connection._protocols.append(protocol)
            self._connection._local_candidates.append(protocol.local_candidate)
            self._sockets[protocol] = bound
        self._connection._local_candidates_start = True
        self._connection._local_candidates_end = True

    async def connect(self, remote: RemoteDescription) -> None:
        """Run ICE and the DTLS handshake to their end; ``connected`` and ``ended`` say what came of it."""
        self._dtls._set_role("server" if remote.dtls_client else "client")
        for candidate in remote.candidates:
            await self.add_candidate(candidate)
        await self._ice.start(aiortc.RTCIceParameters(usernameFragment=remote.ufrag, password=remote.password))
        if self._ice.state != "completed" or self._closed:
            return
        fingerprints = [aiortc.RTCDtlsFingerprint(algorithm=name, value=value) for name, value in remote.fingerprints]
        await self._dtls.start(aiortc.RTCDtlsParameters(fingerprints=fingerprints))

    async def add_candidate(self, candidate: Candidate | None) -> None:
        """Add a remote candidate; None ends them.

        Raises:
            PeerRefused: they had ended already.
        """
        if candidate is None:
            await self._ice.addRemoteCandidate(None)
            return
        try:
            theirs = aiortc.RTCIceCandidate(
                component=_COMPONENT, foundation=candidate.foundation, ip=candidate.address, port=candidate.port,
                priority=candidate.priority, protocol="udp", type=candidate.kind,
            )  # fmt: skip
            await self._ice.addRemoteCandidate(theirs)
        except ValueError as error:
            raise PeerRefused("This candidate came after the end of candidates.") from error

    def send_rtp(self, packet: bytes) -> bool:
        """Protect and send an RTP packet; false when the leg is not connected or has no way out."""
        return self._srtp is not None and self._send(self._srtp.protect(packet))

    def send_rtcp(self, compound: bytes) -> bool:
        """Protect and send an RTCP compound; false when the leg is not connected or has no way out."""
        return self._srtp is not None and self._send(self._srtp.protect_rtcp(compound))

    def kernel_drops(self) -> int:
        """Datagrams the kernel dropped on this leg's open sockets, cumulative."""
        return 0 if self._closed else sum(dropped(bound) for bound in self._sockets.values())

    async def close(self) -> None:
        """Say goodbye (DTLS close_notify), stop every task and close every socket; may be called twice."""
        if self._closed:
            return
        self._closed = True
        task = self._dtls._task
        await self._dtls.stop()
        if task is not None:
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()
        await self._ice.stop()
        self._dtls.remove_all_listeners()

    def _send(self, datagram: bytes) -> bool:
        pair = self._connection._nominated.get(_COMPONENT)
        if pair is None or self._closed:
            return False
        if self._route is None or self._route[0] is not pair:
            self._route = pair, self._sockets[pair.protocol].sendto, pair.remote_addr
        _, write, remote = self._route
        try:
            write(datagram, remote)  # past the event loop's transport, which would do the same for more
        except BlockingIOError:
            pair.protocol.transport.sendto(datagram, remote)
        except OSError:
            return False
        return True

    def _receiver(self, protocol: StunProtocol) -> Callable[[bytes, Any], None]:
        theirs: Callable[[bytes, Any], None] = protocol.datagram_received

        def datagram_received(data: bytes, address: Any) -> None:
            try:
                self._take(data, address, theirs)
            except Exception:
                self.refused_datagrams += 1
                self._failures += 1
                if self._failures <= _FAILURES_LOGGED:
                    _log.warning("media_datagram_failed", exc_info=True, octets=len(data))

        return datagram_received

    def _take(self, data: bytes, address: Any, theirs: Callable[[bytes, Any], None]) -> None:
        if not 2 <= len(data) <= LONGEST:
            self.refused_datagrams += 1
            return
        now = time.monotonic()
        if _FIRST_SRTP <= data[0] <= _LAST_SRTP:
            # From any address: SRTP proves who sent it, and a browser changes its path without asking.
            if self._srtp is not None:
                self._open(self._srtp, data, now)
            elif len(self._early) < _EARLY_MAX:
                self._early.append((data, now))
            return
        known = self._knows(address)
        if known:
            self._on_alive(now)
        elif data[0] > _LAST_STUN and self._connection._nominated:
            self.refused_datagrams += 1
            return
        theirs(data, address)

    def _knows(self, address: Any) -> bool:
        """Whether the peer named this address, or an authenticated check came from it."""
        candidates = self._connection._remote_candidates
        return any(each.port == address[1] and each._network_host == address[0] for each in candidates)

    def _open(self, srtp: Srtp, data: bytes, now: float) -> None:
        try:
            if is_rtcp(data):
                plain, handler = srtp.unprotect_rtcp(data), self._on_rtcp
            else:
                plain, handler = srtp.unprotect(data), self._on_rtp
        except (pylibsrtp.Error, ValueError):
            self.refused_datagrams += 1
            return
        self._on_alive(now)
        handler(plain, now)

    def _dtls_changed(self) -> None:
        if self._dtls.state != "connected":
            self._srtp = None
        elif self._srtp is None:
            self._srtp = Srtp(self._dtls._tx_srtp, self._dtls._rx_srtp)
            early, self._early = self._early, []
            for data, arrived in early:
                self._open(self._srtp, data, arrived)
