"""Reading the body of a request within its limits."""

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from api.limits import Limits
from api.problems import Refused

_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_MOST_BRACKETS = 20_000
_DISCARD_S = 2.0
_DISCARD_BYTES = 65_536


def has_body(headers: Headers) -> bool:
    """Whether the request announces a body."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def read_body(headers: Headers, receive: Receive, limits: Limits) -> bytes:
    """The body of a request. Raises Refused if it is too large, too slow or nested too deeply, or if the client goes away."""
    if not has_body(headers):
        return b""
    too_large = Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {limits.body_bytes:,} bytes. Send smaller requests."
    )
    announced = headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 12 or int(announced) > limits.body_bytes):
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_s):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(HTTPStatus.BAD_REQUEST, "The client closed the connection before the end of the body.")
                body += message.get("body", b"")
                if len(body) > limits.body_bytes:
                    raise too_large
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise Refused(
            HTTPStatus.REQUEST_TIMEOUT, f"The body did not arrive within {limits.body_s:g} s. Send the request again."
        ) from None
    if nesting(bytes(body)) > limits.nesting:
        reason = f"The JSON is nested more than {limits.nesting} levels deep."
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, ("body", reason))
    return bytes(body)


def nesting(body: bytes) -> int:
    """How deeply arrays and objects of a JSON text are nested; a text with very many brackets counts as very deep."""
    if body.count(b"[") + body.count(b"{") == 0:
        return 0
    without_escapes = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_strings = b"".join(without_escapes.split(b'"')[::2])
    brackets = outside_strings.translate(None, _NO_BRACKETS)
    if len(brackets) > _MOST_BRACKETS:
        return len(brackets)
    depth = deepest = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


async def discard_body(receive: Receive) -> None:
    """Receive the rest of a body that is not used, up to 64 kB and for 2 s at most.

    A connection that is closed while its client still sends is reset, and the client may never see the response.
    """
    received = 0
    try:
        async with asyncio.timeout(_DISCARD_S):
            while received < _DISCARD_BYTES:
                message: Message = await receive()
                received += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
