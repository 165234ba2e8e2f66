"""A whole interview as two people hold it: every item asked, long enough to be heard, and asked again when told to."""

from __future__ import annotations

from tests.journey.people import Freelancer, Interviewer

ASKED_FOR_S = 6.0
"""How long a question and its answer take; the voices loop with pauses, so some speech falls into every such time."""


async def say_codes(interviewer: Interviewer, freelancer: Freelancer, *keys: str) -> None:
    """Hold comprehension items: the code is read out for a while, then typed by the side that hears it."""
    for key in keys:
        await interviewer.ask(key)
        hears = freelancer.page if "hear_interviewer" in key else interviewer.page
        speaks = interviewer.page if "hear_interviewer" in key else freelancer.page
        code = await Interviewer(speaks).code_to_speak()
        await speaks.wait_for_timeout(ASKED_FOR_S * 1_000)
        await hears.get_by_test_id("code-input").fill(code)
        await hears.get_by_test_id("code-submit").click()
        await interviewer.until_item(key, "admissible", "ask_again")


async def ask(interviewer: Interviewer, key: str, answer: str = "consistent") -> str:
    """Ask one item, wait for question and answer, record it unless the page says "ask again"; how it settles."""
    await interviewer.ask(key)
    await interviewer.page.wait_for_timeout(ASKED_FOR_S * 1_000)
    if await interviewer.must_ask_again():
        return "ask_again"
    await interviewer.answer(answer)
    await interviewer.until_item(key, "admissible", "ask_again")
    return await interviewer.item_state(key)


async def hold(interviewer: Interviewer, freelancer: Freelancer, *, times: int = 5) -> None:
    """Go through the whole checklist, asking again up to ``times`` where an asking did not count.

    The documents are left out: they are optional, and who looks into the camera holds none.
    """
    for key in await interviewer.items():
        if key.startswith("document"):
            continue
        for _ in range(times):
            if await interviewer.item_state(key) == "admissible":
                break
            if key.startswith("comprehension"):
                await say_codes(interviewer, freelancer, key)
            else:
                await ask(interviewer, key)
