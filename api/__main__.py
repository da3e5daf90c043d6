"""`python -m api`: serves the API until SIGTERM or Ctrl-C, in a process separate from the ingest workers."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import uvicorn

from api.app import create_app
from smartwork.clock import now
from smartwork.component_options import parse_options
from smartwork.db.core.pool import DatabasePool
from smartwork.errors import ServiceUnavailable, SmartworkError
from smartwork.json_log import log_as_json
from smartwork.settings import ApiSettings

_PURPOSE = """Serves the HTTP API: bookings, members and check-ins in; verdicts and invoices out. `smartwork token new` makes
a token for it."""


def main(arguments: Sequence[str]) -> int:
    """Returns the exit status: 0 after an orderly stop, 2 if a setting is wrong, the database has another schema than this
    version, or the port is in use. A database that does not answer is waited for.
    """
    parse_options("python -m api", _PURPOSE, ApiSettings, arguments)
    try:
        settings = ApiSettings.from_env(os.environ)
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 2
    for name in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises the signal again after its own shutdown
        signal.signal(name, lambda *_: None)
    log_as_json("api")
    pool = DatabasePool(settings.database_url)
    try:
        with suppress(ServiceUnavailable), pool.connection():
            pass  # the first connection checks the schema
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 2
    app = create_app(pool, now, Path(settings.documents))
    try:
        uvicorn.run(
            app, host=settings.api_host, port=settings.api_port, log_config=None, access_log=False, server_header=False
        )
    except SystemExit:
        return 2  # uvicorn has logged the reason: the port is in use
    finally:
        pool.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
