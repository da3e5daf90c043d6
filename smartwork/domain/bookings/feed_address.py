"""The address of a calendar feed, and which servers may be asked: an address must not lead into a private network.

The rule: `https`, and a server with a public address. `http` and private addresses only for a feed that the operator marks as
one of a trusted network, and for a server that the address itself names as this machine (`localhost`, `127.0.0.1`, `::1`). A
redirect keeps the scheme and falls under the same rule. Link-local addresses, where cloud providers hand out credentials,
are never asked.
"""

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, unquote, urljoin, urlsplit

LONGEST_URL = 4_000
_LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(ValueError):  # noqa: N818 - what happened
    """The address of a feed that must not be polled; the text contains no part of it that may be secret."""


@dataclass(frozen=True, slots=True)
class FeedUrl:
    """A parsed address. Its target (path and query) and its `authorization` may be secret: `repr` does not show them."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    target: str = field(repr=False)
    authorization: str | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """What may be shown of the address: scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_default = self.port == {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}{'' if is_default else f':{self.port}'}/…"

    @property
    def is_local(self) -> bool:
        """Whether the address itself names this machine."""
        return self.host in _LOCAL_NAMES


def parse_feed_url(text: str, *, is_trusted: bool) -> FeedUrl:
    """Parse the address of a feed; `webcal` is `https`. Raises AddressRefused if it is malformed or not allowed."""
    if len(text) > LONGEST_URL or not text.isprintable() or " " in text:
        raise AddressRefused("the address is too long, or contains spaces or control characters")
    try:
        parts = urlsplit(re.sub("^webcals?:", "https:", text, flags=re.IGNORECASE))
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode().rstrip(".").lower() if parts.hostname else ""
    except (ValueError, UnicodeError):
        raise AddressRefused("the address is malformed; expected https://host/path") from None
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefused("the address must be a full one: https://host/path")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    user = ""
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    url = FeedUrl(
        scheme,
        host,
        port or (443 if scheme == "https" else 80),
        quote(parts.path or "/", safe="/:@!$&'()*+,;=~%-._") + (f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""),
        f"Basic {base64.b64encode(user.encode()).decode()}" if user else None,
    )
    if scheme == "http" and not (is_trusted or url.is_local):
        raise AddressRefused("http sends the token in clear: use https, or mark the feed as one of a trusted network")
    return url


_QUERY = "/?:@!$&'()*+,;=~%-._"


def redirected(url: FeedUrl, location: str, *, is_trusted: bool) -> FeedUrl:
    """The address that a redirect of `url` leads to. Raises AddressRefused if it may not be followed.

    The scheme stays. Credentials are sent to no other server.
    """
    base = f"{url.scheme}://{f'[{url.host}]' if ':' in url.host else url.host}:{url.port}{url.target}"
    target = parse_feed_url(urljoin(base, location), is_trusted=is_trusted or url.is_local)
    if target.scheme != url.scheme:
        raise AddressRefused(f"it redirects from {url.scheme} to {target.scheme}, which is not followed")
    if target.is_local and not (is_trusted or url.is_local):
        raise AddressRefused("it redirects to the machine itself, which is not followed")
    same = (target.host, target.port) == (url.host, url.port)
    return FeedUrl(target.scheme, target.host, target.port, target.target, url.authorization if same else None)


def is_allowed_server(address: str, *, is_trusted: bool, is_local: bool) -> bool:
    """Whether a server at this IP address may be asked.

    `is_local`: the feed's address names this machine itself, so the loopback address is meant.
    """
    try:
        ip = _embedded(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if ip.is_loopback:
        return is_trusted or is_local
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    return ip.is_global or is_trusted


def _embedded(ip: _IPAddress) -> _IPAddress:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip
