"""Registered devices: written when a network is set up, listed with their last reading."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from psycopg.rows import class_row

from smartwork.contracts.metrics import Metric
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.network.devices import Device


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """A device with its newest reading and battery level. `place` is what it watches now.

    A device that sent readings before it was registered has no profile and no address.
    """

    centre: str
    device: str
    profile: str | None
    address: str | None
    model: str | None
    role: str
    place: str | None
    last_reading_at: datetime | None
    battery_pct: float | None
    retired_at: datetime | None


def put_devices(connection: Connection, centre: str, devices: Iterable[Device]) -> None:
    """Insert devices of a centre; one that is registered, by slug, is left unchanged."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_device"), [_row(centre, device) for device in devices])


def _row(centre: str, device: Device) -> dict[str, object]:
    rules = device.rules.model_dump_json() if device.rules else None
    return {**asdict(replace(device, rules=None)), "rules": rules, "centre": centre}


def registered_devices(connection: Connection, centre: str | None = None) -> list[RegisteredDevice]:
    """The devices of one centre, or of all, by centre and slug."""
    values = {"centre": centre, "metrics": list(map(int, Metric)), "battery": int(Metric.BATTERY_PCT)}
    with wrap_database_errors(), connection.cursor(row_factory=class_row(RegisteredDevice)) as cursor:
        return cursor.execute(sql("registered_devices"), values).fetchall()
