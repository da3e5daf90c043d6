"""`smartwork decode`: prints the readings in one device message. It needs no server."""

import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from pydantic import ValidationError
from rich import box
from rich.markup import escape
from rich.table import Table

from edge.adapters.event_time import MAX_AGE
from edge.adapters.families import ADAPTERS, ADDRESSES
from edge.adapters.message import DeviceMessage, IgnoredField, MessageReadings
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out
from smartwork.cli.unread_fields import unread_fields
from smartwork.clock import now
from smartwork.contracts.generic_rules import GenericRules
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile
from smartwork.contracts.reading import Reading
from smartwork.errors import InputError

BOOLEAN_METRICS = {Metric.PRESENCE, Metric.LIGHT_ON, Metric.ONLINE}
"""Metrics that are shown as true and false."""


def decode_command(
    topic: Annotated[str, typer.Argument(help="The topic on the centre's broker, for example zigbee2mqtt/desk-1.")],
    payload: Annotated[str, typer.Argument(help="The message: JSON, a word, hex or base64; - reads standard input.")],
    *,
    profile: Annotated[Profile, typer.Option(help="The device's family.")],
    model: Annotated[str | None, typer.Option(help="The registry's model, if the family needs it: VS341, ERS-EYE.")] = None,
    rules: Annotated[
        Path | None, typer.Option(help="The rules of a generic device, in a TOML file. See docs/devices.md.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="The device's address, if the topic does not tell it.")] = None,
    arrived: Annotated[
        datetime | None,
        typer.Option(
            help="When the message arrived, in UTC. Without it: now, and the device's time is accepted however old it is.",
            formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
    timezone: Annotated[str, typer.Option(help="The centre's time zone, for times without an offset.")] = "Europe/Brussels",
    as_json: AsJson = False,
) -> None:
    """Print the canonical readings of one device message, and which fields gave none, with the reason."""
    raw = sys.stdin.buffer.read() if payload == "-" else payload.encode()
    registered = Registered(profile, model, address, read_rules(rules) if rules else None, timezone)
    translated = decode(topic, raw, registered, arrived.replace(tzinfo=UTC) if arrived else None)
    if as_json:
        print(json.dumps([reading_json(reading) for reading in translated.readings()], indent=2))
    else:
        out.print(_table(translated, profile))
        if ignored := [*translated.ignored, *unread_fields(raw, translated)]:
            out.print(_ignored_table(ignored))


@dataclass(frozen=True, slots=True)
class Registered:
    """What the registry would say of a device and its centre. Without an address, it is the one that the topic tells."""

    profile: Profile
    model: str | None = None
    address: str | None = None
    rules: GenericRules | None = None
    timezone: str = "Europe/Brussels"


def decode(topic: str, payload: bytes, registered: Registered, arrived: datetime | None = None) -> MessageReadings:
    """The readings and the ignored fields of one message of a device.

    Without `arrived` the message has arrived now, and the device's time is accepted however old it is. Raises InputError if
    the family has no such topic, or if the message cannot be parsed.
    """
    family = registered.profile
    address = registered.address or ADAPTERS[family].address_of(topic)
    if address is None:
        example = ADAPTERS[family].subscriptions(ADDRESSES[family])[0]
        raise InputError(f"No {family.value} device publishes on the topic {topic!r}; expected a topic such as {example}")
    try:
        zone = ZoneInfo(registered.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(f"{registered.timezone!r} is no time zone; expected a name such as Europe/Brussels") from None
    message = DeviceMessage(
        topic,
        payload,
        device=address,
        address=address,
        arrived=arrived or now(),
        model=registered.model,
        timezone=zone,
        max_age=MAX_AGE if arrived else None,
        rules=registered.rules,
    )
    try:
        return ADAPTERS[family].translate(message)
    except ValueError as error:
        raise InputError(f"This is not a message of a {family.value} device: {error}") from None


def read_rules(path: Path) -> GenericRules:
    """The rules of a generic device in a TOML file; raises InputError, naming the file and the field."""
    try:
        return GenericRules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InputError(f"Cannot read {path}: {reason}.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no TOML file: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the rules"
        raise InputError(
            f"{path}: {field} is {str(first['input'])[:40]!r}: {first['msg'].removeprefix('Value error, ')}"
        ) from None


def reading_json(reading: Reading) -> dict[str, object]:
    """A reading as JSON: the metric's name, true or false for BOOLEAN_METRICS, the time in UTC and its source."""
    value: object = bool(reading.value) if reading.metric in BOOLEAN_METRICS else reading.value
    return {
        "metric": reading.metric.label,
        "value": value,
        "at": _at(reading),
        "at_source": "arrival" if reading.by_arrival else "device",
    }


def _at(reading: Reading) -> str:
    return datetime.fromtimestamp(reading.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _table(translated: MessageReadings, profile: Profile) -> Table:
    """The readings. All have one time, which stands below them."""
    table = Table(box=box.SIMPLE_HEAD, title=f"Readings in one message of a {profile.value} device", title_justify="left")
    for column in ("Metric", "Value", "From the field"):
        table.add_column(column)
    rows = [reading_json(reading) for reading in translated.readings()]
    for row, used in zip(rows, translated.used, strict=True):
        table.add_row(str(row["metric"]), str(row["value"]), escape(used.name))
    if rows:
        table.caption, table.caption_justify = f"At {rows[0]['at']}, the time of the {rows[0]['at_source']}", "left"
    else:
        table.add_row("no known values", "", "")
    return table


def _ignored_table(fields: Sequence[IgnoredField]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Fields that give no reading", title_justify="left")
    for column in ("Field", "Value", "Why"):
        table.add_column(column)
    for field in fields:
        table.add_row(escape(field.name), escape(field.value), field.reason)
    return table
