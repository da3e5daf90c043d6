"""`python -m ingest`: runs one worker until SIGTERM or Ctrl-C."""

import logging
import os
import signal
import sys
import threading

from ingest.service import Ingest
from smartwork.clock import now
from smartwork.errors import SmartworkError
from smartwork.settings import IngestSettings


def main() -> int:
    """Exit status: 0 after an orderly stop, 2 where a setting is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        Ingest(IngestSettings.from_env(os.environ), now, stop.is_set).run()
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
