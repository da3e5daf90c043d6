"""Reports in which an edge lists its active alarms or its discovered devices."""

from collections.abc import Sequence

from smartwork.contracts.edge_reports import Alarms, DiscoveredDevices
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.network.alarms import store_alarms
from smartwork.db.network.discovered_devices import store_discovered_devices

EdgeReport = tuple[Topic, Alarms | DiscoveredDevices]
"""A report and the topic that it was published on."""


def store_edge_reports(connection: Connection, reports: Sequence[EdgeReport]) -> None:
    """Store reports in one transaction; storing one again changes nothing."""
    with wrap_database_errors(), connection.transaction():
        for topic, report in reports:
            if isinstance(report, Alarms):
                store_alarms(connection, topic, report)
            else:
                store_discovered_devices(connection, topic, report)
