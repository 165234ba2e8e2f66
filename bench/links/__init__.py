"""What two people's calls look and sound like over bad links: two real Chromiums, ours between them or nothing.

    python -m bench links [--quick]

``scenarios`` says what is done to which leg, ``room`` holds the call (through the relay, or directly, over the same
links), ``page.js`` is the participant's page with the product's own peer connection, ``sink`` adds up what the
receiving browser showed and played, and ``run`` prints a JSON object for each scenario.
"""

from bench.links.run import main

__all__ = ["main"]
