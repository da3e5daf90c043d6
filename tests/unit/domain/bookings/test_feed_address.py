"""Addresses of calendar feeds: what is polled, what is refused, and what is shown of one."""

import pytest

from smartwork.domain.bookings.feed_address import AddressRefused, is_allowed_server, parse_feed_url, redirected

SECRET = "s3cret-token"  # noqa: S105 - of these tests


@pytest.mark.parametrize(
    ("text", "shown", "target"),
    [
        ("https://c.example.org/ical/s3cret-token/basic.ics", "https://c.example.org/…", "/ical/s3cret-token/basic.ics"),
        ("webcal://p12.example.com/a?token=s3cret-token", "https://p12.example.com/…", "/a?token=s3cret-token"),
        ("https://Example.ORG:8443", "https://example.org:8443/…", "/"),
        ("https://[2001:db8::1]/a b".replace(" ", "%20"), "https://[2001:db8::1]/…", "/a%20b"),
        ("http://localhost:8000/x.ics", "http://localhost:8000/…", "/x.ics"),
        ("https://kalender.exämple.be/ü.ics", "https://kalender.xn--exmple-cua.be/…", "/%C3%BC.ics"),
        ("https://h/a#part", "https://h/…", "/a"),
    ],
)  # fmt: skip
def test_an_address_is_parsed_and_shown_without_path_and_token(text: str, shown: str, target: str) -> None:
    url = parse_feed_url(text, is_trusted=False)
    assert (url.shown, url.target) == (shown, target)
    assert SECRET not in repr(url) + url.shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "calendar.ics",
        "ftp://h/s3cret-token",
        "file:///etc/passwd",
        "http://example.org/s3cret-token",
        "http://192.168.1.9/a",
        "https://",
        "https:///a",
        "https://h:99999/s3cret-token",
        "https://h/a b",
        "https://h/\r\nX: y",
        "https://[::1",
        "javascript:alert(1)",
        "https://h/" + "s3cret-token" * 400,
    ],
)
def test_another_address_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        parse_feed_url(text, is_trusted=False)
    assert SECRET not in str(refused.value)


def test_http_is_allowed_on_a_trusted_network_and_credentials_become_a_header() -> None:
    url = parse_feed_url("http://user:p%40ss@10.0.0.5/cal", is_trusted=True)
    assert (url.host, url.authorization) == ("10.0.0.5", "Basic dXNlcjpwQHNz")
    assert "ss" not in url.shown


@pytest.mark.parametrize(
    ("address", "public", "trusted", "local"),
    [
        ("93.184.216.34", True, True, True),
        ("2606:2800:220:1::1", True, True, True),
        ("10.0.0.1", False, True, False),
        ("172.16.3.4", False, True, False),
        ("192.168.1.1", False, True, False),
        ("100.64.0.1", False, True, False),
        ("fd00::1", False, True, False),
        ("127.0.0.1", False, True, True),
        ("127.8.8.8", False, True, True),
        ("::1", False, True, True),
        ("::ffff:127.0.0.1", False, True, True),
        ("::ffff:10.0.0.1", False, True, False),
        ("64:ff9b::a00:1", False, True, False),
        ("2002:a00:1::", False, True, False),
        ("169.254.169.254", False, False, False),
        ("::ffff:169.254.169.254", False, False, False),
        ("64:ff9b::a9fe:a9fe", False, False, False),
        ("fe80::1%eth0", False, False, False),
        ("0.0.0.0", False, False, False),  # noqa: S104 - an address that is refused
        ("::", False, False, False),
        ("224.0.0.1", False, False, False),
        ("255.255.255.255", False, False, False),
        ("nonsense", False, False, False),
    ],
)
def test_only_public_servers_are_asked_unless_the_network_is_trusted(
    address: str, public: bool, trusted: bool, local: bool
) -> None:
    assert is_allowed_server(address, is_trusted=False, is_local=False) is public
    assert is_allowed_server(address, is_trusted=True, is_local=False) is trusted
    assert is_allowed_server(address, is_trusted=False, is_local=True) is local


def test_a_redirect_keeps_the_scheme_and_gives_credentials_to_no_other_server() -> None:
    url = parse_feed_url("https://user:pw@a.example/x", is_trusted=False)
    same, other = redirected(url, "/y?z=1", is_trusted=False), redirected(url, "https://b.example/y", is_trusted=False)
    assert (same.target, same.authorization) == ("/y?z=1", url.authorization)
    assert (other.host, other.authorization) == ("b.example", None)


@pytest.mark.parametrize(
    "location",
    [
        "http://a.example/x",
        "http://127.0.0.1/x",
        "https://localhost/x",
        "file:///etc/passwd",
        "ftp://a.example/x",
        "https://h:0x/",
    ],
)
def test_a_redirect_to_another_scheme_or_to_the_machine_itself_is_refused(location: str) -> None:
    url = parse_feed_url("https://a.example/x", is_trusted=False)
    with pytest.raises(AddressRefused):
        redirected(url, location, is_trusted=False)
