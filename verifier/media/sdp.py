"""The offer we write and the answer we accept. One rule: an answer may take away from the offer, never add to it.

Because every leg gets the same offer, payload types and extension ids agree on both legs of a call.
Source: RFC 8866 (SDP), RFC 8829 (JSEP), RFC 9143 (BUNDLE), RFC 5761 (rtcp-mux), RFC 7587 (Opus fmtp).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verifier.errors import PeerRefused
from verifier.media.rtp import LEVEL_ID, MID_ID, OPUS, RTX, TRANSPORT_SEQUENCE_ID, VP8

AUDIO_MID, VIDEO_MID = "0", "1"
STREAM_ID = "call"
"""MediaStream id under which a browser sees the other participant; one for both media, so they are kept in sync."""
_CNAME = "verifier"
_EXTENSIONS = {
    MID_ID: "urn:ietf:params:rtp-hdrext:sdes:mid",
    LEVEL_ID: "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    TRANSPORT_SEQUENCE_ID: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
}
_LONGEST = 65_536
_REMOTE_CANDIDATES_MAX = 32
_CANDIDATE = re.compile(
    r"(?:a=)?candidate:(?P<foundation>[\w+/=-]{1,32}) (?P<component>\d{1,3}) (?P<protocol>\w+) (?P<priority>\d{1,10}) "
    r"(?P<address>[\w.:%-]{1,255}) (?P<port>\d{1,5}) typ (?P<type>host|srflx|prflx|relay)(?: .*)?"
)
_FINGERPRINT = re.compile(r"(sha-256|sha-384|sha-512) ([0-9A-F]{2}(?::[0-9A-F]{2}){31,63})", re.IGNORECASE)
_UFRAG, _PASSWORD = re.compile(r"[A-Za-z0-9+/]{4,256}"), re.compile(r"[A-Za-z0-9+/]{22,256}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One ICE candidate over UDP."""

    foundation: str
    priority: int
    address: str
    port: int
    kind: str
    """host, srflx, prflx or relay."""


@dataclass(frozen=True, slots=True)
class LocalDescription:
    """What our side of one leg puts into its offer."""

    session_id: int
    ufrag: str
    password: str
    fingerprint: str
    """SHA-256, upper-case hex pairs joined by colons."""
    candidates: tuple[Candidate, ...]
    audio_ssrc: int
    video_ssrc: int
    rtx_ssrc: int


@dataclass(frozen=True, slots=True)
class RemoteDescription:
    """What the browser answered."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    """Algorithm and value."""
    dtls_client: bool
    """The browser opens DTLS (``setup:active``)."""
    candidates: tuple[Candidate, ...]
    transport_wide: bool
    """It numbers packets and reports arrivals transport-wide, in both media."""
    retransmission: bool
    audio_ssrc: int | None
    video_ssrc: int | None
    rtx_ssrc: int | None


def write_offer(local: LocalDescription, *, opus_dtx: bool) -> str:
    """The offer of one leg: audio then video, bundled, with all candidates inside."""
    transport = [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        "a=setup:actpass",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=sendrecv",
        *(f"a={write_candidate(candidate)}" for candidate in local.candidates),
        "a=end-of-candidates",
    ]
    opus = "minptime=10;useinbandfec=1" + (";usedtx=1" if opus_dtx else "")
    audio = [
        f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{AUDIO_MID}",
        *(_extmap(identity) for identity in (MID_ID, LEVEL_ID, TRANSPORT_SEQUENCE_ID)),
        f"a=msid:{STREAM_ID} audio",
        *transport,
        f"a=rtpmap:{OPUS} opus/48000/2",
        f"a=fmtp:{OPUS} {opus}",
        f"a=rtcp-fb:{OPUS} transport-cc",
        f"a=ssrc:{local.audio_ssrc} cname:{_CNAME}",
    ]
    feedback = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
    video = [
        f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{VIDEO_MID}",
        *(_extmap(identity) for identity in (MID_ID, TRANSPORT_SEQUENCE_ID)),
        f"a=msid:{STREAM_ID} video",
        *transport,
        f"a=rtpmap:{VP8} VP8/90000",
        *(f"a=rtcp-fb:{VP8} {kind}" for kind in feedback),
        f"a=rtpmap:{RTX} rtx/90000",
        f"a=fmtp:{RTX} apt={VP8}",
        f"a=ssrc-group:FID {local.video_ssrc} {local.rtx_ssrc}",
        f"a=ssrc:{local.video_ssrc} cname:{_CNAME}",
        f"a=ssrc:{local.rtx_ssrc} cname:{_CNAME}",
    ]
    session = [
        "v=0",
        f"o=- {local.session_id} 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {AUDIO_MID} {VIDEO_MID}",
        f"a=msid-semantic: WMS {STREAM_ID}",
    ]
    return "".join(f"{line}\r\n" for line in (*session, *audio, *video))


def _extmap(identity: int) -> str:
    return f"a=extmap:{identity} {_EXTENSIONS[identity]}"


def write_candidate(candidate: Candidate) -> str:
    """The candidate attribute without ``a=``."""
    return (
        f"candidate:{candidate.foundation} 1 udp {candidate.priority} {candidate.address} {candidate.port} "
        f"typ {candidate.kind}"
    )


def read_candidate(line: str) -> Candidate | None:
    """The candidate in ``line``; None for one that we never use (TCP, mDNS names, other components).

    A browser behind an mDNS name reaches us anyway and is then known by the address its packets come from.

    Raises:
        PeerRefused: not a candidate.
    """
    match = _CANDIDATE.fullmatch(line.strip())
    if match is None or not 0 < int(match["port"]) <= 65_535:
        raise PeerRefused("This is not an ICE candidate.")
    if match["protocol"].lower() != "udp" or match["component"] != "1" or match["address"].endswith(".local"):
        return None
    return Candidate(match["foundation"], int(match["priority"]), match["address"], int(match["port"]), match["type"])


def read_answer(sdp: str) -> RemoteDescription:
    """The browser's answer.

    Raises:
        PeerRefused: it does not fit the offer of ``write_offer``.
    """
    if len(sdp) > _LONGEST:
        raise PeerRefused("The answer is too long.")
    session, *media = re.split(r"(?m)^(?=m=)", sdp.replace("\r\n", "\n"))
    _require(session.startswith("v=0\n"), "it is not SDP")
    _require(len(media) == 2, "it does not have two media sections")
    attributes = [_attributes(text) for text in media]
    shared = _attributes(session)
    _check_media(media[0], attributes[0], "audio", AUDIO_MID, {OPUS: "opus/48000/2"})
    _check_media(media[1], attributes[1], "video", VIDEO_MID, {VP8: "VP8/90000", RTX: "rtx/90000"})
    _require(shared.get("group", [""])[0].split() == ["BUNDLE", AUDIO_MID, VIDEO_MID], "the media are not bundled")
    return _describe(shared, attributes[0], attributes[1])


def _describe(
    shared: dict[str, list[str]], audio: dict[str, list[str]], video: dict[str, list[str]]
) -> RemoteDescription:
    def first(name: str) -> str:
        return (audio.get(name) or shared.get(name) or [""])[0]

    ufrag, password, setup = first("ice-ufrag"), first("ice-pwd"), first("setup")
    fingerprints = audio.get("fingerprint") or shared.get("fingerprint") or []
    parsed = [_FINGERPRINT.fullmatch(value) for value in fingerprints]
    known = tuple((match[1].lower(), match[2].upper()) for match in parsed if match)
    _require(bool(_UFRAG.fullmatch(ufrag) and _PASSWORD.fullmatch(password)), "ICE credentials are missing or odd")
    _require(bool(known), "a certificate fingerprint is missing")
    _require(setup in ("active", "passive"), "the DTLS role is neither active nor passive")
    candidates = [read_candidate(f"candidate:{value}") for value in audio.get("candidate", [])[:_REMOTE_CANDIDATES_MAX]]
    sequence = f"{TRANSPORT_SEQUENCE_ID} {_EXTENSIONS[TRANSPORT_SEQUENCE_ID]}"
    media_ssrc, rtx_ssrc = _video_ssrcs(video)
    return RemoteDescription(
        ufrag=ufrag,
        password=password,
        fingerprints=known,
        dtls_client=setup == "active",
        candidates=tuple(candidate for candidate in candidates if candidate is not None),
        transport_wide=all(sequence in section.get("extmap", []) for section in (audio, video)),
        retransmission=any(value.startswith(f"{RTX} ") for value in video.get("rtpmap", [])),
        audio_ssrc=_ssrc(audio),
        video_ssrc=media_ssrc,
        rtx_ssrc=rtx_ssrc,
    )


def _attributes(section: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in section.split("\n"):
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            found.setdefault(name, []).append(value.strip())
    return found


def _check_media(text: str, attributes: dict[str, list[str]], kind: str, mid: str, codecs: dict[int, str]) -> None:
    line = text.split("\n", 1)[0].split()
    _require(len(line) >= 4 and line[0] == f"m={kind}" and line[1] != "0", f"its {kind} section is missing or refused")
    _require(line[2] == "UDP/TLS/RTP/SAVPF", "the profile is another one")
    _require(attributes.get("mid") == [mid], f"its {kind} section has another mid")
    _require("rtcp-mux" in attributes, "RTCP is not multiplexed")
    offered = {str(payload_type): name.lower() for payload_type, name in codecs.items()}
    _require(set(line[3:]) <= set(offered), f"it adds {kind} payload types")
    _require(next(iter(offered)) in line[3:], f"it leaves out the {kind} codec")
    for value in attributes.get("rtpmap", []):
        payload_type, _, name = value.partition(" ")
        _require(offered.get(payload_type) == name.lower(), f"it maps {kind} payload types differently")
    for value in attributes.get("extmap", []):
        identity, _, uri = value.partition(" ")
        fits = identity.isdecimal() and _EXTENSIONS.get(int(identity)) == uri
        _require(fits, "it maps header extensions differently")


def _video_ssrcs(video: dict[str, list[str]]) -> tuple[int | None, int | None]:
    for group in _groups(video):
        if len(group) == 3 and group[0] == "FID":
            return _number(group[1]), _number(group[2])
    return _ssrc(video), None


def _groups(attributes: dict[str, list[str]]) -> Sequence[list[str]]:
    return [value.split() for value in attributes.get("ssrc-group", [])]


def _ssrc(attributes: dict[str, list[str]]) -> int | None:
    values = attributes.get("ssrc", [])
    return _number(values[0].split(" ", 1)[0]) if values else None


def _number(text: str) -> int:
    _require(text.isdecimal() and int(text) < 1 << 32, "an SSRC is not a number of 32 bits")
    return int(text)


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise PeerRefused(f"The answer does not fit the offer: {reason}.")
