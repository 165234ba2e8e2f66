"""Use cases, one file per person's verbs: load, call a pure function, save, tell. No SQL, no HTTP, no RTP.

``joining`` and ``staff`` let people in; ``checking`` measures a device before a call; ``interviewing`` and
``connecting`` carry a call; ``measuring`` stores and judges every second of it; ``concluding`` ends it; ``deciding``
writes decision versions; ``reviewing`` replays; ``auditing`` derives everything again from the raw rows; ``platform``
and ``publishing`` talk to the marketplace.
"""
