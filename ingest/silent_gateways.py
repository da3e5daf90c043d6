"""A background worker that raises an alarm when a gateway falls silent, and ends it when the gateway returns."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ingest.background_worker import periodic_worker
from ingest.metrics import Metrics
from ingest.worker_health import WorkerHealth
from smartwork.db.core.connection import Connection
from smartwork.db.network.silent_gateways import begin_silence_alarms, end_silence_alarms
from smartwork.settings import IngestSettings

log = logging.getLogger("ingest.silent_gateways")

INTERVAL_S = 10.0


class SilenceWatch:
    """Finds gateways from which nothing has arrived for `silent_after_s` seconds.

    An ingest that did not listen itself cannot tell who was silent. No alarm is raised until it has been connected to
    the broker and the database for that long without a break.
    """

    def __init__(
        self,
        silent_after_s: float,
        is_connected: Callable[[], bool],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._silent_after = timedelta(seconds=silent_after_s)
        self._interval_s = watch_interval_s(silent_after_s)
        self._is_connected = is_connected
        self._clock = clock
        self._monotonic = monotonic
        self._listening_since: float | None = None
        self._last_round: float | None = None

    def check(self, connection: Connection) -> None:
        """End the alarms of gateways that returned, then raise those of silent ones."""
        silent_before = self._clock() - self._silent_after
        for gateway in end_silence_alarms(connection, silent_before):
            log.info("gateway is back", extra={"centre": gateway.centre, "edge": gateway.edge})
        if self._has_listened():
            for gateway in begin_silence_alarms(connection, silent_before):
                log.warning("gateway is silent", extra={"centre": gateway.centre, "edge": gateway.edge})

    def _has_listened(self) -> bool:
        """Whether ingest has received messages for the whole time in which a gateway may be silent."""
        now, last_round = self._monotonic(), self._last_round
        self._last_round = now
        if not self._is_connected():
            self._listening_since = None
            return False
        was_interrupted = last_round is None or now - last_round > 3 * self._interval_s
        if self._listening_since is None or was_interrupted:
            self._listening_since = now
        return now - self._listening_since >= self._silent_after.total_seconds()


def watch_interval_s(silent_after_s: float) -> float:
    """How often to look, in seconds: several times while a gateway may be silent."""
    return min(INTERVAL_S, silent_after_s / 4)


@contextmanager
def silence_watch(
    settings: IngestSettings, metrics: Metrics, health: WorkerHealth, clock: Callable[[], datetime]
) -> Iterator[None]:
    """Watch for silent gateways while the block lasts."""
    silent_after_s = settings.gateway_silent_after_s
    watch = SilenceWatch(silent_after_s, metrics.is_listening, clock)
    with periodic_worker(settings.database_url, watch_interval_s(silent_after_s), watch.check, health, log):
        yield
