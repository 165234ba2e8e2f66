"""Evidence over time: rotated keys open everything, destroyed keys open nothing, and what is astray is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.evidence import JPEG_BYTES
from tests.service.stage import CASE, FIRST_S, Stage, item_of
from tests.storage.databases import SEALER, fresh_database
from verifier.core.model import InterviewId, StaffRole, StillId
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.errors import NotFound, SealBroken
from verifier.ports import EvidenceStore
from verifier.service.calls import LiveCall
from verifier.service.safekeeping import Rotated, Safekeeping
from verifier.service.showing import Showing
from verifier.storage import Store
from verifier.storage.evidence import EvidenceFiles, KeyRing

OLD, NEW, FOREIGN = b"o" * 32, b"n" * 32, b"f" * 32


class Disk(Stage):
    """A stage over SQLite and real evidence files in one folder."""

    folder: Path
    store: Store

    def ring(self, *keys: bytes) -> EvidenceStore:
        """The evidence as a process with these master keys opens it."""
        return EvidenceFiles(self.folder / "evidence", KeyRing(keys))

    def with_keys(self, *keys: bytes) -> Safekeeping:
        return Safekeeping(self.units, self.ring(*keys), self.store.scrub)

    async def seen(self, id_: StillId, *keys: bytes) -> bytes:
        """The still as the freelancer sees it under these master keys."""
        shown = await Showing(self.units, self.clock, self.ring(*keys)).to_freelancer(
            FreelancerPrincipal(CASE, "s"), id_, preview=False
        )
        return b"".join([chunk async for chunk in shown.content])

    def bytes_on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Disk]:
    async with await Store.open(fresh_database(tmp_path), SEALER) as store:
        made = Disk(store.units)
        made.folder, made.store = tmp_path, store
        made.evidence = made.ring(OLD)  # type: ignore[assignment]
        made.start_process()
        await made.waits()
        yield made


async def kept(stage: Stage, *contents: bytes) -> tuple[LiveCall, list[StillId]]:
    """Stills of one asking in a live call."""
    call = await stage.live(await stage.interviewer())
    await stage.seconds(call, FIRST_S)
    await stage.interviewing.start_run(call.interview.id, item_of(call, "document.front").key)
    return call, [(await stage.capture(call, content)).id for content in contents or (JPEG_BYTES,)]


async def rotated(keeping: Safekeeping) -> list[Rotated]:
    return [done async for done in keeping.rotate()]


async def astray(keeping: Safekeeping) -> list[str]:
    return [what async for _, what in keeping.astray()]


# ---------------------------------------------------------------- rotation


async def test_after_a_rotation_everything_opens_with_the_new_key_alone(disk: Disk) -> None:
    _, (id_,) = await kept(disk)
    before = (disk.folder / "evidence").rglob(id_)
    content = next(before).read_bytes()
    assert await rotated(disk.with_keys(NEW, OLD)) == [Rotated(1), Rotated(1)]
    assert await disk.seen(id_, NEW) == JPEG_BYTES + b" kept"
    with pytest.raises(SealBroken):
        await disk.seen(id_, OLD)
    assert next((disk.folder / "evidence").rglob(id_)).read_bytes() == content, "the evidence itself is not touched"
    assert await astray(disk.with_keys(NEW)) == []


async def test_rotating_again_does_nothing(disk: Disk) -> None:
    await kept(disk)
    await rotated(disk.with_keys(NEW, OLD))
    assert await rotated(disk.with_keys(NEW, OLD)) == await rotated(disk.with_keys(NEW)) == [Rotated(0)]


async def test_a_key_that_nothing_opens_is_named_and_the_others_go_on(memory: Stage) -> None:
    await memory.waits()
    call, _ = await kept(memory)
    memory.evidence.master_key_id, memory.evidence.known = "master-2", {"master-2"}
    assert await rotated(memory.safekeeping) == [Rotated(0, (call.interview.id,)), Rotated(0, (call.interview.id,))]
    memory.evidence.known = {"master-2", "master-1"}
    assert (await rotated(memory.safekeeping))[-1] == Rotated(1)


# ---------------------------------------------------------------- erasing


async def test_what_was_erased_cannot_be_read_by_anybody_and_the_rows_stay(disk: Disk) -> None:
    call, (id_,) = await kept(disk)
    async with disk.units(read_only=True) as unit:
        key = await unit.evidence_keys.of_interview(call.interview.id)
    assert key is not None and key.wrapped is not None and key.wrapped in disk.bytes_on_disk()
    copy = next((disk.folder / "evidence").rglob(id_)).read_bytes()
    await disk.destroy(call.interview.id, disk.with_keys(OLD))
    with pytest.raises(NotFound, match="erased"):
        await disk.seen(id_, OLD)
    with pytest.raises(NotFound, match="erased"):
        await disk.showing.to_staff(
            StaffPrincipal((await disk.interviewer("per_rita", roles=frozenset({StaffRole.REVIEWER}))).person, "s"),
            id_,
            preview=True,
        )
    left = disk.bytes_on_disk()
    assert key.wrapped not in left, "no copy of the key is left in the database, its log or anywhere"
    assert JPEG_BYTES not in left and copy not in left and not (disk.folder / "evidence" / call.interview.id).exists()
    async with disk.units(read_only=True) as unit:
        assert (await unit.stills.get(id_)).sha256 and (await unit.audit.of_verification(CASE))
    assert await astray(disk.with_keys(OLD)) == []


async def test_no_plaintext_is_ever_on_the_disk(disk: Disk) -> None:
    secret = JPEG_BYTES + b"a very particular portrait" * 100
    call, _ = await kept(disk, secret)
    assert b"a very particular portrait" not in disk.bytes_on_disk()
    await disk.destroy(call.interview.id, disk.with_keys(OLD))
    assert b"a very particular portrait" not in disk.bytes_on_disk()


async def test_erasing_one_interview_leaves_the_others(memory: Stage) -> None:
    await memory.waits()
    await memory.waits("ver_2", external_id="ext-2")
    one, _ = await kept(memory)
    other = await memory.live(await memory.interviewer("per_bert"))
    await memory.interviewing.start_run(other.interview.id, item_of(other, "document.front").key)
    still = await memory.capture(other)
    await memory.destroy(one.interview.id)
    assert {id_ for id_, _ in memory.evidence.pieces} == {other.interview.id} and still.usable


# ---------------------------------------------------------------- astray


async def test_files_without_a_row_are_named_once_they_are_old_enough(memory: Stage) -> None:
    await memory.waits()
    call, _ = await kept(memory)
    await memory.evidence.write(call.interview.id, "sti_lost", memory.evidence.new_key(), b"x")
    await memory.evidence.write(InterviewId("int_gone"), "sti_2", memory.evidence.new_key(), b"x")
    assert await astray(memory.safekeeping) == [], "they may be just being kept"
    memory.evidence.age_ms = 61_000
    found = [one async for one in memory.safekeeping.astray()]
    assert (
        found
        == [
            ("int_gone", "the evidence file sti_2 belongs to nothing that is kept"),
            (call.interview.id, "the evidence file sti_lost belongs to nothing that is kept"),
        ]
        or sorted(found) == found
    )


async def test_pictures_that_are_missing_moved_or_exchanged_are_named(memory: Stage) -> None:
    await memory.waits()
    call, (one, other) = await kept(memory, JPEG_BYTES, JPEG_BYTES + b"2")
    place, pieces = call.interview.id, memory.evidence.pieces
    (key, content), (_, second) = pieces[place, one], pieces[place, other]
    pieces[place, one] = (key, second)
    assert await astray(memory.safekeeping) == [f"still {one}: its file is not the one that the case's chain tells of"]
    pieces[place, one] = (b"another key", content)
    assert (await astray(memory.safekeeping))[0].startswith(f"still {one}: its file cannot be opened")
    pieces[place, one] = (key, content)
    del pieces[place, f"{other}_preview"]
    assert await astray(memory.safekeeping) == [f"still {other}: its file is missing"]


async def test_a_file_changed_on_the_disk_is_named(disk: Disk) -> None:
    _, (id_,) = await kept(disk)
    file = next((disk.folder / "evidence").rglob(id_))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert (await astray(disk.with_keys(OLD)))[0].startswith(f"still {id_}: its file cannot be opened")
    assert (await astray(disk.with_keys(FOREIGN)))[0].startswith(f"still {id_}: its file cannot be opened")
