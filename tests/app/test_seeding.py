"""What a demo is filled with: everybody it needs, again and again, and links that differ each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier.app import seeding
from verifier.app.compose import compose
from verifier.config import load
from verifier.core.model import StaffRole
from verifier.core.principal import Stage
from verifier.errors import ConfigurationInvalid
from verifier.service.signing_in import Client
from verifier.storage.migrating import upgrade


async def test_a_demo_is_seeded_twice_without_doubles(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path, port=18_950)
    upgrade(settings.database)
    house = await compose(settings, demo=True)
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
    assert "verifier demo --url http://localhost:18950\n" in text, "it would look for the server on port 8080"
    assert "verifier demo\n" in seeding.greeting(load(data_dir=tmp_path), second)


async def test_the_demos_people_are_trained_and_their_printed_links_stay_good(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path, port=18_952)
    upgrade(settings.database)
    house = await compose(settings, demo=True)
    signing_in, client = house.services.accounts.signing_in, Client("127.0.0.1", {}, None)
    try:
        first, second = await seeding.seed(house), await seeding.seed(house)
        for person, url in (*first.staff, *second.staff):
            assert (await signing_in.use_link(url.partition("#")[2], client)).stage is Stage.FULL
            async with house.store.units(read_only=True) as unit:
                assert len(await unit.trainings.of_person(person.id)) == len(person.roles) == 1
    finally:
        await house.media.close()
        await house.store.close()


@pytest.mark.parametrize(
    "setting", [{"host": "0.0.0.0"}, {"public_url": "https://verify.example.org"}, {"trusted_proxies": ("10.0.0.0/8",)}]
)
async def test_nothing_but_loopback_composes_a_demo(tmp_path: Path, setting: dict[str, object]) -> None:
    settings = load(data_dir=tmp_path, **setting)
    upgrade(settings.database)
    with pytest.raises(ConfigurationInvalid, match="loopback"):
        await compose(settings, demo=True)
