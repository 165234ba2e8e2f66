"""Offers and answers of the synthetic clients. One rule: the same client with whichever server, on its terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiortc.sdp import MediaDescription, SessionDescription

from verifier.media import rtp
from verifier.media.sdp import Candidate, RemoteDescription, write_candidate

_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
_SEQUENCE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


@dataclass(frozen=True, slots=True)
class Terms:
    """Payload types and header extension ids of one connection; None where the offer leaves something out."""

    opus: int = rtp.OPUS
    vp8: int = rtp.VP8
    rtx: int | None = rtp.RTX
    level_id: int | None = rtp.LEVEL_ID
    sequence_id: int | None = rtp.TRANSPORT_SEQUENCE_ID
    mids: tuple[str, str] = ("0", "1")
    """Of audio and of video, in this order in the SDP."""


@dataclass(frozen=True, slots=True)
class Local:
    """Our side of one connection."""

    ufrag: str
    password: str
    fingerprint: str
    candidates: Sequence[Candidate]
    audio_ssrc: int
    video_ssrc: int
    rtx_ssrc: int


def read(sdp: str) -> tuple[RemoteDescription, Terms]:
    """The other side's transport and terms, from an offer or an answer with audio before video."""
    audio, video = SessionDescription.parse(sdp).media
    assert (audio.kind, video.kind) == ("audio", "video")
    assert audio.dtls is not None
    ice = audio.ice
    assert ice is not None
    assert ice.usernameFragment is not None
    assert ice.password is not None
    sequence_id = _extension(video, _SEQUENCE)
    remote = RemoteDescription(
        ufrag=ice.usernameFragment,
        password=ice.password,
        fingerprints=tuple((each.algorithm, each.value.upper()) for each in audio.dtls.fingerprints),
        dtls_client=audio.dtls.role == "client",
        candidates=tuple(_candidates(audio)),
        transport_wide=sequence_id is not None,
        retransmission=True,
        audio_ssrc=None,
        video_ssrc=None,
        rtx_ssrc=None,
    )
    opus, vp8 = _payload_type(audio, "audio/opus"), _payload_type(video, "video/VP8")
    assert opus is not None
    assert vp8 is not None
    mids = audio.rtp.muxId, video.rtp.muxId
    return remote, Terms(opus, vp8, _rtx(video, vp8), _extension(audio, _LEVEL), sequence_id, mids)


def _candidates(section: MediaDescription) -> list[Candidate]:
    found = [each for each in section.ice_candidates if each.protocol == "udp" and ":" not in each.ip]
    return [Candidate(each.foundation, each.priority, each.ip, each.port, each.type) for each in found]


def _payload_type(section: MediaDescription, mime_type: str) -> int | None:
    found = (each.payloadType for each in section.rtp.codecs if each.mimeType.lower() == mime_type.lower())
    return next(found, None)


def _rtx(section: MediaDescription, vp8: int) -> int | None:
    return next((each.payloadType for each in section.rtp.codecs if each.parameters.get("apt") == vp8), None)


def _extension(section: MediaDescription, uri: str) -> int | None:
    return next((each.id for each in section.rtp.headerExtensions if each.uri == uri), None)


def write(local: Local, terms: Terms, *, setup: str, direction: str) -> str:
    """Our offer (``setup`` actpass) or answer (active, passive); ``direction`` as in SDP."""
    shared = [
        "c=IN IP4 0.0.0.0",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
        f"a={direction}",
        *(f"a={write_candidate(candidate)}" for candidate in local.candidates),
        "a=end-of-candidates",
    ]
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:BUNDLE {' '.join(terms.mids)}"]
    lines += _audio(local, terms, shared, sends=direction != "recvonly")
    lines += _video(local, terms, shared, sends=direction != "recvonly")
    return "".join(f"{line}\r\n" for line in lines)


def _audio(local: Local, terms: Terms, shared: list[str], *, sends: bool) -> list[str]:
    lines = [f"m=audio 9 UDP/TLS/RTP/SAVPF {terms.opus}", *shared, f"a=mid:{terms.mids[0]}"]
    lines += [*_extmap(terms.level_id, _LEVEL), *_extmap(terms.sequence_id, _SEQUENCE)]
    lines += [f"a=rtpmap:{terms.opus} opus/48000/2", f"a=fmtp:{terms.opus} minptime=10;useinbandfec=1"]
    if terms.sequence_id is not None:
        lines.append(f"a=rtcp-fb:{terms.opus} transport-cc")
    return lines + ([f"a=ssrc:{local.audio_ssrc} cname:client", "a=msid:client audio"] if sends else [])


def _video(local: Local, terms: Terms, shared: list[str], *, sends: bool) -> list[str]:
    types = " ".join(str(each) for each in (terms.vp8, terms.rtx) if each is not None)
    lines = [f"m=video 9 UDP/TLS/RTP/SAVPF {types}", *shared, f"a=mid:{terms.mids[1]}"]
    lines += [*_extmap(terms.sequence_id, _SEQUENCE), f"a=rtpmap:{terms.vp8} VP8/90000"]
    feedback = ["nack", "nack pli", "ccm fir", "goog-remb", *(["transport-cc"] if terms.sequence_id else [])]
    lines += [f"a=rtcp-fb:{terms.vp8} {kind}" for kind in feedback]
    if terms.rtx is not None:
        lines += [f"a=rtpmap:{terms.rtx} rtx/90000", f"a=fmtp:{terms.rtx} apt={terms.vp8}"]
    if not sends:
        return lines
    if terms.rtx is not None:
        lines += [f"a=ssrc-group:FID {local.video_ssrc} {local.rtx_ssrc}", f"a=ssrc:{local.rtx_ssrc} cname:client"]
    return [*lines, f"a=ssrc:{local.video_ssrc} cname:client", "a=msid:client video"]


def _extmap(identity: int | None, uri: str) -> list[str]:
    return [] if identity is None else [f"a=extmap:{identity} {uri}"]
