"""The device and network check: a short call with oneself through the relay, measured like any other call.

One rule: a check is bounded. One per person or case, a few on the whole server, a minute at most; whatever is left open
is closed by ``tick``, which app calls once a second. For the freelancer never a gate, for the interviewer the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from verifier.core import check
from verifier.core.check import CheckFigures, CheckVerdict
from verifier.core.model import DeviceCheck, InterviewId, PersonId, Role, VerificationId
from verifier.core.policy import Policy
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.samples import BrowserAudio, BrowserSource, BrowserVideo, ServerSample
from verifier.core.verification import CLOSED
from verifier.errors import Conflict, IllegalState, NotFound
from verifier.ports import Clock, Entropy, LegEvent, LegOffer, MediaEngine, UnitOfWorkFactory

MOST_OPEN = 12
"""Open checks on this server; each costs about as much as a call."""
MOST_OPEN_MS = 60_000
"""A check that is not finished by then is given up."""

LEGS = {"sender": check.SENDER, "receiver": check.RECEIVER}
"""The page's names of the two peer connections to the legs of the call."""

Principal = FreelancerPrincipal | StaffPrincipal


@dataclass(frozen=True, slots=True)
class StartedCheck:
    """What the page needs to begin."""

    check_id: str
    sender: LegOffer
    receiver: LegOffer
    seconds: int


@dataclass(slots=True)
class _OpenCheck:
    """One check under way."""

    id: InterviewId
    owner: VerificationId | PersonId
    started_ms: int
    samples: list[ServerSample] = field(default_factory=list)
    generations: dict[Role, int] = field(default_factory=dict)


class Checking:
    """Device and network checks of freelancers and interviewers."""

    def __init__(
        self, units: UnitOfWorkFactory, clock: Clock, entropy: Entropy, media: MediaEngine, policy: Policy
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._media = media
        self._policy = policy
        self._open: dict[VerificationId | PersonId, _OpenCheck] = {}

    async def start(self, principal: Principal) -> StartedCheck:
        """Open both legs; an older check of the same person or case is given up.

        Raises:
            Conflict: too many checks are going on.
            IllegalState: the case is closed, no call can come.
        """
        await self._require_open_case(principal)
        owner = _owner(principal)
        await self._give_up(self._open.pop(owner, None))
        if len(self._open) >= MOST_OPEN:
            raise Conflict("Many people are checking right now. Please try again in a minute.")
        opened = _OpenCheck(InterviewId(self._entropy.new_id("chk")), owner, self._clock.now_ms())
        self._open[owner] = opened
        try:
            sender = await self._media.open_leg(opened.id, check.SENDER, _ignore)
            receiver = await self._media.open_leg(opened.id, check.RECEIVER, _ignore)
        except BaseException:
            self._forget(opened)
            await self._media.close_call(opened.id)
            raise
        if self._open.get(owner) is not opened:
            await self._media.close_call(opened.id)
            raise Conflict("A newer check of yours was started meanwhile.")
        opened.generations = {check.SENDER: sender.generation, check.RECEIVER: receiver.generation}
        return StartedCheck(opened.id, sender, receiver, check.SECONDS)

    async def answer(self, principal: Principal, check_id: str, leg: str, sdp: str) -> None:
        """Apply the browser's answer for one of the two legs.

        Args:
            principal: whose check it is.
            check_id: from ``start``.
            leg: ``sender`` or ``receiver``.
            sdp: the answer with all candidates inside.

        Raises:
            NotFound: no such check of this person is open.
            PeerRefused: the SDP does not fit the offer.
        """
        opened = self._own(principal, check_id)
        role = LEGS[leg]
        await self._media.accept_answer(opened.id, role, opened.generations[role], sdp)

    async def finish(
        self, principal: Principal, check_id: str, audio: BrowserAudio, video: BrowserVideo, source: BrowserSource
    ) -> dict[str, object]:
        """Close the check, store it and tell how it went.

        Raises:
            NotFound: no such check of this person is open.
        """
        opened = self._own(principal, check_id)
        self._sample(opened)
        self._forget(opened)
        await self._media.close_call(opened.id)
        figures = check.measure(opened.samples, audio, video, source, self._policy)
        verdict = check.judge(figures, source, self._policy)
        await self._store(principal, figures, verdict)
        return {
            "passed": verdict.passed,
            "words": verdict.word,
            "problems": list(verdict.problems),
            "figures": asdict(figures),
        }

    async def tick(self) -> None:
        """Take one sample of every open check and give up those that are open for too long. Called once a second."""
        now_ms = self._clock.now_ms()
        for opened in tuple(self._open.values()):
            self._sample(opened)
            if now_ms - opened.started_ms > MOST_OPEN_MS:
                self._forget(opened)
                await self._give_up(opened)

    async def close(self) -> None:
        """Give up every open check: the server is shutting down."""
        opened, self._open = tuple(self._open.values()), {}
        for one in opened:
            await self._give_up(one)

    @property
    def open_checks(self) -> int:
        """How many checks are going on."""
        return len(self._open)

    async def _require_open_case(self, principal: Principal) -> None:
        if isinstance(principal, FreelancerPrincipal):
            async with self._units(read_only=True) as unit:
                verification = await unit.verifications.get(principal.verification_id)
            if verification.status in CLOSED:
                raise IllegalState("This verification is finished; there is nothing to check for.")

    async def _store(self, principal: Principal, figures: CheckFigures, verdict: CheckVerdict) -> None:
        stored: Mapping[str, float | str | bool | None] = {
            **asdict(figures),
            "words": verdict.word,
            "problems": " ".join(verdict.problems),
        }
        now_ms = self._clock.now_ms()
        if isinstance(principal, FreelancerPrincipal):
            made = DeviceCheck(now_ms, verdict.passed, stored, verification_id=principal.verification_id)
        else:
            made = DeviceCheck(now_ms, verdict.passed, stored, person_id=principal.person.id)
        async with self._units() as unit:
            await unit.device_checks.add(made)

    def _own(self, principal: Principal, check_id: str) -> _OpenCheck:
        opened = self._open.get(_owner(principal))
        if opened is None or opened.id != check_id:
            raise NotFound("This check is over. Please start it again.")
        return opened

    def _forget(self, opened: _OpenCheck) -> None:
        if self._open.get(opened.owner) is opened:
            del self._open[opened.owner]

    def _sample(self, opened: _OpenCheck) -> None:
        opened.samples.extend(self._media.sample(opened.id))
        self._media.take_frames(opened.id)

    async def _give_up(self, opened: _OpenCheck | None) -> None:
        if opened is not None:
            await self._media.close_call(opened.id)


def _owner(principal: Principal) -> VerificationId | PersonId:
    return principal.verification_id if isinstance(principal, FreelancerPrincipal) else principal.person.id


def _ignore(_: LegEvent) -> None:
    """Both legs are watched by their samples; nobody waits for their events."""
