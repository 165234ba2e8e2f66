"""The panel beside the replay as variables of review.html. One rule: formats, never judges."""

from __future__ import annotations

from verifier.core.model import ItemRun, PlannedItem
from verifier.core.proposal import ProposalState, RulingOutcome
from verifier.core.review import Act
from verifier.core.statement import GROUND_KINDS, Ground
from verifier.core.verification import CLOSED
from verifier.service.deliberating import Panel, Task
from verifier.web.pages.proposal_view import claim_of, decided, flags, proposal, ruling, still_of
from verifier.web.pages.staff_view import Shown, View, clocks, sentences
from verifier.wording import case as words
from verifier.wording import review

_DAY_MS = 24 * 3_600_000


def panel(found: Panel, view: View) -> Shown:
    """The variable ``panel`` of review.html."""
    pending, docket = found.pending, found.docket
    policy = docket.scene.policy
    possible = {act.value: not found.reasons[act] for act in Act}
    return {
        "standing": docket.standing,
        "person_id": found.person_id,
        "task": _task(found),
        "clocks": clocks(found.clocks, view),
        "differs": docket.differs,
        "can": {**possible, "verify": found.verify == () and not docket.differs},
        "cannot": _cannot(found, view),
        "findings": [_finding(run, found, view) for run in _contradicted(found)],
        "grounds": [_ground(each, found, view) for each in Ground],
        "stills": [still_of(each, found, view) for each in docket.scene.stills],
        "outcomes": [_outcome(each, found, view) for each in RulingOutcome],
        "proposal": proposal(pending, found, view) if pending else None,
        "history": [decided(each, found, view) for each in docket.records if each is not pending],
        "rulings": [ruling(each, found, view) for each in found.rulings if each.proposal_id is None],
        "flags": flags(found, view),
        "answer_within": view.length(policy.response_window_ms),
        "confirm_within": view.length(policy.confirm_within_ms),
        "policy_version": policy.version,
        "appeal_days": policy.appeal_window_ms // _DAY_MS,
    }


def _task(found: Panel) -> str:
    """What the panel is about, as a key of ``wording.review.TASKS``, or ``closed`` or ``none``."""
    pending = found.pending
    if found.docket.case.status in CLOSED:
        return "closed"
    if pending is not None:
        match pending.state(found.now_ms):
            case ProposalState.NOTIFYING:
                return Task.REACH
            case ProposalState.WINDOW_OPEN:
                return Task.ANSWER
            case _:
                return Task.CONFIRM
    if found.verify is not None:
        return Task.VERIFY
    if not found.reasons[Act.RULE] or not found.reasons[Act.PROPOSE]:
        return Task.RESOLVE if found.docket.open_flags else Task.DECIDE
    return "none"


def _cannot(found: Panel, view: View) -> list[str]:
    """Why this person cannot propose, or confirm what is proposed; each sentence once."""
    act = Act.CONFIRM if found.pending else Act.PROPOSE
    return sentences(found.reasons[act], view)


def _contradicted(found: Panel) -> list[ItemRun]:
    """Askings that contradict a claim and count, by time."""
    runs = {run.id: run for run in found.docket.scene.runs}
    return [runs[each.finding.run_id] for each in found.docket.scene.adverse]


def _item(run: ItemRun, found: Panel) -> PlannedItem:
    return next(item for item in found.docket.scene.plan if item.key == run.item_key)


def _finding(run: ItemRun, found: Panel, view: View) -> Shown:
    item, ended_ms = _item(run, found), run.ended_ms or run.started_ms
    return {
        "run_id": run.id,
        "item": words.item(item.key, item.question, view.say),
        "question": item.question,
        "claim": claim_of(item, view),
        "kind": item.kind.value,
        "from": view.into_call(run.started_ms),
        "to": view.into_call(ended_ms),
        "from_s": view.second(run.started_ms),
        "to_s": view.second(ended_ms),
        "grounds": [each.value for each in Ground if item.kind in GROUND_KINDS[each]],
    }


def _ground(ground: Ground, found: Panel, view: View) -> Shown:
    name, meaning = review.GROUNDS[ground]
    kinds = {_item(run, found).kind for run in _contradicted(found)}
    return {
        "code": ground.value,
        "name": view.say(name),
        "meaning": view.say(meaning),
        "fits": bool(kinds & GROUND_KINDS[ground]),
    }


def _outcome(outcome: RulingOutcome, found: Panel, view: View) -> Shown:
    name, follows = review.OUTCOMES[outcome]
    why = sentences(found.outcomes[outcome], view)
    return {"code": outcome.value, "name": view.say(name), "follows": view.say(follows), "why": " ".join(why)}
