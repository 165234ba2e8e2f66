"""What a demo is filled with: everybody it needs, again and again, and links that differ each time."""

from __future__ import annotations

from pathlib import Path

from verifier.app import seeding
from verifier.app.compose import compose
from verifier.config import load
from verifier.core.model import StaffRole
from verifier.storage.migrating import upgrade


async def test_a_demo_is_seeded_twice_without_doubles(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path, port=18_950)
    upgrade(settings.database)
    house = await compose(settings)
    try:
        first, second = await seeding.seed(house), await seeding.seed(house)
        async with house.store.units(read_only=True) as unit:
            people = await unit.people.all()
    finally:
        await house.media.close()
        await house.store.close()
    assert len(people) == len(seeding.PEOPLE)
    roles = [role for person in people for role in person.roles]
    assert roles.count(StaffRole.INTERVIEWER) == roles.count(StaffRole.REVIEWER) == 2
    assert first.join_url != second.join_url and first.api_key != second.api_key
    assert {url for _, url in first.staff}.isdisjoint({url for _, url in second.staff})
    text = seeding.greeting(settings, second)
    assert all(url in text for url in (second.join_url, second.api_key, *(url for _, url in second.staff)))
