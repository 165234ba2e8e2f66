"""Private links and signed-in browsers of a case, as their owner and an operator manage them.

One rule: what is revoked is over at once, in every browser that it let in; nothing about the case itself changes. A new
link is told to whoever asked for it, once. Called by web/pages/case and by ``verifier link``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from verifier.core.access import Audience, Link, fingerprint
from verifier.core.chain import FREELANCER, SYSTEM, Actor
from verifier.core.messages import Banner, to_wire
from verifier.core.model import Role, VerificationId
from verifier.core.principal import FreelancerPrincipal
from verifier.errors import IllegalState
from verifier.ports import Bus, Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import chronicle
from verifier.service.join_state import INTERVIEW_AHEAD, closed
from verifier.service.joining import session_topic

STARTING_VALID_MS = 24 * 3_600_000
"""A link made to start a call at once is not kept by anybody: it is good for a day."""
PATHS = {Audience.FREELANCER: "/join", Audience.CASE: "/case"}


@dataclass(frozen=True, slots=True)
class NewLinks:
    """Fresh links after all older ones were revoked."""

    case_url: str
    join_url: str | None
    """None when no interview can come any more."""
    ended: int
    """Other browsers that were signed out."""


class Linking:
    """Makes and revokes the links of a case, and signs its browsers out."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, entropy: Entropy, bus: Bus, public_url: str) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._bus = bus
        self._public_url = public_url.rstrip("/")

    async def end_others(self, principal: FreelancerPrincipal, keep: Collection[str] = ()) -> int:
        """Sign out every other browser of the case; how many there were.

        Args:
            principal: whose own session stays.
            keep: hashes of further sessions of the same browser.
        """
        id_ = principal.verification_id
        async with self._units() as unit:
            ended = await self._end_sessions(unit, id_, {principal.session_hash, *keep})
            await chronicle(unit, id_, self._clock, "sessions.ended", FREELANCER, sessions=len(ended))
        self._tell(ended)
        return len(ended)

    async def renew(self, principal: FreelancerPrincipal, keep: Collection[str] = ()) -> NewLinks:
        """New links instead of every link there was, and every other browser signed out.

        Args:
            principal: whose own session stays.
            keep: hashes of further sessions of the same browser.
        """
        id_ = principal.verification_id
        async with self._units() as unit:
            verification = await unit.verifications.get(id_)
            await unit.links.revoke_of_verification(id_, self._clock.now_ms())
            ended = await self._end_sessions(unit, id_, {principal.session_hash, *keep})
            case_url = await self._mint(unit, id_, Audience.CASE)
            join_url = None if closed(verification) else await self._mint(unit, id_, Audience.FREELANCER)
            await chronicle(unit, id_, self._clock, "links.renewed", FREELANCER, sessions=len(ended))
        self._tell(ended)
        return NewLinks(case_url, join_url, len(ended))

    async def start(self, principal: FreelancerPrincipal) -> str:
        """A link to the interview for whoever has his private page and no other at hand; it is good for a day.

        Raises:
            IllegalState: no call can be started now.
        """
        id_ = principal.verification_id
        async with self._units() as unit:
            verification = await unit.verifications.get(id_)
            if verification.status not in INTERVIEW_AHEAD:
                raise IllegalState("No call can be started now. Your page shows how your case stands.")
            url = await self._mint(unit, id_, Audience.FREELANCER, self._clock.now_ms() + STARTING_VALID_MS)
            await chronicle(unit, id_, self._clock, "link.made", FREELANCER, audience=Audience.FREELANCER)
        return url

    async def revoke(self, id_: VerificationId, actor: Actor = SYSTEM) -> int:
        """Switch off every link of the case and sign out every browser; how many browsers there were.

        Raises:
            NotFound: no such case.
        """
        async with self._units() as unit:
            await unit.verifications.get(id_)
            await unit.links.revoke_of_verification(id_, self._clock.now_ms())
            ended = await self._end_sessions(unit, id_, ())
            await chronicle(unit, id_, self._clock, "links.revoked", actor, sessions=len(ended))
        self._tell(ended)
        return len(ended)

    async def add(self, id_: VerificationId, audience: Audience, actor: Actor = SYSTEM) -> str:
        """A further private link beside those there are: to the interview or to the case page.

        Raises:
            NotFound: no such case.
            IllegalState: no interview can come any more.
        """
        async with self._units() as unit:
            verification = await unit.verifications.get(id_)
            if audience is Audience.FREELANCER and closed(verification):
                raise IllegalState("This verification is finished: there is no interview to join.")
            url = await self._mint(unit, id_, audience)
            await chronicle(unit, id_, self._clock, "link.made", actor, audience=audience)
        return url

    async def _mint(
        self, unit: UnitOfWork, id_: VerificationId, audience: Audience, expires_ms: int | None = None
    ) -> str:
        token = self._entropy.token()
        await unit.links.add(Link(fingerprint(token), audience, self._clock.now_ms(), expires_ms, id_))
        return f"{self._public_url}{PATHS[audience]}#{token}"

    async def _end_sessions(self, unit: UnitOfWork, id_: VerificationId, keep: Collection[str]) -> list[str]:
        now_ms = self._clock.now_ms()
        active = await unit.sessions.active_of_verification(id_, now_ms)
        ended = [session.token_hash for session in active if session.token_hash not in keep]
        for token_hash in ended:
            await unit.sessions.revoke(token_hash, now_ms)
        return ended

    def _tell(self, ended: Collection[str]) -> None:
        for token_hash in ended:
            self._bus.publish(session_topic(token_hash), to_wire(Banner(code="taken_over", side=Role.FREELANCER)))
