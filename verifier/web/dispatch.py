"""From a typed message to a service verb. One rule: the role comes from the ticket, never from the message."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.messages import (
    MESSAGE_BURST,
    MESSAGES_PER_SECOND,
    SENDERS,
    Abort,
    AnswerRun,
    BrowserMessage,
    Candidate,
    CaptureStill,
    Chat,
    Complete,
    Leave,
    Pong,
    RaiseFlag,
    Ready,
    SdpAnswer,
    StartRun,
    Stats,
    StillFailed,
    StillTaken,
    Ticket,
    TypeCode,
)
from verifier.core.model import InterviewId, Role
from verifier.errors import IllegalState, NotAllowed, RateLimited
from verifier.ports import IceCandidate
from verifier.service.connecting import Connecting
from verifier.service.interviewing import Interviewing
from verifier.service.measuring import Measuring
from verifier.service.stills import Stills


@dataclass(frozen=True, slots=True)
class CallVerbs:
    """The services that the messages of a call reach."""

    interviewing: Interviewing
    connecting: Connecting
    measuring: Measuring
    stills: Stills


def require_sender(role: Role, message: BrowserMessage) -> None:
    """Pass when this side may send this message; signalling asks it of every message after the ticket.

    Raises:
        NotAllowed: it may not, or nobody has said who may.
    """
    if role not in SENDERS.get(type(message), frozenset()):
        raise NotAllowed("Only the interviewer may do this.")


async def dispatch(verbs: CallVerbs, id_: InterviewId, role: Role, message: BrowserMessage) -> None:
    """Do what the message asks for; ``require_sender`` has let it through.

    Raises:
        IllegalState: it makes no sense inside a call.
        VerifierError: what the verb itself refuses.
    """
    match message:
        case Ready() | SdpAnswer() | Candidate() | Stats():
            await _media(verbs, id_, role, message)
        case StartRun() | AnswerRun() | TypeCode():
            await _run(verbs.interviewing, id_, role, message)
        case CaptureStill() | StillTaken() | StillFailed():
            await _still(verbs.stills, id_, message)
        case RaiseFlag() | Chat():
            await _say(verbs.interviewing, id_, role, message)
        case Complete() | Abort() | Leave():
            await _end(verbs.interviewing, id_, role, message)
        case Ticket() | Pong():
            raise IllegalState("This message belongs to the beginning of a connection or answers a ping.")


async def _media(
    verbs: CallVerbs, id_: InterviewId, role: Role, message: Ready | SdpAnswer | Candidate | Stats
) -> None:
    match message:
        case Ready():
            await verbs.connecting.ready(id_, role)
        case SdpAnswer(generation, sdp):
            await verbs.connecting.answer(id_, role, generation, sdp)
        case Candidate(generation, candidate, sdp_mid, sdp_m_line_index):
            ice = IceCandidate(candidate, sdp_mid, sdp_m_line_index)
            await verbs.connecting.candidate(id_, role, generation, ice)
        case Stats():
            verbs.measuring.take_stats(id_, role, message)


async def _run(service: Interviewing, id_: InterviewId, role: Role, message: StartRun | AnswerRun | TypeCode) -> None:
    match message:
        case StartRun(item_key):
            await service.start_run(id_, item_key)
        case AnswerRun(run_id, answer):
            await service.answer_run(id_, run_id, answer)
        case TypeCode(run_id, code):
            await service.type_code(id_, role, run_id, code)


async def _still(service: Stills, id_: InterviewId, message: CaptureStill | StillTaken | StillFailed) -> None:
    match message:
        case CaptureStill(run_id):
            await service.ask(id_, run_id)
        case StillTaken(still_id):
            await service.taken(id_, still_id)
        case StillFailed(still_id, problem):
            await service.failed(id_, still_id, problem)


async def _say(service: Interviewing, id_: InterviewId, role: Role, message: RaiseFlag | Chat) -> None:
    match message:
        case RaiseFlag(kind, note):
            await service.raise_flag(id_, role, kind, note)
        case Chat(text):
            await service.chat(id_, role, text)


async def _end(service: Interviewing, id_: InterviewId, role: Role, message: Complete | Abort | Leave) -> None:
    match message:
        case Complete():
            await service.complete(id_)
        case Abort():
            await service.abort(id_)
        case Leave():
            await service.leave(id_, role)


class RateLimit:
    """A token bucket: 20 messages a second with a burst of 60."""

    def __init__(self, now_s: float) -> None:
        self._tokens = float(MESSAGE_BURST)
        self._at_s = now_s

    def spend(self, now_s: float) -> None:
        """Use one token.

        Raises:
            RateLimited: there is none; the message is not looked at.
        """
        self._tokens = min(MESSAGE_BURST, self._tokens + (now_s - self._at_s) * MESSAGES_PER_SECOND)
        self._at_s = now_s
        if self._tokens < 1:
            raise RateLimited("Please slow down: at most 20 messages a second.")
        self._tokens -= 1
