"""The pinned versions still have the internals that `aiortc_hooks` touches. Each test names what to look at first."""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version

import aioice.ice
import pylibsrtp
import pytest
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport

from tests.media.room import room, until
from verifier.core.model import Role
from verifier.core.samples import ConnectionState
from verifier.media.aiortc_hooks import SecureTransport
from verifier.media.srtp import Srtp, is_rtcp


def test_the_version_is_the_one_the_hooks_were_written_for():
    assert version("aiortc") == "1.16.0"


async def test_the_ice_transport_hands_out_its_aioice_connection():
    gatherer = RTCIceGatherer(iceServers=[])
    ice = RTCIceTransport(gatherer)
    connection = ice._connection
    assert isinstance(connection, aioice.ice.Connection)
    assert connection.ice_controlling is False
    assert ice._role_set is False
    assert (connection._protocols, connection._local_candidates, connection._nominated) == ([], [], {})
    assert (connection._local_candidates_start, connection._local_candidates_end) == (False, False)
    assert connection.stun_server is connection.turn_server is None
    await ice.stop()


async def test_the_dtls_transport_keeps_its_srtp_sessions_task_and_role_where_we_look():
    ice = RTCIceTransport(RTCIceGatherer(iceServers=[]))
    dtls = RTCDtlsTransport(ice, [RTCCertificate.generateCertificate()])
    assert dtls._rx_srtp is dtls._tx_srtp is dtls._task is None
    assert dtls.state == "new"
    dtls._set_role("server")
    assert dtls._role == "server"
    assert {each.algorithm for each in dtls.getLocalParameters().fingerprints} >= {"sha-256"}
    await ice.stop()


def test_datagrams_reach_the_protocol_by_an_attribute_that_an_instance_can_replace():
    assert list(inspect.signature(aioice.ice.StunProtocol.datagram_received).parameters) == ["self", "data", "addr"]
    assert "__slots__" not in vars(aioice.ice.StunProtocol)


def srtp_session(key: bytes, ssrc_type: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(pylibsrtp.Policy(key=key, ssrc_type=ssrc_type))


def test_srtp_gives_what_the_binding_gives_and_refuses_what_it_refuses():
    key, other = bytes(range(30)), bytes(30)
    outgoing, incoming = pylibsrtp.Policy.SSRC_ANY_OUTBOUND, pylibsrtp.Policy.SSRC_ANY_INBOUND
    theirs, theirs_in = srtp_session(key, outgoing), srtp_session(key, incoming)
    ours = Srtp(srtp_session(key, outgoing), srtp_session(key, incoming))
    for number in range(3):
        packet = b"\x80\x60" + number.to_bytes(2, "big") + bytes(4) + b"ssrc" + bytes(1000 * (number == 1))
        compound = b"\x80\xc9\0\1ssrc"
        protected, control = theirs.protect(packet), theirs.protect_rtcp(compound)
        assert (ours.protect(packet), ours.protect_rtcp(compound)) == (protected, control)
        assert (is_rtcp(protected), is_rtcp(control)) == (False, True)
        assert (ours.unprotect(protected), ours.unprotect_rtcp(control)) == (packet, compound)
        for again in (protected, srtp_session(other, outgoing).protect(packet), b"\x80\x60"):
            with pytest.raises(pylibsrtp.Error):
                ours.unprotect(again)
    assert theirs_in.unprotect(protected) == packet
    for too_long, process in ((1501, ours.unprotect), (1400, ours.protect)):
        with pytest.raises(ValueError, match="too long"):
            process(bytes(too_long))


async def test_after_the_handshake_everything_we_reach_for_is_there():
    async with room() as (engine, freelancer, _):
        await freelancer.join()
        transport = engine._calls["int_1"]._slots[Role.FREELANCER].leg.transport
        pair = transport._connection._nominated[1]
        assert {type(part) for part in pair.remote_addr} == {str, int}
        assert callable(pair.protocol.transport.sendto)
        assert isinstance(transport._dtls._rx_srtp, pylibsrtp.Session)
        assert isinstance(transport._dtls._tx_srtp, pylibsrtp.Session)
        assert not transport._dtls._task.done()
        assert transport._connection._queue.empty()
        task = transport._dtls._task
        await engine.close()
        assert task.done()


async def test_what_the_kernel_does_not_take_at_once_leaves_by_the_event_loop():
    async with room() as (engine, freelancer, interviewer):
        await freelancer.join()
        await interviewer.join()
        await until(lambda: interviewer.received["audio"] > 5)
        transport = engine._calls["int_1"]._slots[Role.INTERVIEWER].leg.transport
        refused = 0

        def refuse(_datagram: bytes, _remote: object) -> None:
            nonlocal refused
            refused += 1
            raise BlockingIOError

        pair, _, remote = transport._route
        transport._route = pair, refuse, remote
        seen = interviewer.received["audio"]
        await until(lambda: interviewer.received["audio"] > seen + 10)
        assert refused > 10


async def test_no_table_of_aiortc_is_changed_for_others():
    from aiortc.codecs import CODECS, HEADER_EXTENSIONS

    before = repr((CODECS, HEADER_EXTENSIONS))
    async with room() as (_, freelancer, _):
        await freelancer.join()
        await until(lambda: freelancer.connection is ConnectionState.CONNECTED)
    assert repr((CODECS, HEADER_EXTENSIONS)) == before


async def test_a_transport_that_was_never_used_closes_without_a_trace():
    before = asyncio.all_tasks()
    transport = SecureTransport(lambda *_: None, lambda *_: None, lambda *_: None)
    assert not transport.send_rtp(b"")
    assert not transport.send_rtcp(b"")
    await transport.close()
    await transport.close()
    assert transport.ended
    assert asyncio.all_tasks() == before
