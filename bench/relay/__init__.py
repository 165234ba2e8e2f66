"""What one call costs the server, beside aiortc's MediaRelay and beside Janus, with the same clients in one run.

    python -m bench relay [--quick]
    python -m bench.relay --systems ours janus --calls 16 --rounds 1

Every server runs in a process of its own and only its CPU is counted. Each number of calls goes through one system
after the other, round after round, so that whatever else the machine does hits all alike; medians over the rounds are
printed as JSON lines. A figure whose run lost more than 0.5 % of the packets says ``"valid": false``; what is lost
costs nothing, so such a system is dearer than its figure.
"""

from bench.relay.figures import main

__all__ = ["main"]
