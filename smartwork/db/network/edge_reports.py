"""What edges say of their houses: alarms, devices that nobody registered; and how each zone is lit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from smartwork.contracts.edge_reports import Alarms, DiscoveredDevices
from smartwork.contracts.metrics import Metric
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql

EdgeReport = tuple[Topic, Alarms | DiscoveredDevices]


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that has not ended; `device` is empty where it is the gateway's own."""

    centre: str
    edge: str
    kind: str
    device: str
    since: datetime
    says: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A device of the registry, or one that sent readings and was never claimed (no profile); what it said last."""

    centre: str
    device: str
    profile: str | None
    address: str | None
    model: str | None
    role: str
    place: str | None
    heard_at: datetime | None
    battery_pct: float | None


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A device that an edge heard and nobody registered, with the family that its topic suggests."""

    centre: str
    profile: str
    address: str
    topic: str
    heard_at: datetime


def store_edge_reports(connection: Connection, notes: Sequence[EdgeReport]) -> None:
    """Store what edges said of their houses, all in one transaction; the same report again changes nothing."""
    with wrap_database_errors(), connection.transaction():
        for topic, said in notes:
            if isinstance(said, Alarms):
                _keep_alarms(connection, topic, said)
            else:
                _keep_seen(connection, topic, said)


def _keep_alarms(connection: Connection, topic: Topic, said: Alarms) -> None:
    row = {
        "centre": topic.centre,
        "edge": topic.name,
        "reported_at": _instant(said.reported_ms),
        "kinds": [alarm.kind for alarm in said.alarms],
        "devices": [alarm.device or "" for alarm in said.alarms],
        "since": [_instant(alarm.since_ms) for alarm in said.alarms],
        "says": [alarm.says.replace("\0", "�") for alarm in said.alarms],
    }
    connection.execute(sql("end_alarms"), row)
    connection.execute(sql("begin_alarms"), row)


def _keep_seen(connection: Connection, topic: Topic, said: DiscoveredDevices) -> None:
    newest = {(device.profile.value, device.address): device for device in said.devices}
    row = {
        "centre": topic.centre,
        "profiles": [profile for profile, _ in newest],
        "addresses": [address.replace("\0", "�") for _, address in newest],
        "topics": [device.topic.replace("\0", "�") for device in newest.values()],
        "last": [_instant(device.last_ms) for device in newest.values()],
    }
    connection.execute(sql("record_seen"), row)


def standing_alarms(connection: Connection, centre: str | None = None) -> list[StandingAlarm]:
    """The alarms that have not ended, of one centre or of all."""
    with wrap_database_errors():
        return [StandingAlarm(*row) for row in connection.execute(sql("standing_alarms"), {"centre": centre})]


def devices(connection: Connection, centre: str | None = None) -> tuple[list[Registered], list[Unregistered]]:
    """The registered devices and those that were only heard, of one centre or of all."""
    with wrap_database_errors():
        known = connection.execute(
            sql("registered_devices"), {"centre": centre, "metrics": list(map(int, Metric))}
        ).fetchall()
        heard = connection.execute(sql("unregistered_devices"), {"centre": centre}).fetchall()
    return [Registered(*row) for row in known], [Unregistered(*row) for row in heard]


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
