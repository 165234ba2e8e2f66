"""The replay page, in the real application and a real Chromium, over calls that the core judged."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.contract import examples
from tests.contract.examples import ANNA, CASE
from tests.core.interviews import PLAN, SECONDS, call, interview, runs, without_end
from tests.core.rows import INTERVIEW, Call, F, I, cant_hear
from tests.web.house import ORIGIN, ROOT, Browser, House
from verifier.core.assessment import verdict
from verifier.core.model import Claim, ClaimKind, FlagKind, Interview, InterviewState, StaffRole
from verifier.core.policy import SHIPPED
from verifier.core.quality.timeline import LegFault
from verifier.core.reasons import ReasonCode
from verifier.core.samples import InterviewRows, Stream
from verifier.core.verdicts import Band

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

PAGE = f"/staff/reviews/{INTERVIEW}"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text
VIOLATIONS = """tags => axe.run({runOnly: tags, resultTypes: ['violations']}).then(done => done.violations.map(one =>
    one.id + ': ' + one.nodes.map(node => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | ')))"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def bad_interviewer_uplink() -> Call:
    """From the third question on the interviewer's uplink loses words; later six rows of the freelancer are missing."""
    return call().uplink_loss(I, 26, 50, 0.3).withhold(F, 56, 62)


async def held(house: House, source: Call, *, running: bool = False, rows: InterviewRows | None = None) -> Browser:
    """A reviewer's browser, and one call with rows, runs, a flag, a reconnect in its log, and the core's verdict."""
    reviewer, _ = await house.staff(ANNA, StaffRole.INTERVIEWER, StaffRole.REVIEWER)
    about = replace(interview(), verification_id=CASE, interviewer_id=ANNA)
    seen = source.rows() if rows is None else rows
    asked, flag = [*runs()], cant_hear(30)
    if running:
        about = replace(about, state=InterviewState.LIVE, ended_ms=None, end_cause=None)
        asked[-1] = without_end(asked[-1])
    async with house.units() as unit:
        claims = tuple(Claim(item.claim_id, ClaimKind.IDENTITY, item.key, "…") for item in PLAN if item.claim_id)
        await unit.verifications.add(examples.verification(claims=claims))
        await unit.interviews.add(_before(about), PLAN)
        for run in asked:
            await unit.runs.add(replace(run, ended_ms=None, answer=None))
            if run.ended_ms is not None:
                await unit.runs.end(run)
        await unit.flags.add(flag)
        await unit.samples.add(seen.server, seen.browser, seen.frames)
        for at_s, state, generation in ((-5, "connected", 1), (40, "disconnected", 1), (44, "connected", 2)):
            body = {"leg": "interviewer", "state": state, "generation": generation}
            await unit.log.append(INTERVIEW, (about.live_ms or 0) + 1_000 * at_s, "connection", I, body)
        await unit.interviews.save(about)
        if not running:
            findings, assessment = verdict(about, PLAN, asked, [flag], seen, SHIPPED)
            await unit.verdicts.add(findings, assessment)
    return reviewer


async def with_stills(house: House) -> None:
    """Two stills of the specimen: one that dazzles, and five seconds later a good one."""
    asked = runs()[2]
    await house.photograph("sti_dazzling", asked, asked.started_ms + 1_000, "glare")
    await house.photograph("sti_good", asked, asked.started_ms + 6_000)


def _before(about: Interview) -> Interview:
    return replace(about, state=InterviewState.CREATED, live_ms=None, ended_ms=None, end_cause=None)


# ---------------------------------------------------------------- what is printed


async def test_the_page_and_its_figures_speak_of_the_same_seconds_and_facts(house: House) -> None:
    reviewer = await held(house, bad_interviewer_uplink())
    figures = (await reviewer.get(f"{PAGE}/replay.json", "application/json")).json
    principal = await house.services.accounts.signing_in.principal(reviewer.cookies["__Host-vi_staff"])
    summary = await house.services.reviewing.summary(principal, INTERVIEW)
    assert {name: figures[name] for name in summary} == summary
    assert len(figures["seconds"]) == len(figures["legs"]["freelancer"]) == len(figures["bitrate_kbps"]["freelancer"])
    assert {len(seconds) for seconds in figures["streams"].values()} == {len(figures["seconds"])}


async def test_the_exports_that_the_page_offers_are_files(house: House) -> None:
    reviewer = await held(house, call())
    page = (await reviewer.get(PAGE)).text
    for kind in ("csv", "json"):
        found = re.search(rf'href="([^"]+)" download data-testid="export-{kind}"', page)
        assert found
        file = await reviewer.get(found[1], "*/*")
        assert file.status == 200 and file.headers["Content-Disposition"].startswith("attachment; filename=")


async def test_a_call_that_still_runs_is_not_said_to_have_held(house: House) -> None:
    page = (await (await held(house, call(), running=True)).get(PAGE)).text
    assert "The call still runs." in page and "still running" in page
    assert "the connection held" not in page and 'data-admissible="no"' not in page and "0.0 %" not in page


async def test_a_call_that_never_ended_does_not_grow_for_ever(house: House) -> None:
    reviewer = await held(house, call(), running=True)
    house.clock.advance(hours=1, minutes=59)
    figures = (await reviewer.get(f"{PAGE}/replay.json", "application/json")).json
    assert len(figures["seconds"]) <= 6 + SECONDS + 4 + SHIPPED.reconnect_grace_ms // 1_000
    assert {second["band"] for second in figures["streams"]["audio_from_freelancer"][-50:]} == {"unknown"}


async def test_the_page_has_a_word_for_every_code_that_its_script_meets(house: House) -> None:
    page = (await (await held(house, call())).get(PAGE)).text
    known = dict(re.findall(r'data-word="([^"]+)">([^<]*)<', page))
    wanted = [f"reason.{code}" for code in ReasonCode] + [f"test.{name}" for name in SHIPPED.tests]
    wanted += [f"band.{band}" for band in Band] + [f"fault.{fault}" for fault in LegFault]
    wanted += [f"event.{kind}" for kind in FlagKind] + [f"stream.{stream}" for stream in Stream]
    assert [code for code in wanted if not known.get(code)] == []
    assert [word for word in known.values() if re.fullmatch(r"\w+[._][\w.]+", word)] == [], "a code is no word"


async def test_only_reviewers_are_shown_the_pictures_of_a_call_that_is_over(house: House) -> None:
    reviewer = await held(house, call())
    await with_stills(house)
    page = (await reviewer.get(PAGE)).text
    assert page.count('data-testid="open-still"') == 2 and "Glare: ask to tilt it" in page
    house.units.state.people[ANNA] = (examples.person(ANNA, roles=frozenset({StaffRole.INTERVIEWER})), None)
    page = (await reviewer.get(PAGE)).text
    assert 'data-testid="open-still"' not in page and "/staff/evidence/" not in page and "Glare: ask to tilt it" in page


async def test_an_erased_picture_is_said_to_be_erased(house: House) -> None:
    reviewer = await held(house, call())
    await with_stills(house)
    async with house.units() as unit:
        await unit.evidence_keys.destroy(INTERVIEW, house.clock.now_ms())
    page = (await reviewer.get(PAGE)).text
    assert page.count('data-testid="still-erased"') == 2 and "/staff/evidence/" not in page


# ---------------------------------------------------------------- what is drawn


@pytest.fixture
async def tab(request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A Chromium tab with nobody behind it yet; the parameter chooses size and colours."""
    from playwright.async_api import async_playwright

    width, height, scheme = getattr(request, "param", (1440, 900, "light"))
    async with async_playwright() as play:
        browser = await play.chromium.launch(
            executable_path=which("chromium"), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        page = await browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        yield page
        await browser.close()


async def shown(tab: Page, reviewer: Browser, state: str = "ready") -> list[str]:
    """Open the page as the application serves it, policy and all; what the tab complained about."""
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))

    async def serve(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            await route.fulfill(path=ROOT / path.lstrip("/"), content_type=TYPES[Path(path).suffix])
            return
        answer = await reviewer.get(path, route.request.headers.get("accept", "*/*"))
        headers = {name: value for name, value in answer.headers.items() if name in KEPT}
        assert path != PAGE or "script-src 'self'" in headers["Content-Security-Policy"]
        await route.fulfill(status=answer.status, headers=headers, body=answer.content)

    await tab.route("**/*", serve)
    await tab.goto(f"{ORIGIN}{PAGE}")
    await tab.wait_for_selector(f'[data-timeline="{state}"]')
    return complaints


KEPT = {"Content-Type", "Content-Security-Policy", "Cache-Control"}


@pytest.mark.parametrize("tab", [(1440, 900, "light"), (390, 844, "dark")], indirect=True, ids=["desktop", "phone"])
async def test_what_did_not_count_says_why_on_the_timeline(house: House, tab: Page) -> None:
    complaints = await shown(tab, await held(house, bad_interviewer_uplink()))
    refused = tab.locator('[data-testid="window"][data-admissible="no"]')
    assert await refused.count() >= 2
    assert any("sound lost on the interviewer's uplink" in text for text in await refused.all_inner_texts())
    events = await tab.get_by_test_id("plot-events").inner_text()
    assert "Connection back: interviewer, connection no. 2" in events and "can't hear / understand" in events
    bands = (
        await tab.get_by_test_id("plot-audio-from-interviewer")
        .locator(".stretch")
        .evaluate_all("all => all.map(one => one.dataset.band)")
    )
    assert {"good", "bad", "unknown"} <= set(bands)
    assert await tab.locator(".timeline canvas").count() == 7
    await tab.evaluate(AXE())
    assert await tab.evaluate(VIOLATIONS, TAGS) == []
    assert await tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert complaints == []


async def test_hover_shows_a_second_and_a_press_keeps_it(house: House, tab: Page) -> None:
    await shown(tab, await held(house, bad_interviewer_uplink()))
    plot, at = tab.get_by_test_id("plot-audio-from-interviewer"), tab.get_by_test_id("figures-at")
    await plot.scroll_into_view_if_needed()
    box = await plot.bounding_box()
    assert box
    await tab.mouse.move(box["x"] + 1, box["y"] + 5)
    await at.filter(has_text=re.compile("^0:00$")).wait_for()
    await plot.click(position={"x": box["width"] / 2, "y": 5})
    kept = await at.inner_text()
    await tab.mouse.move(box["x"] + 1, box["y"] + 5)
    assert await at.inner_text() == kept != "0:00" and await tab.get_by_test_id("pin").is_visible()
    await tab.keyboard.press("ArrowRight")
    assert await at.inner_text() != kept
    await tab.keyboard.press("Escape")
    await at.filter(has_text=re.compile("^0:00$")).wait_for()
    assert not await tab.get_by_test_id("pin").is_visible()


async def test_keys_drag_and_a_question_zoom_and_zero_shows_the_whole_call(house: House, tab: Page) -> None:
    await shown(tab, await held(house, bad_interviewer_uplink()))
    ticks, windows = tab.locator(".tick"), tab.get_by_test_id("window")
    whole, asked = await ticks.all_inner_texts(), await windows.count()
    await tab.keyboard.press("+")
    assert await ticks.all_inner_texts() != whole
    await tab.keyboard.press("0")
    assert await ticks.all_inner_texts() == whole
    await tab.get_by_test_id("plot-events").scroll_into_view_if_needed()
    box = await tab.get_by_test_id("plot-events").bounding_box()
    assert box
    await tab.mouse.move(box["x"] + 200, box["y"] + 5)
    await tab.mouse.down()
    await tab.mouse.move(box["x"] + 300, box["y"] + 5, steps=3)
    await tab.mouse.up()
    assert await windows.count() < asked
    await tab.keyboard.press("0")
    await tab.get_by_test_id("window").nth(2).click(position={"x": 6, "y": 8})
    assert await windows.count() < asked and await tab.get_by_test_id("pin").is_visible()
    assert "City" in await tab.get_by_test_id("figures-now").inner_text()


async def test_every_test_of_an_asking_can_be_opened(house: House, tab: Page) -> None:
    await shown(tab, await held(house, bad_interviewer_uplink()))
    details = tab.get_by_test_id("run-figures").nth(2)
    await details.locator("summary").click()
    failed = await details.locator('tr[data-state="failed"]').all_inner_texts()
    assert any("Sound concealed, mean" in line and "≤ 7.00 %" in line for line in failed)


async def test_a_running_call_shows_what_is_there(house: House, tab: Page) -> None:
    reviewer = await held(house, call(), running=True)
    house.clock.advance(s=SECONDS)
    await shown(tab, reviewer)
    assert await tab.get_by_test_id("running").is_visible()
    assert await tab.locator('[data-testid="window"][data-admissible="pending"]').count() == len(PLAN)


async def test_figures_that_cannot_be_had_are_said_to_be_missing(house: House, tab: Page) -> None:
    reviewer = await held(house, Call(SECONDS), rows=InterviewRows((), (), ()))
    await shown(tab, reviewer, "empty")
    assert await tab.get_by_test_id("timeline-empty").is_visible()
    await tab.route("**/replay.json", lambda route: route.abort())
    await tab.reload()
    await tab.wait_for_selector('[data-timeline="error"]')
    await tab.unroute("**/replay.json")
    await tab.get_by_test_id("reload-timeline").click()
    await tab.wait_for_selector('[data-timeline="empty"]')


async def test_a_picture_opens_large_from_the_timeline_and_by_keys_alone(house: House, tab: Page) -> None:
    reviewer = await held(house, call())
    await with_stills(house)
    complaints = await shown(tab, reviewer)
    viewer, picture = tab.get_by_test_id("still-viewer"), tab.get_by_test_id("viewer-picture")
    marks = tab.locator('[data-testid="event"][data-kind="still"]')
    assert await marks.all_inner_texts() == ["Picture: document, front, not usable", "Picture: document, front"]
    await marks.first.locator("a").click()
    assert await picture.get_attribute("src") == "/staff/evidence/sti_dazzling"
    await tab.wait_for_function("() => document.querySelector('[data-role=viewer-picture]').naturalWidth > 0")
    await tab.keyboard.press("Escape")
    await viewer.wait_for(state="hidden")
    await tab.locator("[data-testid=viewer-picture]:not([src])").wait_for(state="attached")

    await tab.get_by_test_id("open-still").last.focus()
    await tab.keyboard.press("Enter")
    assert await picture.get_attribute("src") == "/staff/evidence/sti_good"
    await tab.keyboard.press("ArrowRight")
    assert await picture.get_attribute("src") == "/staff/evidence/sti_dazzling"
    await tab.evaluate(AXE())
    assert await tab.evaluate(VIOLATIONS, TAGS) == []
    await tab.keyboard.press("Escape")
    assert await tab.evaluate("document.activeElement.dataset.still") == "sti_good"
    assert complaints == []


async def test_a_picture_that_cannot_be_shown_says_so(house: House, tab: Page) -> None:
    reviewer = await held(house, call())
    await with_stills(house)
    await shown(tab, reviewer)
    async with house.units() as unit:
        await unit.evidence_keys.destroy(INTERVIEW, house.clock.now_ms())
    await tab.get_by_test_id("open-still").first.click()
    await tab.get_by_test_id("viewer-problem").wait_for()
