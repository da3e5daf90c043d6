"""A background worker that raises an alarm for each centre over a quota, and ends it when the centre is within again."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock

from ingest.background_worker import periodic_worker
from ingest.fair_inbox import FairInbox
from ingest.metrics import Metrics
from ingest.worker_health import WorkerHealth
from smartwork.db.core.connection import Connection
from smartwork.db.network.quota_alarms import end_quota_alarms, raise_quota_alarms
from smartwork.domain.network.quota import Quota
from smartwork.settings import IngestSettings

log = logging.getLogger("ingest.quota_watch")

INTERVAL_S = 2.0
QUIET_FOR = timedelta(minutes=5)
"""An alarm ends when its centre has been within its quotas for so long."""


class QuotaLog:
    """What was over a quota since it was last read, by centre and quota. All threads may use it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._over: Counter[tuple[str, Quota]] = Counter()

    def add(self, centre: str, quota: Quota, amount: int) -> None:
        """Count `amount` more."""
        with self._lock:
            self._over[centre, quota] += amount

    def take(self) -> Counter[tuple[str, Quota]]:
        """What was counted since the last call."""
        with self._lock:
            found, self._over = self._over, Counter()
        return found


class QuotaWatch:
    """Totals of each centre since its alarm began, and the alarms."""

    def __init__(self, quota_log: QuotaLog, inbox: FairInbox, metrics: Metrics, clock: Callable[[], datetime]) -> None:
        self._log = quota_log
        self._inbox = inbox
        self._metrics = metrics
        self._clock = clock
        self._totals: dict[str, Counter[Quota]] = {}
        self._last_over: dict[str, datetime] = {}

    def check(self, connection: Connection) -> None:
        """Raise or update the alarms of centres that were over a quota since the last call, and end those of quiet ones."""
        at, over = self._clock(), self._log.take() + self._inbox.over_quota()
        for (centre, quota), amount in over.items():
            self._totals.setdefault(centre, Counter())[quota] += amount
            self._last_over[centre] = at
            self._metrics.over_quota.labels(quota.name.lower()).inc(amount)
        centres = sorted({centre for centre, _ in over})
        if centres:
            new = raise_quota_alarms(connection, {centre: message(self._totals[centre]) for centre in centres}, at)
            for centre in new:
                log.warning("a centre is over its quota", extra={"centre": centre, "over": message(self._totals[centre])})
        quiet = [centre for centre, last in self._last_over.items() if at - last >= QUIET_FOR]
        for centre in quiet:
            del self._totals[centre], self._last_over[centre]
        end_quota_alarms(connection, sorted(self._last_over), at)


def message(totals: Counter[Quota]) -> str:
    """The alarm in a sentence."""
    parts = ", ".join(f"{amount} {quota}" for quota, amount in sorted(totals.items()))
    return f"the centre sends more than its quota; not taken so far: {parts}. Batches wait at the edge"


@contextmanager
def quota_watch(settings: IngestSettings, watch: QuotaWatch, health: WorkerHealth) -> Iterator[None]:
    """Watch while the block lasts."""
    with periodic_worker(settings.database_url, INTERVAL_S, watch.check, health, log):
        yield
