"""`smartwork decode`: what one message of a device means, for installers and for tests; needs no server."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from edge.adapters.families import ADAPTERS, ADDRESSES
from edge.adapters.message import DeviceMessage
from smartwork.clock import now
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile
from smartwork.contracts.reading import Reading
from smartwork.errors import InputError

TRUTHS = {Metric.PRESENCE, Metric.LIGHT_ON, Metric.ONLINE}
"""Metrics that people write as true and false."""


def add_decode(app: typer.Typer, out: Console) -> None:
    """Give `app` the command; results go to `out`."""

    @app.command("decode")
    def decode_command(
        topic: Annotated[str, typer.Argument(help="The topic on the centre's broker, for example zigbee2mqtt/desk-1.")],
        payload: Annotated[str, typer.Argument(help="The message: JSON, a word, hex or base64; - reads standard input.")],
        *,
        profile: Annotated[Profile, typer.Option(help="The device's family.")],
        model: Annotated[str | None, typer.Option(help="The maker's model, where bytes need it: VS341, ERS-EYE.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """Print the canonical readings of one device message."""
        raw = sys.stdin.buffer.read() if payload == "-" else payload.encode()
        found = decode(topic, raw, profile, model, now())
        if as_json:
            print(json.dumps([reading_json(reading) for reading in found], indent=2))
        else:
            out.print(_table(found, profile))


def decode(topic: str, payload: bytes, profile: Profile, model: str | None, arrived: datetime) -> list[Reading]:
    """The readings in one message of a device that would be registered at the topic's address.

    However old, the time in the message is taken as it is. Raises InputError where the family has no such topic, or naming
    the field that cannot be understood.
    """
    adapter = ADAPTERS[profile]
    address = adapter.address_of(topic)
    if address is None:
        example = adapter.subscriptions(ADDRESSES[profile])[0]
        raise InputError(f"No {profile.value} device speaks on the topic {topic!r}; expected one such as {example}")
    max_age = arrived - datetime(2000, 1, 1, tzinfo=UTC)
    try:
        return adapter.translate(DeviceMessage(topic, payload, address, address, arrived, model, max_age=max_age))
    except ValueError as why:
        raise InputError(f"A {profile.value} device says nothing like this: {why}") from None


def reading_json(reading: Reading) -> dict[str, object]:
    """A reading as JSON: metric by name, true and false where people say so, time in UTC with ms and where it is from."""
    value: object = bool(reading.value) if reading.metric in TRUTHS else reading.value
    return {
        "metric": reading.metric.label,
        "value": value,
        "at": _at(reading),
        "at_source": "arrival" if reading.by_arrival else "device",
    }


def _at(reading: Reading) -> str:
    return datetime.fromtimestamp(reading.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _table(found: Sequence[Reading], profile: Profile) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=f"What one message of a device ({profile.value}) means", title_justify="left")
    for column in ("Metric", "Value", "At (UTC)", "Time from"):
        table.add_column(column)
    for each in found:
        said = reading_json(each)
        table.add_row(str(said["metric"]), str(said["value"]), str(said["at"]), f"the {said['at_source']}")
    if not found:
        table.add_row("nothing that we know", "", "", "")
    return table
