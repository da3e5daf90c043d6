"""URLs of servers: whether one is well-formed, and what of it may be shown."""

import re

_ENCODED = "%[0-9A-Fa-f]{2}"
_USER = rf"(?:[\w.~!$&'()*+,;=:-]|{_ENCODED})*@"
_PORT = r"(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])"
_HOST = rf"(?:(?:[\w.-]|{_ENCODED})*|\[[0-9A-Fa-f:.]+\])(?::{_PORT})?"
_PATH = rf"/(?:[\w.~+/-]|{_ENCODED})*"
_QUERY = rf"\w+=(?:[\w.~+/:,-]|{_ENCODED})*"
_URL = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+.-]{{0,15}})://(?P<user>{_USER})?(?P<hosts>{_HOST}(?:,{_HOST})*)(?P<path>{_PATH})?"
    rf"(?:\?(?P<query>{_QUERY}(?:&{_QUERY})*))?"
)
_START = re.compile(rf"(?P<scheme>[a-z][a-z0-9+.-]{{0,15}})://(?:{_USER}(?P<host>[\w.-]+)(?=[:/?]|$))?")
_SHOWN_PARAMETERS = {"sslmode", "target_session_attrs", "connect_timeout", "application_name", "host", "port", "dbname"}
_ADVICE = (
    "which is malformed. Write special characters of a password percent-encoded: %40 for @, %2F for /, %3A for :, %23 for #, "
    "%3F for ?, %25 for %"
)


def is_well_formed(url: str) -> bool:
    """Whether a URL means the same to every reader: a password with raw special characters could become a host or a port."""
    return _URL.fullmatch(url) is not None


def without_password(text: str) -> str:
    """`text` if it is neither an address nor a part of one; else what of it is surely no secret.

    Of a malformed URL that is the scheme, and the host if nothing before it can be mistaken.
    """
    url = _URL.fullmatch(text)
    if url is None:
        start = _START.match(text)
        if start is None:
            return "…" if re.search(r"[@=:/?#%]", text) else text
        return f"{start['scheme']}://…{'@' + start['host'] + '…' if start['host'] and text.count('@') == 1 else ''}"
    query = "&".join(map(_shown_parameter, url["query"].split("&"))) if url["query"] else ""
    user = "…@" if url["user"] else ""
    return f"{url['scheme']}://{user}{url['hosts']}{url['path'] or ''}{'?' + query if query else ''}"


def malformed(url: str) -> str:
    """What an error says of a malformed address: what of it may be shown, and what to do."""
    return f"{without_password(url) if '://' in url else '…'!r}, {_ADVICE}"


def _shown_parameter(parameter: str) -> str:
    name, _, value = parameter.partition("=")
    return f"{name}={value if name in _SHOWN_PARAMETERS else '…'}"
