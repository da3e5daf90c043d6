"""Which place a device watches, and when: assigned, replaced and retired without losing the history."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class Assignment:
    """A device watches a place in [starts_at, ends_at); None is without a limit."""

    centre: str
    device: str
    place: str
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Device:
    device_id: int
    role: str
    place: str | None
    retired_at: datetime | None


def assignments(connection: Connection, centre: str, device: str | None = None) -> list[Assignment]:
    """The assignments of one device of a centre, or of all, by device and time."""
    with wrap_database_errors(), connection.cursor(row_factory=class_row(Assignment)) as cursor:
        return cursor.execute(sql("assignments"), {"centre": centre, "device": device}).fetchall()


def assign(connection: Connection, centre: str, device: str, place: str, at: datetime, now: datetime) -> None:
    """From `at` on the device watches `place`; before, what it watched then. A retired device is in use again.

    Raises InputError if there is no such device or place, the device is no presence sensor, or `at` is after `now`.
    """
    with wrap_database_errors(), connection.transaction():
        found = _sensor(connection, centre, device)
        _check_not_in_future(at, now)
        connection.execute(sql("set_retired"), {"device_id": found.device_id, "at": None})
        resource_id = _place(connection, centre, place)
        connection.execute(sql("assign_device"), {"device_id": found.device_id, "resource_id": resource_id, "at": at})


def retire(connection: Connection, centre: str, device: str, at: datetime, now: datetime) -> None:
    """From `at` on the device is out of use: it watches nothing and is in no policy. Its readings stay.

    Raises InputError if there is no such device, it is retired already, or `at` is after `now`.
    """
    with wrap_database_errors(), connection.transaction():
        found = _device(connection, centre, device)
        _check_not_in_future(at, now)
        if found.retired_at is not None and found.retired_at != at:
            raise InputError(
                f"Device {device!r} of centre {centre!r} was retired at {found.retired_at:%Y-%m-%d %H:%M:%S} UTC."
            )
        connection.execute(sql("assign_device"), {"device_id": found.device_id, "resource_id": None, "at": at})
        connection.execute(sql("set_retired"), {"device_id": found.device_id, "at": at})


def replace(connection: Connection, centre: str, old: str, new: str, at: datetime, now: datetime) -> None:
    """At `at` the device `new` takes over the place of `old`, which is retired. Both must be registered.

    Readings of `old` count up to `at` and those of `new` from then on, whenever they arrive. Raises InputError if one of them
    does not exist, is no presence sensor, or `old` watches nothing at `at`.
    """
    with wrap_database_errors(), connection.transaction():
        if old == new:
            raise InputError(f"Device {old!r} cannot replace itself: name the device that takes its place.")
        sensors = {slug: _sensor(connection, centre, slug) for slug in sorted((old, new))}
        _check_not_in_future(at, now)
        watched = connection.execute(sql("place_watched_at"), {"device_id": sensors[old].device_id, "at": at}).fetchone()
        if watched is None:
            raise InputError(f"Device {old!r} of centre {centre!r} watches no place at {at:%Y-%m-%d %H:%M:%S} UTC.")
        successor = {"device_id": sensors[new].device_id, "resource_id": watched[0], "at": at}
        retire(connection, centre, old, at, now)
        connection.execute(sql("set_retired"), {**successor, "at": None})
        connection.execute(sql("forget_earlier_watch"), successor)
        connection.execute(sql("assign_device"), successor)


def _device(connection: Connection, centre: str, device: str) -> _Device:
    with connection.cursor(row_factory=class_row(_Device)) as cursor:
        found = cursor.execute(sql("device_to_assign"), {"centre": centre, "device": device}).fetchone()
    if found is None:
        raise InputError(f"There is no device {device!r} in centre {centre!r}. List them: smartwork devices")
    return found


def _sensor(connection: Connection, centre: str, device: str) -> _Device:
    found = _device(connection, centre, device)
    if found.role != "presence":
        raise InputError(
            f"Device {device!r} of centre {centre!r} has the role {found.role}; only presence sensors watch a place."
        )
    return found


def _place(connection: Connection, centre: str, place: str) -> int:
    row = connection.execute(sql("place_to_assign"), {"centre": centre, "place": place}).fetchone()
    if row is None:
        raise InputError(f"There is no desk or room {place!r} in centre {centre!r}.")
    return int(row[0])


def _check_not_in_future(at: datetime, now: datetime) -> None:
    if at > now:
        raise InputError(f"{at:%Y-%m-%d %H:%M:%S} UTC is in the future. Give the instant at which it was done.")
