"""The synthetic clients of the relay benchmark hold a call as browsers do: otherwise its figures say nothing."""

from __future__ import annotations

import pytest

from bench.relay.client import Client
from bench.relay.description import Local, Terms, read, write
from bench.relay.figures import lines
from bench.relay.measure import Run
from bench.relay.recording import Recording
from tests.media.room import CALL, LOOPBACK, room, row, until
from verifier.core.model import Role
from verifier.media.sdp import Candidate, read_answer

RECORDING = Recording(frames=((b"\x10" + bytes(99), bytes(50)), (b"\x11" + bytes(30),)), audio=(b"\x78" + bytes(60),))
LOCAL = Local("user", "p" * 22, "AB:" * 31 + "AB", (Candidate("1", 1, "127.0.0.1", 9, "host"),), 1, 2, 3)


@pytest.mark.parametrize("setup", ["active", "passive"])
def test_an_answer_of_a_client_fits_the_offer(setup):
    written = write(LOCAL, Terms(), setup=setup, direction="sendrecv")
    remote = read_answer(written)
    assert (remote.audio_ssrc, remote.video_ssrc, remote.rtx_ssrc) == (1, 2, 3)
    assert (remote.dtls_client, remote.transport_wide) == (setup == "active", True)
    assert read(written) == (read(written)[0], Terms())


async def test_two_clients_hold_a_call_in_which_everything_arrives_and_no_feature_idles():
    async with room() as (engine, _, _):
        clients = []
        for role in Role:
            client = Client(RECORDING, str(LOOPBACK.announced_address))
            offer = await engine.open_leg(CALL, role, lambda _event: None)
            answer = await client.answer(offer.sdp)
            await engine.accept_answer(CALL, role, offer.generation, answer)
            await client.connect(offer.sdp, offered=False)
            clients.append(client)
        first, second = clients
        assert first.player is not None
        assert second.listener is not None
        heard = second.listener
        try:
            await until(lambda: heard.audio_packets > 30 and heard.frames > 20)
            await until(lambda: row(engine, Role.FREELANCER).report_video.age_ms is not None)
            await until(lambda: row(engine, Role.FREELANCER).downlink_estimate_bps is not None)
            await until(lambda: row(engine, Role.FREELANCER).level_dbov == -30)
        finally:
            for client in clients:
                await client.close()
        audio = row(engine, Role.FREELANCER).audio
        assert audio.received == audio.expected
        assert all(0 <= delay < 5 for _, delay in heard.stamped)


def measured(system: str, cost: float, *, arrived: float = 1.0) -> Run:
    return Run(system, 16, 6.0, cost, 1.0, 254.0, arrived, 0.3, 2.0, 40.0)


def test_the_ratio_is_taken_round_by_round_and_a_run_that_lost_packets_says_so():
    ours = [measured("ours", 10), measured("ours", 30), measured("ours", 12)]
    janus = [measured("janus", 20), measured("janus", 30, arrived=0.9), measured("janus", 20)]
    found = list(lines({("ours", 16): ours, ("janus", 16): janus}, with_janus=True))
    (ratio,) = [line for line in found if "cpu_ratio_to_janus" in line]
    assert '"value": 0.6,' in ratio
    assert '"valid": false' in ratio
    assert sum('"valid": true' in line for line in found) == 4


def test_without_janus_a_line_says_so():
    (*_, last) = lines({("ours", 16): [measured("ours", 10)]}, with_janus=False)
    assert "Janus is not installed" in last
