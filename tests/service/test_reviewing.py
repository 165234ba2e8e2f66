"""Replay: who may look, and what it shows, is what the verdict saw."""

from __future__ import annotations

import json

import pytest

from tests.core.rows import Call
from tests.service.stage import F, I, Stage
from verifier.core.model import FlagKind, StaffRole
from verifier.core.samples import ConnectionState
from verifier.errors import NotAllowed, NotFound


async def test_the_replay_shows_runs_findings_flags_and_breaks_on_one_axis(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna, Call(60).reconnect(F, 12, 14))
    await stage.seconds(call, 6)
    run = await stage.ask(call, next(item for item in call.plan if item.key == "identity.city"), seconds=6)
    await stage.leg(call, F, ConnectionState.DISCONNECTED)
    await stage.seconds(call, 2)
    await stage.connected(call, F)
    await stage.interviewing.raise_flag(call.interview.id, I, FlagKind.FRAUD, "whispering")
    await stage.seconds(call, 4)
    await stage.interviewing.abort(call.interview.id)
    shown = json.loads(json.dumps(await stage.reviewing.replay(anna, call.interview.id), allow_nan=False))
    finding = (await stage.findings(call.interview.id))[run]
    line = next(one for one in shown["runs"] if one["id"] == run)
    assert (line["admissible"], line["reasons"]) == (finding.admissible, list(finding.reasons))
    assert [flag["kind"] for flag in shown["flags"]] == ["fraud"]
    assert [one["state"] for one in shown["connections"]].count("disconnected") == 1
    assert shown["start_ms"] == shown["interview"]["live_ms"], (
        "the seconds of the verdict, told alike to the freelancer"
    )
    seconds = len(shown["seconds"])
    assert seconds >= 17 and all(len(one) == seconds for one in shown["streams"].values())
    assert all(len(one) == seconds for one in (*shown["legs"].values(), *shown["bitrate_kbps"].values()))
    assert any(rate for rate in shown["bitrate_kbps"]["interviewer"])


async def test_the_codes_of_a_running_call_cannot_be_read_out_of_its_replay(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna)
    await stage.seconds(call, 2)
    text = json.dumps(await stage.reviewing.replay(anna, call.interview.id))
    assert str(call.interview.seed) not in text


async def test_interviewers_see_their_own_calls_and_reviewers_all(stage: Stage) -> None:
    only = frozenset({StaffRole.INTERVIEWER})
    anna, ben = [await stage.interviewer(name, roles=only) for name in ("per_anna", "per_ben")]
    rita = await stage.interviewer("per_rita", roles=frozenset({StaffRole.REVIEWER}))
    admin = await stage.interviewer("per_admin", roles=frozenset({StaffRole.ADMINISTRATOR}))
    await stage.waits()
    call = await stage.live(anna)
    for principal in (anna, rita):
        assert await stage.reviewing.replay(principal, call.interview.id)
        assert await stage.reviewing.samples(principal, call.interview.id)
    for principal in (ben, admin):
        for verb in (stage.reviewing.replay, stage.reviewing.samples):
            with pytest.raises(NotFound):
                await verb(principal, call.interview.id)
    for principal in (anna, admin):
        with pytest.raises(NotAllowed):
            await stage.reviewing.recent(principal)
    (line,) = await stage.reviewing.recent(rita)
    assert (line["id"], line["conclusive"], line["result"]) == (call.interview.id, None, "none")
