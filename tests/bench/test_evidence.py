"""A plan comes from its seed alone, what a call leaves is read back whole, and figures count what they say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.evidence import folders
from bench.evidence.figures import summary
from bench.evidence.schedule import ASKED_S, CLEAN_SHARE, REST_S, Kind, Trouble, schedule
from bench.evidence.windows import Item, Judged, Truth
from bench.rig.impairment import Impairment
from bench.rig.sink_recorder import ShownPicture
from tests.core.rows import Call as Scripted
from verifier.core.model import Role
from verifier.core.verdicts import Fault


def test_a_seed_says_it_all_and_another_says_something_else() -> None:
    assert schedule(7, 40) == schedule(7, 40) != schedule(8, 40)


@pytest.mark.parametrize("seed", range(5))
def test_a_third_of_the_slots_is_clean_and_every_kind_and_leg_has_its_turn(seed: int) -> None:
    slots = schedule(seed, 80)
    assert sum(slot.trouble is None for slot in slots) >= CLEAN_SHARE * 80
    troubles = [slot.trouble for slot in slots if slot.trouble]
    assert {trouble.kind for trouble in troubles} == set(Kind)
    assert {(trouble.leg, way) for trouble in troubles for way in trouble.directions} == {
        (leg, way) for leg in Role for way in ("up", "down")
    }


@pytest.mark.parametrize("seed", range(5))
def test_no_trouble_reaches_into_the_next_asking(seed: int) -> None:
    slots = schedule(seed, 60)
    for slot, following in pairwise(slots):
        assert following.asked_s >= slot.asked_s + ASKED_S + REST_S
        if slot.trouble:
            assert slot.trouble.begin_s < slot.asked_s + ASKED_S and slot.trouble.end_s > slot.asked_s
            assert slot.trouble.end_s <= following.asked_s - REST_S + 2.1


def test_a_call_without_slots_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one slot"):
        schedule(1, 0)


def kept() -> folders.Call:
    sound = np.arange(-500, 500, dtype=np.int16)
    return folders.Call(
        seed=3,
        network="namespaces",
        begin_ms=1_790_000_000_000,
        slots=schedule(3, 4),
        imposed=({}, {"begin_s": 1.0}, {}, {}),
        rows=replace(Scripted(12).rows(), stills=()),
        sound=dict.fromkeys(Role, sound),
        pictures={role: (ShownPicture(1.5, 7, 640, 480), ShownPicture(2.5, None, 320, 240)) for role in Role},
        holes_ms=dict.fromkeys(Role, 12.5),
    )


def test_what_a_call_leaves_is_read_back_whole(tmp_path: Path) -> None:
    call = kept()
    assert folders.finished(tmp_path) == ()
    folders.write(tmp_path, call)
    assert folders.finished(tmp_path) == (3,)
    found = folders.read(tmp_path, 3)
    assert found.rows == call.rows and found.slots == call.slots and found.imposed == call.imposed
    assert found.pictures == call.pictures and found.begin_ms == call.begin_ms
    assert all((found.sound[role] == call.sound[role]).all() for role in Role)


def test_a_call_that_was_cut_while_it_was_written_is_not_there(tmp_path: Path) -> None:
    (tmp_path / ".call-0003").mkdir()
    (tmp_path / ".call-0003" / "rows.jsonl.gz").write_bytes(b"half")
    assert folders.finished(tmp_path) == ()
    folders.write(tmp_path, kept())
    assert folders.finished(tmp_path) == (3,)
    with pytest.raises(FileNotFoundError):
        folders.read(tmp_path, 4)


def one(*, impaired: bool, understood: bool, admissible: bool, fault: Fault | None = None) -> Judged:
    """One stretch; what is impaired is the freelancer's uplink."""
    slot = schedule(1, 1)[0]
    trouble = Trouble(Kind.LOSS, Role.FREELANCER, ("up",), Impairment(loss=0.2), 1.0, 2.0) if impaired else None
    truth = Truth(understood, 0.9 if understood else 0.3, 0, None)
    return Judged(1, replace(slot, trouble=trouble), Item.SPOKEN, truth, admissible, (), fault, 0)


def test_figures_count_what_they_say() -> None:
    found = [
        one(impaired=True, understood=False, admissible=True),
        one(impaired=True, understood=False, admissible=False, fault=Fault.FREELANCER_UPLINK),
        one(impaired=True, understood=False, admissible=False, fault=Fault.INTERVIEWER_UPLINK),
        one(impaired=True, understood=True, admissible=False, fault=Fault.UNCLEAR),
        one(impaired=True, understood=True, admissible=True),
        *[one(impaired=False, understood=True, admissible=True)] * 3,
        one(impaired=False, understood=True, admissible=False),
        one(impaired=False, understood=False, admissible=False),
    ]
    lines = {(line["figure"], line["item"]): line for line in summary(found)}
    unsafe = lines["evidence.unsafe_admits", Item.SPOKEN]
    assert (unsafe["of"], unsafe["are"]) == (3, 1)
    refused = lines["evidence.refused_although_understood", Item.SPOKEN]
    assert (refused["of"], refused["are"], refused["share"]) == (4, 1, 0.25)
    assert lines["evidence.blame_coverage", None] | {"low": 0, "high": 0} == {
        "figure": "evidence.blame_coverage",
        "item": None,
        "of": 3,
        "are": 2,
        "share": 0.6667,
        "low": 0,
        "high": 0,
    }
    assert lines["evidence.blame_precision", None]["share"] == 0.5
    assert lines["evidence.unsafe_admits", Item.SEEN] == {
        "figure": "evidence.unsafe_admits",
        "item": Item.SEEN,
        "of": 0,
        "are": 0,
    }
