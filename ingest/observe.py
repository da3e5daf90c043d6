"""Ingest seen from outside: Prometheus metrics, whether it lives, whether it can work, and logs that machines read."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from smartwork.errors import SettingError

DEAD_AFTER_S = 60.0
"""A loop that has not turned for so long hangs: waiting for a database that is away turns it, too, every few seconds."""

_LAG_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 21_600, 86_400, 604_800)

_COMMIT_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What one worker counts. Every metric may be changed from any thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._turned_at = monotonic()
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.readings = Counter("smartwork_ingest_readings", "Readings committed.", registry=registry)
        self.batches = Counter("smartwork_ingest_batches", "Batches committed for the first time.", registry=registry)
        self.resends = Counter("smartwork_ingest_resends", "Batches that were there already.", registry=registry)
        self.rejected = Counter(
            "smartwork_ingest_rejected", "Messages and single readings kept as rejected.", registry=registry
        )
        self.reconnects = Counter(
            "smartwork_ingest_reconnects", "Connections made anew after the first.", ["to"], registry=registry
        )
        self.connected = Gauge("smartwork_ingest_connected", "1 while connected.", ["to"], registry=registry)
        self.in_flight = Gauge("smartwork_ingest_in_flight", "Messages received and not yet acknowledged.", registry=registry)
        self.lag = Histogram(
            "smartwork_ingest_lag_seconds",
            "Per batch: from its newest event to the commit after which it was confirmed, resends included.",
            registry=registry,
            buckets=_LAG_S,
        )
        self.commit = Histogram(
            "smartwork_ingest_commit_seconds",
            "Duration of a transaction that was committed.",
            registry=registry,
            buckets=_COMMIT_S,
        )
        for service in ("broker", "database"):
            self.reconnects.labels(service)
            self.connected.labels(service).set(0)

    def turned(self) -> None:
        """Note that the loop goes round."""
        self._turned_at = self._monotonic()

    def is_alive(self) -> bool:
        """Whether the loop has turned in the last minute."""
        return self._monotonic() - self._turned_at < DEAD_AFTER_S

    def missing(self) -> list[str]:
        """The services that the worker is not connected to now."""
        samples = next(iter(self.connected.collect())).samples
        return [sample.labels["to"] for sample in samples if not sample.value]


@contextmanager
def served(metrics: Metrics, host: str, port: int) -> Iterator[None]:
    """Answer `/metrics`, `/healthz` and `/readyz` over HTTP while the block lasts; not at all where `port` is 0.

    Raises SettingError where the address cannot be listened on.
    """
    if not port:
        yield
        return

    class Handler(_Handler):
        observed = metrics

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise SettingError(
            f"SMARTWORK_METRICS_PORT is {port}, but {host}:{port} cannot be listened on ({error.strerror}). "
            "Choose a free port, or 0 for none."
        ) from error
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="ingest.observe", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    observed: ClassVar[Metrics]

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/metrics":
                self._answer(HTTPStatus.OK, generate_latest(self.observed.registry), CONTENT_TYPE_LATEST)
            case "/healthz":
                self._say("" if self.observed.is_alive() else "the loop has not turned for a minute")
            case "/readyz":
                missing = self.observed.missing()
                self._say(f"not connected to the {' and the '.join(missing)}" if missing else "")
            case _:
                self._answer(HTTPStatus.NOT_FOUND, b"Ask for /metrics, /healthz or /readyz.\n")

    def _say(self, fault: str) -> None:
        status = HTTPStatus.SERVICE_UNAVAILABLE if fault else HTTPStatus.OK
        self._answer(status, f"{fault or 'ok'}\n".encode())

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: a probe every few seconds is no event."""
