"""The log of a running call and the pieces that are written while they are made: whole, bound, read from any place."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.core.model import InterviewId
from verifier.errors import NotFound, OurError, SealBroken
from verifier.ports.evidence import WrappedKey
from verifier.ports.recording import RECORDING_LOG
from verifier.storage.evidence import EvidenceFiles, KeyRing
from verifier.storage.evidence.envelope import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES

CALL, OTHER = InterviewId("int_1"), InterviewId("int_2")
BLOCKS = [bytes([number]) * (1_000 + number) for number in range(5)]


@pytest.fixture
def files(tmp_path: Path) -> EvidenceFiles:
    return EvidenceFiles(tmp_path, KeyRing([b"k" * 32]))


async def written(files: EvidenceFiles, *, ended: bool = True) -> tuple[Path, WrappedKey]:
    key = files.new_key()
    log = files.begin(CALL, key)
    assert all(log.append(block) for block in BLOCKS)
    if ended:
        await log.close()
    else:
        while len(list(files.blocks(CALL, key))) < len(BLOCKS):  # noqa: ASYNC110 another process would look so too
            await asyncio.sleep(0.01)
    return files._folder / CALL / RECORDING_LOG, key


async def test_blocks_come_back_in_order_and_the_end_is_marked(files: EvidenceFiles) -> None:
    _, key = await written(files)
    blocks = files.blocks(CALL, key)
    assert list(blocks) == BLOCKS
    assert blocks.ended


async def test_nothing_of_a_log_lies_in_clear(files: EvidenceFiles) -> None:
    path, _ = await written(files)
    assert not any(block[:16] in path.read_bytes() for block in BLOCKS)
    assert path.stat().st_mode & 0o077 == 0


async def test_a_log_without_its_end_is_read_up_to_where_it_was_cut(files: EvidenceFiles) -> None:
    path, key = await written(files)
    whole = path.read_bytes()
    for length in range(13, len(whole), 97):
        path.write_bytes(whole[:length])
        blocks = files.blocks(CALL, key)
        found = list(blocks)
        assert found == BLOCKS[: len(found)]
        assert not blocks.ended


async def test_changed_swapped_left_out_and_moved_blocks_are_refused_by_name(files: EvidenceFiles) -> None:
    path, key = await written(files)
    whole = path.read_bytes()
    first, second = (4 + len(block) + TAG_BYTES for block in BLOCKS[:2])
    forged = {
        "Block 0": whole[:20] + bytes([whole[20] ^ 1]) + whole[21:],
        "Block 0 of": whole[:12] + whole[12 + first :],
        "Block 0 of the": whole[:12]
        + whole[12 + first : 12 + first + second]
        + whole[12 : 12 + first]
        + whole[12 + first + second :],
        "follows the end": whole + b"more",
        "no recording": b"VEV1" + whole[4:],
    }
    for name, content in forged.items():
        path.write_bytes(content)
        with pytest.raises(SealBroken, match=name):
            list(files.blocks(CALL, key))
    (files._folder / OTHER).mkdir()
    (files._folder / OTHER / RECORDING_LOG).write_bytes(whole)
    with pytest.raises(SealBroken, match="Block 0"):
        list(files.blocks(OTHER, key))


async def test_another_key_opens_no_log(files: EvidenceFiles) -> None:
    await written(files)
    with pytest.raises(SealBroken, match="Block 0"):
        list(files.blocks(CALL, files.new_key()))


async def test_a_call_of_which_nothing_came_leaves_no_log(files: EvidenceFiles) -> None:
    log = files.begin(CALL, files.new_key())
    await log.close()
    with pytest.raises(NotFound):
        files.blocks(CALL, files.new_key())


async def test_a_disk_that_does_not_keep_up_costs_blocks_and_never_waits(files: EvidenceFiles) -> None:
    log = files.begin(CALL, files.new_key())
    files._writer.submit(lambda: asyncio.run(asyncio.sleep(0.2)))
    taken = [log.append(b"block") for _ in range(40)]
    assert taken[0]
    assert not taken[-1]
    await log.close()


async def test_a_disk_that_refuses_ends_the_log_where_it_stands(
    files: EvidenceFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = files.new_key()
    log = files.begin(CALL, key)
    log.append(b"first")
    await asyncio.wrap_future(files._writer.submit(lambda: None))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdatasync", full)
    log.append(b"second")
    await asyncio.wrap_future(files._writer.submit(lambda: None))
    monkeypatch.undo()
    assert not log.append(b"third")
    await log.close()
    blocks = files.blocks(CALL, key)
    assert list(blocks) == [b"first"]
    assert not blocks.ended


KILLED = """
import asyncio, sys, time
from pathlib import Path
from verifier.ports.evidence import WrappedKey
from verifier.storage.evidence import EvidenceFiles, KeyRing
async def main():
    files = EvidenceFiles(Path(sys.argv[1]), KeyRing([b"k" * 32]))
    log = files.begin("int_1", WrappedKey(bytes.fromhex(sys.argv[2]), files.master_key_id))
    number = 0
    while True:
        log.append(number.to_bytes(4, "big") * 20_000)
        print(number, flush=True)
        number += 1
        await asyncio.sleep(0.02)
asyncio.run(main())
"""


@pytest.mark.parametrize("after", [3, 11, 24])
def test_a_process_that_is_killed_leaves_every_block_but_the_last_ones(
    files: EvidenceFiles, tmp_path: Path, after: int
) -> None:
    key = files.new_key()
    command = [sys.executable, "-c", KILLED, str(tmp_path), key.wrapped.hex()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == after:
                process.send_signal(signal.SIGKILL)
                break
    blocks = files.blocks(CALL, key)
    found = [int.from_bytes(block[:4], "big") for block in blocks]
    assert found == list(range(len(found)))
    assert after - 10 <= len(found) <= after + 2
    assert not blocks.ended


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3 * CHUNK_BYTES + 5), st.data())
def test_a_piece_is_read_from_any_place(size: int, data: st.DataObject) -> None:
    content = os.urandom(size)
    start = data.draw(st.integers(0, max(0, size - 1)))
    stop = data.draw(st.integers(min(start + 1, size), size))

    async def check(files: EvidenceFiles) -> None:
        key = files.new_key()
        with files.writing(CALL, "rec_1", key) as out:
            for at in range(0, size, 50_000):
                out.write(content[at : at + 50_000])
        assert b"".join([part async for part in files.read(CALL, "rec_1", key)]) == content
        if stop > start:
            found = [part async for part in files.read_range(CALL, "rec_1", key, start, stop, size)]
            assert b"".join(found) == content[start:stop]

    with TemporaryDirectory() as folder:
        asyncio.run(check(EvidenceFiles(Path(folder), KeyRing([b"k" * 32]))))


async def test_the_beginning_can_be_written_again_and_nothing_else(files: EvidenceFiles) -> None:
    key, size = files.new_key(), 2 * CHUNK_BYTES + 100
    with files.writing(CALL, "rec_1", key) as out:
        out.write(bytes(size))
        out.seek(10)
        out.write(b"length")
        assert out.seek(0, 2) == size
        out.write(b"tail")
        out.seek(CHUNK_BYTES + 1)
        with pytest.raises(ValueError, match="first chunk"):
            out.write(b"x")
    content = b"".join([part async for part in files.read(CALL, "rec_1", key)])
    assert content == bytes(10) + b"length" + bytes(size - 16) + b"tail"


async def test_a_piece_that_is_not_finished_is_not_there(files: EvidenceFiles) -> None:
    key = files.new_key()
    with pytest.raises(OurError), files.writing(CALL, "rec_1", key) as out:
        out.write(b"x")
        raise OSError(28, "No space left on device")
    assert await files.files() == ()
    assert not list((files._folder / CALL).iterdir())


async def test_only_the_chunks_that_are_asked_for_are_opened_and_each_is_proven(files: EvidenceFiles) -> None:
    key, size = files.new_key(), 3 * CHUNK_BYTES
    await files.write(CALL, "rec_1", key, bytes(size))
    path = files._folder / CALL / "rec_1"
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[HEADER_BYTES + CHUNK_BYTES + TAG_BYTES + 5] ^= 1
    path.write_bytes(broken)
    assert (
        len(b"".join([part async for part in files.read_range(CALL, "rec_1", key, 0, CHUNK_BYTES, size)]))
        == CHUNK_BYTES
    )
    with pytest.raises(SealBroken, match="Chunk 1"):
        [part async for part in files.read_range(CALL, "rec_1", key, 0, CHUNK_BYTES + 1, size)]
    path.write_bytes(whole[: -CHUNK_BYTES - TAG_BYTES])
    with pytest.raises(SealBroken, match="length"):
        [part async for part in files.read_range(CALL, "rec_1", key, 0, 10, size)]
