"""`/healthz` and `/readyz` of a program without other pages: whether its main loop runs, and whether it is connected."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from threading import Thread

from smartwork.errors import SettingError

DEAD_AFTER_S = 60.0
"""A main loop that has not run for this long hangs."""


class Health:
    """The main loop calls `heartbeat` in each round; `connections` tells of each server by name whether it is connected."""

    def __init__(
        self, connections: Mapping[str, Callable[[], bool]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._connections = connections
        self._monotonic = monotonic
        self._last_heartbeat = monotonic()

    def heartbeat(self) -> None:
        """Record that the main loop runs."""
        self._last_heartbeat = self._monotonic()

    def faults(self) -> list[str]:
        """Why the program should be started again; empty if it need not."""
        is_alive = self._monotonic() - self._last_heartbeat < DEAD_AFTER_S
        return [] if is_alive else [f"the main loop has not run for {DEAD_AFTER_S:.0f} s"]

    def missing(self) -> list[str]:
        """The servers that are not connected."""
        return [f"not connected to the {name}" for name, is_connected in self._connections.items() if not is_connected()]


@contextmanager
def health_server(health: Health, port: int) -> Iterator[None]:
    """Serve `/healthz` and `/readyz` on the loopback interface while the block lasts; nothing where `port` is 0.

    Raises SettingError if the port cannot be listened on.
    """
    if not port:
        yield
        return
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(health))
    except OSError as error:
        raise SettingError(
            f"SMARTWORK_HEALTH_PORT is {port}, but 127.0.0.1:{port} cannot be listened on ({error.strerror}). "
            "Choose a free port, or 0 for none."
        ) from error
    server.daemon_threads = True
    with serving(server, "health_server"):
        yield


@contextmanager
def serving(server: BaseServer, name: str) -> Iterator[None]:
    """Answer requests in a thread of this name while the block lasts, then close the server."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5.0
        """Seconds for a client to send its request."""

        def do_GET(self) -> None:
            match self.path:
                case "/healthz":
                    self._answer(health.faults())
                case "/readyz":
                    self._answer([*health.faults(), *health.missing()])
                case _:
                    self._answer(["Use /healthz or /readyz."], HTTPStatus.NOT_FOUND)

        def _answer(self, faults: list[str], status_of_fault: HTTPStatus = HTTPStatus.SERVICE_UNAVAILABLE) -> None:
            body = "".join(f"{line}\n" for line in faults or ["ok"]).encode()
            self.send_response(status_of_fault if faults else HTTPStatus.OK)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Log nothing: probes arrive every few seconds."""

    return Handler
