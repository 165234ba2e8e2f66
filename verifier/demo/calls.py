"""Two stories through a running server: a good call that ends verified, and a call whose interviewer has a bad link.

One rule: everything goes the way that people go (API, links, checks, waiting room, relay, checklist); nothing is
written past the server. Called by ``verifier demo``.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from yarl import URL

from verifier.core.demo import DemoAccess
from verifier.core.messages import Complete
from verifier.demo import script
from verifier.demo.door import DemoStopped, Door
from verifier.demo.impaired import BAD_LINK, Impairment
from verifier.demo.participant import Participant, run_check

_FREELANCER = {
    "legal_name": "Alex Morgan",
    "email": "alex.morgan@demo.invalid",
    "country": "PT",
    "city": "Lisbon",
    "address": "12 Harbour Street",
    "locale": "en",
    "time_zone": "Europe/Lisbon",
}
_CLAIMS = {"skills": ["Go"], "languages": ["en"]}
_SETTLED_S = 5.0
_LIVE_S, _END_S, _SETTLE_S, _QUEUE_S = 30.0, 30.0, 15.0, 10.0
_POLL_S = 0.5
_CHECKS_MOST = 3
"""An interviewer whose check did not pass repeats it, as a person would, before giving up."""


@dataclass(frozen=True, slots=True)
class Story:
    """One of the two calls."""

    title: str
    link: Impairment | None
    """The interviewer's; the freelancer's is always good."""
    askings: int
    """How often an item that did not count is asked at most."""
    expected: str
    seed: int


STORIES = (
    Story("A good call", None, 3, "verified", 11),
    Story("A call in which the interviewer has a bad link", BAD_LINK, 1, "inconclusive", 23),
)


def run(url: str, access: DemoAccess, *, shortest_s: int = 0) -> int:
    """0 when both calls ended as they should, 1 when one did not or could not be held.

    Args:
        url: where the server runs.
        access: how to get in.
        shortest_s: shortest length of each call in seconds.
    """
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {line}", flush=True)

    try:
        return asyncio.run(_both(url, access, shortest_s, tell))
    except DemoStopped as stopped:
        print(f"verifier demo: {stopped}", file=sys.stderr)
        return 1


async def _both(url: str, access: DemoAccess, shortest_s: int, tell: Callable[[str], None]) -> int:
    if len(access.interviewer_links) < len(STORIES):
        raise DemoStopped("Two interviewers' sign-in links are needed: one for each call.")
    ends = []
    for story, link in zip(STORIES, access.interviewer_links, strict=False):
        tell(f"{story.title}:")
        ends.append(await _Call(url, story, shortest_s, tell).hold(access.api_key, link))
    tell("Done. Sign in as a reviewer (the link works once), then open the replays:")
    print(f"  {access.reviewer_link}")
    for story, (interview_id, result) in zip(STORIES, ends, strict=True):
        print(f"  {URL(url).origin()}/staff/reviews/{interview_id}   {story.title}: {result}")
    return 0 if all(end[1] == story.expected for story, end in zip(STORIES, ends, strict=True)) else 1


class _Call:
    """One story from the platform's request to the outcome."""

    def __init__(self, url: str, story: Story, shortest_s: int, tell: Callable[[str], None]) -> None:
        self._url, self._story, self._shortest_s = url, story, shortest_s
        self._reference = f"demo-{secrets.token_hex(6)}"
        self._tell: Callable[[str], None] = lambda line: tell(f"  {line}")

    async def hold(self, api_key: str, interviewer_link: str) -> tuple[str, str]:
        """The interview's id and the result of its case.

        Raises:
            DemoStopped: it cannot go on.
        """
        story = self._story
        async with AsyncExitStack() as stack:
            platform = await stack.enter_async_context(Door(self._url, bearer=api_key))
            joining = await stack.enter_async_context(Door(self._url))
            staff = await stack.enter_async_context(Door(self._url))
            created = await self._create(platform)
            await asyncio.gather(self._join(joining, created["join_url"]), self._sign_in(staff, interviewer_link))
            freelancer = Participant(joining, "Freelancer", "slt", seed=story.seed)
            interviewer = Participant(staff, "Interviewer", "rms", link=story.link, seed=story.seed + 1)
            stack.push_async_callback(freelancer.leave)
            stack.push_async_callback(interviewer.leave)
            interview_id = await self._meet(freelancer, interviewer)
            await self._talk(freelancer, interviewer)
            await self._conclude(staff, interviewer, interview_id)
            case = await platform.get(f"/api/v1/verifications/{created['id']}")
            state = await joining.get("/join/state")
            return interview_id, self._judge(case, state)

    async def _create(self, platform: Door) -> dict[str, Any]:
        body = {"external_id": self._reference, "freelancer": _FREELANCER, "claims": _CLAIMS}
        created = await platform.post("/api/v1/verifications", body)
        self._tell(f"the platform created the verification {created['id']}")
        return created

    async def _join(self, door: Door, join_url: str) -> None:
        await door.post("/join/exchange", {"token": URL(join_url).fragment})
        await door.post("/join/consent", {"interview": True, "recording": True})
        self._tell("the freelancer opened the link and agreed to the interview; the device check runs")
        self._tell_check("freelancer", await run_check(door, "/join", "slt"))

    async def _sign_in(self, door: Door, link: str) -> None:
        await door.post("/staff/link", {"token": URL(link).fragment})
        for _ in range(_CHECKS_MOST):
            verdict = await run_check(door, "/staff", "rms")
            self._tell_check("interviewer", verdict)
            if verdict["passed"]:
                break
        else:
            raise DemoStopped(f"The interviewer's check did not pass: {', '.join(verdict['problems'])}.")

    def _tell_check(self, who: str, verdict: dict[str, Any]) -> None:
        problems = f" ({', '.join(verdict['problems'])})" if verdict["problems"] else ""
        self._tell(f"the {who}'s check: {verdict['words']}{problems}")

    async def _meet(self, freelancer: Participant, interviewer: Participant) -> str:
        ticket = await freelancer.door.post("/join/ticket", {})
        await freelancer.enter(ticket["ticket"], ticket["url"])
        await freelancer.wait_for("the waiting room", lambda who: "welcome" in who.last, _QUEUE_S)
        await self._require_first(interviewer.door)
        taken = await interviewer.door.post("/staff/take", {})
        interview_id = str(taken["interview_id"])
        ticket = await interviewer.door.post(f"/staff/interviews/{interview_id}/ticket", {})
        await interviewer.enter(ticket["ticket"], ticket["url"])
        self._tell("the interviewer took the call")
        for person in (freelancer, interviewer):
            await person.wait_for("both sides being connected", lambda who: who.in_call, _LIVE_S)
        self._tell("both see and hear each other through the server")
        return interview_id

    async def _require_first(self, staff: Door) -> None:
        """Never take somebody else's call."""
        deadline = time.monotonic() + _QUEUE_S
        while time.monotonic() < deadline:
            waiting = (await staff.get("/staff/queue.json"))["waiting"]
            if waiting and waiting[0]["reference"] != self._reference:
                raise DemoStopped("Somebody else is in the waiting room; the demonstration would take their call.")
            if waiting:
                return
            await asyncio.sleep(_POLL_S)
        raise DemoStopped("The freelancer does not show in the interviewer's queue.")

    async def _talk(self, freelancer: Participant, interviewer: Participant) -> None:
        began = time.monotonic()
        await asyncio.sleep(_SETTLED_S)
        while (item := await self._next(interviewer)) is not None:
            self._tell(f"asking {item['key']}" + (" again" if item["runs"] else ""))
            await script.ask(item, interviewer, freelancer)
        while time.monotonic() - began < self._shortest_s:
            await interviewer.say("loop")
            await freelancer.say("loop")
        await interviewer.send(Complete())
        for person in (freelancer, interviewer):
            await person.wait_for("the end of the call", lambda who: who.ended is not None, _END_S)

    async def _next(self, interviewer: Participant) -> Any:
        """The next item to ask; waits for the verdict on the last ones when nothing else is left."""
        item = script.next_item(interviewer.checklist, self._story.askings)
        if item is None and self._story.askings > 1 and script.settling(interviewer.checklist):
            settled = f"the verdict on {interviewer.checklist['items'][0]['key']} and the others"
            await interviewer.wait_for(settled, lambda who: not script.settling(who.checklist), _SETTLE_S)
            item = script.next_item(interviewer.checklist, self._story.askings)
        return item

    async def _conclude(self, staff: Door, interviewer: Participant, interview_id: str) -> None:
        outcome = await staff.get(f"/staff/interviews/{interview_id}/outcome")
        conclusive = "conclusive" if outcome["conclusive"] else f"inconclusive ({', '.join(outcome['reasons'])})"
        self._tell(f"the call is over: {conclusive}")
        shares = f"{outcome['bad_share_relied']:.0%} of the seconds relied on, {outcome['bad_share_live']:.0%} of all"
        fault = f"; fault: {outcome['fault']}, side: {outcome['fault_side'] or 'none'}" if outcome["fault"] else ""
        self._tell(f"bad: {shares}{fault}")
        for item in outcome["items"]:
            if not item["admissible"]:
                self._tell(f"does not count: {item['key']} ({', '.join(item['reasons'])})")
        if "server.fault" in outcome["reasons"]:
            self._tell("this machine was too busy for the server to keep its pace, which never counts against anybody")
        if outcome["next"] == "may_verify":
            await staff.post(f"/staff/interviews/{interview_id}/verify", {})
            self._tell("the interviewer decided: verified")

    def _judge(self, case: dict[str, Any], state: dict[str, Any]) -> str:
        """verified, inconclusive (a retry is offered) or whatever else the case says."""
        if state["retry"]:
            self._tell("a second call is offered on the same link; nothing happens to the freelancer's account")
            return "inconclusive"
        return str(case["result"])
