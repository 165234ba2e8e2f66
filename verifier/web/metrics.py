"""Figures for operators in Prometheus' text form. One rule: labels are routes and codes, never people or cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import hdrs
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector


class Metrics:
    """One registry per application."""

    def __init__(self, gauges: Mapping[str, Callable[[], float]]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._requests = Counter(
            "verifier_http_requests_total",
            "Answered requests.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "verifier_http_request_seconds", "Time to answer.", ("route",), registry=self._registry
        )
        self._relay = Counter(
            "verifier_relay_unusable_total",
            "Times that a browser could use no TURN server.",
            ("during", "code"),
            registry=self._registry,
        )
        for name, read in gauges.items():
            Gauge(name, name.replace("_", " "), registry=self._registry).set_function(read)

    def answered(self, method: str, route: str, status: int, took_ms: int) -> None:
        """Count one answered request."""
        self._requests.labels(method if method in hdrs.METH_ALL else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(took_ms / 1_000)

    def relay_unusable(self, during: str, code: str) -> None:
        """Count a browser that got no relayed address; both from fixed sets (service/relaying)."""
        self._relay.labels(during, code).inc()

    def text(self) -> bytes:
        """Every figure, as /metrics gives it."""
        return generate_latest(self._registry)
