"""The Prometheus metrics of one ingest worker, and whether it is alive and ready."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

DEAD_AFTER_S = 60.0
"""A main loop that has not run for this long hangs. While it waits for the database it runs every few seconds."""

_LAG_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 21_600, 86_400, 604_800)
_COMMIT_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one worker. All of them may be changed from any thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last_heartbeat = monotonic()
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.readings = Counter("smartwork_ingest_readings", "Readings committed.", registry=registry)
        self.batches = Counter("smartwork_ingest_batches", "Batches committed for the first time.", registry=registry)
        self.resends = Counter("smartwork_ingest_resends", "Batches that were stored before.", registry=registry)
        self.rejected = Counter(
            "smartwork_ingest_rejected", "Messages and single readings kept as rejected.", registry=registry
        )
        self.reconnects = Counter(
            "smartwork_ingest_reconnects", "Connections made after the first one.", ["to"], registry=registry
        )
        self.connected = Gauge("smartwork_ingest_connected", "1 while connected.", ["to"], registry=registry)
        self.standby = False
        """Whether another worker is active. A worker that stands by is not connected to the broker."""
        active = Gauge("smartwork_ingest_active", "1 if this worker stores, 0 if it stands by.", registry=registry)
        active.set_function(lambda: not self.standby)
        self.refused = Gauge(
            "smartwork_ingest_refused_publications",
            "Messages that the broker did not let this worker publish.",
            registry=registry,
        )
        self.over_quota = Counter(
            "smartwork_ingest_over_quota", "Messages, bytes or rows over a centre's quota.", ["quota"], registry=registry
        )
        self.in_flight = Gauge("smartwork_ingest_in_flight", "Messages received and not yet acknowledged.", registry=registry)
        self.lag = Histogram(
            "smartwork_ingest_lag_seconds",
            "Per batch: time from its newest event to the commit after which it was confirmed, resends included.",
            registry=registry,
            buckets=_LAG_BUCKETS_S,
        )
        self.commit = Histogram(
            "smartwork_ingest_commit_seconds",
            "Duration of a transaction that was committed.",
            registry=registry,
            buckets=_COMMIT_BUCKETS_S,
        )
        for service in ("broker", "database"):
            self.reconnects.labels(service)
            self.connected.labels(service).set(0)

    def heartbeat(self) -> None:
        """Record that the main loop runs."""
        self._last_heartbeat = self._monotonic()

    def is_alive(self) -> bool:
        """Whether the main loop has run in the last minute."""
        return self._monotonic() - self._last_heartbeat < DEAD_AFTER_S

    def is_listening(self) -> bool:
        """Whether this worker is the active one and connected to broker and database."""
        return not self.standby and not self.disconnected()

    def disconnected(self) -> list[str]:
        """The services that the worker should be connected to and is not: `broker`, `database`."""
        samples = next(iter(self.connected.collect())).samples
        needless = {"broker", "database"} if self.standby else set()
        return [sample.labels["to"] for sample in samples if not sample.value and sample.labels["to"] not in needless]
