"""``verifier redact``, ``retention``, ``hold`` and ``evidence``: what is kept. Each opens the store and closes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TextIO

from verifier.app import policies
from verifier.app.keyring import evidence_files, sealer
from verifier.app.runtime import AnchoredClock, SystemEntropy
from verifier.config import Settings
from verifier.core.chain import OPERATOR
from verifier.core.hold import LegalHold
from verifier.core.leftovers import Leftover
from verifier.core.model import VerificationId
from verifier.core.retention import Kept, Rule
from verifier.service.holding import Holding
from verifier.service.redacting import Redacting
from verifier.service.retaining import Gone, Retaining, Swept
from verifier.service.safekeeping import Rotated, Safekeeping
from verifier.storage.store import Store

WHAT = {
    Kept.EVIDENCE: "pictures and recording",
    Kept.SAMPLES: "rows and words of the call",
    Kept.PERSON: "everything personal",
}
WHY = {
    Rule.ABORTED: "broke off for technical reasons",
    Rule.INCONCLUSIVE: "says nothing about anybody",
    Rule.VERIFIED: "verified, and the time after it is over",
    Rule.AFTER_APPEAL: "the last appeal window is over, and the time after it",
    Rule.RECORD: "closed for as long as records are kept",
}
LEFT = {
    Leftover.SESSIONS: "sessions that are over",
    Leftover.TICKETS: "WebSocket tickets that are over",
    Leftover.LINKS: "links that are over",
    Leftover.REPEATED: "stored answers to repeated requests",
    Leftover.RECEIVER_ANSWERS: "answers of webhook receivers",
    Leftover.MAIL_ANSWERS: "answers of mail servers",
    Leftover.CHECK_FIGURES: "figures of device checks",
    Leftover.FAREWELLS: "last events of redacted cases",
}
_ROW = "{:<27} {:<34} {:<34} {:<17} {}\n"


def redact(settings: Settings, id_: str, out: TextIO) -> int:
    """Erase the personal data of a case; the exit status.

    Raises:
        NotFound: no such case.
        IllegalState: somebody may still need what it holds.
    """

    async def run(store: Store) -> int:
        redacted = await _redacting(store, settings).redact(VerificationId(id_), OPERATOR)
        out.write(f"{redacted.id} was redacted on {_moment(redacted.redacted_ms)}.\n")
        return 0

    return _opened(settings, run)


def retention(settings: Settings, out: TextIO, *, dry: bool) -> int:
    """Delete what is due, or print what would go and why; the exit status is 1 when something could not be deleted."""

    async def run(store: Store) -> int:
        retaining = Retaining(
            store.units,
            AnchoredClock(),
            policies.load(settings.policy),
            _redacting(store, settings),
            safekeeping(store, settings).erase_files,
        )
        count, problems, swept = 0, 0, 0
        out.write(_ROW.format("what", "of", "case", "due since", "why"))
        async for one in retaining.run(dry=dry):
            out.write(_line(one))
            match one:
                case Gone(problem=None):
                    count += 1
                case Gone():
                    problems += 1
                case Swept():
                    swept += one.count
        verb = "would go" if dry else "went"
        out.write(f"{count} things and {swept} leftovers {verb}, {problems} problems\n")
        return 1 if problems else 0

    return _opened(settings, run)


def place_hold(settings: Settings, id_: str, reason: str, out: TextIO) -> int:
    """Hold a case; the exit status.

    Raises:
        NotFound: no such case.
        InvalidInput: the reason is too short or too long.
        IllegalState: it is held already.
    """

    async def run(store: Store) -> int:
        return _told(await Holding(store.units, AnchoredClock()).place(VerificationId(id_), reason), out)

    return _opened(settings, run)


def release_hold(settings: Settings, id_: str, reason: str, out: TextIO) -> int:
    """Release the hold of a case; the exit status.

    Raises:
        NotFound: no such case.
        InvalidInput: the reason is too short or too long.
        IllegalState: it is not held.
    """

    async def run(store: Store) -> int:
        return _told(await Holding(store.units, AnchoredClock()).release(VerificationId(id_), reason), out)

    return _opened(settings, run)


def rotate(settings: Settings, out: TextIO) -> int:
    """Wrap and seal everything with the newest master key, telling how far it is; the exit status is 1 when a data key
    is left that no master key of the ring opens.
    """

    async def run(store: Store) -> int:
        done = Rotated(0)
        async for done in safekeeping(store, settings).rotate():
            out.write(f"{done.rewrapped} data keys wrapped anew\n")
        for id_ in done.left:
            out.write(f"{id_}: no master key of the ring opens its data key\n")
        out.write(f"Everything that could be opened is under the master key {evidence_files(settings).master_key_id}. ")
        out.write("Older ones may be removed a day after the server runs with it: sessions live that long.\n")
        return 1 if done.left else 0

    return _opened(settings, run)


def _opened(settings: Settings, run: Callable[[Store], Awaitable[int]]) -> int:
    async def opened() -> int:
        async with await Store.open(settings.database, sealer(settings)) as store:
            return await run(store)

    return asyncio.run(opened())


def _redacting(store: Store, settings: Settings) -> Redacting:
    book, erase_files = policies.load(settings.policy), safekeeping(store, settings).erase_files
    return Redacting(store.units, AnchoredClock(), SystemEntropy(), book, erase_files)


def safekeeping(store: Store, settings: Settings) -> Safekeeping:
    """The evidence of an open store."""
    return Safekeeping(store.units, evidence_files(settings), store.scrub)


def _told(hold: LegalHold, out: TextIO) -> int:
    state = "is under legal hold" if hold.placed else "is not under legal hold any more"
    out.write(f"{hold.verification_id} {state}.\n")
    return 0


def _line(one: Gone | Swept) -> str:
    match one:
        case Swept(kind, _, 0):
            return ""
        case Swept(kind, before_ms, count):
            return _ROW.format(LEFT[kind], str(count), "-", _moment(before_ms), "old enough")
        case Gone(id_, term, problem) if term is not None:
            why = WHY[term.rule] if problem is None else f"NOT DELETED: {problem}"
            return _ROW.format(WHAT[term.what], term.subject_id, id_, _moment(term.not_before_ms), why)
        case Gone(id_, _, problem):
            return _ROW.format("-", "-", id_, "-", f"NOT DELETED: {problem}")


def _moment(at_ms: int | None) -> str:
    return "-" if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d %H:%MZ}"
