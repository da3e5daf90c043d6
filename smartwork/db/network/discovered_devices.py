"""Discovered devices: those that publish on a centre's broker and are in no registry."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from smartwork.contracts.edge_reports import DISCOVERED_DEVICES_LIMIT, DiscoveredDevices
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.time import instant_of_ms


@dataclass(frozen=True, slots=True)
class UnregisteredDevice:
    """A discovered device that is not registered yet: its probable profile, and the address to register it by."""

    centre: str
    profile: str
    address: str
    topic: str
    last_message_at: datetime


def store_discovered_devices(connection: Connection, topic: Topic, report: DiscoveredDevices) -> None:
    """Insert or update the devices of an edge's report; an older report changes nothing. In the caller's transaction.

    As a report does, the database keeps the DISCOVERED_DEVICES_LIMIT devices of a centre that published last.
    """
    newest = {(device.profile.value, device.address): device for device in report.devices}
    row = {
        "centre": topic.centre,
        "profiles": [profile for profile, _ in newest],
        "addresses": [address.replace("\0", "�") for _, address in newest],
        "topics": [device.topic.replace("\0", "�") for device in newest.values()],
        "last_message_at": [instant_of_ms(device.last_ms) for device in newest.values()],
    }
    connection.execute(sql("store_discovered_devices"), row)
    connection.execute(sql("forget_discovered_devices"), {"centre": topic.centre, "most_devices": DISCOVERED_DEVICES_LIMIT})


def discovered_devices(connection: Connection, centre: str | None = None) -> list[UnregisteredDevice]:
    """The discovered devices of one centre, or of all, that have not been registered since; newest first in each centre."""
    with wrap_database_errors(), connection.cursor(row_factory=class_row(UnregisteredDevice)) as cursor:
        return cursor.execute(sql("discovered_devices"), {"centre": centre}).fetchall()
