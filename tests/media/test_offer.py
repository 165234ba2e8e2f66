"""What is offered and which answers are accepted."""

from __future__ import annotations

import re

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import ConfigurationInvalid, MediaFull, PeerRefused
from verifier.media import MediaSettings
from verifier.media.addresses import Binding, open_sockets, plan
from verifier.media.sdp import Candidate, LocalDescription, read_answer, read_candidate, write_candidate, write_offer

LOCAL = LocalDescription(
    1,
    "ufra",
    "p" * 22,
    ":".join(["AB"] * 32),
    (Candidate("host0", 2130706431, "192.0.2.7", 40_000, "host"),),
    11,
    12,
    13,
)
OFFER = write_offer(LOCAL, opus_dtx=True)
ANSWER = OFFER.replace("a=setup:actpass", "a=setup:active").replace("a=ssrc-group:FID 12 13", "a=ssrc-group:FID 22 23")


def test_aiortc_reads_the_offer_as_it_is_meant():
    read = SessionDescription.parse(OFFER)
    assert [media.kind for media in read.media] == ["audio", "video"]
    assert [[codec.payloadType for codec in media.rtp.codecs] for media in read.media] == [[111], [96, 97]]
    assert all(media.ice_candidates_complete and media.rtcp_mux for media in read.media)
    assert read.group[0].items == ["0", "1"]


def test_a_fitting_answer_is_accepted():
    answer = read_answer(ANSWER)
    assert answer.dtls_client
    assert answer.transport_wide
    assert answer.retransmission
    assert (answer.audio_ssrc, answer.video_ssrc, answer.rtx_ssrc) == (11, 22, 23)
    assert answer.candidates == LOCAL.candidates


def test_an_answer_may_take_away_what_is_optional():
    less = re.sub(r"a=(extmap|ssrc|ssrc-group|rtcp-fb|candidate):.*\r\n", "", ANSWER)
    less = less.replace("SAVPF 96 97", "SAVPF 96").replace("a=rtpmap:97 rtx/90000\r\n", "")
    answer = read_answer(less.replace("a=sendrecv", "a=recvonly"))
    assert (answer.transport_wide, answer.retransmission) == (False, False)
    assert (answer.audio_ssrc, answer.video_ssrc, answer.rtx_ssrc, answer.candidates) == (None, None, None, ())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v=0", "hello"),
        ("a=setup:active", "a=setup:actpass"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"),
        ("a=mid:1", "a=mid:2"),
        ("a=rtcp-mux", "a=other"),
        ("m=video 9", "m=video 0"),
        ("m=video", "m=application"),
        ("RTP/SAVPF 96 97", "RTP/SAVPF 96 97 98"),
        ("RTP/SAVPF 96 97", "RTP/SAVPF 97"),
        ("VP8/90000", "VP9/90000"),
        ("opus/48000/2", "PCMU/8000"),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        ("a=extmap:4", "a=extmap:5"),
        ("a=extmap:4", "a=extmap:four"),
        ("a=ice-ufrag:ufra", "a=ice-ufrag:u"),
        ("a=ice-pwd:", "a=nothing:"),
        ("sha-256", "md5"),
        ("a=ssrc:11", "a=ssrc:99999999999"),
        ("a=candidate:host0 1 udp", "a=candidate:"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(old, new):
    assert old in ANSWER
    with pytest.raises(PeerRefused):
        read_answer(ANSWER.replace(old, new))


def test_an_answer_is_bounded_in_length():
    with pytest.raises(PeerRefused):
        read_answer(ANSWER + "a=x\r\n" * 20_000)


@given(st.text(max_size=300))
def test_any_text_as_an_answer_is_refused(text):
    with pytest.raises(PeerRefused):
        read_answer(text)


@given(st.data())
def test_an_answer_with_damaged_lines_is_accepted_or_refused_and_nothing_else(data):
    lines = ANSWER.split("\r\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(st.one_of(st.just(""), st.text(max_size=30), st.just(lines[at][: len(lines[at]) // 2])))
    try:
        read_answer("\r\n".join(lines))
    except PeerRefused:
        return


def test_candidates_read_back_and_useless_ones_are_left_out():
    assert read_candidate(write_candidate(LOCAL.candidates[0])) == LOCAL.candidates[0]
    assert read_candidate("candidate:1 1 tcp 5 192.0.2.1 9 typ host tcptype active") is None
    assert read_candidate("candidate:1 1 udp 5 3f2b.local 5000 typ host generation 0") is None
    assert read_candidate("candidate:1 2 udp 5 192.0.2.1 5000 typ host") is None


@pytest.mark.parametrize(
    "line",
    ["", "candidate:", "candidate:1 1 udp 5 192.0.2.1 99999 typ host", "candidate:1 1 udp 5 192.0.2.1 5000 typ odd"],
)
def test_what_is_no_candidate_is_refused(line):
    with pytest.raises(PeerRefused):
        read_candidate(line)


def test_a_host_with_only_loopback_offers_loopback():
    assert plan(MediaSettings(), ()) == (Binding("127.0.0.1", ("127.0.0.1",)),)


def test_loopback_is_offered_beside_other_addresses_only_when_told_so():
    address = "192.0.2.7"
    assert plan(MediaSettings(), (address,)) == (Binding(address, (address,)),)
    assert plan(MediaSettings(include_loopback=True), (address,))[1] == Binding("127.0.0.1", ("127.0.0.1",))


def test_an_announced_address_that_is_not_the_hosts_own_is_offered_for_a_socket_on_all():
    settings = MediaSettings(announced_address="203.0.113.5")
    assert plan(settings, ("172.17.0.2",)) == (Binding("0.0.0.0", ("203.0.113.5",)),)


def test_an_announced_address_of_the_host_is_the_only_one_bound():
    settings = MediaSettings(announced_address="192.0.2.7")
    assert plan(settings, ("192.0.2.7", "192.0.2.8")) == (Binding("192.0.2.7", ("192.0.2.7",)),)


def test_a_full_port_range_is_an_error_that_says_so():
    settings = MediaSettings(announced_address="127.0.0.1", port_range=(18320, 18321))
    opened = [open_sockets(settings)[0][0] for _ in range(2)]
    try:
        assert {each.getsockname()[1] for each in opened} == {18320, 18321}
        with pytest.raises(MediaFull):
            open_sockets(settings)
    finally:
        for each in opened:
            each.close()


@pytest.mark.parametrize("port_range", [(5000, 4000), (80, 90), (60_000, 70_000)])
def test_a_port_range_that_makes_no_sense_is_refused(port_range):
    with pytest.raises(ConfigurationInvalid):
        MediaSettings(port_range=port_range)
