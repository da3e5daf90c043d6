"""`python -m edge`: runs the gateway of the centre named by SMARTWORK_CENTRE until SIGTERM or Ctrl-C."""

import logging
import os
import signal
import sys
import threading

from edge.gateway import Gateway
from smartwork.clock import now
from smartwork.errors import SmartworkError
from smartwork.settings import EdgeSettings


def main() -> int:
    """Exit status: 0 after an orderly stop, 2 where a setting is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        Gateway(EdgeSettings.from_env(os.environ), now).run(stop.is_set)
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
