"""Admits requests: authenticates before a body is read, and keeps every client within its limits."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import FailedTokens, Limits, RateLimit, address_key
from api.page_frame import PAGES
from api.problems import Refused, unavailable_response
from api.request_body import discard_body, has_body, read_body
from smartwork.db.access.tokens import Client, InvalidToken
from smartwork.errors import SmartworkError

log = logging.getLogger("api")

_LOOKUPS_AT_ONCE = 4
_MOST_LOOKUPS = 200
_MOST_HELD_BACK = 100
_LONGEST_TOKEN = 500
_LOGGED_FAILURES = 20
"""Of one address; later ones are logged once in a hundred, so that an attack does not fill the log."""

_UNAUTHORIZED = "Send a valid token as `Authorization: Bearer …`."


@dataclass(slots=True)
class _TokenUse:
    """Requests of one token at this moment."""

    slots: asyncio.Semaphore
    waiting: int = 0


@dataclass(slots=True)
class _Work:
    """Work of the guard itself at this moment."""

    lookups: int = 0
    held_back: int = 0
    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_LOOKUPS_AT_ONCE))


class Guard:
    """ASGI middleware in front of the application.

    A request under /v1 reaches the application with its client in `state.client` and its whole body, or not at all. Other
    requests reach it without their body. `authenticate` is called in a thread.
    """

    def __init__(self, app: ASGIApp, authenticate: Callable[[str], Client | InvalidToken], limits: Limits) -> None:
        self._app, self._authenticate, self._limits = app, authenticate, limits
        self._by_address = RateLimit(limits.address_requests_per_minute)
        self._by_token = RateLimit(limits.requests_per_minute)
        self._failed = FailedTokens(limits.longest_delay_s)
        self._uses: dict[str, _TokenUse] = {}
        self._work = _Work()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not scope["path"].startswith("/v1/"):
            if scope["path"].startswith(PAGES) and (seconds := self._wait_of_address(scope)):
                await _too_many(seconds, "this address").response()(scope, receive, send)
                return
            await self._app(scope, _replay(b"", receive), partial(_send_and_close, send) if has_body(headers) else send)
            return
        try:
            client = await self._admit(scope, headers)
            use = self._uses.setdefault(client.name, _TokenUse(asyncio.Semaphore(self._limits.at_once)))
            await self._wait_for_slot(client, use)
        except Refused as refused:
            await self._refuse(scope, receive, send, refused.response())
            return
        except SmartworkError as error:
            await self._refuse(scope, receive, send, unavailable_response(error))
            return
        try:
            try:
                body = await read_body(headers, receive, self._limits)
            except Refused as refused:
                await self._refuse(scope, receive, send, refused.response())
                return
            scope.setdefault("state", {})["client"] = client
            await self._app(scope, _replay(body, receive), send)
        finally:
            use.slots.release()

    async def _admit(self, scope: Scope, headers: Headers) -> Client:
        """The client of a request that is within the rates of its address and its token."""
        at = asyncio.get_running_loop().time()
        address = _address(scope)
        if seconds := self._wait_of_address(scope):
            raise _too_many(seconds, "this address")
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise Refused(HTTPStatus.UNAUTHORIZED, _UNAUTHORIZED)
        found = await self._look_up(secret)
        if isinstance(found, InvalidToken):
            await self._hold_back(address, found, at)
            expired = found.reason == "expired"
            raise Refused(HTTPStatus.UNAUTHORIZED, f"The token {found.name} has expired." if expired else _UNAUTHORIZED)
        if seconds := self._by_token.seconds_to_wait(found.name, at):
            raise _too_many(seconds, f"the token {found.name}")
        return found

    def _wait_of_address(self, scope: Scope) -> int:
        """Count a request of its address. 0 if it is within the rate, else the seconds to wait."""
        return self._by_address.seconds_to_wait(_address(scope), asyncio.get_running_loop().time())

    async def _look_up(self, secret: str) -> Client | InvalidToken:
        """The client of a token. Raises Refused if too many requests wait for this already."""
        if len(secret) > _LONGEST_TOKEN:
            return InvalidToken(None, "unknown")
        if self._work.lookups >= _MOST_LOOKUPS:
            raise _too_many(1, "all clients together")
        self._work.lookups += 1
        try:
            return await to_thread.run_sync(self._authenticate, secret, limiter=self._work.limiter)
        finally:
            self._work.lookups -= 1

    async def _hold_back(self, address: str, invalid: InvalidToken, at: float) -> None:
        """Log a failure, and wait before it is answered. Raises Refused if too many failures wait already."""
        failures = self._failed.count(address, at)
        if failures <= _LOGGED_FAILURES or int(failures) % 100 == 0:
            log.warning(
                "invalid token",
                extra={
                    "address": address,
                    "reason": invalid.reason,
                    "token": invalid.name,
                    "failures": int(failures),
                },
            )
        if (delay_s := self._failed.delay_s(failures)) == 0:
            return
        if self._work.held_back >= _MOST_HELD_BACK:
            raise _too_many(1, "invalid tokens")
        self._work.held_back += 1
        try:
            await asyncio.sleep(delay_s)
        finally:
            self._work.held_back -= 1

    async def _wait_for_slot(self, client: Client, use: _TokenUse) -> None:
        """Wait until the token has a free slot. The body is read after that, so waiting requests cost no memory for it."""
        if use.waiting >= self._limits.waiting:
            raise _too_many(1, f"the token {client.name} at the same time")
        use.waiting += 1
        try:
            async with asyncio.timeout(self._limits.body_s):
                await use.slots.acquire()
        except TimeoutError:
            raise _too_many(1, f"the token {client.name} at the same time") from None
        finally:
            use.waiting -= 1

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, response: Response) -> None:
        """Send `response` without reading the body first, then close the connection if there is a body."""
        if not has_body(Headers(scope=scope)):
            await response(scope, receive, send)
            return
        response.headers["connection"] = "close"
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        await discard_body(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _address(scope: Scope) -> str:
    return address_key((scope.get("client") or ("local", 0))[0])


def _too_many(seconds: int, whose: str) -> Refused:
    return Refused(
        HTTPStatus.TOO_MANY_REQUESTS, f"Too many requests of {whose}. Try again in {seconds} s.", retry_after_s=seconds
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns `body` first, and afterwards what the connection reports."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


async def _send_and_close(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
    await send(message)
