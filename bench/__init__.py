"""Rigs and benchmarks that let anyone check verifier's claims; nothing in `verifier` imports them."""
