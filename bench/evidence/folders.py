"""What one call of a campaign leaves behind. One rule: a folder is whole or it is not there.

call-0007/
    schedule.json     seed, slots, which network, the wall clock at the call's second 0, what the recordings lack
    rows.jsonl.gz     every raw row that the server stored, as it was stored
    FREELANCER.wav    what that participant's browser played, from second 0 on, 48 kHz mono
    FREELANCER.json   every picture that it showed: moment, number of the frame, size
    imposed.json      what the network really did to each slot's packets

It is written beside its place and renamed when it is whole, so that a campaign that was cut goes on with the next call.
"""

from __future__ import annotations

import gzip
import json
import shutil
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.evidence.schedule import Slot, schedule
from bench.rig.sink_recorder import ShownPicture
from bench.rig.sources import SAMPLE_RATE_HZ
from bench.truth.spoken import Sound
from verifier.core.model import Role
from verifier.core.samples import BrowserSample, FrameSample, InterviewRows, ServerSample
from verifier.storage.rows import RowCodec

_KINDS = {"server": ServerSample, "browser": BrowserSample, "frame": FrameSample}


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was held."""

    seed: int
    network: str
    """``namespaces`` or ``proxy``: how packets were impaired."""
    begin_ms: int
    """Wall clock of the call's second 0."""
    slots: tuple[Slot, ...]
    imposed: tuple[dict[str, Any], ...]
    """Of each slot, what the network did to packets of the leg and direction: offered, dropped, mean delay."""
    rows: InterviewRows
    sound: dict[Role, Sound]
    """What each participant's browser played, from second 0 on."""
    pictures: dict[Role, tuple[ShownPicture, ...]]
    holes_ms: dict[Role, float]
    """Of what each played, how much the recording lacks."""


def finished(campaign: Path) -> tuple[int, ...]:
    """Seeds of the calls that are whole, in order."""
    return tuple(sorted(int(path.name.removeprefix("call-")) for path in campaign.glob("call-????")))


def write(campaign: Path, call: Call) -> Path:
    """Keep a call; its folder."""
    folder = campaign / f"call-{call.seed:04}"
    unfinished = campaign / f".call-{call.seed:04}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    about: dict[str, Any] = {
        "seed": call.seed,
        "slots": len(call.slots),
        "network": call.network,
        "begin_ms": call.begin_ms,
    }
    about["holes_ms"] = call.holes_ms
    (unfinished / "schedule.json").write_text(json.dumps(about, indent=1) + "\n")
    (unfinished / "imposed.json").write_text(json.dumps(call.imposed, indent=1) + "\n")
    with gzip.open(unfinished / "rows.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in _lines(call.rows))
    for role in Role:
        with wave.open(str(unfinished / f"{role.name}.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(SAMPLE_RATE_HZ)
            out.writeframes(call.sound[role].astype("<i2").tobytes())
        shown = [[one.at_ms, one.number, one.width, one.height] for one in call.pictures[role]]
        (unfinished / f"{role.name}.json").write_text(json.dumps(shown) + "\n")
    unfinished.rename(folder)
    return folder


def read(campaign: Path, seed: int) -> Call:
    """A call that was kept.

    Raises:
        FileNotFoundError: it was not.
    """
    folder = campaign / f"call-{seed:04}"
    about = json.loads((folder / "schedule.json").read_text())
    return Call(
        seed=about["seed"],
        network=about["network"],
        begin_ms=about["begin_ms"],
        slots=schedule(about["seed"], about["slots"]),
        imposed=tuple(json.loads((folder / "imposed.json").read_text())),
        rows=_rows(folder / "rows.jsonl.gz"),
        sound={role: _sound(folder / f"{role.name}.wav") for role in Role},
        pictures={role: _pictures(folder / f"{role.name}.json") for role in Role},
        holes_ms={role: about["holes_ms"][role] for role in Role},
    )


def _lines(rows: InterviewRows) -> Iterator[list[Any]]:
    every: tuple[tuple[str, Sequence[Any]], ...] = (
        ("server", rows.server),
        ("browser", rows.browser),
        ("frame", rows.frames),
    )
    for name, those in every:
        codec: RowCodec[Any] = RowCodec(_KINDS[name])
        for row in those:
            yield [name, codec.encode(row)]


def _rows(path: Path) -> InterviewRows:
    codecs: dict[str, RowCodec[Any]] = {name: RowCodec(kind) for name, kind in _KINDS.items()}
    found: dict[str, list[Any]] = {name: [] for name in _KINDS}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            name, row = json.loads(line)
            found[name].append(codecs[name].decode(row))
    return InterviewRows(tuple(found["server"]), tuple(found["browser"]), tuple(found["frame"]))


def _sound(path: Path) -> Sound:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def _pictures(path: Path) -> tuple[ShownPicture, ...]:
    return tuple(ShownPicture(*each) for each in json.loads(path.read_text()))
