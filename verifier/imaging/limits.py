"""What one picture may cost. One rule: set before the first byte of it is read."""

from __future__ import annotations

import resource

MEMORY_BYTES = 1024**3
"""Address space: OpenCV alone takes 0.3 GiB of it, 50 million pixels in colour 0.15 GiB."""
CPU_S = 10
WALL_S = 20.0
"""Longer than the processor time: the process is polite and waits for calls."""
NICENESS = 10
UNDECODABLE = 4
"""Exit status: not a picture after all, or too much for the limits."""


def limit_this_process() -> None:
    """From now on: bounded memory and time, no files, no children, no core dump. There is no way back."""
    for what, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
