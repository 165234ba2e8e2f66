"""Every caller tries every route, every side every message: what the rules refuse is refused, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import pytest
from aiohttp import web

from tests.contract import examples
from tests.contract.examples import CALL, CASE
from tests.fakes.runtime import START_MS
from tests.web.house import ORIGIN, TRAINED_MS, House, open_house
from tests.web.test_signalling import Door as Call
from tests.web.test_signalling import opened, until
from verifier.core.access import Audience, Scope, Session, fingerprint
from verifier.core.appeal import Appeal
from verifier.core.messages import FLAG_RAISERS, SENDERS, BrowserMessage
from verifier.core.model import (
    AppealId,
    DeviceCheck,
    FlagKind,
    PersonId,
    Result,
    Role,
    StaffRole,
    Training,
    VerificationStatus,
)
from verifier.core.policy import SHIPPED
from verifier.core.webhook import EventType
from verifier.errors import ConfigurationInvalid
from verifier.ports import UnitOfWork
from verifier.ports.storage import Consent
from verifier.web import access
from verifier.web.access import STAFF_CALLERS, Caller, Door, Rule, public
from verifier.web.keys import Rate
from verifier.web.security import COOKIES

COOKIE_OF = {
    Caller.JOIN: Audience.FREELANCER,
    Caller.CASE: Audience.CASE,
    **dict.fromkeys([Caller.SETTING_UP, *STAFF_CALLERS], Audience.STAFF),
}
TEST_CASE, TEST_CALL, COLLEAGUE = "ver_test", "int_test", "per_colleague"
KEPT_AWAY_FROM = "ver_kept_away_from"
"""A case of its own: whoever declares a conflict there does so for good."""
APPEAL = AppealId("apl_1")
UNLIMITED = Rate(burst=100_000, refill_ms=1)


async def furnished(house: House) -> House:
    """A house with a live and a test case, each with an ended call and a delivery, and one person of each role."""
    async with house.units() as unit:
        for caller, role in STAFF_CALLERS.items():
            somebody = examples.person(_person(caller), roles=frozenset({role}))
            await unit.people.add(somebody, None)
            await unit.trainings.add(Training(somebody.id, role, START_MS, START_MS + TRAINED_MS))
        everything = frozenset(StaffRole)
        await unit.people.add(examples.person(_person(Caller.SETTING_UP), roles=everything), None)
        await unit.people.add(examples.person(COLLEAGUE), None)
        await unit.verifications.add(examples.verification(KEPT_AWAY_FROM))
        await unit.device_checks.add(
            DeviceCheck(START_MS, True, {}, PersonId(_person(Caller.INTERVIEWER))),
        )
        for case, call, test in ((CASE, CALL, False), (TEST_CASE, TEST_CALL, True)):
            waiting = VerificationStatus.WAITING
            await unit.verifications.add(examples.verification(case, test=test, status=waiting, waiting_since_ms=0))
            await unit.consents.add(Consent(examples.VerificationId(case), True, False, START_MS))
            held = examples.interview(
                call,
                verification_id=case,
                interviewer_id=_person(Caller.INTERVIEWER),
                policy_version=SHIPPED.version,
            )
            await unit.interviews.add(held, [examples.item()])
            await unit.interviews.save(examples.ended(held))
            await unit.verdicts.add([], examples.assessment(interview_id=call, policy_version=SHIPPED.version))
            endpoint = examples.endpoint(f"end_{case}", test=test)
            event = examples.event(verification_id=case, test=test, type=EventType.VERIFICATION_DECIDED)
            await unit.outbox.add_endpoint(endpoint)
            await unit.outbox.add_event(event, [examples.delivery(event, endpoint.id)])
        for caller, secret in KEYS.items():
            test = caller is Caller.TEST_KEY
            hashed = fingerprint(secret)
            await unit.api_keys.add(
                examples.api_key(f"key_{test}", secret_hash=hashed, test=test, scopes=frozenset(Scope))
            )
        theirs = {"interviewer_id": _person(Caller.INTERVIEWER), "policy_version": SHIPPED.version}
        running = examples.interview("int_running", number=2, recording_consented=True, **theirs)
        await unit.interviews.add(running, [examples.item()])
        await _appealed(unit, theirs)
    await house.still("sti_1", "int_running")
    await house.recording("rec_1", "int_running")
    return house


async def _appealed(unit: UnitOfWork, theirs: dict[str, str]) -> None:
    """A case without a result, against which the freelancer appealed."""
    case = examples.VerificationId("ver_appealed")
    await unit.verifications.add(examples.verification(case, status=VerificationStatus.COMPLETED))
    held = examples.interview("int_appealed", verification_id=case, **theirs)
    await unit.interviews.add(held, [examples.item()])
    await unit.interviews.save(examples.ended(held))
    policy = {"policy_version": SHIPPED.version}
    await unit.verdicts.add([], examples.assessment(False, interview_id=held.id, **policy))
    about = {"verification_id": case, "interview_id": held.id, "result": Result.INCONCLUSIVE, "decided_by": None}
    await unit.decisions.append(examples.decision(**about, **policy))
    await unit.appeals.add(Appeal(APPEAL, case, 1, 1, START_MS, "My connection is better now."))


KEYS = {Caller.LIVE_KEY: "vi_live_" + "a" * 43, Caller.TEST_KEY: "vi_test_" + "b" * 43}


def _person(caller: Caller) -> str:
    return f"per_{caller.name.lower()}"


def _filled(path: str, *, test: bool) -> str:
    """The path with ids of what ``furnished`` put there, of the live or of the test mode."""
    case, call = (TEST_CASE, TEST_CALL) if test else (CASE, CALL)
    if "/evidence/" in path:
        id_ = "sti_1"
    elif "/recordings/" in path:
        id_ = "rec_1"
    elif path.startswith("/staff/cases/"):
        id_ = KEPT_AWAY_FROM
    elif path.startswith("/staff/settings/people"):
        id_ = COLLEAGUE
    elif path.startswith("/staff/appeals/"):
        id_ = APPEAL
    elif path.startswith("/staff/"):
        id_ = call
    elif "/webhook-endpoints" in path:
        id_ = f"end_{case}"
    elif "/deliveries" in path:
        id_ = examples.delivery(examples.event(verification_id=case), f"end_{case}").message_id
    else:
        id_ = case
    filled = (
        path.replace("{id}", id_).replace("{n}", "1").replace("{flag}", "flg_1").replace("{name}", "css/tokens.css")
    )
    assert "{" not in filled, f"this test does not know what to put into {path}"
    return filled


async def _credentials(house: House, caller: Caller, number: int) -> dict[str, str]:
    """Headers of a fresh session (or the key) of this caller."""
    if caller in KEYS:
        return {"Authorization": f"Bearer {KEYS[caller]}"}
    if caller not in COOKIE_OF:
        return {}
    secret, audience = f"secret-{caller.name}-{number}", COOKIE_OF[caller]
    whose: dict[str, Any] = {"person_id": _person(caller)} if audience is Audience.STAFF else {"verification_id": CASE}
    session = Session(fingerprint(secret), audience, START_MS, START_MS + 3_600_000, **whose)
    if caller in STAFF_CALLERS:
        session = replace(session, second_factor_ms=START_MS)
    async with house.units() as unit:
        await unit.sessions.add(session)
    return {"Cookie": f"{COOKIES[audience]}={secret}"}


async def _status(house: House, method: str, path: str, headers: dict[str, str]) -> int:
    own_page = {"Origin": ORIGIN, "X-Verifier": "1", "Accept": "application/json"}
    body = {} if method == "GET" else {"json": {}}
    async with house.client.request(
        method, path, headers={**own_page, **headers}, allow_redirects=False, **body
    ) as response:
        return response.status


def _routes(house: House) -> Iterator[tuple[str, str, Rule]]:
    return access.rules(_app(house))


def _app(house: House) -> web.Application:
    app: web.Application = house.client.server.app  # type: ignore[attr-defined]
    return app


@pytest.fixture
async def full_house(aiohttp_client: Any) -> House:
    unlimited = dict.fromkeys(("link_rate", "check_rate", "key_rate", "still_rate"), UNLIMITED)
    return await furnished(await open_house(aiohttp_client, **unlimited))


# ---------------------------------------------------------------- routes


@pytest.mark.parametrize("caller", list(Caller))
async def test_each_caller_is_refused_exactly_where_the_rules_say_no(full_house: House, caller: Caller) -> None:
    wrong = {}
    for number, (method, path, rule) in enumerate(_routes(full_house)):
        headers = await _credentials(full_house, caller, number)
        status = await _status(full_house, method, _filled(path, test=caller is Caller.TEST_KEY), headers)
        refused = rule.refusal(caller)
        let_in = status not in {401, 403, 404, 405, 429} and status < 500
        if status != refused if refused else not let_in:
            wrong[f"{method} {path}"] = (status, refused)
    assert not wrong, "status, and the refusal that the rules want"


@pytest.mark.parametrize("caller", list(KEYS))
async def test_a_key_does_not_see_what_belongs_to_the_other_mode(full_house: House, caller: Caller) -> None:
    paths = [
        (method, path) for method, path, rule in _routes(full_house) if rule.door is Door.PLATFORM and "{id}" in path
    ]
    for method, path in paths:
        headers = await _credentials(full_house, caller, 0)
        other = _filled(path, test=caller is not Caller.TEST_KEY)
        assert await _status(full_house, method, other, headers) == 404, f"{method} {path}"
    assert len(paths) > 10


async def test_a_key_without_the_scope_is_refused(full_house: House) -> None:
    for scope in Scope:
        async with full_house.units() as unit:
            key = examples.api_key(f"key_{scope}", secret_hash=fingerprint(f"vi_live_{scope}"))
            await unit.api_keys.add(replace(key, scopes=frozenset(Scope) - {scope}))
    for method, path, rule in _routes(full_house):
        if rule.scope is not None:
            headers = {"Authorization": f"Bearer vi_live_{rule.scope}"}
            assert await _status(full_house, method, _filled(path, test=False), headers) == 403, f"{method} {path}"


async def test_figures_are_not_there_for_other_networks(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, metrics_from=("192.0.2.0/24",))
    assert {path for _, path, rule in _routes(house) if rule.door is Door.NETWORK} == {"/metrics"}
    for accept in ("text/html", "application/json"):
        assert (await house.browser().get("/metrics", accept)).status == 404


async def test_a_route_without_a_rule_stops_the_server(house: House) -> None:
    async def forgotten(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/known", public(forgotten))
    assert [rule.door for *_, rule in access.rules(app)] == [Door.PUBLIC]

    async def new(_: web.Request) -> web.Response:
        return web.Response()

    app.router.add_post("/staff/new", new)
    app.on_startup.append(access.require_rules)
    app.freeze()
    with pytest.raises(ConfigurationInvalid, match="POST /staff/new"):
        await app.startup()
    assert access.require_rules in _app(house).on_startup


async def test_no_rule_lets_an_administrator_into_a_case(house: House) -> None:
    cases = ("/staff/queue", "/staff/take", "/staff/interviews", "/staff/reviews", "/staff/appeals", "/staff/cases")
    for method, path, rule in _routes(house):
        if path.startswith(cases):
            assert StaffRole.ADMINISTRATOR not in rule.roles, f"{method} {path}"


# ---------------------------------------------------------------- messages

SAMPLES: dict[str, dict[str, Any]] = {
    "ticket": {"ticket": "again"},
    "ready": {},
    "answer": {"generation": 1, "sdp": "v=0"},
    "candidate": {"generation": 1, "candidate": "nonsense"},
    "stats": {"generation": 1, "sequence": 1, "client_ms": 1.0, "audio": {}, "video": {}, "source": {}},
    "flag": {"kind": "cant_hear"},
    "chat": {"text": "hello"},
    "run_start": {"item_key": "identity.city"},
    "run_answer": {"run_id": "run_1", "answer": "consistent"},
    "run_code": {"run_id": "run_1", "code": "1234"},
    "still_capture": {"run_id": "run_1"},
    "still_taken": {"still_id": "sti_1"},
    "still_failed": {"still_id": "sti_1", "problem": "camera_off"},
    "complete": {},
    "pong": {"nonce": 1},
    "abort": {},
    "leave": {},
}


def test_every_message_and_every_flag_has_its_senders() -> None:
    assert set(SENDERS) == set(get_args(BrowserMessage)) and set(FLAG_RAISERS) == set(FlagKind)
    assert set(SAMPLES) == {kind.type for kind in SENDERS}, "a new message needs a sample here"


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", list(SENDERS), ids=lambda kind: kind.type)
async def test_each_side_is_refused_exactly_the_messages_of_the_table(
    aiohttp_client: Any, role: Role, kind: type[Any]
) -> None:
    async with opened(aiohttp_client) as call:
        refused = await _refused(call, role, {"type": kind.type, **SAMPLES[kind.type]})
        assert refused is (role not in SENDERS[kind])


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", list(FlagKind))
async def test_each_side_is_refused_exactly_the_flags_of_the_table(
    aiohttp_client: Any, role: Role, kind: FlagKind
) -> None:
    async with opened(aiohttp_client) as call:
        assert await _refused(call, role, {"type": "flag", "kind": kind}) is (role not in FLAG_RAISERS[kind])


async def _refused(call: Call, role: Role, message: dict[str, Any]) -> bool:
    """Whether the server answers this message with ``not_allowed``, before it answers the next one."""
    ws = await call.enter(role)
    await until(ws, "checklist")
    await ws.send_str(json.dumps(message))
    await ws.send_str('{"type":"chat","text":" "}')
    while True:
        answer = await ws.receive_json()
        if answer["type"] == "ended" or (answer["type"] == "error" and answer["in_reply_to"] == "chat"):
            return False
        if answer["type"] == "error" and answer["code"] == "not_allowed":
            return True
