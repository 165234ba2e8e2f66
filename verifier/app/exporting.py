"""``verifier export``: a case as a signed file, and checking one. Checking needs neither the database nor a setting."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TextIO

from verifier.app.keyring import sealer
from verifier.app.runtime import AnchoredClock
from verifier.app.signing import require_signed, signers
from verifier.config import Settings
from verifier.core import export as file
from verifier.core.chain import OPERATOR
from verifier.core.export_proof import check
from verifier.core.model import VerificationId
from verifier.errors import InvalidInput
from verifier.service.exporting import Exporting
from verifier.storage.store import Store


def export(settings: Settings, id_: str, out: TextIO) -> int:
    """Write the signed file of a case; the exit status.

    Raises:
        NotFound: no such case.
    """

    async def run() -> str:
        async with await Store.open(settings.database, sealer(settings)) as store:
            exporting = Exporting(store.units, AnchoredClock(), signers(settings)[0])
            return await exporting.export(VerificationId(id_), OPERATOR)

    out.write(asyncio.run(run()))
    return 0


def public_keys(settings: Settings, out: TextIO) -> int:
    """Print the public key of every master key of the ring, the one that signs first; the exit status."""
    for signer in signers(settings):
        out.write(signer.public_key + "\n")
    return 0


def verify(path: Path, key: str | None, out: TextIO) -> int:
    """Say what a file proves; the exit status.

    Args:
        path: the file.
        key: the public key that has to have signed it; None: whichever the file names.
        out: where it is said.

    Raises:
        InvalidInput: it cannot be read, or proves nothing; the message says why.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"Cannot read {path}: {error.strerror}.") from None
    opened = file.read(content)
    named = str(opened.heading["key"])
    if key is not None and key != named:
        raise InvalidInput(f"The file names another key than yours: {named}.", field="key")
    require_signed(opened.signed, opened.signature, named)
    proved = check(opened)
    out.write(f"{proved.verification_id}, exported at {proved.exported_at}: whole and as it was signed\n")
    out.write(f"{proved.entries} entries of the audit chain, head {proved.head}\n")
    if proved.erased:
        out.write(f"{proved.erased} texts were erased before; the chain holds their digests\n")
    vouched = "the key that you gave" if key else f"{named}; compare it with the key that the operator publishes"
    out.write(f"signed by {vouched}\n")
    return 0
