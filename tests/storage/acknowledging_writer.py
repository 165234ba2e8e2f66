"""Writes log entries, rows and decisions in a loop; prints a number only after its unit of work has ended.

Run by test_durability.py: ``python -m tests.storage.acknowledging_writer URL``.
"""

from __future__ import annotations

import asyncio
import sys

from tests.contract import examples
from verifier.storage import Store


async def write(url: str) -> None:
    async with await Store.open(url) as store:
        async with store.units(read_only=True) as uow:
            number = len(await uow.log.since(examples.CALL, 0))
        while True:
            number += 1
            async with store.units() as uow:
                await uow.log.append(examples.CALL, number, "chat", None, {"text": f"message {number}"})
                await uow.samples.add([examples.server_sample(number)], [], [])
                await uow.decisions.append(examples.decision(number))
                await uow.outbox.add_event(examples.event(number), [])
            print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1]))
