"""Passwords as argon2id hashes. One rule: strangers who guess never keep the hashing from browsers that are known.

Each hash wants 64 MiB and a core, so few are computed at once: one for strangers, one for everybody else, and strangers
queue only so long. A person without a password costs the same time as one with. Called by signing_in and enrolling.
"""

from __future__ import annotations

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from verifier.core.model import Person
from verifier.errors import InvalidInput, RateLimited
from verifier.ports import Entropy

MIN_CHARACTERS = 12
MIN_DIFFERENT = 5
"""Different characters a password has: ``aaaaaaaaaaaa`` is none."""
_MOST_WAITING = 16
_COME_BACK_S = 5


class Passwords:
    """Hashing in threads, with room kept for people who are known."""

    def __init__(self, entropy: Entropy, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys_hash = self._hasher.hash(entropy.token())
        self._strangers = asyncio.Semaphore(1)
        self._known = asyncio.Semaphore(1)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        async with self._known:
            return await asyncio.to_thread(self._hasher.hash, _plain(password))

    async def verify(self, hashed: str | None, password: str, *, known: bool) -> bool:
        """Whether this is the password; None takes as long as a hash and is never right.

        Raises:
            RateLimited: too many strangers are asking at once.
        """
        if known:
            async with self._known:
                return await self._matches(hashed, password)
        if self._waiting >= _MOST_WAITING:
            raise RateLimited("Too many people are signing in right now.", retry_after_s=_COME_BACK_S)
        self._waiting += 1
        try:
            async with self._strangers:
                return await self._matches(hashed, password)
        finally:
            self._waiting -= 1

    def outdated(self, hashed: str) -> bool:
        """Whether it was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(hashed)

    async def _matches(self, hashed: str | None, password: str) -> bool:
        try:
            right = await asyncio.to_thread(self._hasher.verify, hashed or self._nobodys_hash, _plain(password))
        except (VerificationError, InvalidHashError):
            return False
        return right and hashed is not None


def require_strong(password: str, person: Person) -> None:
    """Pass for a password that is worth something.

    Raises:
        InvalidInput: too short, hardly any different characters, or made of the person's own name or address.
    """
    plain = _plain(password)
    if len(plain) < MIN_CHARACTERS:
        raise InvalidInput(f"A password has at least {MIN_CHARACTERS} characters.", field="password")
    if len(set(plain)) < MIN_DIFFERENT:
        raise InvalidInput("This password repeats a few characters. Choose another one.", field="password")
    own = {person.name, person.email, person.email.partition("@")[0], person.pseudonym}
    left = plain.casefold()
    for word in sorted(own, key=len, reverse=True):
        left = left.replace(word.casefold(), "") if len(word) > 2 else left
    if len(left) < MIN_CHARACTERS // 2:
        raise InvalidInput("This password is hardly more than your name. Choose another one.", field="password")


def _plain(password: str) -> str:
    """The same characters however a keyboard composes them (NIST SP 800-63B, 5.1.1.2: NFKC)."""
    return unicodedata.normalize("NFKC", password)
