"""The story that verifier exists for, walked again in real browsers: each of its wrongs is refused or answered.

F1 the interviewer's bad link; F3 the question outside of the profile; F4 the hasty single reviewer; F5 no reason given;
F6 the closed ticket; F7 the contradictory notices; F8 work in flight; F9 no channel left.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Playwright, TimeoutError, expect

from bench.rig.impairment import GilbertElliott, Impairment
from bench.rig.network import Network
from bench.rig.sources import Camera, Voice
from tests.delivery.postbox import Postbox
from tests.journey import by_hand
from tests.journey.browsers import PHONE, colleague, person
from tests.journey.call import ASKED_FOR_S, hold
from tests.journey.people import Freelancer, Interviewer
from tests.journey.redress import AppealReviewer, CaseReader, Reviewer
from tests.journey.server import Server, serving

pytestmark = [pytest.mark.journey, pytest.mark.netns, pytest.mark.timeout(900)]

WEAK_LINK = Impairment(burst=GilbertElliott(enter=0.06, leave=0.35), delay_ms=60)
"""About 15 % of the packets in bursts of three: voices break, while the page still works."""
OBSERVED = "The front of the document that was held up names another city than the claim does."
ANSWER = "I moved last month; the document is older than that. The new one is on its way."
APPEAL = "The new document has come. It shows the city that I claimed from the beginning."
HASTY = "No."
WEIGHED = (
    "The document that you sent meanwhile names the city of your claim, and the old one was valid on the day of the "
    "call. Nothing was contradicted. The failure is taken back, and the platform has to put your account back."
)


@asynccontextmanager
async def mailed(folder: Path, network: Network) -> AsyncIterator[tuple[Server, Postbox]]:
    """The server with a mail server behind it."""
    async with (
        Postbox() as postbox,
        serving(
            folder,
            network,
            SMTP_URL=f"smtp://127.0.0.1:{postbox.port}?starttls=never",
            MAIL_FROM="Verification <verify@example.org>",
        ) as server,
    ):
        yield server, postbox


async def letter(postbox: Postbox, subject: str) -> str:
    """The text of the freelancer's newest letter, once its subject says this."""
    for _ in range(300):
        for one in reversed(postbox.arrived):
            if one.recipient == "goran@example.com" and subject in str(one.message["subject"]):
                return one.part("plain")
        await asyncio.sleep(0.1)
    raise AssertionError(f"no letter about {subject!r}: {[str(one.message['subject']) for one in postbox.arrived]}")


async def her_link_is_bad(
    server: Server, network: Network, case: dict[str, Any], him: Freelancer, her: Interviewer
) -> str:
    """F1, F3, F8: she can hardly be understood, asks in haste and beside his profile; nothing comes of it."""
    await by_hand.open_socket(her.page)
    await her.sign_in(await server.staff_link("interviewer"))
    await her.check(server.origin)
    await him.arrive(case["join_url"], network=False)
    held = await her.take_next()
    await him.in_call()
    await her.in_call()
    assert "PHP" not in await her.page.locator("main").inner_text()
    assert await by_hand.send(her.page, type="run_start", item_key="skill.PHP") == "not_found"
    network.impair("interviewer", up=WEAK_LINK, down=WEAK_LINK)
    await expect(him.page.get_by_test_id("fault-banner")).to_be_visible(timeout=30_000)
    for key in ("identity.city", "identity.country"):
        await her.ask(key)
        with suppress(TimeoutError):
            await her.answer("inconsistent", timeout_s=1.5)
        await her.page.wait_for_timeout(3_000)
    assert await her.finish() == "retry"
    told = await server.receiver.wait_for("interview.inconclusive")
    assert told["data"]["fault_side"] == "interviewer"
    assert told["data"]["recommended_account_effect"] in {"none", "keep_current"}
    await him.sees_result("retry_offered")
    now = await server.api("GET", f"/verifications/{case['id']}")
    assert (now["status"], now["result"], now["protect_work_in_flight"]) == ("retry_offered", "none", True)
    network.restore("interviewer")
    return held


async def the_next_call_is_good(server: Server, him: Freelancer, her: Interviewer) -> str:
    """Somebody else interviews him, over good links; his document names another city."""
    await him.retry()
    await her.sign_in(await server.staff_link("interviewer"))
    await her.check(server.origin)
    held = await her.take_next()
    await him.in_call()
    await her.in_call()
    await hold(her, him)
    for _ in range(10):
        await her.ask("document.front")
        await her.capture("good")
        await her.page.wait_for_timeout(ASKED_FOR_S * 1_000)
        if not await her.must_ask_again():
            await her.answer("inconsistent")
            await her.until_item("document.front", "admissible", "ask_again")
        if await her.item_state("document.front") == "admissible":
            break
    assert await her.finish() == "to_review"
    await him.sees_result("in_review")
    return held


async def one_reviewer_is_not_enough(server: Server, axel: Reviewer, bad: str, held: str) -> str:
    """F1, F4: nothing can be made of the bad call; of the good one a proposal, and its author cannot confirm it."""
    await axel.open(bad)
    await expect(axel.page.get_by_test_id("propose-open")).to_have_count(0)
    await axel.open(held)
    proposal = await axel.propose(OBSERVED)
    await expect(axel.page.get_by_test_id("not-on-offer")).to_contain_text("You made this proposal.")
    refused = await by_hand.post(axel.page, f"/staff/proposals/{proposal}/confirm", seen="0")
    assert refused.startswith(("403", "409")), refused
    told = await server.receiver.wait_for("verification.failure_proposed")
    assert told["data"]["recommended_account_effect"] == "keep_current"
    assert told["data"]["protect_work_in_flight"] is True
    return proposal


async def he_reads_why_and_answers(server: Server, postbox: Postbox, him: CaseReader) -> None:
    """F5, F9: a letter leads to his private page, which needs no account, gives the reason and takes his answer."""
    link = re.search(rf"{re.escape(server.origin)}/case#\S+", await letter(postbox, "Please read"))
    assert link is not None
    await him.open(link.group())
    await expect(him.page.get_by_test_id("proposal")).to_contain_text(OBSERVED)
    await expect(him.page.get_by_test_id("protected")).to_be_visible()
    await him.sees("awaiting_response", "none")
    await him.answer(ANSWER)


async def a_second_one_watches_and_confirms(server: Server, bert: Reviewer, held: str, proposal: str) -> None:
    """F4: who has not watched the cited stretch cannot confirm."""
    await bert.open(held)
    await expect(bert.page.get_by_test_id("response")).to_contain_text(ANSWER)
    await expect(bert.page.get_by_test_id("confirm-failure")).to_be_hidden()
    assert (await by_hand.post(bert.page, f"/staff/proposals/{proposal}/confirm", seen="0")).startswith("409")
    await bert.watch()
    await bert.confirm()
    decided = await server.receiver.wait_for("verification.decided")
    assert (decided["data"]["result"], decided["data"]["decision_version"]) == ("failed", 1)
    assert decided["data"]["recommended_account_effect"] == "suspend"


async def the_ticket_is_not_closed_unanswered(
    server: Server, postbox: Postbox, case: str, him: CaseReader, bert: AppealReviewer, cora: AppealReviewer
) -> None:
    """F6: acknowledged at once; whoever had a part cannot answer, and nobody can without words for it."""
    await him.sees("completed", "failed")
    await expect(him.page.get_by_test_id("decision-statement")).to_contain_text(OBSERVED)
    await him.appeal(APPEAL)
    await letter(postbox, "your appeal has arrived")
    await server.receiver.wait_for("appeal.opened")
    await bert.open()
    await expect(bert.page.get_by_test_id("may-not-answer")).to_be_visible()
    await cora.open()
    await expect(cora.page.get_by_test_id("appeal-text")).to_contain_text(APPEAL)
    await cora.close("overturned", HASTY)
    await expect(cora.page.get_by_test_id("error-summary")).to_be_focused()
    assert (await server.api("GET", f"/verifications/{case}"))["result"] == "failed"
    await cora.close("overturned", WEIGHED)
    await cora.confirm()


async def alarmed(cora: AppealReviewer) -> None:
    """Every staff page shows the alarm, as soon as the server has looked."""
    for _ in range(60):
        await cora.page.reload()
        if await cora.page.get_by_test_id("alarm").count():
            return
        await asyncio.sleep(0.5)
    raise AssertionError("no alarm")


async def everybody_hears_the_same(
    server: Server, postbox: Postbox, case: dict[str, Any], him: CaseReader, cora: AppealReviewer
) -> None:
    """F7: the newest version alone is said anywhere, and a platform that does otherwise raises an alarm."""
    superseded = (await server.receiver.wait_for("decision.superseded"))["data"]
    assert (superseded["result"], superseded["superseded_version"]) == ("verified", 1)
    now = await server.api("GET", f"/verifications/{case['id']}")
    assert (now["result"], now["decision"]["version"]) == ("verified", 2)
    await him.sees(now["status"], "verified")
    await expect(him.page.get_by_test_id("appeal-outcome")).to_have_attribute("data-outcome", "overturned")
    await expect(him.page.get_by_test_id("appeal")).to_contain_text(WEIGHED)
    assert "You are verified" in " ".join((await letter(postbox, "your appeal was answered")).split())
    await expect(him.page.get_by_test_id("awaiting-reinstatement")).to_be_visible()
    report = {"verification_id": case["id"], "decision_version": 1, "account_effect": "suspend"}
    await server.api("POST", "/webhooks/verification-result", report, status=201)
    await server.receiver.wait_for("effect.mismatch")
    await alarmed(cora)
    report |= {"decision_version": 2, "account_effect": "reinstate"}
    await server.api("POST", "/webhooks/verification-result", report, status=201)
    await him.page.reload()
    await expect(him.page.get_by_test_id("awaiting-reinstatement")).to_have_count(0)


async def test_every_wrong_of_the_story_is_refused_or_answered(
    playwright: Playwright, tmp_path: Path, network: Network
) -> None:
    async with mailed(tmp_path, network) as (server, postbox):
        case = await server.create_verification()
        here, there = network.place("freelancer"), network.place("interviewer")
        async with (
            person(playwright, name="goran", voice=Voice.SLT, camera=Camera.HELD_DOCUMENT, place=here) as his,
            person(playwright, name="interviewer", voice=Voice.RMS, place=there) as hers,
        ):
            bad = await her_link_is_bad(server, network, case, Freelancer(his), Interviewer(hers))
            held = await the_next_call_is_good(server, Freelancer(his), Interviewer(hers))
        async with person(playwright, name="office") as office:
            axel, bert = Reviewer(office, server.origin), Reviewer(await colleague(office), server.origin)
            cora = AppealReviewer(await colleague(office), server.origin)
            him = CaseReader(await colleague(office, PHONE))
            await axel.sign_in(await server.staff_link("reviewer"))
            await bert.sign_in(await server.staff_link("reviewer", "appeal_reviewer"))
            await cora.sign_in(await server.staff_link("appeal_reviewer"))
            proposal = await one_reviewer_is_not_enough(server, axel, bad, held)
            await he_reads_why_and_answers(server, postbox, him)
            await a_second_one_watches_and_confirms(server, bert, held, proposal)
            await the_ticket_is_not_closed_unanswered(
                server, postbox, case["id"], him, AppealReviewer(bert.page, server.origin), cora
            )
            await everybody_hears_the_same(server, postbox, case, him, cora)
        assert await server.command("audit") == "0 differences"
