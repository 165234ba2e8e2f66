"""What people are told by e-mail, written with the change that it tells of. One rule: both are one transaction.

Services that change a case call ``tell`` within their unit of work.
"""

from __future__ import annotations

from verifier.core.model import NoticeId, PersonId, VerificationId
from verifier.core.notice import TO_STAFF, Notice, NoticeKind, RecipientKind
from verifier.errors import OurError
from verifier.ports import Clock, Entropy, UnitOfWork


async def tell(
    unit: UnitOfWork,
    kind: NoticeKind,
    subject_id: str,
    clock: Clock,
    entropy: Entropy,
    *,
    case: VerificationId,
    person: PersonId | None = None,
) -> Notice:
    """A notice that is due at once, stored with the caller's change.

    Args:
        unit: the open unit of work of the change.
        kind: what it tells.
        subject_id: what it is about; see ``NoticeKind``.
        clock: gives it its time.
        entropy: gives it its id.
        case: the case it belongs to.
        person: the staff member to tell; None: the freelancer of the case.

    Raises:
        OurError: the kind is not for this recipient.
    """
    if (kind in TO_STAFF) is not (person is not None):
        raise OurError(f"{kind} is not for this recipient.")
    now_ms = clock.now_ms()
    notice = Notice(
        id=NoticeId(entropy.new_id("ntc")),
        verification_id=case,
        kind=kind,
        subject_id=subject_id,
        recipient_kind=RecipientKind.FREELANCER if person is None else RecipientKind.PERSON,
        person_id=person,
        created_ms=now_ms,
        next_attempt_ms=now_ms,
    )
    await unit.notices.add(notice)
    return notice
