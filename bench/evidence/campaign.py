"""Holds the calls: two real browsers and the real server, each participant in a network of its own.

Both say digits all the time, so that every window has something to lose; the freelancer's camera shows the number of
each frame. One asking is open all along, so that every picture is looked at; what counts as an asking is a stretch of
the call, and what the product says of it is computed from the stored rows by the function that judges real askings.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playwright.async_api import Playwright

from bench.evidence.folders import Call
from bench.evidence.schedule import REST_S, Slot, Trouble, schedule
from bench.rig.network import NamespaceNetwork, ProxyNetwork, open_network
from bench.rig.sink_recorder import SinkRecorder
from bench.rig.sources import Camera, Voice
from bench.truth.spoken import Script, digit_names, script_of, shuffled_digits
from tests.journey.browsers import person
from tests.journey.people import Freelancer, Interviewer
from tests.journey.server import serving
from verifier.core.model import InterviewId, Role
from verifier.core.samples import InterviewRows
from verifier.storage import Store

DIGITS = 60
COLLECT_EVERY_S = 5.0
LOOKED_AT = "face.present"
VOICES = {Role.FREELANCER: Voice.SLT, Role.INTERVIEWER: Voice.RMS}

_Network = NamespaceNetwork | ProxyNetwork


def script(role: Role, seed: int) -> Script:
    """What a participant of a call says, again and again."""
    turn = 2 * seed + (role is Role.INTERVIEWER)
    return script_of(VOICES[role], digit_names(shuffled_digits(DIGITS, turn)))


async def hold(playwright: Playwright, seed: int, slots: int) -> Call:
    """One call from its first connection to its last slot's rest.

    Raises:
        playwright.async_api.Error: a page did not come where it should.
    """
    planned = schedule(seed, slots)
    with tempfile.TemporaryDirectory() as folder, open_network(*Role, seed=seed) as network:
        async with (
            serving(Path(folder), network=network) as server,
            person(
                playwright, name=Role.FREELANCER, place=network.place(Role.FREELANCER), **_talks(Role.FREELANCER, seed)
            ) as his,
            person(
                playwright,
                name=Role.INTERVIEWER,
                place=network.place(Role.INTERVIEWER),
                **_talks(Role.INTERVIEWER, seed),
            ) as hers,
        ):
            pages = {Role.FREELANCER: his, Role.INTERVIEWER: hers}
            recorders = {role: await SinkRecorder.install(page) for role, page in pages.items()}
            case = await server.create_verification()
            freelancer, interviewer = Freelancer(his), Interviewer(hers)
            await interviewer.sign_in(await server.staff_link("interviewer"))
            await interviewer.check(server.origin)
            await freelancer.arrive(case["join_url"], network=False)
            held = await interviewer.take_next()
            await freelancer.in_call()
            await interviewer.in_call()
            await interviewer.ask(LOOKED_AT)
            begin_ms = round(time.time() * 1_000)
            imposed = await _impose(network, planned, recorders)
            end_ms = time.time() * 1_000
        rows = await _rows(server.environment["VERIFIER_DATA_DIR"], InterviewId(held))
    sound = {role: recorder.sound(begin_ms, end_ms) for role, recorder in recorders.items()}
    pictures = {role: tuple(recorder.pictures) for role, recorder in recorders.items()}
    holes_ms = {role: recorder.holes_ms for role, recorder in recorders.items()}
    return Call(seed, network.kind, begin_ms, planned, imposed, rows, sound, pictures, holes_ms)


def _talks(role: Role, seed: int) -> dict[str, Any]:
    camera = Camera.NUMBERED if role is Role.FREELANCER else Camera.FACE
    return {"voice": VOICES[role], "says": script(role, seed).utterances, "camera": camera}


async def _impose(
    network: _Network, slots: tuple[Slot, ...], recorders: Mapping[Role, SinkRecorder]
) -> tuple[dict[str, Any], ...]:
    """Do to the legs what the slots say, when they say it; what the network did, by slot."""
    begin = time.monotonic()
    collecting = asyncio.create_task(_collect(recorders))
    imposed = []
    try:
        for slot in slots:
            imposed.append(await _trouble(network, slot.trouble, begin) if slot.trouble else {})
            await _until(begin + slot.end_s)
        await asyncio.sleep(REST_S)
    finally:
        collecting.cancel()
    for recorder in recorders.values():
        await recorder.collect()
    return tuple(imposed)


async def _trouble(network: _Network, trouble: Trouble, begin: float) -> dict[str, Any]:
    await _until(begin + trouble.begin_s)
    before, started = asdict(network.counts(trouble.leg)), time.monotonic() - begin
    network.impair(trouble.leg, **dict.fromkeys(trouble.directions, trouble.impairment))
    await _until(begin + trouble.end_s)
    network.restore(trouble.leg)
    after, ended = asdict(network.counts(trouble.leg)), time.monotonic() - begin
    figures: dict[str, Any] = {
        direction: {name: round(after[direction][name] - value, 3) for name, value in before[direction].items()}
        for direction in trouble.directions
    }
    return {"begin_s": round(started, 3), "end_s": round(ended, 3), **figures}


async def _collect(recorders: Mapping[Role, SinkRecorder]) -> None:
    while True:
        await asyncio.sleep(COLLECT_EVERY_S)
        for recorder in recorders.values():
            await recorder.collect()


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


async def _rows(data_dir: str, id_: InterviewId) -> InterviewRows:
    async with await Store.open(f"sqlite:///{data_dir}/verifier.sqlite3") as store, store.units(read_only=True) as unit:
        return await unit.samples.rows(id_)
