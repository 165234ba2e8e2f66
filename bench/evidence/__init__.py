"""The verdict on quality against the truth: real calls, impaired by schedule, and what the sink's browser really had.

python -m bench evidence --folder DIR --calls 12     # goes on where it was left off

schedule    what is done to which leg when: pure, from a seed
campaign    holds the calls; each leaves a folder with its schedule, raw rows, sound and pictures
folders     writes and reads these
windows     each asked stretch: what the product says of it, and what was true
figures     shares of right and wrong with their intervals
"""

from bench.evidence.run import main

__all__ = ["main"]
