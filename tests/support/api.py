"""The real API on a real port, in a thread of the test process, a client for it, and what its tests send."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from api.app import create_app
from api.limits import Limits
from api.server import server_config
from smartwork.db.core.pool import DatabasePool
from smartwork.db.core.roles import Role
from tests.support.factory import Clock
from tests.support.program import service_url

BEFORE = datetime(2026, 10, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
"""The clock of the API stands at BEFORE, ahead of the bookings, until a test moves it."""
NINE = datetime(2026, 10, 5, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


@contextmanager
def served(database_url: str, documents: Path, clock: Callable[[], datetime], limits: Limits | None = None) -> Iterator[str]:
    """The URL of the API, which runs during the block. It logs in with its own role; `database_url` is the superuser's."""
    pool = DatabasePool(service_url(database_url, Role.API))
    limits = limits or Limits()
    app = create_app(pool, clock, documents, limits)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(server_config(app, limits))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
            pool.close()


@dataclass(frozen=True)
class Api:
    """A running API, the token of the requests, and the clock of the API."""

    url: str
    token: str | None = "network"  # noqa: S105 - only in the test database
    clock: Clock = field(default_factory=lambda: Clock(BEFORE))

    def __call__(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - our own server
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - our own server
                return response.status, _read(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _read(error)

    def as_(self, token: str | None) -> "Api":
        return Api(self.url, token, self.clock)


def booking(start: datetime = NINE, hours: float = 2, desk: str = "desk-1", member: str = "m-1") -> dict[str, str]:
    """The body of a booking in the small network."""
    end = start + hours * HOUR
    return {
        "centre": "mons", "resource": desk, "member": member, "starts_at": start.isoformat(), "ends_at": end.isoformat(),
    }  # fmt: skip


def _read(response: Any) -> Any:
    content = response.read()
    return json.loads(content) if "json" in response.headers.get("Content-Type", "") else content
