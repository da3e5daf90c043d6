"""`python -m ingest`: runs one worker until SIGTERM or Ctrl-C."""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence

from ingest.early_release import early_release_worker
from ingest.metrics_server import metrics_server
from ingest.quota_watch import QuotaWatch, quota_watch
from ingest.retention import retention_worker
from ingest.service import Ingest
from ingest.silent_gateways import silence_watch
from smartwork.clock import now
from smartwork.component_options import parse_options
from smartwork.errors import SmartworkError
from smartwork.json_log import log_as_json
from smartwork.settings import IngestSettings

log = logging.getLogger("ingest")

_GC_THRESHOLD = 10_000
"""New objects after which Python looks for cycles. A portion has some thousand, in no cycle, which are gone before that. With
Python's default of 700 it would look at each of them several times, which doubles the cost of decoding."""

_PURPOSE = """Stores what edges publish in the database. Of all workers on one database one is active; others, each with a
name of its own, stand by and take over when it ends."""


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 after an orderly stop, 1 after a fault, 2 where a setting is wrong or its name is taken."""
    parse_options("python -m ingest", _PURPOSE, IngestSettings, arguments)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    # The threads mostly wait for the database and the broker. A short interval lets a thread that has its answer run at once.
    sys.setswitchinterval(0.0005)
    gc.set_threshold(_GC_THRESHOLD)
    try:
        settings = IngestSettings.from_env(os.environ)
        log_as_json(settings.worker)
        ingest = Ingest(settings, now, stop.is_set)
        with (
            metrics_server(ingest.metrics, ingest.health, settings.metrics_host, settings.metrics_port),
            early_release_worker(settings, ingest.client, ingest.health, now),
            retention_worker(settings, ingest.health, now),
            silence_watch(settings, ingest.metrics, ingest.health, now),
            quota_watch(settings, QuotaWatch(ingest.quota_log, ingest.inbox, ingest.metrics, now), ingest.health),
        ):
            ingest.run()
            if fault := ingest.health.fault:
                log.critical("%s; ingest ends, to be started again", fault)
                return 1
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 2
    except Exception:  # a fault of the program: the log gets it, and the process is started again
        log.critical("ingest ends", exc_info=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
