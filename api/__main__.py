"""`python -m api`: serves the API until SIGTERM or Ctrl-C, in a process separate from the ingest workers."""

import os
import resource
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import uvicorn

from api.app import create_app
from api.limits import Limits
from api.server import server_config
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
    limits = Limits(
        requests_per_minute=settings.api_requests_per_minute,
        address_requests_per_minute=settings.api_address_requests_per_minute,
    )
    _allow_open_files(limits.connections + 200)
    app = create_app(pool, now, Path(settings.documents), limits)
    try:
        uvicorn.Server(server_config(app, limits, host=settings.api_host, port=settings.api_port)).run()
    except SystemExit:
        return 2  # uvicorn has logged the reason: the port is in use
    finally:
        pool.close()
    return 0


def _allow_open_files(wanted: int) -> None:
    """Raise this process's limit of open files to `wanted`, as far as the system allows; each connection is one."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
