"""Cases, decisions, account reports, consents, device checks, people and keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples
from tests.fakes.runtime import START_MS
from verifier.core.model import DeviceCheck, PersonId, Result, VerificationId, VerificationStatus
from verifier.core.verdicts import AccountEffect, AccountEffectReport
from verifier.core.verification import CLOSED
from verifier.errors import Conflict, NotFound, OurError
from verifier.ports import UnitOfWorkFactory
from verifier.ports.storage import Consent


async def test_an_open_case_with_the_same_external_id_and_mode_is_a_conflict(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await uow.verifications.add(examples.verification("ver_1", external_id="x"))
        await uow.verifications.add(examples.verification("ver_2", external_id="x", test=True))
        with pytest.raises(Conflict):
            await uow.verifications.add(examples.verification("ver_3", external_id="x"))


@pytest.mark.parametrize("status", sorted(CLOSED))
async def test_a_closed_case_makes_room_for_a_new_one(units: UnitOfWorkFactory, status: VerificationStatus) -> None:
    async with units() as uow:
        await uow.verifications.add(examples.verification("ver_1", external_id="x", status=status))
        await uow.verifications.add(examples.verification("ver_2", external_id="x"))
        with pytest.raises(NotFound):
            await uow.verifications.get(VerificationId("ver_3"))


async def test_a_closed_case_opens_again_only_while_no_other_is_open(units: UnitOfWorkFactory) -> None:
    done, again = VerificationStatus.COMPLETED, VerificationStatus.RETRY_OFFERED
    async with units() as uow:
        await uow.verifications.add(examples.verification("ver_1", external_id="x", status=done))
        await uow.verifications.add(examples.verification("ver_2", external_id="x", test=True))
        assert await uow.verifications.open_of("x", test=False) is None
        await uow.verifications.add(examples.verification("ver_3", external_id="x"))
        other = await uow.verifications.open_of("x", test=False)
        assert other is not None and other.id == "ver_3"
        with pytest.raises(Conflict):
            await uow.verifications.save(examples.verification("ver_1", external_id="x", status=again), done)
        await uow.verifications.save(replace(other, status=done), other.status)
        await uow.verifications.save(examples.verification("ver_1", external_id="x", status=again), done)


async def test_saving_compares_the_status_and_stores_only_what_may_change(units: UnitOfWorkFactory) -> None:
    waiting = VerificationStatus.WAITING
    async with units() as uow:
        await uow.verifications.add(examples.verification())
        changed = examples.verification(status=waiting, waiting_since_ms=7, sequence=3, legal_name="X", claims=())
        await uow.verifications.save(changed, VerificationStatus.IN_INTERVIEW)
        with pytest.raises(Conflict):
            await uow.verifications.save(replace(changed, sequence=9), VerificationStatus.IN_INTERVIEW)
        with pytest.raises(NotFound):
            await uow.verifications.save(replace(changed, id=VerificationId("ver_9")), waiting)
        expected = examples.verification(status=waiting, waiting_since_ms=7, sequence=3)
        assert await uow.verifications.get(examples.CASE) == expected


async def test_cases_are_paged_newest_first_within_one_mode(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        for id_, created in (("ver_a", 1), ("ver_b", 2), ("ver_c", 2), ("ver_d", 3)):
            await uow.verifications.add(examples.verification(id_, created_ms=created))
        await uow.verifications.add(examples.verification("ver_t", test=True))
        first = await uow.verifications.page(test=False, before=None, limit=2)
        last = first[-1]
        rest = await uow.verifications.page(test=False, before=(last.created_ms, last.id), limit=5)
        assert [case.id for case in (*first, *rest)] == ["ver_d", "ver_c", "ver_b", "ver_a"]
        assert rest[0].claims == examples.verification().claims


async def test_the_longest_wait_comes_first(units: UnitOfWorkFactory) -> None:
    waiting = VerificationStatus.WAITING
    async with units() as uow:
        for id_, since in (("ver_a", 30), ("ver_b", 10), ("ver_c", 20)):
            await uow.verifications.add(examples.verification(id_, status=waiting, waiting_since_ms=since))
        await uow.verifications.add(examples.verification("ver_d"))
        assert [case.id for case in await uow.verifications.waiting()] == ["ver_b", "ver_c", "ver_a"]


async def test_cases_are_found_by_their_status_oldest_first(units: UnitOfWorkFactory) -> None:
    review, answer = VerificationStatus.IN_REVIEW, VerificationStatus.AWAITING_RESPONSE
    async with units() as uow:
        for id_, status, created in (("ver_a", review, 3), ("ver_b", answer, 1), ("ver_c", review, 2)):
            await uow.verifications.add(examples.verification(id_, status=status, created_ms=created))
        await uow.verifications.add(examples.verification("ver_d"))
        assert [case.id for case in await uow.verifications.in_status(review, answer)] == ["ver_b", "ver_c", "ver_a"]
        assert [case.id for case in await uow.verifications.in_status(review)] == ["ver_c", "ver_a"]


async def test_decision_versions_follow_each_other_without_a_hole(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_assessed_call(uow)
        assert await uow.decisions.current(examples.CASE) is None
        with pytest.raises(OurError):
            await uow.decisions.append(examples.decision(2))
        await uow.decisions.append(examples.decision(1))
        with pytest.raises(Conflict):
            await uow.decisions.append(examples.decision(1))
        await uow.decisions.append(examples.decision(2))
        assert await uow.decisions.current(examples.CASE) == examples.decision(2)
        assert await uow.decisions.all(examples.CASE) == (examples.decision(1), examples.decision(2))


async def test_verified_needs_a_conclusive_interview(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_assessed_call(uow, conclusive=False)
        with pytest.raises(OurError):
            await uow.decisions.append(examples.decision())
        assert await uow.decisions.current(examples.CASE) is None


async def test_inconclusive_needs_an_inconclusive_interview(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_assessed_call(uow, conclusive=True)
        with pytest.raises(OurError):
            await uow.decisions.append(examples.decision(result=Result.INCONCLUSIVE))


async def test_a_decision_needs_an_assessment(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        with pytest.raises(OurError):
            await uow.decisions.append(examples.decision(result=Result.INCONCLUSIVE, decided_by=None))


async def test_the_system_alone_cannot_decide_verified(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_assessed_call(uow)
        with pytest.raises(OurError):
            await uow.decisions.append(examples.decision(decided_by=None))


async def test_the_system_alone_can_decide_inconclusive(units: UnitOfWorkFactory) -> None:
    decision = examples.decision(result=Result.INCONCLUSIVE, decided_by=None, reason_codes=("metrics.missing",))
    async with units() as uow:
        await examples.add_assessed_call(uow, conclusive=False)
        await uow.decisions.append(decision)
        assert await uow.decisions.current(examples.CASE) == decision


async def test_a_decision_rests_on_an_interview_of_its_own_case(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_assessed_call(uow)
        await uow.verifications.add(examples.verification("ver_2"))
        with pytest.raises(OurError):
            await uow.decisions.append(examples.decision(verification_id=VerificationId("ver_2")))


@pytest.mark.parametrize("decision_first", [True, False])
async def test_case_and_decision_may_be_saved_in_either_order(units: UnitOfWorkFactory, decision_first: bool) -> None:
    case = examples.verification(result=Result.VERIFIED, status=VerificationStatus.COMPLETED)
    async with units() as uow:
        await examples.add_assessed_call(uow)
    async with units() as uow:
        if decision_first:
            await uow.decisions.append(examples.decision())
        await uow.verifications.save(case, VerificationStatus.IN_INTERVIEW)
        if not decision_first:
            await uow.decisions.append(examples.decision())
    async with units() as uow:
        assert (await uow.verifications.get(examples.CASE)).result is Result.VERIFIED


async def test_a_result_without_its_decision_version_is_never_stored(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_assessed_call(uow)
    with pytest.raises(OurError):
        async with units() as uow:
            case = examples.verification(result=Result.VERIFIED)
            await uow.verifications.save(case, VerificationStatus.IN_INTERVIEW)
    async with units() as uow:
        assert (await uow.verifications.get(examples.CASE)).result is Result.NONE


async def test_a_case_cannot_show_a_result_that_was_superseded(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_assessed_call(uow)
        await uow.decisions.append(examples.decision())
        other = examples.interview("int_2", number=2)
        await uow.interviews.add(other, [])
        await uow.interviews.save(examples.ended(other))
        await uow.verdicts.add([], examples.assessment(False, interview_id=other.id))
        superseding = examples.decision(2, result=Result.INCONCLUSIVE, decided_by=None, interview_id=other.id)
        await uow.decisions.append(superseding)
    with pytest.raises(OurError):
        async with units() as uow:
            case = examples.verification(result=Result.VERIFIED)
            await uow.verifications.save(case, VerificationStatus.IN_INTERVIEW)


async def test_account_reports_come_back_in_order_with_or_without_a_decision(units: UnitOfWorkFactory) -> None:
    early = AccountEffectReport(examples.CASE, 0, AccountEffect.SUSPEND, START_MS, True)
    late = AccountEffectReport(examples.CASE, 1, AccountEffect.KEEP_CURRENT, START_MS, False)
    async with units() as uow:
        await examples.add_assessed_call(uow)
        assert await uow.effects.mismatched() == ()
        await uow.effects.add(early)
        assert await uow.effects.mismatched() == (examples.CASE,)
        with pytest.raises(OurError):
            await uow.effects.add(late)
        await uow.decisions.append(examples.decision())
        await uow.effects.add(late)
        assert await uow.effects.of_verification(examples.CASE) == (early, late)


async def test_the_newest_consent_counts(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        assert await uow.consents.latest(examples.CASE) is None
        for recording in (False, True):
            await uow.consents.add(Consent(examples.CASE, True, recording, START_MS))
        assert await uow.consents.latest(examples.CASE) == Consent(examples.CASE, True, True, START_MS)


async def test_the_newest_device_check_counts_for_each_person(units: UnitOfWorkFactory) -> None:
    figures = {"rtt_ms": 20.5, "camera": "front", "turn": None, "loud": True}
    mine = DeviceCheck(START_MS + 5, False, figures, person_id=examples.ANNA)
    async with units() as uow:
        await examples.add_case(uow)
        await uow.device_checks.add(DeviceCheck(START_MS, True, {}, person_id=examples.ANNA))
        await uow.device_checks.add(mine)
        assert await uow.device_checks.latest_of_person(examples.ANNA) == mine
        assert await uow.device_checks.latest_of_verification(examples.CASE) is None


async def test_an_email_address_belongs_to_one_person_however_it_is_typed(units: UnitOfWorkFactory) -> None:
    anna = examples.person(email="Anna@Example.org")
    async with units() as uow:
        await uow.people.add(anna, "hash")
        with pytest.raises(Conflict):
            await uow.people.add(examples.person("per_2", email="anna@example.ORG"), None)
        assert await uow.people.by_email("ANNA@example.org") == (anna, "hash")
        assert await uow.people.by_email("other@example.org") is None
        assert await uow.people.get(examples.ANNA) == anna
        with pytest.raises(NotFound):
            await uow.people.get(PersonId("per_9"))


async def test_people_are_listed_by_name(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await uow.people.add(examples.person("per_1", name="Zoe"), None)
        await uow.people.add(examples.person("per_2", name="Ada"), None)
        assert [one.name for one in await uow.people.all()] == ["Ada", "Zoe"]


async def test_a_key_is_found_by_the_hash_of_its_secret(units: UnitOfWorkFactory) -> None:
    key = examples.api_key()
    async with units() as uow:
        await uow.api_keys.add(key)
        with pytest.raises(Conflict):
            await uow.api_keys.add(examples.api_key("key_2", secret_hash=key.secret_hash))
        assert await uow.api_keys.by_hash(key.secret_hash) == key
        assert await uow.api_keys.by_hash("other") is None
        assert await uow.api_keys.all() == (key,)
