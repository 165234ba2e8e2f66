"""The versioned checklist and the drawing of one interview's items from a stored seed.

One rule: a question comes from the identity bank or from a claim of the snapshot; there is no third source. Called by
service/interviewing when an interview is created and after every outage; pure, so the same seed gives the same plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from verifier.core.evidence import StillKind
from verifier.core.model import Answer, Claim, ClaimKind, ItemKind, Need, PlannedItem, Role
from verifier.core.policy import Policy

VERSION = "2026-11-b"

SPEECH = (Need.AUDIO_ASK, Need.AUDIO_ANSWER)

IDENTITY_BANK: dict[str, str] = {
    "legal_name": "Please say your full legal name.",
    "address": "Please say the street and number of your home address.",
    "city": "Which city do you live in?",
    "country": "Which country do you live in?",
    "date_of_birth": "What is your date of birth?",
}
"""Question by identity field, in the order of the paper form."""

FACE_BANK: dict[str, tuple[str, tuple[Need, ...]]] = {
    "face.present": ("Please look into the camera, alone in the picture, for a few seconds.", (Need.VIDEO_FACE,)),
    "face.liveness": ("", (Need.AUDIO_ASK, Need.VIDEO_GESTURE)),
}

DOCUMENT_BANK: dict[str, tuple[str, StillKind]] = {
    "document.front": (
        "Please hold the front of your identity document into the camera, with all four edges in the picture.",
        StillKind.DOCUMENT_FRONT,
    ),
    "document.back": (
        "Please turn it round and hold the back of it into the camera.",
        StillKind.DOCUMENT_BACK,
    ),
    "document.tilt": (
        "Please show the front again and tilt it a little, so that its hologram shines.",
        StillKind.DOCUMENT_TILT,
    ),
}
"""Item key to (what to ask for, what the still of it shows). Asked one after the other: the document is in the hand."""

LIVENESS_CHALLENGES = (
    "Please turn your head slowly to the left, then look back into the camera.",
    "Please turn your head slowly to the right, then look back into the camera.",
    "Please raise one hand beside your face and show three fingers.",
    "Please cover your mouth with one hand for two seconds, then take it away.",
)

PROFILE_BANK = (
    "You told us that you work with {claim}. What did you use it for most recently?",
    "You told us that you work with {claim}. What do you like about it, and what do you not?",
    "You told us that you work with {claim}. How did you learn it?",
)

COMPREHENSION: dict[str, tuple[str, Need]] = {
    "comprehension.hear_interviewer": (
        "The interviewer reads out four digits. Please type what you hear.",
        Need.AUDIO_ASK,
    ),
    "comprehension.hear_freelancer": (
        "Please read out the four digits on your screen. The interviewer types what they hear.",
        Need.AUDIO_ANSWER,
    ),
}
"""Item key to (question, the direction that it proves)."""

_COMPREHENSION_POSITION = 0
_BODY_POSITION = 10
_REPEAT_POSITION = 1_000


_T = TypeVar("_T")


class Draw:
    """A reproducible stream of choices from a seed: SHA-256 in counter mode, independent of Python's ``random``."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._prefix = f"{VERSION}:{seed}:{purpose}:".encode()
        self._count = 0

    def below(self, limit: int) -> int:
        """An integer in [0, limit); the modulo bias is below 2⁻⁵⁰ for every limit used here."""
        digest = hashlib.sha256(self._prefix + str(self._count).encode()).digest()
        self._count += 1
        return int.from_bytes(digest[:8], "big") % limit

    def shuffled(self, values: Sequence[_T]) -> list[_T]:
        """A permutation (Fisher-Yates)."""
        rest = list(values)
        for last in range(len(rest) - 1, 0, -1):
            other = self.below(last + 1)
            rest[last], rest[other] = rest[other], rest[last]
        return rest


def draw(seed: int, claims: Sequence[Claim], policy: Policy) -> tuple[PlannedItem, ...]:
    """The checklist of one interview in asking order: comprehension first, then the rest in seeded order."""
    single = [*_identity(claims), *_face(seed), *_profile(seed, claims, policy.profile_questions)]
    groups = [*([item] for item in single), _document(policy)]
    ordered = [item for group in Draw(seed, "order").shuffled(groups) for item in group]
    placed = [replace(item, position=_BODY_POSITION + index) for index, item in enumerate(ordered)]
    return (*comprehension(1), *placed)


def comprehension(round_: int) -> tuple[PlannedItem, ...]:
    """Both read-back items of one round; round 1 opens the call, later rounds follow an outage."""
    base = _COMPREHENSION_POSITION if round_ == 1 else _REPEAT_POSITION + 10 * round_
    items = []
    for index, (key, (question, need)) in enumerate(COMPREHENSION.items()):
        items.append(
            PlannedItem(
                key=key if round_ == 1 else f"{key}.{round_}",
                kind=ItemKind.COMPREHENSION,
                position=base + index,
                mandatory=True,
                needs=(need,),
                question_id=key,
                question=question,
                round=round_,
            )
        )
    return tuple(items)


def code(seed: int, item_key: str, run_number: int) -> str:
    """The four digits to be spoken in one asking of a comprehension item; every asking has its own.

    No two neighbours are equal, so that a swallowed digit cannot hide behind its twin.
    """
    source = Draw(seed, f"{item_key}#{run_number}")
    digits = [source.below(10)]
    while len(digits) < 4:
        digit = source.below(10)
        if digit != digits[-1]:
            digits.append(digit)
    return "".join(str(digit) for digit in digits)


def code_matches(expected: str, typed: str) -> bool:
    """Whether the typed digits are the spoken ones; spaces and dashes between digits do not matter."""
    return [c for c in typed if c not in " -"] == list(expected)


def code_answer(seed: int, item_key: str, run_number: int, typed: str) -> Answer:
    """Consistent when the right digits were typed, else not_heard: a misheard code is never adverse."""
    return Answer.CONSISTENT if code_matches(code(seed, item_key, run_number), typed) else Answer.NOT_HEARD


def hearing_side(item: PlannedItem) -> Role:
    """Who types the code of a comprehension item: the side that hears it."""
    return Role.FREELANCER if Need.AUDIO_ASK in item.needs else Role.INTERVIEWER


def still_of(item: PlannedItem) -> StillKind | None:
    """What a still that is taken while this item is asked shows; None when none may be taken."""
    match item.kind:
        case ItemKind.DOCUMENT:
            return DOCUMENT_BANK[item.question_id][1] if item.question_id in DOCUMENT_BANK else None
        case ItemKind.FACE:
            return StillKind.FACE
        case ItemKind.IDENTITY | ItemKind.COMPREHENSION | ItemKind.PROFILE:
            return None


def _identity(claims: Sequence[Claim]) -> list[PlannedItem]:
    by_field = {claim.field: claim for claim in claims if claim.kind is ClaimKind.IDENTITY}
    return [
        PlannedItem(
            key=f"identity.{field}",
            kind=ItemKind.IDENTITY,
            position=0,
            mandatory=True,
            needs=SPEECH,
            question_id=f"identity.{field}",
            question=question,
            claim_id=by_field[field].id,
            expected=by_field[field].value,
        )
        for field, question in IDENTITY_BANK.items()
        if field in by_field
    ]


def _face(seed: int) -> list[PlannedItem]:
    challenge = LIVENESS_CHALLENGES[Draw(seed, "liveness").below(len(LIVENESS_CHALLENGES))]
    return [
        PlannedItem(
            key=key,
            kind=ItemKind.FACE,
            position=0,
            mandatory=True,
            needs=needs,
            question_id=key,
            question=question or challenge,
        )
        for key, (question, needs) in FACE_BANK.items()
    ]


def _document(policy: Policy) -> list[PlannedItem]:
    return [
        PlannedItem(
            key=key,
            kind=ItemKind.DOCUMENT,
            position=0,
            mandatory=policy.document_mandatory,
            needs=(Need.AUDIO_ASK, Need.STILL),
            question_id=key,
            question=question,
        )
        for key, (question, _) in DOCUMENT_BANK.items()
    ]


def _profile(seed: int, claims: Sequence[Claim], most: int) -> list[PlannedItem]:
    skills = [claim for claim in claims if claim.kind is ClaimKind.SKILL]
    source = Draw(seed, "profile")
    chosen = source.shuffled(skills)[:most]
    items = []
    for claim in chosen:
        which = source.below(len(PROFILE_BANK))
        items.append(
            PlannedItem(
                key=f"profile.{claim.id}",
                kind=ItemKind.PROFILE,
                position=0,
                mandatory=False,
                needs=SPEECH,
                question_id=f"profile.{which}",
                question=PROFILE_BANK[which].format(claim=claim.value),
                claim_id=claim.id,
                expected=claim.value,
            )
        )
    return items
