"""A background worker that releases booked places that nobody uses, and publishes the releases."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ingest.background_worker import periodic_worker
from smartwork.contracts.messages import Released
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.bookings import early_release as store
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.domain.bookings.early_release import release
from smartwork.errors import ServiceUnavailable
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

    Raises ServiceUnavailable if the broker does not accept one; it is published in the next round.
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
            published = client.publish(
                str(Topic(unpublished.centre, MessageType.RELEASED)), message.model_dump_json().encode()
            )
            published.wait_for_publish(5)
            if not published.is_published():
                raise ServiceUnavailable(f"The broker did not accept the release of {unpublished.resource} within 5 s")
        return len(releases)


@contextmanager
def early_release_worker(settings: IngestSettings, clock: Callable[[], datetime]) -> Iterator[None]:
    """Release unused places every `release_every_s` seconds while the block lasts; never if the setting is 0."""
    if not settings.release_every_s:
        yield
        return
    with MqttClient(settings.broker_url, f"release-{settings.worker}") as client:

        def work(connection: Connection) -> None:
            if count := release_due(connection, clock()):
                log.info("desks released", extra={"released": count})
            if client.connected:
                publish_releases(connection, client, clock())

        with periodic_worker(settings.database_url, settings.release_every_s, work, log):
            yield
