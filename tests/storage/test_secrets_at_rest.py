"""Secrets that sign webhooks or make one-time codes are in the file only sealed, each bound to its row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract import examples
from tests.storage.databases import SEALER, fresh_database
from tests.storage.hands import by_hand
from verifier.core.model import EndpointId
from verifier.errors import OurError, SealBroken
from verifier.storage import Sealer, Store

NEWER = b"the newer key of 32 bytes, made!"
SECRETS = ("whsec_bmV3", "whsec_b2xk")


async def _with_endpoints(folder: Path, *ids: str) -> str:
    url = fresh_database(folder)
    async with await Store.open(url, SEALER) as store, store.units() as uow:
        for id_ in ids:
            await uow.outbox.add_endpoint(examples.endpoint(id_))
    return url


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_the_file_has_no_secret_in_clear(tmp_path: Path) -> None:
    await _with_endpoints(tmp_path, "end_1")
    written = _bytes_in(tmp_path)
    assert b"end_1" in written
    for secret in SECRETS:
        assert secret.encode() not in written and secret.removeprefix("whsec_").encode() not in written


async def test_a_secret_copied_to_another_endpoint_does_not_open(tmp_path: Path) -> None:
    url = await _with_endpoints(tmp_path, "end_1", "end_2")
    with by_hand(url) as connection:
        connection.execute("UPDATE endpoints SET secrets = (SELECT secrets FROM endpoints WHERE id = 'end_1')")
    async with await Store.open(url, SEALER) as store, store.units(read_only=True) as uow:
        assert (await uow.outbox.endpoint(EndpointId("end_1"))).secrets == SECRETS
        with pytest.raises(SealBroken):
            await uow.outbox.endpoint(EndpointId("end_2"))


async def test_rows_of_earlier_versions_and_of_older_keys_are_sealed_anew(tmp_path: Path) -> None:
    url = await _with_endpoints(tmp_path, "end_1", "end_2")
    with by_hand(url) as connection:
        connection.execute(f"UPDATE endpoints SET secrets = '{json.dumps(SECRETS)}' WHERE id = 'end_2'")
    older = b"a key that is 32 bytes for tests"
    async with await Store.open(url, Sealer((NEWER, older))) as store, store.units() as uow:
        assert await uow.outbox.reseal() == 2
    async with await Store.open(url, Sealer((NEWER,))) as store, store.units(read_only=True) as uow:
        assert [one.secrets for one in await uow.outbox.endpoints(test=False)] == [SECRETS, SECRETS]


async def test_a_store_without_keys_does_everything_else(tmp_path: Path) -> None:
    url = await _with_endpoints(tmp_path, "end_1")
    async with await Store.open(url) as store, store.units(read_only=True) as uow:
        assert await uow.people.all() == ()
        with pytest.raises(OurError, match="without the keys"):
            await uow.outbox.endpoint(EndpointId("end_1"))


# ---------------------------------------------------------------- authenticators


async def test_the_secret_of_an_authenticator_is_not_in_the_file_and_bound_to_its_person(tmp_path: Path) -> None:
    url = fresh_database(tmp_path)
    factor, pending = examples.second_factor(), "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK"
    async with await Store.open(url, SEALER) as store, store.units() as uow:
        for id_ in (examples.ANNA, "per_2"):
            await uow.people.add(examples.person(id_), None)
            await uow.second_factors.put(examples.second_factor(id_, pending=pending))
    written = _bytes_in(tmp_path)
    assert str(factor.secret).encode() not in written and pending.encode() not in written
    with by_hand(url) as connection:
        own = "(SELECT secret FROM second_factors WHERE person_id = 'per_anna')"
        connection.execute(f"UPDATE second_factors SET secret = {own}")
    async with await Store.open(url, SEALER) as store, store.units(read_only=True) as uow:
        assert (await uow.second_factors.of_person(examples.ANNA)).secret == factor.secret
        with pytest.raises(SealBroken):
            await uow.second_factors.of_person("per_2")


async def test_authenticators_of_older_keys_are_sealed_anew(tmp_path: Path) -> None:
    url, older = fresh_database(tmp_path), b"a key that is 32 bytes for tests"
    async with await Store.open(url, SEALER) as store, store.units() as uow:
        await uow.people.add(examples.person(), None)
        await uow.second_factors.put(examples.second_factor())
    async with await Store.open(url, Sealer((NEWER, older))) as store, store.units() as uow:
        assert await uow.second_factors.reseal() == 1
    async with await Store.open(url, Sealer((NEWER,))) as store, store.units(read_only=True) as uow:
        assert await uow.second_factors.of_person(examples.ANNA) == examples.second_factor()
    async with await Store.open(url) as store, store.units(read_only=True) as uow:
        with pytest.raises(OurError, match="without the keys"):
            await uow.second_factors.of_person(examples.ANNA)
