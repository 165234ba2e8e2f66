"""An honest history of any kind has no difference, and whatever somebody with the file changes in one is named."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.histories import Histories
from tests.service.test_auditing import copy, tamper
from tests.storage.databases import SEALER, fresh_database
from verifier.core.chain import Actor, AuditEntry, link
from verifier.core.model import VerificationId
from verifier.core.policy import PolicyBook
from verifier.ports import UnitOfWorkFactory
from verifier.service.auditing import Auditing, Difference, Expired
from verifier.storage import Store
from verifier.storage.repositories.chain import _ENTRY

WEEK_MS = 7 * 24 * 3_600_000


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, VerificationId], Histories]:
    """A database with one of every history, and what its cases are called."""
    url = fresh_database(tmp_path_factory.mktemp("told"))

    async def tell() -> Histories:
        async with await Store.open(url, SEALER) as store:
            histories = Histories(store.units)
            await histories.tell()
            return histories

    histories = asyncio.run(tell())
    return Path(url.removeprefix("sqlite:///")), histories.cases, histories


class Copied:
    """A copy to be tampered with, and the audit of one of its cases."""

    def __init__(self, file: Path, cases: dict[str, VerificationId], store: Store) -> None:
        self.file = file
        self.cases = cases
        self.units: UnitOfWorkFactory = store.units

    async def differences(self, name: str) -> list[str]:
        """What the audit says of one history."""
        async with self.units(read_only=True) as unit:
            case = await unit.verifications.get(self.cases[name])
        found = await Auditing(self.units, PolicyBook()).case(case)
        return [one.what for one in found if isinstance(one, Difference)]


@pytest.fixture
async def copied(told: tuple[Path, dict[str, VerificationId], Histories], tmp_path: Path) -> AsyncIterator[Copied]:
    file, cases, _ = told
    target = tmp_path / "copy.db"
    copy(file, target)
    async with await Store.open(f"sqlite:///{target}", SEALER) as store:
        yield Copied(target, cases, store)


async def test_honest_histories_have_no_difference(
    told: tuple[Path, dict[str, VerificationId], Histories], copied: Copied
) -> None:
    found = [one async for one in Auditing(copied.units, PolicyBook(), told[2].world.clock).audit()]
    assert [one for one in found if isinstance(one, Difference)] == []
    assert len([one for one in found if isinstance(one, Expired)]) == 1, "the rows of one call have expired"


def of(table: str, name: str, column: str = "proposal_id") -> str:
    """Rows of a table that belong to the proposals or interviews of a case."""
    source = {"proposal_id": "proposals", "interview_id": "interviews"}[column]
    return f"{table} WHERE {column} IN (SELECT id FROM {source} WHERE verification_id = '{{{name}}}')"


def changed(table: str, change: str, name: str, column: str = "proposal_id") -> str:
    """An UPDATE of those rows."""
    target, where = of(table, name, column).split(" WHERE ", 1)
    return f"UPDATE {target} SET {change} WHERE {where}"


TAMPERED: dict[str, tuple[str, tuple[str, ...], str]] = {
    # I1: the finding, its evidence, the interview
    "the contradicted answer made consistent": (
        "upheld",
        (changed("item_runs", "answer = 'consistent'", "upheld", "interview_id"),),
        "does not follow from the raw rows",
    ),
    "the bad seconds of an inconclusive call smoothed, its assessment and decision with them": (
        "inconclusive",
        (
            changed(
                "server_samples",
                "audio_received = audio_expected, video_received = video_expected",
                "inconclusive",
                "interview_id",
            ),
        ),
        "does not follow from the raw rows",
    ),
    "a still called usable": (
        "upheld",
        (changed("stills", "sharpness = 0.0", "upheld", "interview_id"),),
        "does not follow from its figures",
    ),
    "the key of the still destroyed before the decision": (
        "upheld",
        (changed("evidence_keys", "wrapped_key = NULL, destroyed_ms = 1", "upheld", "interview_id"),),
        "No usable still",
    ),
    "a later interview left out of what was confirmed": (
        "upheld",
        (
            "INSERT INTO interviews SELECT id || 'x', verification_id, 2, interviewer_id, state, seed, policy_version,"
            " checklist_version, created_ms + 1, recording_consented, live_ms, ended_ms, end_cause FROM interviews"
            " WHERE verification_id = '{upheld}'",
        ),
        "there was a later interview",
    ),
    # I2: three trained people without a conflict
    "the confirmer exchanged for the proposer": (
        "upheld",
        ("UPDATE decisions SET decided_by = 'per_rita' WHERE verification_id = '{upheld}'",),
        "You made this proposal",
    ),
    "the interviewer made the proposer": (
        "upheld",
        ("UPDATE proposals SET proposer_id = 'per_ines' WHERE verification_id = '{upheld}'",),
        "You held this interview",
    ),
    "a training that had run out": (
        "upheld",
        ("UPDATE trainings SET valid_until_ms = completed_ms + 1 WHERE person_id = 'per_rolf'",),
        "Only a reviewer may do this",
    ),
    "the interviewer never trained": (
        "upheld",
        ("DELETE FROM trainings WHERE person_id = 'per_ines'",),
        "interviewer's training was not current",
    ),
    "a conflict of interest that was declared before": (
        "upheld",
        ("INSERT INTO conflicts_of_interest VALUES ('{upheld}', 'per_rolf', 1)",),
        "conflict of interest",
    ),
    # I3: the statement
    "a fact cites another stretch": (
        "upheld",
        (changed("proposal_facts", "from_ms = from_ms + 60000, to_ms = to_ms + 60000", "upheld"),),
        "outside of the asking",
    ),
    "a word of the statement changed": (
        "upheld",
        ("UPDATE written_texts SET text = replace(text, 'Zagreb', 'Split') WHERE verification_id = '{upheld}'",),
        "not what the audit chain tells",
    ),
    "another ground": (
        "upheld",
        (
            "UPDATE proposals SET ground = 'injected_video', rule = 'rule.injected_video'"
            " WHERE verification_id = '{upheld}'",
        ),
        "cannot carry this ground",
    ),
    "a second fact that nobody watched": (
        "upheld",
        (
            "INSERT INTO proposal_facts SELECT proposal_id, 2, run_id, item_key, still_id, from_ms, to_ms, cited_ms,"
            " text_length, text_sha256, interview_id FROM " + of("proposal_facts", "upheld"),
        ),
        "Watch every cited stretch",
    ),
    # I4: window and views
    "the window and the mail that opened it moved a week back": (
        "upheld",
        (
            changed(
                "response_windows", f"opened_ms = opened_ms - {WEEK_MS}, closes_ms = closes_ms - {WEEK_MS}", "upheld"
            ),
            f"UPDATE notice_attempts SET at_ms = at_ms - {WEEK_MS}",
            f"UPDATE proposals SET at_ms = at_ms - {WEEK_MS} WHERE verification_id = '{{upheld}}'",
        ),
        "response.window_opened",
    ),
    "the mail that opened the window never accepted": (
        "upheld",
        ("UPDATE notice_attempts SET outcome = 'busy'",),
        "no mail server accepted its notice then",
    ),
    "a shorter window": (
        "upheld",
        (changed("response_windows", "closes_ms = closes_ms - 60000", "upheld"),),
        "not as long as the statement says",
    ),
    "the bounce taken away": (
        "overturned",
        ("DELETE FROM " + of("window_stops", "overturned"),),
        "it opened while another one was open",
    ),
    "an answer that was never given": (
        "upheld",
        ("INSERT INTO responses SELECT id, at_ms + 60000, 1, 'x' FROM proposals WHERE verification_id = '{upheld}'",),
        "does not tell of response.given",
    ),
    "a view taken away": (
        "upheld",
        ("DELETE FROM " + of("views", "upheld"),),
        "Watch every cited stretch",
    ),
    "a view made shorter": (
        "upheld",
        (changed("views", "watched_ms = 10", "upheld"),),
        "Watch every cited stretch",
    ),
    "the view of somebody else": (
        "upheld",
        (changed("views", "person_id = 'per_rosa'", "upheld"),),
        "Watch every cited stretch",
    ),
    "a failure without what it rests on": (
        "upheld",
        ("DELETE FROM failed_decisions WHERE verification_id = '{upheld}'",),
        "without what a failure rests on",
    ),
    "a failure confirmed at another time": (
        "upheld",
        ("UPDATE decisions SET at_ms = at_ms - 1000 WHERE verification_id = '{upheld}'",),
        "stored at another time",
    ),
    # I6 and the checklist
    "a question from nowhere": (
        "upheld",
        (changed("planned_items", "question_id = 'identity.creed'", "upheld", "interview_id"),),
        "does not follow from the seed and the claims",
    ),
    # I7: what was told
    "the proposal told as a decision": (
        "upheld",
        (
            "UPDATE event_bodies SET body = replace(body, '\"decided\":false', '\"decided\":true') WHERE event_id IN"
            " (SELECT id FROM events WHERE verification_id = '{upheld}')",
        ),
        "something else than was proposed",
    ),
    "an event that recommends a suspension": (
        "verified",
        (
            "UPDATE event_bodies SET body = replace(body, '\"keep_current\"', '\"suspend\"') WHERE event_id IN"
            " (SELECT id FROM events WHERE verification_id = '{verified}')",
        ),
        "recommends a suspension that no failure supports",
    ),
    "the case's result another than its decision's": (
        "verified",
        ("UPDATE results SET result = 'failed' WHERE verification_id = '{verified}'",),
        "the result is not that of the current decision",
    ),
    "a report of the platform called no contradiction": (
        "overturned",
        ("UPDATE effects SET mismatch = NOT mismatch WHERE verification_id = '{overturned}'",),
        "is called a contradiction",
    ),
    # I8 and I11: appeals
    "an appeal answered by who proposed": (
        "upheld",
        ("UPDATE appeal_answers SET reviewer_id = 'per_rita' WHERE verification_id = '{upheld}'",),
        "somebody who had a part in the case",
    ),
    "an appeal answered by somebody untrained": (
        "upheld",
        ("UPDATE appeal_answers SET reviewer_id = 'per_adam' WHERE verification_id = '{upheld}'",),
        "not trained for it",
    ),
    "an upheld appeal called overturned": (
        "upheld",
        ("UPDATE appeal_answers SET outcome = 'overturned' WHERE verification_id = '{upheld}'",),
        "what was decided is not what its answer says",
    ),
    "an appeal dropped": (
        "upheld",
        (
            "DELETE FROM appeal_answers WHERE verification_id = '{upheld}'",
            "DELETE FROM appeals WHERE verification_id = '{upheld}'",
        ),
        "appeal.opened",
    ),
    "an appeal dated after its time": (
        "upheld",
        (
            f"UPDATE appeals SET opened_ms = opened_ms + {40 * WEEK_MS} WHERE verification_id = '{{upheld}}'",
            f"UPDATE appeal_answers SET at_ms = at_ms + {40 * WEEK_MS} WHERE verification_id = '{{upheld}}'",
        ),
        "opened after its time",
    ),
    "the superseding version taken away": (
        "overturned",
        ("DELETE FROM decisions WHERE verification_id = '{overturned}' AND version = 2",),
        "decision.made 2, which is not stored",
    ),
    # rulings and flags
    "a ruling by the interviewer": (
        "flagged",
        ("UPDATE rulings SET person_id = 'per_ines' WHERE verification_id = '{flagged}'",),
        "You held this interview",
    ),
    "a ruling with another outcome": (
        "flagged",
        ("UPDATE rulings SET outcome = 'verified' WHERE verification_id = '{flagged}'",),
        "what was decided is not what it says",
    ),
    "a flag resolved by somebody untrained": (
        "flagged",
        (changed("flag_resolutions", "person_id = 'per_adam'", "flagged", "interview_id"),),
        "Only a reviewer may do this",
    ),
    "a rejection by who proposed": (
        "rejected",
        ("UPDATE rulings SET person_id = 'per_rita' WHERE verification_id = '{rejected}'",),
        "by somebody else than who made it",
    ),
    # I10: the policy
    "a looser policy named afterwards": (
        "upheld",
        ("UPDATE interviews SET policy_version = 'loose' WHERE verification_id = '{upheld}'",),
        "loose is not in the policy book",
    ),
    # status, promises, notices
    "a status that nothing leads to": (
        "verified",
        ("UPDATE verifications SET status = 'retry_offered' WHERE id = '{verified}'",),
        "does not follow from what happened",
    ),
    "a closed case put back into review": (
        "inconclusive",
        ("UPDATE verifications SET status = 'in_review' WHERE id = '{inconclusive}'",),
        "does not follow from what happened",
    ),
    "a broken promise that nobody was told of": (
        "upheld",
        ("DELETE FROM escalations WHERE verification_id = '{upheld}'",),
        "was kept too late and nobody was told",
    ),
    "a notice called accepted": (
        "rejected",
        ("UPDATE notices SET state = 'accepted' WHERE verification_id = '{rejected}'",),
        "nothing in its history made it accepted",
    ),
    # the chain
    "an entry of the chain changed": (
        "upheld",
        (
            "UPDATE audit_entries SET actor_id = 'per_rosa' WHERE action = 'decision.made'"
            " AND verification_id = '{upheld}'",
        ),
        "the audit chain is broken at entry",
    ),
    "an entry of the chain removed": (
        "upheld",
        ("DELETE FROM audit_entries WHERE verification_id = '{upheld}' AND action = 'response.window_opened'",),
        "the audit chain is broken at entry",
    ),
    "the end of the chain cut off": (
        "upheld",
        (
            "DELETE FROM audit_entries WHERE verification_id = '{upheld}' AND sequence >= (SELECT max(sequence)"
            " FROM audit_entries WHERE verification_id = '{upheld}' AND action = 'appeal.answered')",
        ),
        "does not tell of appeal.answered",
    ),
    # I5: what was deleted
    "a tombstone with another digest": (
        "gone",
        (changed("sample_tombstones", "sha256 = replace(sha256, substr(sha256, 1, 1), 'f')", "gone", "interview_id"),),
        "interview.assessed",
    ),
    "a tombstone before its time": (
        "gone",
        (changed("sample_tombstones", f"not_before_ms = not_before_ms - {2 * WEEK_MS}", "gone", "interview_id"),),
        "went before the last appeal window was over",
    ),
    "rows put back in place of a tombstone": (
        "gone",
        (
            "INSERT INTO frame_samples SELECT (SELECT id FROM interviews WHERE verification_id = '{gone}'), at_ms,"
            " width, height, mean_luma, contrast, glare_share, sharpness, repeated, faces, face_width_px FROM "
            + of("frame_samples", "verified", "interview_id"),
        ),
        "there are raw rows although a tombstone stands in their place",
    ),
    "rows deleted without a tombstone": (
        "verified",
        ("DELETE FROM " + of("server_samples", "verified", "interview_id"),),
        "does not follow from the raw rows",
    ),
    "words deleted without redaction": (
        "upheld",
        ("DELETE FROM written_texts WHERE verification_id = '{upheld}'",),
        "words of it are gone although it was not redacted",
    ),
    "what was told deleted without redaction": (
        "verified",
        ("DELETE FROM event_bodies WHERE event_id IN (SELECT id FROM events WHERE verification_id = '{verified}')",),
        "words of it are gone although it was not redacted",
    ),
    "a name put back after redaction": (
        "gone",
        ("INSERT INTO freelancers VALUES ('{gone}', 'Zoë Müller', 'zoe@example.org', '{{}}')",),
        "still tells whom it is about",
    ),
    "a redaction that never was": (
        "verified",
        ("UPDATE verifications SET redacted_ms = 1 WHERE id = '{verified}'",),
        "does not tell of case.redacted",
    ),
    "a hold whose reason changed": (
        "gone",
        ("INSERT INTO written_texts VALUES ('hold:{gone}:1', '{gone}', 'For another reason.')",),
        "hold.placed 1: what is stored is not what the audit chain tells",
    ),
    # rows that no version has written
    "a statement without a fact": (
        "upheld",
        ("DELETE FROM " + of("proposal_facts", "upheld"),),
        "cannot be read",
    ),
}


@pytest.mark.parametrize(("name", "statements", "expected"), TAMPERED.values(), ids=TAMPERED.keys())
async def test_what_was_changed_by_hand_is_named(
    copied: Copied, name: str, statements: tuple[str, ...], expected: str
) -> None:
    tamper(copied, *(statement.format(**copied.cases) for statement in statements))  # type: ignore[arg-type]
    found = await copied.differences(name)
    assert any(expected in what for what in found), found


def forged(entries: tuple[AuditEntry, ...], keep: Callable[[AuditEntry], bool]) -> list[AuditEntry]:
    """A chain that is whole again, without some of its entries."""
    made: list[AuditEntry] = []
    for entry in entries:
        if keep(entry):
            before = made[-1] if made else None
            by = Actor(entry.actor_kind, entry.actor_id)
            made.append(link(entry.verification_id, before, entry.at_ms, entry.action, by, entry.facts))
    return made


async def test_a_chain_that_was_written_anew_without_a_bounce_still_does_not_tell_what_is_stored(
    copied: Copied,
) -> None:
    case = copied.cases["overturned"]
    async with copied.units(read_only=True) as unit:
        entries = await unit.audit.of_verification(case)
    rows = [
        {**_ENTRY.encode(entry), "follows": entry.sequence - 1 or None}
        for entry in forged(entries, lambda entry: entry.action != "response.window_stopped")
    ]
    tamper(copied, f"DELETE FROM audit_entries WHERE verification_id = '{case}'")  # type: ignore[arg-type]
    with closing(sqlite3.connect(copied.file, isolation_level=None)) as connection:
        for row in rows:
            values = [json.dumps(value) if name == "facts" else value for name, value in row.items()]
            marks = ", ".join("?" for _ in row)
            connection.execute(f"INSERT INTO audit_entries ({', '.join(row)}) VALUES ({marks})", values)
    found = await copied.differences("overturned")
    assert any("does not tell of response.window_stopped" in what for what in found), found
    assert not any("broken" in what for what in found)
