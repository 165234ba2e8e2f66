"""Who says what while one item is asked, and what the interviewer records. One rule: both talk when both have to.

The answers fit the claims in ``calls``; asking like a trained person: ask, let answer, wait a moment, record. A code is
really spoken by the side that sees it; what the other side types is handed over within this process, since neither
listens. Called by calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verifier.core.messages import AnswerRun, CaptureStill, StartRun, TypeCode
from verifier.core.model import Answer
from verifier.demo.participant import Participant

SHOWN = frozenset({"document.front"})
"""Documents that the demonstration asks for: one side shows how it is done."""
_MOMENT_S = 0.6
_LOOK_S = 5.0
_RUN_OPENS_S = 10.0
_STILL_S = 30.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """The words of one item: sentences of the interviewer, then of the freelancer."""

    asked: tuple[str, ...]
    answered: tuple[str, ...]


_BY_KEY = {
    "identity.legal_name": Exchange(("ask-name",), ("my-name",)),
    "identity.address": Exchange(("ask-address",), ("my-address",)),
    "identity.city": Exchange(("ask-address",), ("my-address",)),
    "identity.country": Exchange(("ask-address",), ("my-address",)),
}
_BY_KIND = {
    "identity": Exchange(("ask-name",), ("my-name",)),
    "profile": Exchange(("ask-skill",), ("my-skill",)),
    "face": Exchange(("welcome",), ("yes-i-can-hear-you",)),
    "document": Exchange(("welcome",), ("yes-i-can-hear-you",)),
}


def exchange(item: Mapping[str, Any]) -> Exchange:
    """The words for an item that is not a comprehension item."""
    return _BY_KEY.get(item["key"]) or _BY_KIND[item["kind"]]


def digits(code: str) -> tuple[str, ...]:
    """The sentences that spell a code."""
    return tuple(f"digit-{digit}" for digit in code)


def next_item(checklist: Mapping[str, Any], askings: int) -> Mapping[str, Any] | None:
    """The first item that may still be asked, at most ``askings`` times each; None when there is none.

    Items that were not asked come first, then those that did not count; one that still settles is waited for.
    """
    items = [item for item in checklist["items"] if item["runs"] < askings and _is_asked(item)]
    fresh = [item for item in items if item["status"] == "open"]
    return next(iter(fresh or [item for item in items if item["status"] == "ask_again"]), None)


def settling(checklist: Mapping[str, Any]) -> bool:
    """Whether the verdict on any asking is still to come."""
    return any(item["status"] in {"settling", "asking"} for item in checklist["items"])


async def ask(item: Mapping[str, Any], interviewer: Participant, freelancer: Participant) -> None:
    """Ask one item, hear its answer and record it.

    Raises:
        DemoStopped: the call ended or the server did not open the run.
    """
    key = item["key"]
    await interviewer.send(StartRun(key))
    for person in (interviewer, freelancer):
        await person.wait_for(f"the question {key}", lambda who: who.checklist["current"] == key, _RUN_OPENS_S)
    run_id = interviewer.checklist["run_id"]
    if item["kind"] == "comprehension":
        await _read_back(key, run_id, interviewer, freelancer)
    elif item["kind"] == "face":
        await _show(run_id, interviewer, freelancer)
    elif item["kind"] == "document":
        await _photograph(run_id, interviewer)
    else:
        words = exchange(item)
        await asyncio.sleep(_MOMENT_S)
        await interviewer.say(*words.asked, gap_s=_MOMENT_S)
        await freelancer.say(*words.answered, gap_s=_MOMENT_S)
        await interviewer.send(AnswerRun(run_id, Answer.CONSISTENT))
    await interviewer.wait_for(f"the end of {key}", lambda who: who.checklist["current"] is None, _RUN_OPENS_S)


async def _read_back(key: str, run_id: str, interviewer: Participant, freelancer: Participant) -> None:
    """Whoever sees the code says it; the other one types it."""
    types = {person: _line(person, key)["types_code"] for person in (interviewer, freelancer)}
    hearing, speaking = (interviewer, freelancer) if types[interviewer] else (freelancer, interviewer)
    code = str(_line(speaking, key)["claim"])
    await asyncio.sleep(_MOMENT_S)
    for sentence in digits(code):
        await speaking.say(sentence, gap_s=_MOMENT_S / 3)
    await asyncio.sleep(_MOMENT_S)
    await hearing.send(TypeCode(run_id, code))


async def _show(run_id: str, interviewer: Participant, freelancer: Participant) -> None:
    """Ask for the face or the movement and look for some seconds."""
    await asyncio.sleep(_MOMENT_S)
    await interviewer.say("welcome")
    freelancer.camera.gesturing = True
    await asyncio.sleep(_LOOK_S)
    freelancer.camera.gesturing = False
    await interviewer.send(AnswerRun(run_id, Answer.CONSISTENT))


async def _photograph(run_id: str, interviewer: Participant) -> None:
    """Ask for the document, take a picture of it and look whether it can be read."""
    await asyncio.sleep(_MOMENT_S)
    await interviewer.say("welcome")
    await interviewer.send(CaptureStill(run_id))
    await interviewer.wait_for("a picture of the document", lambda who: _has_still(who, run_id), _STILL_S)
    await asyncio.sleep(_MOMENT_S)
    await interviewer.send(AnswerRun(run_id, Answer.CONSISTENT))


def _has_still(person: Participant, run_id: str) -> bool:
    still = person.last.get("still", {})
    return still.get("run_id") == run_id and still.get("state") in {"kept", "failed"}


def _is_asked(item: Mapping[str, Any]) -> bool:
    return item["kind"] != "document" or item["key"] in SHOWN


def _line(person: Participant, key: str) -> Mapping[str, Any]:
    return next(item for item in person.checklist["items"] if item["key"] == key)
