"""The loop that frees desks nobody uses: beside the loop of ingest, on a connection of its own."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ingest.background_worker import repeat, running
from smartwork.contracts.messages import Released
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.bookings import early_release as store
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.domain.bookings.early_release import release
from smartwork.errors import ServiceAway
from smartwork.settings import IngestSettings
from smartwork.transport.mqtt import Client

log = logging.getLogger("ingest.early_release")


def release_due(connection: Connection, at: datetime) -> int:
    """Release what nobody uses at the instant `at`; returns how many desks and rooms that were."""
    with wrap_database_errors():
        due = [
            (one, reason)
            for one in store.held(connection, at)
            if (reason := release(one.period, one.spans, one.check_ins, at, one.policy))
        ]
        return store.release(connection, due, at)


def say(connection: Connection, client: Client, at: datetime) -> int:
    """Publish the releases that nobody has said yet; returns how many. What the broker did not take is said next time."""
    with wrap_database_errors(), store.unsaid(connection, at) as found:
        for one in found:
            message = Released(
                resource=one.resource,
                booking=one.booking,
                reason=one.reason,
                released_ms=round(one.released_at.timestamp() * 1000),
                until_ms=round(one.until.timestamp() * 1000),
            )
            said = client.publish(str(Topic(one.centre, MessageType.RELEASED)), message.model_dump_json().encode())
            said.wait_for_publish(5)
            if not said.is_published():
                raise ServiceAway("The broker does not take what is said")
        return len(found)


@contextmanager
def releasing(settings: IngestSettings, clock: Callable[[], datetime]) -> Iterator[None]:
    """Look for desks to release every so often while the block lasts; not at all where the setting is 0."""
    if not settings.release_every_s:
        yield
        return
    ended = threading.Event()
    with Client(settings.broker_url, f"release-{settings.worker}") as client:

        def due() -> bool:
            return not ended.wait(settings.release_every_s)

        def work(connection: Connection) -> None:
            if count := release_due(connection, clock()):
                log.info("desks released", extra={"facts": {"released": count}})
            if client.connected:
                say(connection, client, clock())

        arguments = (settings.database_url, due, work, ended, log)
        with running(threading.Thread(target=repeat, args=arguments, name="ingest.early_release", daemon=True), ended=ended):
            yield
