"""The pinned versions still have the internals that `aiortc_hooks` touches. Each test names what to look at first."""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version

import aioice.ice
import pylibsrtp
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport

from tests.media.room import room, until
from verifier.core.model import Role
from verifier.core.samples import ConnectionState
from verifier.media.aiortc_hooks import SecureTransport


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


def test_srtp_sessions_take_and_give_bytes():
    for name in ("protect", "protect_rtcp", "unprotect", "unprotect_rtcp"):
        assert list(inspect.signature(getattr(pylibsrtp.Session, name)).parameters) == ["self", "packet"]


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
