"""Proposals, rulings, stills and flags as the reviewers' panel shows them. One rule: formats, never judges."""

from __future__ import annotations

from verifier.core.evidence import Still
from verifier.core.failure import unwatched
from verifier.core.model import FlagKind, PlannedItem
from verifier.core.proposal import ProposalRecord, ProposalState, Ruling
from verifier.core.review import Act
from verifier.core.statement import Fact
from verifier.service.deliberating import Panel
from verifier.web.pages.staff_view import Shown, View
from verifier.wording import case as words
from verifier.wording import claims, review


def proposal(record: ProposalRecord, found: Panel, view: View) -> Shown:
    """The open proposal with what is still missing before it can be confirmed."""
    missing = {fact.number for fact in unwatched(record, found.person_id)}
    closed_ms = record.window_closed_ms
    return {
        **_statement(record, found, view),
        "state": record.state(found.now_ms).value,
        "own": record.proposal.proposer_id == found.person_id,
        "window_closed": record.state(found.now_ms) is ProposalState.TO_CONFIRM,
        "closes": view.at(closed_ms) if closed_ms is not None else None,
        "response": _response(record, view),
        "facts": [
            _fact(fact, found, view) | {"watched": fact.number not in missing}
            for fact in record.proposal.statement.facts
        ],
        "watching": not found.reasons[Act.REJECT],
        "only_watching": set(found.reasons[Act.CONFIRM]) == set() or _only_unwatched(found),
    }


def _only_unwatched(found: Panel) -> bool:
    return [str(each) for each in found.reasons[Act.CONFIRM]] == ["not_watched"]


def decided(record: ProposalRecord, found: Panel, view: View) -> Shown:
    """A proposal that was confirmed or rejected."""
    return {
        **_statement(record, found, view),
        "state": record.state(found.now_ms).value,
        "response": _response(record, view),
        "facts": [_fact(fact, found, view) | {"watched": True} for fact in record.proposal.statement.facts],
        "watching": False,
        "ruling": ruling(record.ruling, found, view) if record.ruling else None,
    }


def _statement(record: ProposalRecord, found: Panel, view: View) -> Shown:
    proposal, (name, meaning) = record.proposal, review.GROUNDS[record.proposal.statement.ground]
    return {
        "id": proposal.id,
        "number": proposal.number,
        "by": found.names[proposal.proposer_id],
        "at": view.at(proposal.at_ms),
        "ground": view.say(name),
        "meaning": view.say(meaning),
        "policy_version": proposal.statement.policy_version,
    }


def _response(record: ProposalRecord, view: View) -> Shown | None:
    return {"at": view.at(record.response.at_ms), "text": record.response.text} if record.response else None


def _fact(fact: Fact, found: Panel, view: View) -> Shown:
    item = next((each for each in found.docket.scene.plan if each.key == fact.item_key), None)
    still = next((each for each in found.docket.scene.stills if each.id == fact.still_id), None)
    return {
        "number": fact.number,
        "item": words.item(item.key, item.question, view.say) if item else fact.item_key,
        "claim": claim_of(item, view) if item else "",
        "text": fact.text,
        "from": view.into_call(fact.from_ms),
        "to": view.into_call(fact.to_ms),
        "from_ms": fact.from_ms,
        "to_ms": fact.to_ms,
        "seconds": -(-fact.cited_ms // 1_000),
        "still": still_of(still, found, view) if still else None,
    }


def ruling(given: Ruling, found: Panel, view: View) -> Shown:
    return {
        "outcome": view.say(review.OUTCOMES[given.outcome][0]),
        "by": found.names[given.person_id],
        "at": view.at(given.at_ms),
        "text": given.text,
    }


def flags(found: Panel, view: View) -> list[Shown]:
    """Every fraud flag with what became of it, by time."""
    said = {each.flag_id: each for each in found.resolutions}
    return [
        {
            "id": flag.id,
            "at": view.into_call(flag.at_ms),
            "note": flag.note,
            "resolution": {
                "by": found.names[said[flag.id].person_id],
                "at": view.at(said[flag.id].at_ms),
                "text": said[flag.id].text,
            }
            if flag.id in said
            else None,
        }
        for flag in found.docket.scene.flags
        if flag.kind is FlagKind.FRAUD
    ]


def claim_of(item: PlannedItem, view: View) -> str:
    """What was claimed about it; empty where nothing was, as about a document."""
    field = item.key.partition(".")[2]
    return claims.value(field, item.expected, view.catalogue.language) if item.expected else ""


def still_of(still: Still, found: Panel, view: View) -> Shown:
    """A still with where its picture is, and whether this person has opened it."""
    return {
        "id": still.id,
        "name": view.say(review.STILLS[still.kind]),
        "at": view.into_call(still.at_ms),
        "usable": still.usable,
        "preview_url": f"/staff/evidence/{still.id}/preview",
        "opened": still.id in found.opened,
    }
