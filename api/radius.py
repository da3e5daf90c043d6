"""RADIUS accounting messages: their attributes in the JSON of rlm_rest or as plain values, and what they say."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator
from pydantic.json_schema import WithJsonSchema

CLOCK_TOLERANCE = timedelta(minutes=10)

Status = Literal["Start", "Stop", "Interim-Update", "Accounting-On", "Accounting-Off", "other"]

_STATUSES: dict[str, Status] = {
    "start": "Start", "1": "Start", "stop": "Stop", "2": "Stop", "interim-update": "Interim-Update",
    "alive": "Interim-Update", "3": "Interim-Update", "accounting-on": "Accounting-On", "7": "Accounting-On",
    "accounting-off": "Accounting-Off", "8": "Accounting-Off",
}  # fmt: skip
"""RFC 2866, section 5.1, by name and by number; `Alive` is an older name in FreeRADIUS's dictionary."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PRINTED = re.compile(
    r"([A-Z][a-z]{2}) +(\d{1,2}) (\d{4}) (\d{2}):(\d{2}):(\d{2})(?:\.\d+)? ([A-Z]{1,5}|[+-]\d{2}(?:\d{2})?)"
)
"""A date as FreeRADIUS 3 prints it: `Oct  5 2026 11:00:00 CEST`, in the time zone of its server."""
_OFFSET_H = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2,
    "EEST": 3, "MSK": 3,
}  # fmt: skip
"""Abbreviations of other zones than the centre's that mean one offset in Europe."""
_EXPECTED_TIME = (
    "expected seconds since 1970, a time with its offset such as 2026-10-05T09:00:00+02:00, or a date as FreeRADIUS "
    "prints it, such as 'Oct  5 2026 09:00:00 UTC'"
)


class UnreadableTime(ValueError):  # noqa: N818 - a fault of the request
    """An Event-Timestamp that is no instant; the message says what is expected."""


def _first(value: object) -> object:
    """The first value of an attribute with a list of values or as {"type": …, "value": […]}; a plain value unchanged."""
    if not isinstance(value, Mapping | list):
        return value
    values = value.get("value") if isinstance(value, Mapping) else value
    values = values if isinstance(values, list) else [values]
    if not values or any(isinstance(each, bool) or not isinstance(each, str | int | float) for each in values):
        raise ValueError('expected a value, or {"type": …, "value": […]} with at least one text or number')
    return values[0]


def _status(value: object) -> object:
    found = _first(value)
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise ValueError("expected the name or the number of a status")  # noqa: TRY004 - pydantic reports a ValueError
    return _STATUSES.get(str(found).strip().lower(), "other")


def _text(value: object) -> object:
    found = _first(value)
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else found


def _seconds(value: object) -> object:
    """Whole seconds, as a number or as its digits."""
    found = _first(value)
    if isinstance(found, str) and re.fullmatch(r"\d{1,10}", found.strip(), re.ASCII):
        return int(found)
    if isinstance(found, float) and found.is_integer():
        return int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        raise ValueError("expected a whole number of seconds")  # noqa: TRY004 - pydantic reports a ValueError
    return found


def _attribute(*plain: dict[str, object]) -> WithJsonSchema:
    """The schema of an attribute: a plain value, or the values that rlm_rest writes."""
    values = {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}}
    rlm_rest = {
        "type": "object",
        "required": ["value"],
        "properties": {"type": {"type": "string"}, "value": {"anyOf": [values, {"type": ["string", "number"]}]}},
    }
    return WithJsonSchema({"anyOf": [*plain, rlm_rest, values]}, mode="validation")


_LONGEST_TEXT = 253  # RFC 2865, section 5
Text = Annotated[
    str, BeforeValidator(_text), Field(max_length=_LONGEST_TEXT), _attribute({"type": "string", "maxLength": _LONGEST_TEXT})
]
Session = Annotated[
    str,
    BeforeValidator(_text),
    Field(min_length=1, max_length=128, pattern=r"^[!-~]+$"),
    _attribute({"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}, {"type": "integer"}),
]
WholeSeconds = Annotated[
    int, BeforeValidator(_seconds), Field(ge=0, lt=2**32), _attribute({"type": "integer", "minimum": 0, "maximum": 2**32 - 1})
]
EventTime = Annotated[str | int | float, BeforeValidator(_first), _attribute({"type": ["string", "number"]})]


class Accounting(BaseModel):
    """A RADIUS accounting message (RFC 2866) in JSON. Other attributes are ignored.

    An attribute is a plain value, or {"type": …, "value": […]} as FreeRADIUS's rlm_rest writes it with `body = 'json'`; the
    first value counts. Start, Interim-Update and Stop need a session, a user and a centre.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    status: Annotated[Status, BeforeValidator(_status), _attribute({"type": ["string", "integer"]})] = Field(
        alias="Acct-Status-Type", description="By its name or its number. Others than those of a session are acknowledged."
    )
    session: Session | None = Field(default=None, alias="Acct-Session-Id")
    unique_session: Session | None = Field(
        default=None,
        alias="Acct-Unique-Session-Id",
        description="Of FreeRADIUS's policy acct_unique: tells access points apart. Used before the other.",
    )
    user: Text | None = Field(
        default=None, alias="User-Name", description="The member's pseudonym, the same in every centre."
    )
    stripped_user: Text | None = Field(
        default=None, alias="Stripped-User-Name", description="Used if User-Name is no member: the name without its realm."
    )
    nas: Text | None = Field(default=None, alias="NAS-Identifier", description="Slug of the centre of the access point.")
    called_station: Text | None = Field(
        default=None,
        alias="Called-Station-Id",
        description="Used if NAS-Identifier names no centre: what follows the last colon, as in 00-11-22-33-44-55:mons.",
    )
    event_time: EventTime | None = Field(default=None, alias="Event-Timestamp", description="Default: the arrival.")
    session_s: WholeSeconds = Field(default=0, alias="Acct-Session-Time", description="Seconds that the session has lasted.")
    delay_s: WholeSeconds = Field(
        default=0, alias="Acct-Delay-Time", description="Seconds since the event, if it has no Event-Timestamp."
    )
    _is_rlm_rest: bool = PrivateAttr(default=False)

    @model_validator(mode="wrap")
    @classmethod
    def _remember_form(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        message = handler(data)
        wrapped = isinstance(data, Mapping) and any(isinstance(each, Mapping | list) for each in data.values())
        message._is_rlm_rest = wrapped  # noqa: SLF001 - of its own class
        return message

    @property
    def is_rlm_rest(self) -> bool:
        """Whether rlm_rest wrote the message in its own form."""
        return self._is_rlm_rest

    @property
    def is_of_session(self) -> bool:
        """Whether the message is about the session of a user."""
        return self.status in ("Start", "Stop", "Interim-Update")

    @property
    def users(self) -> list[str]:
        """The names that may be the member's pseudonym, the most likely first."""
        return [name for name in (self.user, self.stripped_user) if name]

    def centre(self, known: Iterable[str]) -> str | None:
        """The centre that the message names, of those that are `known`; None if it names none of them."""
        called = self.called_station or ""
        slugs = set(known)
        named = [(name or "").strip().lower() for name in (self.nas, called.rpartition(":")[2], called)]
        return next((name for name in named if name in slugs), None)

    def event_at(self, zone: str, arrived: datetime) -> datetime | None:
        """The time of the event in UTC: its Event-Timestamp, or else the arrival less the delay.

        None if the Event-Timestamp lies before 2000 or in the future: the access point's clock is wrong or not set. `zone` is
        the centre's time zone. Raises UnreadableTime.
        """
        if self.event_time is None or self.event_time == "":
            return arrived - timedelta(seconds=self.delay_s)
        at = parse_event_time(self.event_time, zone)
        return at if at is not None and at.year >= 2000 and at <= arrived + CLOCK_TOLERANCE else None


def parse_event_time(value: str | float, zone: str) -> datetime | None:
    """The instant of an Event-Timestamp in UTC; None for one that no calendar has. Raises UnreadableTime."""
    text = str(value).strip()
    if re.fullmatch(r"-?\d{1,12}(\.\d+)?", text, re.ASCII):
        try:
            return datetime.fromtimestamp(float(text), UTC)
        except (ValueError, OverflowError, OSError):
            return None
    if printed := _PRINTED.fullmatch(text):
        return _printed_time(printed, zone)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableTime(f"{text[:40]!r} is not a time; {_EXPECTED_TIME}") from None
    if at.tzinfo is None:
        raise UnreadableTime(f"{text[:40]!r} has no offset; {_EXPECTED_TIME}")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return None


def _printed_time(printed: re.Match[str], zone: str) -> datetime:
    month, *figures, named = printed.groups()
    try:
        day, year, hour, minute, second = map(int, figures)
        local = datetime(year, _MONTHS.index(month) + 1, day, hour, minute, min(second, 59), tzinfo=ZoneInfo(zone))
    except ValueError:
        raise UnreadableTime(f"{printed[0]!r} is not a time; {_EXPECTED_TIME}") from None
    for fold in (0, 1):
        there = local.replace(fold=fold)
        if there.tzname() == named:
            return there.astimezone(UTC)
    if named[0] in "+-":
        sign = 1 if named[0] == "+" else -1
        offset = sign * timedelta(hours=int(named[1:3]), minutes=int(named[3:] or 0))
    elif named in _OFFSET_H:
        offset = timedelta(hours=_OFFSET_H[named])
    else:
        raise UnreadableTime(
            f"the time zone {named} of {printed[0]!r} is not known; let FreeRADIUS run with TZ=UTC in its environment"
        )
    try:
        return local.replace(tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableTime(f"{printed[0]!r} is not a time; {_EXPECTED_TIME}") from None
