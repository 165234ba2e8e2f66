"""Mail as files, while no mail server is configured. One rule: a file is not acceptance, and its owner alone reads it.

The files hold working private links. Called by delivery/mail_worker in place of delivery/smtp; built in app.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from verifier.core.notice import Outcome, Reply
from verifier.delivery.smtp import Mail


class FileSink:
    """Writes each mail to ``folder/NOTICE-ATTEMPT.eml``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> Reply:
        """``filed``, or ``our_fault`` when it could not be written."""
        try:
            await asyncio.to_thread(self._write, mail)
        except OSError as error:
            return Reply(Outcome.OUR_FAULT, None, error.strerror or "")
        return Reply(Outcome.FILED)

    def _write(self, mail: Mail) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{mail.name}.eml"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(mail.content)
