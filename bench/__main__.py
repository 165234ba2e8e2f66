"""``python -m bench NAME [--quick]``: one JSON object a line. Without a name, all of them in turn."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from bench import endurance, join, links, quality, reconnect, relay, reliability

BENCHMARKS: dict[str, Callable[[Sequence[str]], None]] = {
    "endurance": endurance.main,
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
    arguments = parser.parse_args()
    options = ["--quick"] if arguments.quick else []
    for name in [arguments.name] if arguments.name else sorted(BENCHMARKS):
        BENCHMARKS[name](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
