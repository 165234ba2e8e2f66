"""A small world for the suites: one case, one call, one of everything; a test names only what it varies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.fakes.runtime import START_MS
from verifier.core.access import ApiKey, Audience, Link, Scope, SecondFactor, Session, TicketGrant
from verifier.core.evidence import Still, StillKind
from verifier.core.model import (
    Claim,
    ClaimId,
    ClaimKind,
    EndCause,
    EndpointId,
    Flag,
    FlagId,
    FlagKind,
    Interview,
    InterviewId,
    InterviewState,
    ItemKind,
    ItemRun,
    KeyId,
    MessageId,
    Need,
    NoticeId,
    Person,
    PersonId,
    PlannedItem,
    RecordingId,
    Result,
    Role,
    RunId,
    StaffRole,
    StillId,
    Verification,
    VerificationId,
    VerificationStatus,
)
from verifier.core.notice import Notice, NoticeKind, RecipientKind
from verifier.core.recording import Recording
from verifier.core.samples import (
    BrowserAudio,
    BrowserSample,
    BrowserSource,
    BrowserVideo,
    ConnectionState,
    FrameSample,
    ReceiverReport,
    RtpCounters,
    ServerSample,
    Stream,
)
from verifier.core.verdicts import Assessment, Blame, Decision, Fault, Figure, Finding, Polarity
from verifier.core.webhook import Delivery, DeliveryState, Endpoint, Event, EventType
from verifier.ports.storage import UnitOfWork

CASE = VerificationId("ver_1")
CALL = InterviewId("int_1")
ANNA = PersonId("per_anna")
CITY = "identity.city"
SKILL = "profile.clm_go"


def person(id_: str = ANNA, **other: Any) -> Person:
    values: dict[str, Any] = {
        "name": "Anna Berg",
        "email": f"{id_}@Example.org",
        "pseudonym": "A.",
        "roles": frozenset({StaffRole.INTERVIEWER, StaffRole.REVIEWER}),
        "languages": ("de", "en"),
    }
    return Person(id=PersonId(id_), **(values | other))


def verification(id_: str = CASE, **other: Any) -> Verification:
    values: dict[str, Any] = {
        "external_id": f"ext-{id_}",
        "test": False,
        "status": VerificationStatus.IN_INTERVIEW,
        "result": Result.NONE,
        "legal_name": "Zoë Müller",
        "email": "zoe@example.org",
        "locale": "en",
        "time_zone": "Europe/Berlin",
        "policy": "default",
        "metadata": {"campaign": "7"},
        "claims": (
            Claim(ClaimId("clm_city"), ClaimKind.IDENTITY, "city", "Köln"),
            Claim(ClaimId("clm_go"), ClaimKind.SKILL, "skill", "Go"),
        ),
        "created_ms": START_MS,
    }
    return Verification(id=VerificationId(id_), **(values | other))


def interview(id_: str = CALL, **other: Any) -> Interview:
    values: dict[str, Any] = {
        "verification_id": CASE,
        "number": 1,
        "interviewer_id": ANNA,
        "state": InterviewState.CREATED,
        "seed": 2**63 - 1,
        "policy_version": "p1",
        "checklist_version": "c1",
        "created_ms": START_MS,
    }
    return Interview(id=InterviewId(id_), **(values | other))


def ended(call: Interview) -> Interview:
    return replace(call, state=InterviewState.ENDED, ended_ms=START_MS + 60_000, end_cause=EndCause.COMPLETED)


def item(key: str = CITY, **other: Any) -> PlannedItem:
    values: dict[str, Any] = {
        "kind": ItemKind.IDENTITY,
        "position": 10,
        "mandatory": True,
        "needs": (Need.AUDIO_ASK, Need.AUDIO_ANSWER),
        "question_id": "identity.city",
        "question": "Which city do you live in?",
        "claim_id": ClaimId("clm_city"),
        "expected": "Köln",
    }
    return PlannedItem(key=key, **(values | other))


def profile_item(**other: Any) -> PlannedItem:
    values: dict[str, Any] = {
        "kind": ItemKind.PROFILE,
        "mandatory": False,
        "question_id": "profile.1",
        "claim_id": ClaimId("clm_go"),
    }
    return item(SKILL, **(values | other))


def run(id_: str = "run_1", **other: Any) -> ItemRun:
    values: dict[str, Any] = {"interview_id": CALL, "item_key": CITY, "number": 1, "started_ms": START_MS + 1_000}
    return ItemRun(id=RunId(id_), **(values | other))


def flag(id_: str = "flg_1", **other: Any) -> Flag:
    values: dict[str, Any] = {
        "interview_id": CALL,
        "kind": FlagKind.CANT_HEAR,
        "at_ms": START_MS,
        "raised_by": Role.FREELANCER,
        "note": "crackling",
    }
    return Flag(id=FlagId(id_), **(values | other))


def recording(id_: str = "rec_1", **other: Any) -> Recording:
    about: dict[str, Any] = {
        "interview_id": CALL,
        "leg": Role.FREELANCER,
        "begin_ms": START_MS,
        "duration_ms": 60_000,
        "size_bytes": 1_000_000,
        "sha256": "e" * 64,
        "whole": True,
        "audio": ((0, 20_000), (30_000, 60_000)),
        "video": ((0, 60_000),),
        "made_ms": START_MS + 70_000,
    }
    return Recording(id=RecordingId(id_), **{**about, **other})


def still(id_: str = "sti_1", **other: Any) -> Still:
    values: dict[str, Any] = {
        "interview_id": CALL,
        "run_id": RunId("run_1"),
        "item_key": CITY,
        "kind": StillKind.DOCUMENT_FRONT,
        "at_ms": START_MS + 2_000,
        "sha256": "ab" * 32,
        "size_bytes": 250_000,
        "media_type": "image/jpeg",
        "width": 1_920,
        "height": 1_080,
        "mean_luma": 150.5,
        "glare_share": 0.001,
        "sharpness": 0.25,
        "card_width_px": 1_000,
        "usable": True,
        "problems": (),
    }
    return Still(id=StillId(id_), **(values | other))


def server_sample(sequence: int = 0, **other: Any) -> ServerSample:
    values: dict[str, Any] = {
        "interview_id": CALL,
        "leg": Role.FREELANCER,
        "generation": 1,
        "sequence": sequence,
        "at_ms": START_MS + 1_000 * sequence,
        "connection": ConnectionState.CONNECTED,
        "connected_ms": START_MS,
        "audio": RtpCounters(ssrc=4_294_967_295, received=50, expected=51, jitter_ms=0.1),
        "video": RtpCounters(),
        "speech_ms": 980.5,
        "level_dbov": -23.25,
        "sent_audio_packets": 49,
        "sent_video_packets": 120,
        "sent_retransmissions": 3,
        "report_audio": ReceiverReport(ssrc=7, fraction_lost=0.1, packets_lost=-2, jitter_ms=3.5, age_ms=400.0),
        "report_video": ReceiverReport(),
        "rtt_ms": None,
        "silence_ms": 0.0,
        "uplink_estimate_bps": None,
        "downlink_estimate_bps": 2_000_000,
        "loop_lag_ms": 1.5,
        "udp_drops": 0,
    }
    return ServerSample(**(values | other))


def browser_sample(sequence: int = 0, **other: Any) -> BrowserSample:
    values: dict[str, Any] = {
        "interview_id": CALL,
        "leg": Role.INTERVIEWER,
        "generation": 1,
        "sequence": sequence,
        "client_ms": 1_000.25 * sequence,
        "received_ms": START_MS + 1_000 * sequence,
        "audio": BrowserAudio(stats_id="IT01A", total_samples_received=48_000),
        "video": BrowserVideo(frame_width=640),
        "source": BrowserSource(page_visible=True),
    }
    return BrowserSample(**(values | other))


def frame_sample(at_ms: int = START_MS, **other: Any) -> FrameSample:
    values: dict[str, Any] = {
        "interview_id": CALL,
        "width": 640,
        "height": 480,
        "mean_luma": 101.5,
        "contrast": 44.0,
        "glare_share": 0.0,
        "sharpness": 0.8,
        "repeated": False,
        "faces": 1,
        "face_width_px": 180,
    }
    return FrameSample(at_ms=at_ms, **(values | other))


def finding(**other: Any) -> Finding:
    values: dict[str, Any] = {
        "run_id": RunId("run_1"),
        "interview_id": CALL,
        "item_key": CITY,
        "admissible": True,
        "in_scope": True,
        "polarity": Polarity.SUPPORTING,
        "reasons": (),
        "figures": (
            Figure("coverage", Stream.AUDIO_FROM_FREELANCER, 0.98, 0.95, True),
            Figure("flags", None, None, 0.0, False),
        ),
        "blame": Blame(None, 0.0),
        "policy_version": "p1",
    }
    return Finding(**(values | other))


def assessment(conclusive: bool = True, **other: Any) -> Assessment:
    values: dict[str, Any] = {
        "interview_id": CALL,
        "conclusive": conclusive,
        "all_consistent": conclusive,
        "adverse_items": (),
        "disputed_items": (CITY,),
        "reasons": () if conclusive else ("media.audio_interviewer_uplink",),
        "blame": Blame(Fault.INTERVIEWER_UPLINK, 0.75, Role.INTERVIEWER),
        "bad_share_relied": 0.01,
        "bad_share_live": 0.1,
        "live_seconds": 61,
        "policy_version": "p1",
    }
    return Assessment(**(values | other))


def decision(version: int = 1, **other: Any) -> Decision:
    values: dict[str, Any] = {
        "verification_id": CASE,
        "result": Result.VERIFIED,
        "interview_id": CALL,
        "decided_by": ANNA,
        "reason_codes": (),
        "policy_version": "p1",
        "at_ms": START_MS,
    }
    return Decision(version=version, **(values | other))


def link(token_hash: str = "hash_link", **other: Any) -> Link:
    values: dict[str, Any] = {
        "audience": Audience.FREELANCER,
        "created_ms": START_MS,
        "expires_ms": None,
        "verification_id": CASE,
    }
    return Link(token_hash=token_hash, **(values | other))


def session(token_hash: str = "hash_session", **other: Any) -> Session:
    values: dict[str, Any] = {
        "audience": Audience.FREELANCER,
        "created_ms": START_MS,
        "expires_ms": START_MS + 3_600_000,
        "verification_id": CASE,
    }
    return Session(token_hash=token_hash, **(values | other))


def second_factor(id_: str = ANNA, **other: Any) -> SecondFactor:
    values: dict[str, Any] = {"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "confirmed_ms": START_MS, "last_step": 7}
    return SecondFactor(PersonId(id_), **(values | other))


def ticket(token_hash: str = "hash_ticket", **other: Any) -> TicketGrant:
    values: dict[str, Any] = {
        "role": Role.FREELANCER,
        "expires_ms": START_MS + 30_000,
        "session_hash": "hash_session",
        "verification_id": CASE,
    }
    return TicketGrant(token_hash=token_hash, **(values | other))


def api_key(id_: str = "key_1", **other: Any) -> ApiKey:
    values: dict[str, Any] = {
        "name": "Shop",
        "display": "vi_live_ab",
        "secret_hash": f"hash_{id_}",
        "test": False,
        "scopes": frozenset({Scope.VERIFICATIONS_READ, Scope.EFFECTS_WRITE}),
        "created_ms": START_MS,
    }
    return ApiKey(id=KeyId(id_), **(values | other))


def endpoint(id_: str = "end_1", **other: Any) -> Endpoint:
    values: dict[str, Any] = {
        "url": "https://example.org/hooks",
        "secrets": ("whsec_bmV3", "whsec_b2xk"),
        "events": frozenset({EventType.VERIFICATION_DECIDED}),
        "test": False,
        "created_ms": START_MS,
    }
    return Endpoint(id=EndpointId(id_), **(values | other))


def event(sequence: int = 1, **other: Any) -> Event:
    values: dict[str, Any] = {
        "id": f"evt_{other.get('verification_id', CASE)}_{sequence}",
        "type": EventType.VERIFICATION_CREATED,
        "verification_id": CASE,
        "sequence": sequence,
        "at_ms": START_MS,
        "body": '{"sequence":1}',
        "test": False,
    }
    return Event(**(values | other))


def delivery(of: Event, to: str = "end_1", **other: Any) -> Delivery:
    values: dict[str, Any] = {"state": DeliveryState.PENDING, "attempts": 0, "next_attempt_ms": START_MS}
    return Delivery(message_id=MessageId(f"msg_{of.id}_{to}"), event=of, endpoint_id=EndpointId(to), **(values | other))


def notice(number: int = 1, **other: Any) -> Notice:
    values: dict[str, Any] = {
        "verification_id": CASE,
        "kind": NoticeKind.FAILURE_PROPOSED,
        "subject_id": "pro_1",
        "recipient_kind": RecipientKind.FREELANCER,
        "person_id": None,
        "created_ms": START_MS,
        "next_attempt_ms": START_MS,
    }
    return Notice(id=NoticeId(f"ntc_{number:a>26}"), **(values | other))


async def add_case(uow: UnitOfWork) -> None:
    """The case and the interviewer."""
    await uow.people.add(person(), "argon2-hash")
    await uow.verifications.add(verification())


async def add_call(uow: UnitOfWork) -> None:
    """The case with a call of two planned items."""
    await add_case(uow)
    await uow.interviews.add(interview(), [item(), profile_item()])


async def add_assessed_call(uow: UnitOfWork, conclusive: bool = True) -> None:
    """The call with one answered run, ended and assessed."""
    await add_call(uow)
    await uow.runs.add(run())
    await uow.interviews.save(ended(interview()))
    await uow.verdicts.add([finding()], assessment(conclusive))
