"""What every EvidenceStore does, in memory and on the disk alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.evidence import FakeEvidence
from verifier.core.model import InterviewId
from verifier.errors import NotFound, SealBroken
from verifier.ports import EvidenceStore
from verifier.ports.evidence import WrappedKey
from verifier.ports.recording import RECORDING_LOG
from verifier.storage.evidence import EvidenceFiles, KeyRing

ONE, TWO = InterviewId("int_1"), InterviewId("int_2")
Rotated = Callable[..., EvidenceStore]


@pytest.fixture(params=["fake", "files"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Rotated:
    """Opens the same store with these master keys, newest first."""
    memory = FakeEvidence()

    def with_keys(*names: str) -> EvidenceStore:
        if request.param == "files":
            return EvidenceFiles(tmp_path / "evidence", KeyRing([name.encode().ljust(32, b".") for name in names]))
        other = FakeEvidence(names[0], names[1:])
        other.pieces = memory.pieces
        return other

    return with_keys


async def content(store: EvidenceStore, key: WrappedKey, name: str = "sti_1", id_: InterviewId = ONE) -> bytes:
    return b"".join([chunk async for chunk in store.read(id_, name, key)])


async def test_what_is_written_is_read_by_its_key_alone(opened: Rotated) -> None:
    store = opened("new")
    key, other = store.new_key(), store.new_key()
    await store.write(ONE, "sti_1", key, b"a picture")
    assert await content(store, key) == b"a picture"
    with pytest.raises(SealBroken):
        await content(store, other)
    with pytest.raises(NotFound):
        await content(store, key, "sti_2")


async def test_a_discarded_piece_is_gone_and_the_others_stay(opened: Rotated) -> None:
    store = opened("new")
    key = store.new_key()
    for name in ("sti_1", "sti_1_preview", "sti_2"):
        await store.write(ONE, name, key, b"x")
    await store.discard(ONE, "sti_1", "sti_1_preview", "sti_never")
    assert [file.name for file in await store.files()] == ["sti_2"]


async def test_erasing_an_interview_leaves_the_others(opened: Rotated) -> None:
    store = opened("new")
    key = store.new_key()
    for id_, name in ((ONE, "sti_1"), (ONE, "sti_2"), (TWO, "sti_3")):
        await store.write(id_, name, key, b"x")
    assert (await store.erase(ONE), await store.erase(ONE)) == (2, 0)
    assert [(file.interview_id, file.name) for file in await store.files()] == [(TWO, "sti_3")]


async def test_a_rotation_wraps_the_same_key_and_the_old_master_key_is_needed_no_more(opened: Rotated) -> None:
    before = opened("old")
    key = before.new_key()
    await before.write(ONE, "sti_1", key, b"a picture")
    both = opened("new", "old")
    newer = both.rewrapped(key)
    assert newer.master_key_id == both.master_key_id != key.master_key_id == before.master_key_id
    assert both.rewrapped(newer) == newer and await content(both, key) == b"a picture"
    after = opened("new")
    assert await content(after, newer) == b"a picture"
    with pytest.raises(SealBroken):
        after.rewrapped(key)


# ---------------------------------------------------------------- recordings


def recordings(store: EvidenceStore) -> FakeEvidence | EvidenceFiles:
    assert isinstance(store, FakeEvidence | EvidenceFiles)
    return store


async def test_a_log_gives_its_blocks_back_by_its_key_alone(opened: Rotated) -> None:
    store = recordings(opened("new"))
    key, other = store.new_key(), store.new_key()
    log = store.begin(ONE, key)
    assert log.append(b"one")
    assert log.append(b"two")
    await log.close()
    await log.close()
    blocks = store.blocks(ONE, key)
    assert list(blocks) == [b"one", b"two"]
    assert blocks.ended
    with pytest.raises(SealBroken):
        list(store.blocks(ONE, other))
    assert [(file.interview_id, file.name) for file in await store.files()] == [(ONE, RECORDING_LOG)]
    await store.discard(ONE, RECORDING_LOG)
    with pytest.raises(NotFound):
        store.blocks(ONE, key)


async def test_a_piece_that_is_written_while_it_is_made_is_read_from_any_place(opened: Rotated) -> None:
    store = recordings(opened("new"))
    key = store.new_key()
    with store.writing(ONE, "recording_freelancer", key) as out:
        out.write(b"0123456789")
        out.seek(2)
        out.write(b"xy")
        assert out.seek(0, 2) == 10
    assert await content(store, key, "recording_freelancer") == b"01xy456789"
    found = [part async for part in store.read_range(ONE, "recording_freelancer", key, 2, 5, 10)]
    assert b"".join(found) == b"xy4"
    with pytest.raises(SealBroken):
        [part async for part in store.read_range(ONE, "recording_freelancer", key, 0, 5, 11)]
    assert await store.erase(ONE) == 1
    with pytest.raises(NotFound):
        [part async for part in store.read_range(ONE, "recording_freelancer", key, 2, 5, 10)]
