"""Limits of the API, on real connections: hostile, slow and large requests cost little and disturb no one else."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from api.limits import Limits
from smartwork.db.access import tokens
from smartwork.db.core.connection import Connection
from smartwork.domain.access.scopes import SCOPES
from smartwork.errors import InputError
from tests.support.api import HOUR, NOW, Api, booking, served
from tests.support.program import Program

pytestmark = pytest.mark.services
MB = 2**20


def request(headers: str = "", token: str | None = "network", method: str = "PUT", path: str = "/v1/bookings/A") -> bytes:  # noqa: S107 - of the test database
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{method} {path} HTTP/1.1\r\nHost: test\r\n{authorization}{headers}\r\n".encode()


def connect(url: str, timeout_s: float = 20) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout_s)


def exchange(url: str, data: bytes) -> tuple[int, bytes]:
    """Send `data`, and receive until the server closes the connection: the status and everything received."""
    with connect(url) as sent:
        sent.sendall(data)
        received = b""
        with suppress(ConnectionResetError):
            while part := sent.recv(65_536):
                received += part
    return int(received.split(b" ", 2)[1]) if received else 0, received


def seconds(url: str) -> float:
    """How long a health check takes."""
    start = time.perf_counter()
    assert Api(url)("GET", "/healthz") == (200, {"status": "ok"})
    return time.perf_counter() - start


@pytest.fixture
def program(api: Api, database_url: str, tmp_path: Path) -> Iterator[tuple[Api, psutil.Process]]:
    """The API in a process of its own, as in production."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = {"database_url": database_url, "api_port": port}
    with Program("api", settings, tmp_path / "api.log") as started:
        started.wait_for_log("running on", 60)
        running = replace(api, url=f"http://127.0.0.1:{port}")
        assert running("GET", "/v1/bookings")[0] == 200
        assert running.as_("wrong")("PUT", "/v1/bookings/Z", booking())[0] == 401
        yield running, psutil.Process(started.pid)


HALF_SENT = {
    "headers": b"PUT /v1/bookings/A HTTP/1.1\r\nHost: test\r\nX-Padding: " + b"x" * 8_000,
    "no_token": request("Content-Length: 900000\r\n", None) + b"{" * 100_000,
    "wrong_token": request("Content-Length: 900000\r\n", "wrong") + b"{" * 100_000,
    "valid_token": request("Content-Length: 900000\r\n") + b"{" * 100_000,
    "chunked": request("Transfer-Encoding: chunked\r\n") + b"186A0\r\n" + b"{" * 100_000,
    "no_operation": request("Content-Length: 900000\r\n", None, path="/nothing") + b"{" * 100_000,
}


def test_600_half_sent_requests_cost_little_memory_and_delay_no_health_check(program: tuple[Api, psutil.Process]) -> None:
    api, process = program
    before = process.memory_info().rss
    for kind, data in HALF_SENT.items():
        growth, checks = [], []
        with ExitStack() as stack:
            for _ in range(600):
                sent = stack.enter_context(connect(api.url))
                sent.setblocking(False)
                with suppress(OSError):
                    sent.send(data)
            for _ in range(10):
                checks.append(seconds(api.url))
                growth.append(process.memory_info().rss - before)
                time.sleep(0.1)
        assert max(growth) < 50 * MB, kind
        assert sorted(checks)[len(checks) // 2] < 1, kind
        assert max(checks) < 5, f"{kind}, on a busy machine"
        assert api.as_("acme")("GET", "/v1/bookings")[0] == 200


def test_a_body_of_60_mb_costs_little_memory_and_is_refused(program: tuple[Api, psutil.Process]) -> None:
    api, process = program
    before = process.memory_info().rss
    for token, refusal in ((None, b"401"), ("wrong", b"401"), ("network", b"413")):
        for headers in ("Content-Length: 62914560\r\n", "Transfer-Encoding: chunked\r\n"):
            chunked = "chunked" in headers
            with connect(api.url) as sent:
                with suppress(OSError):
                    sent.sendall(request(headers, token))
                    for _ in range(60):
                        sent.sendall(b"100000\r\n" * chunked + b"x" * MB + b"\r\n" * chunked)
                with suppress(OSError):
                    assert sent.recv(100).split(b" ")[1] == refusal
            assert process.memory_info().rss - before < 50 * MB
            assert seconds(api.url) < 5


@contextmanager
def limited(database_url: str, folder: Path, limits: Limits) -> Iterator[Api]:
    with served(database_url, folder, lambda: NOW, limits) as url:
        yield Api(url)


def test_a_token_is_checked_before_the_body_is_read(api: Api) -> None:
    start = time.perf_counter()
    status, received = exchange(api.url, request("Content-Length: 1000\r\nExpect: 100-continue\r\n", "wrong"))
    assert (status, b"100 Continue" in received) == (401, False)
    assert time.perf_counter() - start < 6


def test_a_body_that_is_too_large_is_refused_at_its_first_byte_too_many(api: Api) -> None:
    assert exchange(api.url, request(f"Content-Length: {MB + 1}\r\n"))[0] == 413
    assert exchange(api.url, request(f"Content-Length: {10**30}\r\n"))[0] in (400, 413)
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    assert exchange(api.url, request("Transfer-Encoding: chunked\r\n") + chunk * 17)[0] == 413
    large = json.dumps(booking()).encode().rjust(MB)
    status, _ = exchange(
        api.url, request(f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {MB}\r\n") + large
    )
    assert status == 201


@pytest.mark.parametrize("body", ["[" * 100, '{"a":' * 33 + "1" + "}" * 33, '{"a":' * 100_000])
def test_json_that_is_nested_too_deeply_is_refused(api: Api, body: str) -> None:
    headers = f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    status, received = exchange(api.url, request(headers) + body.encode())
    assert (status, b"levels deep" in received) == (422, True)


@pytest.mark.parametrize(
    "body", ["1" * 5_000, '{"starts_at": 1e400}', '{"starts_at": NaN}', '"\\ud800"', "\x00", "null", "[]"]
)
def test_strange_json_is_a_problem_of_the_request(api: Api, body: str) -> None:
    headers = f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    assert exchange(api.url, request(headers) + body.encode())[0] in (400, 422)


def dribble(url: str, data: bytes, last_s: float) -> tuple[int, float]:
    """Send `data`, then a byte every tenth of a second: the status, and how long the server allowed it."""
    start = time.perf_counter()
    received = b""
    with connect(url) as sent, suppress(OSError):
        sent.sendall(data)
        sent.settimeout(0.1)
        while time.perf_counter() - start < last_s:
            with suppress(TimeoutError):
                part = sent.recv(1_000)
                received += part
                if not part:
                    break
            sent.send(b"x")
    return int(received.split(b" ", 2)[1]) if received else 0, time.perf_counter() - start


def test_a_request_that_arrives_too_slowly_is_ended(api: Api, database_url: str, tmp_path: Path) -> None:
    with limited(database_url, tmp_path, Limits(body_s=1, headers_s=1)) as slow:
        assert dribble(slow.url, request("Content-Length: 1000\r\n"), 15)[0] == 408
        for data in (b"", b"PUT /v1/bookings/A HTTP/1.1\r\nX: ", request("Content-Length: 1000\r\n", None)):
            assert dribble(slow.url, data, 15)[1] < 10, data
        assert slow("PUT", "/v1/bookings/A", booking())[0] == 201
    assert api("GET", "/v1/bookings/A")[0] == 200


def test_connections_are_bounded_and_the_longest_idle_one_is_closed(api: Api, database_url: str, tmp_path: Path) -> None:
    with limited(database_url, tmp_path, Limits(connections=20)) as few, ExitStack() as stack:
        idle = [stack.enter_context(connect(few.url)) for _ in range(40)]
        for _ in range(5):
            assert seconds(few.url) < 5
        assert idle[0].recv(1) == b""
    assert seconds(api.url) < 5


def test_requests_of_a_token_and_of_an_address_are_bounded(api: Api, database_url: str, tmp_path: Path) -> None:
    with limited(database_url, tmp_path, Limits(requests_per_minute=60, address_requests_per_minute=200)) as few:
        statuses = [few("GET", "/v1/bookings")[0] for _ in range(70)]
        assert statuses[:60] == [200] * 60
        assert statuses.count(429) >= 5
        assert few.as_("acme")("GET", "/v1/bookings")[0] == 200
        assert b"\r\nretry-after: " in exchange(few.url, request("Connection: close\r\n", method="GET"))[1].lower()
        for _ in range(200):
            few.as_(None)("GET", "/v1/bookings")
        assert few.as_("bolt")("GET", "/v1/bookings")[0] == 429
        assert few.as_(None)("GET", "/q/anything")[0] == 429
        assert few("GET", "/healthz")[0] == 200
    assert api("GET", "/v1/bookings")[0] == 200


def test_half_sent_requests_of_one_token_do_not_block_another(api: Api) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(connect(api.url)).sendall(request("Content-Length: 1000\r\n", "acme") + b"{")
        start = time.perf_counter()
        assert api.as_("bolt")("PUT", "/v1/bookings/B", booking(desk="desk-2", member="m-2"))[0] == 201
        assert time.perf_counter() - start < 3
        assert api.as_("acme")("GET", "/v1/bookings")[0] == 429


def test_invalid_tokens_are_logged_and_slowed_but_not_the_valid_ones_of_that_address(
    api: Api, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    tokens.put(connection, "gone", "gone-secret", None, ["bookings:read"], NOW)
    tokens.revoke(connection, "gone", NOW)
    caplog.set_level(logging.WARNING, "api")
    assert api.as_("guessed-secret")("GET", "/v1/bookings")[0] == 401
    assert api.as_("gone-secret")("GET", "/v1/bookings")[0] == 401
    first, second = (vars(record) for record in caplog.records if record.name == "api")
    assert (first["address"], first["reason"], first["token"]) == ("127.0.0.1", "unknown", None)
    assert (second["reason"], second["token"]) == ("revoked", "gone")
    assert "secret" not in caplog.text
    attack = [threading.Thread(target=partial(api.as_(f"guess-{n}"), "GET", "/v1/bookings")) for n in range(60)]
    for thread in attack:
        thread.start()
    start = time.perf_counter()
    assert api("GET", "/v1/bookings")[0] == 200
    valid_s = time.perf_counter() - start
    start = time.perf_counter()
    assert api.as_("guess")("GET", "/v1/bookings")[0] == 401
    assert time.perf_counter() - start > 0.9
    assert valid_s < 3
    for thread in attack:
        thread.join(30)


def test_a_token_expires_and_shows_its_last_use(api: Api, connection: Connection) -> None:
    api.clock.at = NOW
    tokens.put(connection, "short", "short", None, ["bookings:read"], NOW - HOUR, expires_at=NOW + HOUR)
    assert api.as_("short")("GET", "/v1/bookings")[0] == 200
    used = {row.name: row.last_used_at for row in tokens.listed(connection)}
    assert (used["short"], used["bolt"]) == (NOW, None)
    for at, expected in ((NOW + 30 * HOUR / 3600, NOW), (NOW + HOUR / 30, NOW + HOUR / 30)):
        tokens.authenticate(connection, "short", at)
        (row,) = [row for row in tokens.listed(connection) if row.name == "short"]
        assert row.last_used_at == expected, "written once a minute"
    assert tokens.set_expiry(connection, "short", NOW)
    status, problem = api.as_("short")("GET", "/v1/bookings")
    assert (status, problem["detail"]) == (401, "The token short has expired.")
    assert tokens.set_expiry(connection, "short", None)
    assert api.as_("short")("GET", "/v1/bookings")[0] == 200
    with pytest.raises(InputError, match="before it was created"):
        tokens.set_expiry(connection, "short", NOW - timedelta(days=1))
    with pytest.raises(InputError, match="later date"):
        tokens.put(connection, "late", "late", None, SCOPES, NOW, expires_at=NOW)
    assert not tokens.set_expiry(connection, "nobody", NOW)
