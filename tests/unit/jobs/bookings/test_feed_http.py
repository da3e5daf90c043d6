"""Fetching a calendar feed from a real HTTP server: what is read, what is refused by name, and what no error contains."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from smartwork.domain.bookings.feed_address import parse_feed_url
from smartwork.jobs.bookings.feed_http import FeedFault, FeedLimits, FeedRequest, fetch
from tests.support.http import Answer, CalendarServer, free_port

CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
SECRET = "s3cret-token"  # noqa: S105 - of a server of these tests
PATH = f"/{SECRET}.ics"
LIMITS = FeedLimits(longest_s=20, answer_s=10, max_bytes=10_000)
QUICK = FeedLimits(longest_s=0.5, answer_s=0.3, max_bytes=10_000)


@pytest.fixture(scope="module")
def server() -> Iterator[CalendarServer]:
    with CalendarServer() as running:
        yield running


def request(
    address: str, *, is_trusted: bool = False, header: tuple[str, str] | None = None, etag: str | None = None
) -> FeedRequest:
    return FeedRequest(parse_feed_url(address, is_trusted=is_trusted), is_trusted, header, etag)


def fault(server: CalendarServer, answer: Answer) -> str:
    server.answers[PATH] = answer
    with pytest.raises(FeedFault) as raised:
        fetch(request(server.url(PATH)), LIMITS)
    assert SECRET not in str(raised.value)
    assert SECRET not in repr(raised.value)
    return str(raised.value)


def test_a_calendar_is_read_and_not_sent_again_while_it_is_unchanged(server: CalendarServer) -> None:
    server.answers[PATH] = Answer(CALENDAR, etag='W/"7"')
    first = fetch(request(server.url(PATH), header=("Authorization", "Bearer x")), LIMITS)
    assert first is not None
    assert (first.text.splitlines()[0], first.etag) == ("BEGIN:VCALENDAR", 'W/"7"')
    assert server.requests[-1][1]["authorization"] == "Bearer x"
    assert fetch(request(server.url(PATH), etag=first.etag), LIMITS) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"<!DOCTYPE html><html>Sign in</html>", headers=(("Content-Type", "text/html"),)), "HTML page"),
        (Answer(b"  \n<html>Sign in</html>"), "HTML page"),
        (Answer(b'{"error": "token"}', headers=(("Content-Type", "application/json"),)), "no calendar"),
        (Answer(b""), "no calendar"),
        (Answer(CALENDAR[:30]), "cut short"),
        (Answer(CALENDAR, announced=len(CALENDAR) + 500), "cut short"),
        (Answer(b"BEGIN:VCALENDAR\r\nX:\xff\xfe\r\nEND:VCALENDAR"), "character set"),
        (Answer(b"BEGIN:VCALENDAR\r\nX:\0\r\nEND:VCALENDAR"), "zero byte"),
        (Answer(b"BEGIN:VCALENDAR\r\n" + b"X:y\r\n" * 5_000 + b"END:VCALENDAR"), "larger than"),
        (Answer(CALENDAR, headers=(("Content-Encoding", "gzip"),)), "gzip"),
        (Answer(status=401), "refused"),
        (Answer(status=403), "refused"),
        (Answer(status=404), "no calendar at this address"),
        (Answer(status=500), "HTTP 500"),
        (Answer(status=304), "HTTP 304"),
        (Answer(status=204), "HTTP 204"),
        (Answer(status=302), "redirects to nowhere"),
        (Answer(status=302, headers=(("Location", PATH),)), "more than 5 times"),
        (Answer(status=302, headers=(("Location", f"https://example.org/{SECRET}"),)), "from http to https"),
        (Answer(status=302, headers=(("Location", f"http://10.1.2.3/{SECRET}"),)), "no public address"),
        (Answer(status=302, headers=(("Location", f"http://169.254.169.254/{SECRET}"),)), "no public address"),
    ],
)
def test_whatever_is_no_calendar_is_a_named_fault_without_the_token(
    server: CalendarServer, answer: Answer, said: str
) -> None:
    text = fault(server, answer)
    assert said in text


def test_a_server_that_asks_for_a_pause_is_understood(server: CalendarServer) -> None:
    for value, seconds in (("120", 120), ("Fri, 01 Jan 2100 00:00:00 GMT", 1e9), ("soon", None)):
        server.answers[PATH] = Answer(status=503, headers=(("Retry-After", value),))
        with pytest.raises(FeedFault) as raised:
            fetch(request(server.url(PATH)), LIMITS)
        wish = raised.value.retry_after
        assert (wish is None) if seconds is None else (wish is not None and wish.total_seconds() >= seconds)


def test_a_redirect_is_followed_and_a_secret_header_goes_to_no_other_server(server: CalendarServer) -> None:
    with CalendarServer() as other:
        other.answers["/moved.ics"] = Answer(CALENDAR)
        server.answers["/old.ics"] = Answer(status=301, headers=(("Location", "/new.ics"),))
        server.answers["/new.ics"] = Answer(status=307, headers=(("Location", other.url("/moved.ics")),))
        assert fetch(request(server.url("/old.ics"), header=("X-Token", SECRET)), LIMITS) is not None
        assert server.requests[-1][1]["x-token"] == SECRET
        assert "x-token" not in other.requests[-1][1]


def test_a_public_name_with_a_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch, server: CalendarServer) -> None:
    """As a name that an attacker lets point to the inside, also only at the second look-up: the checked address is used."""
    looked_up: list[object] = []

    def answer(host: object, port: object, **_: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with pytest.raises(FeedFault, match="no public address"):
        fetch(request(f"https://calendar.example.org:{server.port}{PATH}"), LIMITS)
    assert looked_up == ["calendar.example.org"]


def test_a_server_that_drips_is_left_at_the_deadline(server: CalendarServer) -> None:
    server.answers[PATH] = Answer(pieces=(b"X",) * 15, announced=10_000)
    with pytest.raises(FeedFault, match="longer than"):
        fetch(request(server.url(PATH)), QUICK)


def test_a_server_that_refuses_or_says_nothing_or_answers_without_http_is_a_fault(server: CalendarServer) -> None:
    with pytest.raises(FeedFault, match="refused"):
        fetch(request(f"http://127.0.0.1:{free_port()}{PATH}"), LIMITS)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(FeedFault, match=r"did not answer|longer"):
            fetch(request(f"http://127.0.0.1:{silent.getsockname()[1]}{PATH}"), QUICK)
        answering = threading.Thread(target=_answer_with, args=(silent, b"SSH-2.0-x\r\n" * 3))
        answering.start()
        with pytest.raises(FeedFault, match="speak HTTP"):
            fetch(request(f"http://127.0.0.1:{silent.getsockname()[1]}{PATH}"), LIMITS)
        answering.join(10)
    with pytest.raises(FeedFault) as raised:
        fetch(request(f"https://127.0.0.1:{server.port}{PATH}"), LIMITS)
    assert SECRET not in str(raised.value)


def _answer_with(server: socket.socket, text: bytes) -> None:
    """Answer the second caller of a server; the first has gone."""
    for _ in range(2):
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(1_000)
            connection.sendall(text)
