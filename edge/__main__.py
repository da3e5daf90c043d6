"""`python -m edge`: runs the gateway of the centre named by SMARTWORK_CENTRE until SIGTERM or Ctrl-C."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime

from edge.gateway import Gateway
from smartwork.clock import now
from smartwork.component_options import parse_options
from smartwork.errors import SmartworkError
from smartwork.health_server import health_server
from smartwork.settings import EdgeSettings

_PURPOSE = """The gateway of a centre: translates what its devices publish, numbers and forwards the readings, and controls
the lights."""


def run(clock: Callable[[], datetime], network_clock: Callable[[], datetime] | None = None) -> int:
    """Run the gateway with this clock until a signal; returns the exit status: 0, or 2 if a setting is wrong.

    `network_clock` times confirmations and resends if `clock` is not the real time.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        settings = EdgeSettings.from_env(os.environ)
        gateway = Gateway(settings, clock, network_clock)
        with health_server(gateway.health, settings.health_port):
            gateway.run(stop.is_set)
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    parse_options("python -m edge", _PURPOSE, EdgeSettings, sys.argv[1:])
    sys.exit(run(now))
