"""One answer for one Idempotency-Key. One rule: a request that succeeded is never carried out twice.

Only answers of 2xx are kept: whatever was refused wrote nothing, so it may be tried again with the same key. Kept
answers may hold private links and are encrypted (AES-256-GCM) for this API key, Idempotency-Key and request alone.
Used by web/api for every POST.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from verifier.errors import InvalidInput, RecordsDiffer
from verifier.ports.storage import StoredAnswer
from verifier.service.repeating import Repeating
from verifier.web.problem import body_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[!-~]{1,255}")
_NONCE_BYTES = 12
_KEPT_HEADERS = ("Content-Type", "Location")


class IdempotentAnswers:
    """Carries out a request once per Idempotency-Key."""

    def __init__(self, repeating: Repeating, keys: Sequence[bytes]) -> None:
        """``keys``: 32 bytes each, newest first; the first one encrypts answers, each of them opens its own."""
        self._repeating = repeating
        self._ciphers = tuple(AESGCM(key) for key in keys)

    async def once(
        self, request: web.Request, key_id: str, carry_out: Callable[[], Awaitable[web.Response]]
    ) -> web.Response:
        """The answer of ``carry_out``, or the one that the same request had before; without the header: always new.

        Raises:
            InvalidInput: the header is not 1 to 255 printable ASCII characters.
            IdempotencyMismatch: the key was used for another method, path or body.
            Conflict: the same request is still in flight.
        """
        name = request.headers.get(HEADER)
        if name is None:
            return await carry_out()
        if not _KEY.fullmatch(name):
            raise InvalidInput("An Idempotency-Key is 1 to 255 printable ASCII characters without spaces.")
        known = await self._repeating.begin(key_id, name, await _fingerprint(request))
        return await self._carry_out(known, carry_out) if known.status is None else self._replay(known)

    async def _carry_out(self, asked: StoredAnswer, carry_out: Callable[[], Awaitable[web.Response]]) -> web.Response:
        try:
            response = await carry_out()
        except BaseException:
            await self._repeating.forget(asked)
            raise
        if 200 <= response.status < 300:
            await self._repeating.finish(replace(asked, status=response.status, answer=self._seal(asked, response)))
        else:
            await self._repeating.forget(asked)
        return response

    def _seal(self, asked: StoredAnswer, response: web.Response) -> bytes:
        kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        plain = json.dumps({"headers": kept, "body": response.text or ""}).encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, plain, _bound_to(asked))

    def _replay(self, known: StoredAnswer) -> web.Response:
        stored = json.loads(self._open(known))
        headers = {**stored["headers"], REPLAYED: "true", "Cache-Control": "no-store"}
        return web.Response(status=known.status or 200, body=stored["body"].encode(), headers=headers)

    def _open(self, known: StoredAnswer) -> bytes:
        sealed = known.answer or b""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(known))
            except (InvalidTag, ValueError):
                continue
        raise RecordsDiffer("A stored answer cannot be read.")


async def _fingerprint(request: web.Request) -> str:
    body = await body_of(request)
    return hashlib.sha256(b"\0".join([request.method.encode(), request.path_qs.encode(), body])).hexdigest()


def _bound_to(record: StoredAnswer) -> bytes:
    return "\0".join([record.key_id, record.idempotency_key, record.body_hash]).encode()
