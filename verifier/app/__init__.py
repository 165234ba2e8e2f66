"""The composition root: the only place that knows every adapter.

``compose`` puts services and adapters together, ``serving`` runs them, ``seeding`` fills a demo, ``commands`` are what
``verifier …`` does besides serving.
"""
