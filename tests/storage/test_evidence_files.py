"""The evidence store on a real disk: whole or not at all, unreadable without its key, gone when it is destroyed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from verifier.core.model import InterviewId
from verifier.errors import ConfigurationInvalid, InvalidInput, NotFound, OurError, SealBroken
from verifier.ports import EvidenceStore
from verifier.ports.evidence import WrappedKey
from verifier.storage.evidence import EvidenceFiles, KeyRing, envelope, files

OLD, NEW = b"o" * 32, b"n" * 32
ONE, TWO = InterviewId("int_1"), InterviewId("int_2")
PICTURE = b"\xff\xd8 the front of a document of Goran " * 4_000


def store(folder: Path, *keys: bytes) -> EvidenceFiles:
    return EvidenceFiles(folder / "evidence", KeyRing(keys or (NEW,)))


async def content(kept: EvidenceStore, key: WrappedKey, name: str = "sti_1", id_: InterviewId = ONE) -> bytes:
    return b"".join([chunk async for chunk in kept.read(id_, name, key)])


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_what_is_written_is_read_again_chunk_by_chunk(tmp_path: Path) -> None:
    kept = store(tmp_path)
    key = kept.new_key()
    await kept.write(ONE, "sti_1", key, PICTURE)
    parts = [chunk async for chunk in kept.read(ONE, "sti_1", key)]
    assert b"".join(parts) == PICTURE and {len(part) for part in parts[:-1]} == {envelope.CHUNK_BYTES}


async def test_only_the_owner_can_look_at_the_files_and_they_tell_nothing(tmp_path: Path) -> None:
    kept = store(tmp_path)
    await kept.write(ONE, "sti_1", kept.new_key(), PICTURE)
    (file,) = (tmp_path / "evidence").rglob("sti_1")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert b"Goran" not in on_disk(tmp_path) and b"\xff\xd8 the" not in on_disk(tmp_path)


async def test_a_name_written_again_holds_the_newer_content(tmp_path: Path) -> None:
    kept = store(tmp_path)
    key = kept.new_key()
    for text in (PICTURE, b"newer"):
        await kept.write(ONE, "sti_1", key, text)
    assert await content(kept, key) == b"newer"
    assert [file.name for file in await kept.files()] == ["sti_1"]


@pytest.mark.parametrize("name", ["", "..", "../keys", "a/b", "STI", "sti_1.part", "a" * 81, "\0"])
async def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    kept = store(tmp_path)
    for id_, piece in ((ONE, name), (InterviewId(name), "sti_1")):
        with pytest.raises(InvalidInput):
            await kept.write(id_, piece, kept.new_key(), b"")
        with pytest.raises(InvalidInput):
            await content(kept, kept.new_key(), piece, id_)
    assert await kept.files() == ()


async def test_a_disk_that_refuses_leaves_nothing_and_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store(tmp_path)
    key = kept.new_key()
    await kept.write(ONE, "sti_1", key, b"before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OurError, match="No space"):
        await kept.write(ONE, "sti_1", key, PICTURE)
    assert await content(kept, key) == b"before"
    assert [path.name for path in (tmp_path / "evidence" / ONE).iterdir()] == ["sti_1"]


async def test_content_is_on_the_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = files.os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(files.os.fstat(descriptor).st_mode) else "content")
        sync(descriptor)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(files.os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    kept = store(tmp_path)
    await kept.write(ONE, "sti_1", kept.new_key(), PICTURE)
    assert steps == ["folder", "folder", "content", "name", "folder"]


async def test_what_a_crash_left_half_written_is_no_evidence(tmp_path: Path) -> None:
    kept = store(tmp_path)
    await kept.write(ONE, "sti_1", kept.new_key(), PICTURE)
    (tmp_path / "evidence" / ONE / "sti_2.0011223344556677.part").write_bytes(b"half")
    assert [(file.interview_id, file.name) for file in await kept.files()] == [(ONE, "sti_1")]
    assert await kept.erase(ONE) == 1
    assert not (tmp_path / "evidence" / ONE).exists()


async def test_what_was_never_kept_is_not_found(tmp_path: Path) -> None:
    kept = store(tmp_path)
    with pytest.raises(NotFound):
        await content(kept, kept.new_key())
    assert await kept.files() == () and await kept.erase(ONE) == 0


async def test_a_file_that_was_moved_to_another_name_or_interview_is_refused(tmp_path: Path) -> None:
    kept = store(tmp_path)
    key = kept.new_key()
    await kept.write(ONE, "sti_1", key, PICTURE)
    await kept.write(TWO, "sti_1", key, PICTURE)
    (tmp_path / "evidence" / ONE / "sti_1").rename(tmp_path / "evidence" / ONE / "sti_2")
    with pytest.raises(SealBroken):
        await content(kept, key, "sti_2")
    (tmp_path / "evidence" / ONE / "sti_2").rename(tmp_path / "evidence" / TWO / "sti_1")
    with pytest.raises(SealBroken):
        await content(kept, key, "sti_1", TWO)


async def test_the_key_of_another_interview_opens_nothing(tmp_path: Path) -> None:
    kept = store(tmp_path)
    await kept.write(ONE, "sti_1", kept.new_key(), PICTURE)
    with pytest.raises(SealBroken):
        await content(kept, kept.new_key())


async def test_after_a_rotation_the_old_master_key_is_needed_no_more(tmp_path: Path) -> None:
    before = store(tmp_path, OLD)
    key = before.new_key()
    await before.write(ONE, "sti_1", key, PICTURE)
    both = store(tmp_path, NEW, OLD)
    assert await content(both, key) == PICTURE
    rewrapped = both.rewrapped(key)
    assert rewrapped != key and both.rewrapped(rewrapped) == rewrapped
    assert await content(store(tmp_path, NEW), rewrapped) == PICTURE
    with pytest.raises(SealBroken):
        await content(store(tmp_path, NEW), key)
    with pytest.raises(SealBroken):
        store(tmp_path, NEW).rewrapped(key)


async def test_a_wrapped_key_that_was_changed_is_refused(tmp_path: Path) -> None:
    kept = store(tmp_path)
    key = kept.new_key()
    for wrapped in (bytes(40), key.wrapped[:-8], b"", key.wrapped[:-1] + bytes([key.wrapped[-1] ^ 1])):
        with pytest.raises(SealBroken):
            await content(kept, WrappedKey(wrapped, key.master_key_id))


@pytest.mark.parametrize("keys", [(), (b"short",), (NEW, b"")])
def test_a_ring_without_keys_of_the_right_length_is_refused(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ConfigurationInvalid):
        KeyRing(keys)


def test_a_key_id_does_not_show_the_key() -> None:
    assert NEW.hex()[:8] not in KeyRing((NEW,)).newest and KeyRing((NEW,)).newest != KeyRing((OLD,)).newest
