"""HTTP on this machine: a port that is free, and what a server answers."""

import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body of the answer to a GET; status 0 if nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a CalendarServer answers. Without a body it answers 304 if the request has its ETag."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/calendar"),)
    etag: str | None = None
    pieces: tuple[bytes, ...] = ()
    """Sent after the headers, instead of the body, with a pause after each."""
    announced: int | None = None
    """The Content-Length to send, if not that of the body."""


class CalendarServer:
    """An HTTP server on this machine that gives answers by path, and keeps the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                outer.give(self, outer.answers.get(self.path, Answer(status=404)))

            def log_message(self, *_: object) -> None:
                """Nothing: tests read `requests`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def give(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        """Send one answer."""
        is_known = answer.etag is not None and handler.headers.get("If-None-Match") == answer.etag
        handler.send_response(304 if is_known else answer.status)
        for name, value in answer.headers:
            handler.send_header(name, value)
        if answer.etag:
            handler.send_header("ETag", answer.etag)
        body = b"" if is_known else answer.body
        handler.send_header("Content-Length", str(answer.announced if answer.announced is not None else len(body)))
        handler.end_headers()
        with suppress(OSError):
            handler.wfile.write(body)
            for piece in answer.pieces:
                handler.wfile.write(piece)
                time.sleep(0.1)

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
