"""Writes decisions, log entries and events as fast as it can, each number one more than the newest it finds.

Run by test_two_deciders.py: ``python -m tests.storage.counting_writer URL TIMES``.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from tests.contract import examples
from verifier.storage import Store


async def write(url: str, times: int) -> None:
    async with await Store.open(url, busy_timeout_ms=60_000) as store:
        for _ in range(times):
            async with store.units() as uow:
                current = await uow.decisions.current(examples.CASE)
                number = current.version + 1 if current else 1
                case = await uow.verifications.get(examples.CASE)
                await uow.decisions.append(examples.decision(number))
                await uow.log.append(examples.CALL, number, "chat", None, {"text": f"message {number}"})
                await uow.outbox.add_event(examples.event(case.sequence + 1), [])
                await uow.verifications.save(replace(case, sequence=case.sequence + 1), case.status)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], int(sys.argv[2])))
