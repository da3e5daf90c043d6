"""The fields of a JSON message of which its adapter says nothing: settings, and what the network server adds."""

import json
import re
from collections.abc import Iterator

from edge.adapters.message import IgnoredField, MessageReadings

_REASON = "is not read in this family"
_ENVELOPE = frozenset(
    {"src", "dst", "method", "id", "ts", "time", "Time", "received_at", "last_seen", "last_updated", "last_changed"}
)
"""What says whose message it is, and when it was sent. A time that is not used is listed by the adapter."""
_SHOWN = 40
_MOST = 60
"""More rows help nobody."""


def unread_fields(payload: bytes, translated: MessageReadings) -> list[IgnoredField]:
    """The fields of the message that gave no reading and for which no reason is given yet; none if it is no JSON object.

    An object or array of which nothing was read is one field.
    """
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    if not isinstance(message, dict):
        return []
    names = [field.name for field in translated.used] + [field.name for field in translated.ignored]
    known = frozenset(part for name in names for part in (name, *re.split(r"[./]| \+ ", name)))
    known |= _ENVELOPE
    return [IgnoredField(name, value, _REASON, is_fault=False) for name, value in _unread(message, "", known)][:_MOST]


def _unread(body: dict[str, object], path: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    own = frozenset(key for key, value in body.items() if not isinstance(value, dict)) - _ENVELOPE
    inner = known - own  # a field that is here is not meant further inside
    for key, value in body.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict) and _has_known(value, inner):
            yield from _unread(value, name, inner)
        elif key not in known:
            yield _printable(name), _printable(value if isinstance(value, str) else json.dumps(value))[:_SHOWN]


def _has_known(body: dict[str, object], known: frozenset[str]) -> bool:
    return any(key in known or (isinstance(value, dict) and _has_known(value, known)) for key, value in body.items())


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in text)
