"""Fills a demo: people, a case, and links that work at once. Only on loopback (config.require_loopback)."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.app.compose import House
from verifier.app.keys import make_key
from verifier.config import Settings
from verifier.core.access import Scope
from verifier.core.model import ClaimKind, Person, StaffRole
from verifier.core.principal import PlatformPrincipal
from verifier.service.platform import NewVerification

PEOPLE = (
    ("Ines Interviewer", "ines@demo.invalid", "Ines", StaffRole.INTERVIEWER),
    ("Ivan Interviewer", "ivan@demo.invalid", "Ivan", StaffRole.INTERVIEWER),
    ("Rita Reviewer", "rita@demo.invalid", "Rita", StaffRole.REVIEWER),
    ("Rolf Reviewer", "rolf@demo.invalid", "Rolf", StaffRole.REVIEWER),
    ("Alma Appeal", "alma@demo.invalid", "Alma", StaffRole.APPEAL_REVIEWER),
)

FREELANCER = NewVerification(
    external_id="",
    legal_name="Goran Petrović",
    email="goran@demo.invalid",
    locale="en",
    time_zone="Europe/Sarajevo",
    claims=(
        (ClaimKind.IDENTITY, "legal_name", "Goran Petrović"),
        (ClaimKind.IDENTITY, "city", "Sarajevo"),
        (ClaimKind.IDENTITY, "country", "BA"),
        (ClaimKind.SKILL, "skill", "Go"),
        (ClaimKind.SKILL, "skill", "PostgreSQL"),
        (ClaimKind.LANGUAGE, "language", "en"),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoLinks:
    """What ``make run`` prints."""

    join_url: str
    staff: tuple[tuple[Person, str], ...]
    """Each person with a one-use sign-in link."""
    api_key: str


async def seed(house: House) -> DemoLinks:
    """Add whoever is missing, one fresh case, one fresh key and fresh links."""
    key, secret = make_key("demo", house.clock.now_ms(), house.entropy, test=False)
    async with house.store.units() as unit:
        await unit.api_keys.add(key)
        there = {person.email: person for person in await unit.people.all()}
    staff = []
    for name, email, pseudonym, role in PEOPLE:
        person = there.get(email) or await house.services.staff.add_person(name, email, pseudonym, (role,))
        token = await house.services.staff.mint_link(person.id)
        staff.append((person, f"{house.settings.origin}/staff#{token}"))
    asked = NewVerification(
        external_id=house.entropy.new_id("demo"),
        legal_name=FREELANCER.legal_name,
        email=FREELANCER.email,
        locale=FREELANCER.locale,
        time_zone=FREELANCER.time_zone,
        claims=FREELANCER.claims,
    )
    principal = PlatformPrincipal(key)
    principal.require(Scope.VERIFICATIONS_WRITE)
    _, join_url = await house.services.platform.create(principal, asked)
    return DemoLinks(join_url, tuple(staff), secret)


def greeting(settings: Settings, links: DemoLinks) -> str:
    """The text that ``make run`` prints once the server is up."""
    lines = [
        "",
        f"  verifier is running on {settings.origin}   (demo: everybody with these links is let in)",
        "",
        f"  Freelancer        {links.join_url}",
    ]
    for person, url in links.staff:
        role = ", ".join(sorted(one.value.replace("_", " ") for one in person.roles))
        lines.append(f"  {role.capitalize():17} {url}   ({person.pseudonym}, works once)")
    lines += [
        "",
        f"  API key           {links.api_key}",
        f"  API documentation {settings.origin}/api/docs",
        "",
        "  Open the freelancer's link and an interviewer's link in two windows, or let two synthetic people",
        "  hold a good and a bad call:  .venv/bin/verifier demo",
        "",
    ]
    return "\n".join(lines)
