"""Fetch a calendar feed over HTTP, within limits of time, size and addresses (`domain/bookings/feed_address.py`)."""

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from smartwork import clock
from smartwork.domain.bookings.feed_address import AddressRefused, FeedUrl, is_allowed_server, redirected
from smartwork.errors import SmartworkError

MAX_REDIRECTS = 5
_CHUNK = 64 * 1024
_LONGEST_VALIDATOR = 1_000
_REDIRECTS = (301, 302, 303, 307, 308)
_REASONS = {
    401: "the address or its token is refused",
    403: "the address or its token is refused",
    404: "there is no calendar at this address",
    410: "there is no calendar at this address any more",
    429: "the server asks for fewer polls",
}


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """How long a poll may take, how long the server may say nothing, both in seconds, and how large a calendar may be."""

    longest_s: float = 45.0
    answer_s: float = 10.0
    max_bytes: int = 10 * 2**20


LIMITS = FeedLimits()


class FeedFault(SmartworkError):  # noqa: N818 - what happened
    """A feed cannot be read. The text contains nothing of its address but the host; `retry_after` is the server's wish."""

    def __init__(self, text: str, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """What to fetch. `header` is a secret one, as (name, value); `etag` and `last_modified` are those of the last answer."""

    url: FeedUrl
    is_trusted: bool = False
    header: tuple[str, str] | None = field(default=None, repr=False)
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class FeedContent:
    """The calendar, and what to send with the next request so that an unchanged calendar is not sent again."""

    text: str
    etag: str | None
    last_modified: str | None


def fetch(request: FeedRequest, limits: FeedLimits = LIMITS) -> FeedContent | None:
    """The calendar at the address, or None if it has not changed. Raises FeedFault."""
    url, deadline = request.url, time.monotonic() + limits.longest_s
    for _ in range(MAX_REDIRECTS + 1):
        with _answer(url, request, limits, deadline) as response:
            if response.status not in _REDIRECTS:
                return _content(response, request, limits)
            location = response.headers.get("Location")
        if not location:
            raise FeedFault(f"{url.host} redirects to nowhere (HTTP {response.status})")
        try:
            url = redirected(url, location, is_trusted=request.is_trusted)
        except AddressRefused as refused:
            raise FeedFault(f"{url.host}: {refused}") from None
    raise FeedFault(f"{request.url.host} redirects more than {MAX_REDIRECTS} times")


class _Deadline:
    """Shuts the socket that it watches at an instant, whatever the server is doing; then `passed` is true."""

    def __init__(self, at_s: float) -> None:
        self.passed = False
        self._at_s = at_s
        self._watched: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(0.0, at_s - time.monotonic()), self._end)
        self._timer.daemon = True
        self._timer.start()

    def left_s(self) -> float:
        """Seconds until the instant, at least a tenth."""
        return max(0.1, self._at_s - time.monotonic())

    def watch(self, watched: socket.socket) -> None:
        """Watch this socket from now on, in the place of the last one."""
        with self._lock:
            self._watched = watched
        if self.passed:
            self._end()

    def _end(self) -> None:
        self.passed = True
        with self._lock:
            if self._watched is not None:
                with suppress(OSError):
                    self._watched.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the watch and close the socket."""
        self._timer.cancel()
        with self._lock:
            if self._watched is not None:
                self._watched.close()


@contextmanager
def _answer(url: FeedUrl, request: FeedRequest, limits: FeedLimits, deadline_s: float) -> Iterator[http.client.HTTPResponse]:
    """The server's answer to the request; whatever goes wrong until the end of the block is a FeedFault."""
    connection, deadline = http.client.HTTPConnection(url.host, url.port), _Deadline(deadline_s)
    try:
        connection.sock = _connected(url, request, limits, deadline)
        connection.request("GET", url.target, headers=_headers(url, request))
        with closing(connection.getresponse()) as response:
            yield response
        if deadline.passed:
            raise _too_slow(url, limits)
    except FeedFault:
        if deadline.passed:
            raise _too_slow(url, limits) from None
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise (_too_slow(url, limits) if deadline.passed else FeedFault(f"{url.host}: {_why(error, limits)}")) from None
    finally:
        connection.close()
        deadline.close()


def _connected(url: FeedUrl, request: FeedRequest, limits: FeedLimits, deadline: _Deadline) -> socket.socket:
    """A connection to an address of the host that may be asked: the address is checked and then used, not looked up again."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)]
    is_local = request.url.is_local and url.is_local
    allowed = [ip for ip in found if is_allowed_server(ip, is_trusted=request.is_trusted, is_local=is_local)]
    if not allowed:
        raise FeedFault(
            f"{url.host} has no public address. A feed inside a private network must be marked as one of a trusted network"
        )
    failure: OSError | None = None
    for ip in dict.fromkeys(allowed[:4]):
        try:
            plain = socket.create_connection((ip, url.port), timeout=min(limits.answer_s, deadline.left_s()))
            plain.settimeout(limits.answer_s)
        except OSError as error:
            failure = error
            continue
        deadline.watch(plain)
        return plain if url.scheme == "http" else _with_tls(plain, url, deadline)
    raise failure or OSError


def _with_tls(plain: socket.socket, url: FeedUrl, deadline: _Deadline) -> socket.socket:
    context = ssl.create_default_context()
    secure = context.wrap_socket(plain, server_hostname=url.host, do_handshake_on_connect=False)
    deadline.watch(secure)
    secure.do_handshake()
    return secure


def _headers(url: FeedUrl, request: FeedRequest) -> dict[str, str]:
    headers = {"User-Agent": "smartwork", "Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity"}
    is_own = (url.scheme, url.host, url.port) == (request.url.scheme, request.url.host, request.url.port)
    if url.authorization:
        headers["Authorization"] = url.authorization
    if is_own and request.header:
        headers[request.header[0]] = request.header[1]
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.last_modified:
        headers["If-Modified-Since"] = request.last_modified
    return headers


def _content(response: http.client.HTTPResponse, request: FeedRequest, limits: FeedLimits) -> FeedContent | None:
    host, status = request.url.host, response.status
    if status == 304 and (request.etag or request.last_modified):
        return None
    if status != 200:
        retry_after = _retry_after(response.headers.get("Retry-After"))
        raise FeedFault(f"{host}: {_REASONS.get(status, 'the server answers with an error')} (HTTP {status})", retry_after)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise FeedFault(f"{host} sends the calendar as {encoding[:20]!r}, which was not asked for")
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > limits.max_bytes:
            raise FeedFault(f"{host}: the calendar is larger than {limits.max_bytes / 2**20:.0f} MB")
    if response.length:
        raise FeedFault(f"{host}: the calendar is cut short")
    text = _calendar(bytes(body), response.headers, host)
    etag, modified = (_validator(response.headers.get(name)) for name in ("ETag", "Last-Modified"))
    return FeedContent(text, etag, modified)


def _calendar(body: bytes, headers: http.client.HTTPMessage, host: str) -> str:
    """The text of a calendar; raises FeedFault, by name, for anything else."""
    kind = headers.get_content_type() if headers.get("Content-Type") else "without a type"
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        if start[:1] == b"<" or kind == "text/html":
            raise FeedFault(
                f"{host} sends an HTML page, not a calendar: the address may need a login, or its token has ended"
            )
        raise FeedFault(f"{host} sends no calendar ({kind[:40]}, {len(body)} bytes)")
    if not body.rstrip().upper().endswith(b"END:VCALENDAR"):
        raise FeedFault(f"{host}: the calendar is cut short: it does not end with END:VCALENDAR")
    try:
        text = body.decode(headers.get_content_charset("utf-8") or "utf-8").removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        raise FeedFault(f"{host}: the calendar is not in the character set that it names, or not UTF-8") from None
    if "\0" in text:
        raise FeedFault(f"{host}: the calendar contains a zero byte")
    return text


def _validator(value: str | None) -> str | None:
    is_usable = value is not None and len(value) <= _LONGEST_VALIDATOR and value.isprintable() and value.isascii()
    return value if is_usable else None


def _retry_after(value: str | None) -> timedelta | None:
    """The server's wish as seconds or as a date; None if it has none that can be understood."""
    if value is None:
        return None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return timedelta(seconds=int(value))
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - clock.now(), timedelta(0))


def _too_slow(url: FeedUrl, limits: FeedLimits) -> FeedFault:
    return FeedFault(f"{url.host} took longer than {limits.longest_s:.0f} s")


def _why(error: Exception, limits: FeedLimits) -> str:
    """Why a connection failed, without any text of the server or of the address."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not valid ({error.verify_message})"
        case TimeoutError():
            return f"it did not answer within {limits.answer_s:.0f} s"
        case socket.gaierror():
            return "its name is not known"
        case http.client.IncompleteRead():
            return "the calendar is cut short"
        case OSError() if error.strerror:
            return error.strerror
    return f"it does not speak HTTP correctly ({type(error).__name__})"
