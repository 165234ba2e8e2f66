"""Fills a demo: people, a case, and links that work at once.

One rule: only on loopback. ``compose(settings, demo=True)`` refuses everything else, and it alone makes a server whose
sign-in links ask for no second factor; the same database, served without a demo, makes them lead to setting up.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.app.compose import House
from verifier.app.keys import make_key
from verifier.config import Settings
from verifier.core.access import Scope
from verifier.core.model import ClaimKind, Person, StaffRole, Training, trained
from verifier.core.principal import PlatformPrincipal
from verifier.service.platform import NewVerification

TRAINED_MS = 365 * 86_400_000
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
    staff, people = [], house.services.accounts.people
    for name, email, pseudonym, role in PEOPLE:
        person = there.get(email) or await people.add(name, email, pseudonym, (role,))
        await _train(house, person)
        token = await people.mint_link(person.id, void_earlier=False)
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


async def _train(house: House, person: Person) -> None:
    """A training of one year for every role that lacks a current one."""
    now_ms = house.clock.now_ms()
    async with house.store.units(read_only=True) as unit:
        there = await unit.trainings.of_person(person.id)
    for role in sorted(person.roles):
        if trained(there, role, now_ms) is None:
            await house.services.accounts.people.add_training(Training(person.id, role, now_ms, now_ms + TRAINED_MS))


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
        f"  hold a good and a bad call:  .venv/bin/verifier demo{_elsewhere(settings)}",
        "",
    ]
    return "\n".join(lines)


def _elsewhere(settings: Settings) -> str:
    """What the demonstration has to be told where the server is not at the default address."""
    return "" if settings.port == Settings.model_fields["port"].default else f" --url {settings.origin}"
