"""The master keys and what is derived from them. One rule: the newest key seals, every key of the ring opens.

Nothing is ever encrypted with a master key itself: each purpose has keys of its own (HKDF), one for each master key, in
the same order. Called by compose and by the commands.
"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from verifier.config import Settings
from verifier.errors import ConfigurationInvalid
from verifier.storage.evidence import EvidenceFiles, KeyRing
from verifier.storage.sealing import Sealer

KEY_BYTES = 32


def master_keys(settings: Settings) -> tuple[bytes, ...]:
    """The master keys, 32 bytes each, newest first: from the settings, or from the data directory's key file.

    The file is made with one key on first use (mode 600).

    Raises:
        ConfigurationInvalid: there is none, one is not 32 bytes of base64, or one stands there twice.
    """
    text = settings.master_key or _key_file(settings.data_dir / "keys" / "master.key")
    keys = tuple(_decoded(part) for part in re.split(r"[,\s]+", text.strip()))
    if len(set(keys)) < len(keys):
        raise ConfigurationInvalid("A master key stands in the ring twice.", field="master_key")
    return keys


def derived_keys(settings: Settings, purpose: str) -> tuple[bytes, ...]:
    """32-byte keys of their own for each purpose, one for each master key, newest first (HKDF, RFC 5869)."""
    return tuple(_derived(key, purpose) for key in master_keys(settings))


def sealer(settings: Settings) -> Sealer:
    """What seals the secrets in the database that must be read again."""
    return Sealer(derived_keys(settings, "sealing"))


def evidence_files(settings: Settings) -> EvidenceFiles:
    """Where evidence lies, with the keys that wrap its keys."""
    return EvidenceFiles(settings.data_dir / "evidence", KeyRing(derived_keys(settings, "evidence")))


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"verifier:{purpose}".encode()).derive(key)


def _key_file(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)).decode())
    return path.read_text(errors="replace")


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationInvalid("A master key is 32 bytes in base64; several are separated by commas or lines.")
    return key
