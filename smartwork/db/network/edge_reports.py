"""Reports in which an edge lists its active alarms, its discovered devices, or what it does not understand."""

from collections.abc import Sequence

from smartwork.contracts.edge_reports import Alarms, DiscoveredDevices, FieldsNotUnderstood
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.network.alarms import store_alarms
from smartwork.db.network.discovered_devices import store_discovered_devices
from smartwork.db.network.fields_not_understood import store_fields_not_understood

EdgeReport = tuple[Topic, Alarms | DiscoveredDevices | FieldsNotUnderstood]
"""A report and the topic that it was published on."""


def store_edge_reports(connection: Connection, reports: Sequence[EdgeReport]) -> None:
    """Store reports in one transaction; storing one again changes nothing."""
    with wrap_database_errors(), connection.transaction():
        for topic, report in reports:
            match report:
                case Alarms():
                    store_alarms(connection, topic, report)
                case DiscoveredDevices():
                    store_discovered_devices(connection, topic, report)
                case FieldsNotUnderstood():
                    store_fields_not_understood(connection, topic, report)
