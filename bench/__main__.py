"""``python -m bench NAME [--quick] [OPTIONS]``: one JSON object a line. Without a name, all of them in turn.

``python -m bench NAME --help`` says which options a benchmark takes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from bench import endurance, evidence, join, links, quality, reconnect, relay, reliability

BENCHMARKS: dict[str, Callable[[Sequence[str]], None]] = {
    "endurance": endurance.main,
    "evidence": evidence.main,
    "join": join.main,
    "links": links.main,
    "quality": quality.main,
    "reconnect": reconnect.main,
    "relay": relay.main,
    "reliability": reliability.main,
}


def main() -> int:
    """Run what was asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks, one JSON object a line.")
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), help="which one; all when it is left out")
    parser.add_argument("--quick", action="store_true", help="a short version, for a first look")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="those of the benchmark that is named")
    arguments = parser.parse_args()
    options = ["--quick"] * arguments.quick + arguments.options
    for name in [arguments.name] if arguments.name else sorted(BENCHMARKS):
        BENCHMARKS[name](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
