"""A background worker that releases booked places that nobody uses, and publishes the releases."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ingest.background_worker import periodic_worker
from ingest.worker_health import WorkerHealth
from smartwork.contracts.messages import Released
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.bookings import early_release as store
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.domain.bookings.early_release import release
from smartwork.settings import IngestSettings
from smartwork.transport.mqtt import MqttClient

log = logging.getLogger("ingest.early_release")


def release_due(connection: Connection, at: datetime) -> int:
    """Release the places that nobody uses at the instant `at`. Returns the number of places."""
    with wrap_database_errors():
        due = [
            (booking, reason)
            for booking in store.current_bookings(connection, at)
            if (reason := release(booking.period, booking.spans, booking.check_ins, at, booking.policy))
        ]
        return store.release(connection, due, at)


def publish_releases(connection: Connection, client: MqttClient, at: datetime) -> int:
    """Publish the releases that are not published yet. Returns their number.

    Raises ServiceUnavailable or PublicationRefused if the broker does not accept one; it is published in the next round.
    """
    with wrap_database_errors(), store.unpublished_releases(connection, at) as releases:
        for unpublished in releases:
            message = Released(
                resource=unpublished.resource,
                booking=unpublished.booking,
                reason=unpublished.reason,
                released_ms=round(unpublished.released_at.timestamp() * 1000),
                until_ms=round(unpublished.until.timestamp() * 1000),
            )
            topic = str(Topic(unpublished.centre, MessageType.RELEASED))
            client.deliver(topic, message.model_dump_json().encode(), timeout_s=5)
        return len(releases)


@contextmanager
def early_release_worker(
    settings: IngestSettings, client: MqttClient, health: WorkerHealth, clock: Callable[[], datetime]
) -> Iterator[None]:
    """Release unused places every `release_every_s` seconds while the block lasts; never if the setting is 0.

    Publishes through `client`, which is ingest's own: the broker lets a user have one connection.
    """
    if not settings.release_every_s:
        yield
        return

    def work(connection: Connection) -> None:
        if count := release_due(connection, clock()):
            log.info("desks released", extra={"released": count})
        if client.connected:
            publish_releases(connection, client, clock())

    with periodic_worker(settings.database_url, settings.release_every_s, work, health, log):
        yield
