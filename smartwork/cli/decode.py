"""`smartwork decode`: prints the readings in one device message. It needs no server."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from edge.adapters.event_time import MAX_AGE
from edge.adapters.families import ADAPTERS, ADDRESSES
from edge.adapters.message import DeviceMessage, IgnoredField, MessageReadings
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out
from smartwork.clock import now
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
    translated = decode(topic, raw, profile, model, arrived.replace(tzinfo=UTC) if arrived else None, timezone)
    if as_json:
        print(json.dumps([reading_json(reading) for reading in translated.readings()], indent=2))
    else:
        out.print(_table(translated, profile))
        if translated.ignored:
            out.print(_ignored_table(translated.ignored))


def decode(
    topic: str, payload: bytes, profile: Profile, model: str | None, arrived: datetime | None, timezone: str
) -> MessageReadings:
    """The readings and the ignored fields of one message, as of a device registered with the topic's address.

    Without `arrived` the message has arrived now, and the device's time is accepted however old it is. Raises InputError if
    the family has no such topic, or if the message cannot be parsed.
    """
    adapter = ADAPTERS[profile]
    address = adapter.address_of(topic)
    if address is None:
        example = adapter.subscriptions(ADDRESSES[profile])[0]
        raise InputError(f"No {profile.value} device publishes on the topic {topic!r}; expected a topic such as {example}")
    try:
        max_age = MAX_AGE if arrived else None
        message = DeviceMessage(topic, payload, address, address, arrived or now(), model, ZoneInfo(timezone), max_age)
        return adapter.translate(message)
    except ZoneInfoNotFoundError:
        raise InputError(f"{timezone!r} is no time zone; expected a name such as Europe/Brussels") from None
    except ValueError as error:
        raise InputError(f"This is not a message of a {profile.value} device: {error}") from None


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
    table = Table(box=box.SIMPLE_HEAD, title=f"Readings in one message of a {profile.value} device", title_justify="left")
    for column in ("Metric", "Value", "From the field", "At (UTC)", "Time from"):
        table.add_column(column)
    for reading, used in zip(translated.readings(), translated.used, strict=True):
        row = reading_json(reading)
        table.add_row(str(row["metric"]), str(row["value"]), escape(used.name), str(row["at"]), f"the {row['at_source']}")
    if not translated.by_metric:
        table.add_row("no known values", "", "", "", "")
    return table


def _ignored_table(fields: Sequence[IgnoredField]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Fields that give no reading", title_justify="left")
    for column in ("Field", "Value", "Why"):
        table.add_column(column)
    for field in fields:
        table.add_row(escape(field.name), escape(field.value), field.reason)
    return table
