"""Every signalling message as a frozen value, both directions. One rule: the wire name and the fields stand here once.

``static/js/protocol.js`` holds the same names for the pages and a test keeps the two equal. Parsing with limits happens
in web/signalling (pydantic); services receive and return these values. On the wire a message is a JSON object whose
``type`` is the class's ``type`` and whose other members are its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

from verifier.core.evidence import StillKind
from verifier.core.model import Answer, EndCause, FlagKind, InterviewState, Role
from verifier.core.samples import BrowserAudio, BrowserSource, BrowserVideo

# ---------------------------------------------------------------- browser → server


@dataclass(frozen=True, slots=True)
class Ticket:
    """First message on every socket: the single-use ticket fetched over HTTPS."""

    type: ClassVar[str] = "ticket"
    ticket: str
    last_sequence: int = 0
    """Highest log sequence number that the page already has; later entries are replayed."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The page has camera and microphone and asks for an offer (also after a lost peer connection)."""

    type: ClassVar[str] = "ready"


@dataclass(frozen=True, slots=True)
class SdpAnswer:
    """The browser's answer to the offer of this generation."""

    type: ClassVar[str] = "answer"
    generation: int
    sdp: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trickled candidate of the browser; an empty ``candidate`` ends them."""

    type: ClassVar[str] = "candidate"
    generation: int
    candidate: str
    sdp_mid: str | None = None
    sdp_m_line_index: int | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """One second of getStats counters, cumulative, as in core/samples."""

    type: ClassVar[str] = "stats"
    generation: int
    sequence: int
    client_ms: float
    audio: BrowserAudio
    video: BrowserVideo
    source: BrowserSource


@dataclass(frozen=True, slots=True)
class RaiseFlag:
    """The press of "I can't hear / understand" on either side, or a fraud flag from the interviewer."""

    type: ClassVar[str] = "flag"
    kind: FlagKind
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """A line of text for the other side."""

    type: ClassVar[str] = "chat"
    text: str


@dataclass(frozen=True, slots=True)
class StartRun:
    """The interviewer asks an item; an open run is ended without an answer."""

    type: ClassVar[str] = "run_start"
    item_key: str


@dataclass(frozen=True, slots=True)
class AnswerRun:
    """The interviewer ends the open run with an answer. Not for comprehension items."""

    type: ClassVar[str] = "run_answer"
    run_id: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class TypeCode:
    """The hearing side of a comprehension item types the digits; the server compares."""

    type: ClassVar[str] = "run_code"
    run_id: str
    code: str


@dataclass(frozen=True, slots=True)
class CaptureStill:
    """The interviewer wants a still of what the open run asks for."""

    type: ClassVar[str] = "still_capture"
    run_id: str


@dataclass(frozen=True, slots=True)
class StillTaken:
    """The freelancer's page has taken the picture that ``TakeStill`` asked for and is sending it."""

    type: ClassVar[str] = "still_taken"
    still_id: str


@dataclass(frozen=True, slots=True)
class StillFailed:
    """The freelancer's page could not take or send that picture."""

    type: ClassVar[str] = "still_failed"
    still_id: str
    problem: str
    """One of ``STILL_FAILURES``."""


@dataclass(frozen=True, slots=True)
class Complete:
    """The interviewer ends the interview because the checklist is done."""

    type: ClassVar[str] = "complete"


@dataclass(frozen=True, slots=True)
class Abort:
    """Either side stops because of the connection; needs no excuse."""

    type: ClassVar[str] = "abort"


@dataclass(frozen=True, slots=True)
class Leave:
    """Either side leaves: out of the waiting room, or out of the call."""

    type: ClassVar[str] = "leave"


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer to a ping, at once."""

    type: ClassVar[str] = "pong"
    nonce: int


BrowserMessage = (
    Ticket
    | Ready
    | SdpAnswer
    | Candidate
    | Stats
    | RaiseFlag
    | Chat
    | StartRun
    | AnswerRun
    | TypeCode
    | CaptureStill
    | StillTaken
    | StillFailed
    | Complete
    | Abort
    | Leave
    | Pong
)

_EITHER = frozenset(Role)
_INTERVIEWER, _FREELANCER = frozenset({Role.INTERVIEWER}), frozenset({Role.FREELANCER})

SENDERS: Mapping[type, frozenset[Role]] = {
    Ticket: _EITHER,
    Ready: _EITHER,
    SdpAnswer: _EITHER,
    Candidate: _EITHER,
    Stats: _EITHER,
    RaiseFlag: _EITHER,
    Chat: _EITHER,
    StartRun: _INTERVIEWER,
    AnswerRun: _INTERVIEWER,
    TypeCode: _EITHER,
    CaptureStill: _INTERVIEWER,
    StillTaken: _FREELANCER,
    StillFailed: _FREELANCER,
    Complete: _INTERVIEWER,
    Abort: _EITHER,
    Leave: _EITHER,
    Pong: _EITHER,
}
"""Who may send each message: every one stands here, and what does not is refused."""
FLAG_RAISERS: Mapping[FlagKind, frozenset[Role]] = {
    FlagKind.CANT_HEAR: _EITHER,
    FlagKind.FRAUD: _INTERVIEWER,
    FlagKind.TELEMETRY: frozenset(),
}
"""Who may raise each kind of flag by a message; a telemetry flag is raised by the server's own checks alone."""


# ---------------------------------------------------------------- server → browser


@dataclass(frozen=True, slots=True)
class Welcome:
    """First message of the server: who you are here and what to expect."""

    type: ClassVar[str] = "welcome"
    role: Role
    state: InterviewState | None
    """None while there is no interview yet (waiting room)."""
    interview_id: str | None
    peer_name: str
    """Interviewer's pseudonym, or the freelancer's name as supplied."""
    sequence: int
    """Highest log sequence number so far."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Place in the waiting room."""

    type: ClassVar[str] = "waiting"
    position: int
    """1 is next."""
    estimate_s: int | None
    """None: no interviewer is here, no honest estimate is possible."""
    interviewers: int
    """Interviewers with a valid check whose queue page is open or who are in a call."""


@dataclass(frozen=True, slots=True)
class IceServerInfo:
    """As in RTCIceServer."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The server's offer for a new generation of this leg; all of its candidates are inside."""

    type: ClassVar[str] = "offer"
    generation: int
    sdp: str
    ice_servers: tuple[IceServerInfo, ...] = ()
    relay_only: bool = False
    """Only relayed candidates may be used."""


@dataclass(frozen=True, slots=True)
class LegFigures:
    """This second's figures of one leg, for the people; None where nothing is known."""

    rtt_ms: float | None
    loss_percent: float | None
    jitter_ms: float | None
    uplink_kbps: float | None


@dataclass(frozen=True, slots=True)
class QualityUpdate:
    """The same for both sides, once a second: a smoothed picture for people, never the verdict."""

    type: ClassVar[str] = "quality"
    at_ms: int
    indicators: dict[str, str]
    """Stream (core.samples.Stream) to good, fair, poor or unknown."""
    fault: str | None
    """One of core.verdicts.Fault, or None when nothing is wrong."""
    fault_side: Role | None
    legs: dict[str, LegFigures]
    run_id: str | None
    """The open run, if any."""
    run_admissible: bool | None
    """True: good so far. False: it will not count, ask again. None: too early to say, or no open run."""
    run_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One line of the checklist as this role may see it."""

    key: str
    kind: str
    mandatory: bool
    question: str
    claim: str | None
    """The claim it checks, e.g. ``Go``; for the interviewer also the expected value, for comprehension items the code
    for the side that speaks it."""
    status: str
    """open, asking, settling (ended, the last second is still being measured), admissible, ask_again."""
    answer: Answer | None
    reasons: tuple[str, ...]
    """Why the last asking did not count, as reason codes."""
    runs: int
    types_code: bool
    """Whether this role types the code of this item."""


@dataclass(frozen=True, slots=True)
class Checklist:
    """The whole checklist after every change."""

    type: ClassVar[str] = "checklist"
    items: tuple[ChecklistItem, ...]
    current: str | None
    """Key of the item being asked."""
    run_id: str | None


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One entry of the interview's log, in order and replayed after a reconnect.

    ``kind`` is one of run, flag, chat, connection, state, still.
    """

    type: ClassVar[str] = "log"
    sequence: int
    at_ms: int
    kind: str
    by: Role | None
    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class TakeStill:
    """The freelancer's page is to take one picture at the camera's full resolution and to PUT it under this id."""

    type: ClassVar[str] = "still_take"
    still_id: str
    """Works once, for the freelancer of this call, until the call ends."""
    kind: StillKind


@dataclass(frozen=True, slots=True)
class StillStatus:
    """What has become of one still, to both sides, after every change."""

    type: ClassVar[str] = "still"
    still_id: str
    kind: StillKind
    item_key: str
    run_id: str
    state: str
    """asked, taken (on its way to us), kept, failed."""
    usable: bool | None
    """None before it is kept."""
    problems: tuple[str, ...]
    """What keeps it from being usable (core.quality.still.Problem); of a failed one why (``STILL_FAILURES``)."""


@dataclass(frozen=True, slots=True)
class Banner:
    """A plain-language situation for both: peer_waiting, peer_lost, reconnecting, recovered, taken_over."""

    type: ClassVar[str] = "banner"
    code: str
    side: Role | None
    deadline_ms: int | None = None
    """When the grace of a break is over."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Measures the signalling round trip; answer with Pong at once."""

    type: ClassVar[str] = "ping"
    nonce: int


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """Something the page sent was refused; nothing was written and the call goes on."""

    type: ClassVar[str] = "error"
    code: str
    detail: str
    in_reply_to: str | None
    """``type`` of the refused message when it could be read."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over."""

    type: ClassVar[str] = "ended"
    cause: EndCause
    conclusive: bool
    reasons: tuple[str, ...]
    fault_side: Role | None
    next: str
    """What happens next: may_verify, to_review, retry, exhausted (core.decision.Verdict)."""


ServerMessage = (
    Welcome
    | Waiting
    | Offer
    | QualityUpdate
    | Checklist
    | LogMessage
    | TakeStill
    | StillStatus
    | Banner
    | Ping
    | ErrorMessage
    | Ended
)


MAX_MESSAGE_BYTES = 64 * 1024
MESSAGES_PER_SECOND = 20.0
MESSAGE_BURST = 60
TICKET_VALID_MS = 30_000
MAX_CHAT_CHARACTERS = 1_000
MAX_NOTE_CHARACTERS = 500
STILL_FAILURES = ("camera_off", "camera_failed", "not_sent", "refused")
"""Why a page has no still to give: camera switched off, camera did not deliver, no way to us, the server refused it."""


def to_wire(message: ServerMessage | BrowserMessage) -> dict[str, object]:
    """The JSON object of a message: its fields plus ``type``."""
    return {"type": message.type, **asdict(message)}
