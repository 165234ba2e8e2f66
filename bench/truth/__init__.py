"""What the receiving browser really played, told without its own counters.

``spoken`` knows what a microphone file says and when, ``digits`` which of its spoken digits can still be
recognised in a recording. Pure functions over arrays and files.
"""
