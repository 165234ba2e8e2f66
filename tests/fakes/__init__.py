"""In-memory fakes of the ports. One rule: tests/contract runs the same suite against them and against the real thing.

units = FakeUnits()
async with units() as uow: ...
"""

from tests.fakes.runtime import FixedClock, ManualClock, RecordingBus, SeededEntropy
from tests.fakes.units import FakeUnitOfWork, FakeUnits

__all__ = ["FakeUnitOfWork", "FakeUnits", "FixedClock", "ManualClock", "RecordingBus", "SeededEntropy"]
