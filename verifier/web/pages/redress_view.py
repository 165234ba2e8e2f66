"""Proposals, decisions, appeals and clocks as variables of the case page. One rule: formats, never judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.core.clocks import ClockKind
from verifier.core.erased import is_erased
from verifier.core.proposal import ProposalState
from verifier.service.own_quality import Stretch
from verifier.wording import claims, redress
from verifier.wording.catalogue import Catalogue
from verifier.wording.dates import clock, left, moment
from verifier.wording.proposals import GROUNDS

_Row = Mapping[str, Any]
_HEIGHTS = {"good": 8, "fair": 6, "poor": 4, "bad": 2, "unknown": 8, "settling": 5, "quiet": 1}
"""Height of a second's bar by its band: the shape says what the colour says. Unknown is hatched."""
BARS_HIGH = 8
_NEAR_MS = 48 * 3_600_000
"""Less than this is left: the clock is marked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """For whom, and when."""

    zone: str
    catalogue: Catalogue
    now_ms: int
    staff: bool = False
    """Read by staff and not by the freelancer whom it is about."""

    @property
    def evidence_url(self) -> str:
        """Where pictures are shown to this reader."""
        return "/staff/evidence" if self.staff else "/case/evidence"

    def say(self, texts: tuple[str, str]) -> str:
        """The text for this reader, of the two there are."""
        return self.catalogue.translate(texts[self.staff])

    def at(self, at_ms: int | None) -> dict[str, str] | None:
        """A moment in the reader's zone, None for none."""
        return None if at_ms is None else moment(at_ms, self.zone, self.catalogue.language)

    def left(self, due_ms: int) -> str:
        """How long until a moment, or since when it is past."""
        left_ms = due_ms - self.now_ms
        words = _("%(length)s left") if left_ms >= 0 else _("ran out %(length)s ago")
        return self.catalogue.translate(words, length=left(abs(left_ms), self.catalogue.language))


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


def clocks(rows: Sequence[_Row], reading: Reading) -> list[dict[str, object]]:
    """Every running clock, the nearest first; the freelancer's own time to appeal stands with the decision."""
    return [
        {
            "kind": str(row["kind"]),
            "name": reading.say(redress.CLOCKS[row["kind"]]),
            "due": reading.at(row["due_ms"]),
            "left": reading.left(row["due_ms"]),
            "band": band(row, reading.now_ms),
        }
        for row in rows
        if reading.staff or row["kind"] != ClockKind.APPEAL
    ]


def band(row: _Row, now_ms: int) -> str:
    """How a clock stands: good, fair when it is near its end, poor when it ran out."""
    if row["breached"]:
        return "poor"
    return "fair" if row["due_ms"] - now_ms < min(_NEAR_MS, (row["due_ms"] - row["started_ms"]) // 2) else "good"


def proposal(row: _Row, quality: Mapping[int, Stretch], reading: Reading) -> dict[str, object]:
    """A proposed failure with its statement of reasons."""
    say = reading.catalogue.translate
    response, rejected = row["response"], row["ruling"]
    return {
        "id": row["id"],
        "number": row["number"],
        "state": str(row["state"]),
        "at": reading.at(row["at_ms"]),
        "ground": reading.say((GROUNDS[row["ground"]], redress.GROUNDS_FOR_STAFF[row["ground"]])),
        "rule": say(redress.RULES[row["ground"]]),
        "policy_version": row["policy_version"],
        "interview_number": row["interview_number"],
        "facts": [fact(each, quality.get(each["number"]), reading) for each in row["facts"]],
        "closes": reading.at(row["closes_ms"]),
        "left": reading.left(row["closes_ms"]) if row["closes_ms"] is not None else "",
        "open": row["state"] == ProposalState.WINDOW_OPEN,
        "late": row["state"] == ProposalState.TO_CONFIRM and response is None,
        "response": written(response, reading),
        "ruling": _ruling(rejected, reading) if rejected else None,
    }


def ruling(row: _Row, reading: Reading) -> dict[str, object]:
    """What a reviewer decided about a call without proposing a failure, in his words."""
    return {**_ruling(row, reading), "code": str(row["outcome"]), "interview_number": row["interview_number"]}


def _ruling(row: _Row, reading: Reading) -> dict[str, object]:
    words = reading.say(redress.RULING_OUTCOMES[row["outcome"]])
    return {**_found(written(row, reading)), "outcome": words}


def fact(row: _Row, stretch: Stretch | None, reading: Reading) -> dict[str, object]:
    """One fact: what, when, where it is shown, and how good the connection was."""
    say, language = reading.catalogue.translate, reading.catalogue.language
    field = row["item_key"].partition(".")[2]
    still = row["still"]
    return {
        "number": row["number"],
        "text": row["text"],
        "erased": is_erased(row["text"]),
        "question": row["question"],
        "claimed": claims.value(field, row["claimed"], language) if row["claimed"] else "",
        "at": reading.at(row["from_ms"]),
        "into_call": clock(row["into_call_ms"]),
        "seconds": -(-(row["to_ms"] - row["from_ms"]) // 1_000),
        "still": {
            "url": f"{reading.evidence_url}/{still['id']}",
            "name": say(redress.STILLS[still["kind"]]),
            "kept": still["kept"],
        }
        if still
        else None,
        "quality": lines(stretch, reading) if stretch else [],
        "from_still": stretch is not None and stretch.from_still,
    }


def lines(stretch: Stretch, reading: Reading) -> list[dict[str, object]]:
    """The directions of a stretch that its item needs: name, the bars of its seconds, and the same in words."""
    return [
        {
            "name": reading.say(redress.STREAMS[stream]),
            "bars": _bars([str(band_) for band_ in stretch.bands[stream]]),
            "seconds": len(stretch.bands[stream]),
            "summary": _summary([str(band_) for band_ in stretch.bands[stream]], reading.catalogue),
        }
        for stream in redress.STREAMS
        if stream in stretch.bands
    ]


def _bars(bands: Sequence[str]) -> list[dict[str, object]]:
    """Seconds of one band side by side as one bar."""
    bars: list[dict[str, Any]] = []
    for second, name in enumerate(bands):
        if bars and bars[-1]["band"] == name:
            bars[-1]["width"] += 1
        else:
            bars.append({"x": second, "width": 1, "band": name, "height": _HEIGHTS[name]})
    return [{**bar, "y": BARS_HIGH - bar["height"]} for bar in bars]


def _summary(bands: Sequence[str], catalogue: Catalogue) -> str:
    """How many seconds were what, the most frequent first, e.g. ``good 9 s, nobody spoke 2 s``."""
    counted = Counter(bands).most_common()
    return ", ".join(f"{catalogue.translate(redress.BANDS[name])} {count} s" for name, count in counted)


def appeal(row: _Row, clock_row: _Row | None, reading: Reading) -> dict[str, object]:
    """One appeal with its answer, or with the time until which it is answered."""
    answer = row["answer"]
    return {
        "id": row["id"],
        "number": row["number"],
        "decision_version": row["decision_version"],
        "opened": reading.at(row["opened_ms"]),
        "text": row["text"],
        "erased": is_erased(row["text"]),
        "due": reading.at(clock_row["due_ms"]) if clock_row and answer is None else None,
        "left": reading.left(clock_row["due_ms"]) if clock_row and answer is None else "",
        "answer": {
            **_found(written(answer, reading)),
            "outcome": str(answer["outcome"]),
            "outcome_text": reading.say(redress.APPEAL_OUTCOMES[answer["outcome"]]),
        }
        if answer
        else None,
    }


def written(row: _Row | None, reading: Reading) -> dict[str, object] | None:
    """What somebody wrote, and when; None when nobody did."""
    if row is None:
        return None
    return {"at": reading.at(row["at_ms"]), "text": row["text"], "erased": is_erased(row["text"])}


def account(row: _Row, reading: Reading) -> dict[str, object]:
    """What the platform said it did with the account."""
    return {
        "reports": [
            {
                "at": reading.at(report["at_ms"]),
                "text": reading.say(redress.EFFECTS[report["effect"]]),
                "mismatch": report["mismatch"],
            }
            for report in reversed(row["reports"])
        ],
        "suspended": row["suspended_ms"] is not None,
        "reinstatement_awaited": reading.at(row["reinstatement_awaited_ms"]),
    }


def _found(value: dict[str, object] | None) -> dict[str, object]:
    return value or {}
