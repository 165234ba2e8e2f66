"""One-time codes and recovery codes as functions. One rule: a code is good once, and only around its own half minute.

RFC 6238 with the parameters that every authenticator app knows: SHA-1, six digits, 30 s. Called by signing_in and
enrolling.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

import pyotp

from verifier.core.access import fingerprint
from verifier.ports import Entropy

STEP_MS = 30_000
STEPS_AROUND = 1
"""A code of the step before or after is taken too: clocks differ, and people type slowly (RFC 6238, 5.2)."""
SECRET_BYTES = 20
"""160 bits, as RFC 4226 (section 4, R6) recommends."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
"""80 bits: a plain hash is enough to store it."""
ISSUER = "verifier"


def accepted_step(secret: str, code: str, now_ms: int, last_step: int | None) -> int | None:
    """The time step whose code this is; None when it is wrong, of another time, or not later than ``last_step``."""
    here, otp, found = now_ms // STEP_MS, pyotp.TOTP(secret), None
    for step in range(here - STEPS_AROUND, here + STEPS_AROUND + 1):
        right = hmac.compare_digest(otp.generate_otp(step).encode(), code.encode())
        if right and (last_step is None or step > last_step):
            found = step
    return found


def new_secret(entropy: Entropy) -> str:
    """160 random bits in base 32."""
    return base64.b32encode(_bytes(entropy, SECRET_BYTES)).decode()


def address(secret: str, account: str) -> str:
    """What the QR code says: the ``otpauth:`` address of this account."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def new_recovery_codes(entropy: Entropy) -> tuple[str, ...]:
    """Ten codes of 80 bits, in four groups of four letters and digits."""
    return tuple(
        _grouped(base64.b32encode(_bytes(entropy, _RECOVERY_BYTES)).decode().lower()) for _ in range(RECOVERY_CODES)
    )


def recovery_hash(code: str) -> str:
    """What is stored of a recovery code; spaces, dashes and capitals make no difference when it is typed."""
    return fingerprint("".join(one for one in code.lower() if one.isalnum()))


def _bytes(entropy: Entropy, count: int) -> bytes:
    return hashlib.sha256(entropy.token().encode()).digest()[:count]


def _grouped(text: str) -> str:
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))
