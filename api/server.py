"""The HTTP server: connections that are slow, idle or too many are closed."""

import asyncio
from typing import ClassVar

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.limits import Limits

_SHUTDOWN_S = 10
_READ_BYTES = 16_384


class LimitedProtocol(H11Protocol):
    """One HTTP/1.1 connection with limits.

    uvicorn itself waits for headers without a limit, and reads the beginning of a body before the application asks for it.
    A connection is in `idle` while it is not serving a request; the first one has been there for longest.
    """

    limits: ClassVar[Limits]
    idle: ClassVar[dict["LimitedProtocol", None]]
    deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower than asyncio declares: HTTP runs on a stream
        """Count the connection; if there are too many, the one that has been idle for longest is closed."""
        super().connection_made(transport)
        # asyncio reads 256 kB at once, before anybody can pause it: too much for each of hundreds of half-sent requests.
        transport.max_size = _READ_BYTES  # type: ignore[attr-defined]  # a field of asyncio that has no public name
        self._await_request()
        if len(self.connections) > self.limits.connections:
            next(iter(self.idle)).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._cancel_deadline()

    def data_received(self, data: bytes) -> None:
        """Process data. The rest of a body is read when the application asks for it."""
        before = self.cycle
        super().data_received(data)
        self._start_of_request(before)

    def on_response_complete(self) -> None:
        """Wait for the next request, or serve one that has arrived already."""
        before = self.cycle
        self._await_request()
        super().on_response_complete()
        self._start_of_request(before)

    def _start_of_request(self, before: object) -> None:
        if self.cycle is before or self.transport.is_closing():
            return
        self._set_deadline(self.limits.request_s)
        if self.cycle.more_body and not self.cycle.response_complete:
            self.flow.pause_reading()

    def _await_request(self) -> None:
        self._set_deadline(self.limits.headers_s)
        self.idle[self] = None

    def _set_deadline(self, seconds: float) -> None:
        self._cancel_deadline()
        self.deadline = self.loop.call_later(seconds, self.transport.abort)

    def _cancel_deadline(self) -> None:
        self.idle.pop(self, None)
        if self.deadline is not None:
            self.deadline.cancel()


def protocol(limits: Limits) -> type[LimitedProtocol]:
    """The protocol for a server with these limits."""
    return type("ServerProtocol", (LimitedProtocol,), {"limits": limits, "idle": {}})


def server_config(app: FastAPI, limits: Limits, **where: object) -> uvicorn.Config:
    """The configuration of a server of `app`; `where` gives its address, if it does not get a listening socket."""
    return uvicorn.Config(
        app,
        http=protocol(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        **where,  # type: ignore[arg-type]  # a host and port, or a file descriptor
    )
