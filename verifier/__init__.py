"""verifier: identity-verification video interviews that a bad connection can never turn into a failure.

One way through the house:

    browser → web/signalling → service → media (relay, per-leg truth) → core/quality → core/findings
            → core/decision → storage (row + outbox, one transaction) → delivery → the platform

Start reading in ``core/model.py``, ``core/samples.py`` and ``core/verdicts.py`` (the nouns), then
``core/interview.py`` and ``core/verification.py`` (the state tables), ``core/quality`` (when could each side see and
hear the other) and ``core/findings.py`` (the only door through which an answer becomes admissible). ``app.py`` is
where every adapter is put together.
"""

__version__ = "0.1.0"
