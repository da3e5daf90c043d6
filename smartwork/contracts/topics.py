"""The topic grammar of the network's broker. No other module builds or parses these topics."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

SLUG = r"[a-z0-9][a-z0-9-]{0,47}"
_SLUG = re.compile(SLUG)
_ROOT = "sw/v1"
_LONGEST = 200
"""More characters than any topic has. Parsed topics are cached, so long ones must not be."""
GATEWAY = "gateway"
"""The name of a centre's edge in topics. The broker accepts no other, which bounds what one centre can retain."""


class MessageType(StrEnum):
    """The types of messages; the value is the part of the topic after the centre."""

    READINGS = "readings"
    STATUS = "status"
    LEDGER = "ledger"
    CONFIRMED = "confirmed"
    HELLO = "hello"
    ANSWER = "answer"
    POLICY = "policy"
    POLICY_APPLIED = "policy/applied"
    RELEASED = "released"
    COMMAND = "command"
    ALARMS = "alarms"
    DISCOVERED_DEVICES = "seen"
    NOT_UNDERSTOOD = "not_understood"


CENTRE_MESSAGE_TYPES = frozenset({MessageType.POLICY, MessageType.RELEASED})
"""Messages about the whole centre: their topics do not end with the name of an edge or light."""
_EDGE_MESSAGE_TYPES = {
    MessageType.READINGS,
    MessageType.STATUS,
    MessageType.LEDGER,
    MessageType.CONFIRMED,
    MessageType.HELLO,
    MessageType.ANSWER,
    MessageType.POLICY_APPLIED,
    MessageType.ALARMS,
    MessageType.DISCOVERED_DEVICES,
    MessageType.NOT_UNDERSTOOD,
}
EDGE_PUBLISHED_TYPES = frozenset(_EDGE_MESSAGE_TYPES - {MessageType.CONFIRMED, MessageType.ANSWER})
"""What edges publish. A message of one of these types shows that its edge runs."""
_SHAPE = re.compile(
    rf"{_ROOT}/(?P<centre>{SLUG})/"
    rf"(?P<message_type>{'|'.join(sorted(MessageType, key=len, reverse=True))})"
    rf"(?:/(?P<name>{SLUG}))?"
)


def is_slug(text: str) -> bool:
    """Whether `text` can name a centre, edge, device or light: lower case, digits, hyphens, at most 48 characters."""
    return _SLUG.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: `sw/v1/{centre}/{message_type}[/{name}]`. `name` is the edge, or the light of a command.

    Messages about the whole centre (CENTRE_MESSAGE_TYPES) have no name.
    """

    centre: str
    message_type: MessageType
    name: str | None = None

    def __str__(self) -> str:
        return f"{_ROOT}/{self.centre}/{self.message_type}" + (f"/{self.name}" if self.name else "")

    @classmethod
    def parse(cls, raw: str) -> "Topic | None":
        """The topic that `raw` spells, or None if it is not of this grammar."""
        return _parsed(raw) if len(raw) <= _LONGEST else None


@lru_cache(maxsize=8_192)
def _parsed(raw: str) -> Topic | None:
    match = _SHAPE.fullmatch(raw)
    if match is None:
        return None
    message_type = MessageType(match["message_type"])
    named = message_type is MessageType.COMMAND or message_type in _EDGE_MESSAGE_TYPES
    if named != (match["name"] is not None):
        return None
    return Topic(match["centre"], message_type, match["name"])


def all_centres_filter(message_type: MessageType) -> str:
    """The topic filter for `message_type` of all centres, and of all edges or lights."""
    return f"{_ROOT}/+/{message_type}" + ("" if message_type in CENTRE_MESSAGE_TYPES else "/+")
