"""What is due goes, with a trace that proves it; what is not due stays, whoever runs it and however often."""

from __future__ import annotations

from dataclasses import replace

from tests.contract.failed_case import CALL, CASE
from tests.core import failures
from tests.service.keeping_stage import WHY, Keeping
from tests.service.redress_stage import DAY_MS
from verifier.core.chain import SYSTEM
from verifier.core.erased import is_erased
from verifier.core.leftovers import Leftover
from verifier.core.policy import SHIPPED, PolicyBook
from verifier.core.proof import rows_digest
from verifier.core.retention import Kept, Rule
from verifier.core.samples import InterviewRows
from verifier.service.retaining import Gone, Retaining, Swept


def measured(rows: InterviewRows) -> int:
    """Raw rows that are left; what is known of stills is none of them."""
    return len(rows.server) + len(rows.browser) + len(rows.frames)


async def test_nothing_goes_before_its_time(keeping: Keeping) -> None:
    await keeping.failed()
    for days in (-183, 0, 29):
        keeping.over(days)
        assert await keeping.went() == []
    assert (await keeping.rows()).server and await keeping.key_is_whole()


async def test_thirty_days_after_the_appeal_window_stills_and_rows_go_and_a_tombstone_stays(keeping: Keeping) -> None:
    await keeping.failed()
    rows = await keeping.rows()
    keeping.over(30)
    assert await keeping.went() == [("evidence", None), ("samples", None)]
    assert measured(await keeping.rows()) == 0
    assert not await keeping.key_is_whole() and keeping.files.interviews == [CALL]
    async with keeping.units(read_only=True) as unit:
        stone = await unit.tombstones.of_interview(CALL)
        assert [entry.body for entry in await unit.log.since(CALL, 0)] == [{}]
    assert stone is not None and stone.sha256 == rows_digest(rows)
    assert (stone.server_rows, stone.at_ms, stone.not_before_ms) == (
        len(rows.server),
        keeping.clock.now_ms(),
        keeping.clock.now_ms(),
    )


async def test_the_chain_tells_what_went_by_which_rule(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over(31)
    before = len(await keeping.redress.chain())
    await keeping.ran()
    evidence, samples = (await keeping.redress.chain())[before:]
    assert (evidence.action, evidence.actor_kind, evidence.facts) == (
        "evidence.expired",
        SYSTEM.kind,
        {"interview_id": CALL, "rule": Rule.AFTER_APPEAL, "not_before_ms": keeping.clock.now_ms() - DAY_MS},
    )
    assert samples.action == "samples.expired"
    assert samples.facts["sha256"] == rows_digest(failures.ROWS)
    assert samples.facts["not_before_ms"] == keeping.clock.now_ms() - DAY_MS


async def test_a_dry_run_says_the_same_and_deletes_nothing(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over(30)
    chain = await keeping.redress.chain()
    foreseen = await keeping.ran(dry=True)
    assert [one.term.what for one in foreseen if isinstance(one, Gone) and one.term] == [Kept.EVIDENCE, Kept.SAMPLES]
    assert (await keeping.rows()).server and await keeping.redress.chain() == chain
    assert await keeping.ran() == foreseen


async def test_what_went_does_not_go_again(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over(30)
    await keeping.ran()
    chain = await keeping.redress.chain()
    assert await keeping.ran() == []
    assert await keeping.redress.chain() == chain


async def test_after_three_years_everything_personal_goes(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.clock.advance(days=1_096)
    assert await keeping.went() == [("evidence", None), ("samples", None), ("person", None)]
    case = await keeping.redress.case()
    assert is_erased(case.legal_name) and case.redacted_ms == keeping.clock.now_ms()
    redacted = next(entry for entry in await keeping.redress.chain() if entry.action == "case.redacted")
    assert redacted.actor_kind is SYSTEM.kind
    keeping.clock.advance(days=8)
    farewell = [one for one in await keeping.ran() if isinstance(one, Swept) and one.kind is Leftover.FAREWELLS]
    assert farewell == [], "its endpoint has not got it yet"


async def test_while_a_case_is_held_nothing_of_it_goes(keeping: Keeping) -> None:
    await keeping.failed()
    await keeping.holding.place(CASE, WHY)
    keeping.clock.advance(days=2_000)
    assert await keeping.ran() == []
    assert (await keeping.rows()).server and await keeping.key_is_whole()
    await keeping.holding.release(CASE, "The court has decided.")
    assert len(await keeping.went()) == 3


async def test_a_case_whose_policy_nobody_has_keeps_everything_and_is_named(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over(30)
    other = PolicyBook(replace(SHIPPED, version="another"), ())
    retaining = Retaining(keeping.units, keeping.clock, other, keeping.redacting, keeping.files)
    (gone,) = [one async for one in retaining.run() if isinstance(one, Gone)]
    assert (gone.verification_id, gone.term) == (CASE, None)
    assert gone.problem is not None and SHIPPED.version in gone.problem
    assert (await keeping.rows()).server


async def test_what_is_held_meanwhile_stays_although_it_was_found_due(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over(30)

    async def held_once_the_first_thing_went(_: str) -> None:
        await keeping.holding.place(CASE, WHY)

    slow = Retaining(
        keeping.units, keeping.clock, keeping.redress.book, keeping.redacting, held_once_the_first_thing_went
    )
    evidence, samples = [one async for one in slow.run() if isinstance(one, Gone)]
    assert evidence.problem is None and samples.problem is not None and "meanwhile" in samples.problem
    assert (await keeping.rows()).server


async def test_a_daily_run_deletes_the_same(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over(30)
    await keeping.retaining.daily()
    assert measured(await keeping.rows()) == 0
