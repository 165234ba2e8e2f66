"""Run a command in a network of its own that has nothing but loopback, where that is permitted.

    python -m bench.rig.apart COMMAND [ARGUMENT ...]

Network devices that come and go elsewhere make a Chromium drop what it is loading (ERR_NETWORK_CHANGED); in here it
never hears of them. Where namespaces are not permitted the command runs as it is.
"""

from __future__ import annotations

import os
import sys

from bench.rig.netns import enter_new


def main() -> None:
    """Become the command."""
    try:
        enter_new()
    except OSError as error:
        print(f"no network of its own: {error}", file=sys.stderr)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
