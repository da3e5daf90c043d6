"""Send filled outboxes through the real chain: edge forwarders, the broker, ingest, and the derivation of spans."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from edge.forwarder import Forwarder
from edge.outbox import Outbox
from smartwork.clock import now
from smartwork.contracts.reading import Reading
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import connect
from smartwork.db.presence.spans import queued_devices
from smartwork.devstack.supervisor import Component, Supervisor
from smartwork.errors import ServiceUnavailable
from smartwork.progress import Progress
from smartwork.transport.mqtt import MqttClient

_TIMEOUT_S = 60.0
_IS_READY = re.compile("is subscribed|stands by")


@dataclass(frozen=True, slots=True)
class FilledOutbox:
    """An outbox file with readings of one edge, and the time zone of its local days."""

    centre: str
    edge: str
    path: Path
    timezone: str


def fill_outbox(path: Path, timezone: str, readings: Sequence[Reading], name: str) -> None:
    """Write `readings` to a new outbox file at `path`; an existing file is replaced.

    The epoch is a hash of `name` and the readings. The same readings give the same batches, so that ingest recognises a
    second replay as resends.
    """
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    content = sha256(name.encode())
    for reading in readings:
        content.update(
            f"({reading.at_ms}, '{reading.device}')".encode()
            + reading.metric.to_bytes(2)
            + float(reading.value).hex().encode()
        )
    with Outbox(path, timezone, new_epoch=lambda: content.hexdigest()[:12]) as outbox:
        outbox.append(readings)


def wait_for_broker(broker_url: str, report: Callable[[str], None], timeout_s: float) -> None:
    """Return once the broker answers; reasons to wait are passed to `report`.

    Raises ServiceUnavailable after `timeout_s` seconds.
    """
    with MqttClient(broker_url, f"probe-{os.getpid()}", report=report) as client:
        client.wait_connected(timeout_s)


def replay_outboxes(broker_url: str, boxes: Sequence[FilledOutbox], progress: Progress, alive: Callable[[], None]) -> None:
    """Forward all outboxes in parallel until the server has confirmed every batch.

    `alive` is called repeatedly and may raise an error if ingest has died. Raises ServiceUnavailable if nothing is confirmed
    for a minute.
    """
    with ExitStack() as opened:
        pairs = [_open(opened, broker_url, box) for box in boxes]
        outboxes = [outbox for _, outbox, _ in pairs]
        total = waiting = sum(outbox.unconfirmed_count() for outbox in outboxes)
        moved_at = time.monotonic()
        while waiting:
            for client, _, forwarder in pairs:
                received = client.receive(500, timeout_s=0.0)
                forwarder.handle_confirmations(received)
                client.acknowledge(received)
                forwarder.publish_batches()
            alive()
            left = sum(outbox.unconfirmed_count() for outbox in outboxes)
            if left < waiting:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > _TIMEOUT_S:
                raise ServiceUnavailable(
                    f"Ingest has confirmed no batch for {_TIMEOUT_S:g} s. Check that it runs and reaches broker and database."
                )
            waiting = left
            progress("Replaying outboxes through broker and ingest", total - waiting, total)
            time.sleep(0.01)
        for _, _, forwarder in pairs:
            forwarder.publish_ledger()


def _open(opened: ExitStack, broker_url: str, box: FilledOutbox) -> tuple[MqttClient, Outbox, Forwarder]:
    outbox = opened.enter_context(Outbox(box.path, box.timezone))
    client = opened.enter_context(
        MqttClient(
            broker_url,
            f"replay-{box.centre}-{outbox.epoch}",
            subscriptions=[str(Topic(box.centre, MessageType.CONFIRMED, box.edge))],
        )
    )
    client.wait_connected(10)
    return client, outbox, Forwarder(client, outbox, (box.centre, box.edge), now)


def wait_for_spans(database_url: str, progress: Progress, alive: Callable[[], None]) -> None:
    """Wait until the spans of all stored readings are derived.

    Raises ServiceUnavailable if there is no progress for a minute.
    """
    with connect(database_url) as connection:
        left = total = queued_devices(connection)
        moved_at = time.monotonic()
        while left:
            alive()
            progress("Deriving spans", total - left, total)
            time.sleep(0.1)
            before, left = left, queued_devices(connection)
            if left < before:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > _TIMEOUT_S:
                raise ServiceUnavailable(f"Ingest has derived no spans for {_TIMEOUT_S:g} s. Look at its log.")


def ingest_component(database_url: str, broker_url: str, log_path: Path, *, worker: str, session_s: int) -> Component:
    """The real ingest service as a child process; it is ready once it is subscribed, or stands by for another worker."""
    return Component(
        name="ingest",
        argv=[sys.executable, "-m", "ingest"],
        log_path=log_path,
        env={
            "SMARTWORK_DATABASE_URL": database_url,
            "SMARTWORK_BROKER_URL": broker_url,
            "SMARTWORK_WORKER": worker,
            "SMARTWORK_SESSION_S": str(session_s),
        },
        ready=lambda: log_path.exists() and _IS_READY.search(log_path.read_text(errors="replace")) is not None,
    )


@contextmanager
def temporary_ingest(database_url: str, broker_url: str, folder: Path) -> Iterator[Supervisor]:
    """Run an additional ingest worker for the duration of the block."""
    with Supervisor() as supervisor:
        name = f"replay-{os.getpid()}"
        supervisor.start(ingest_component(database_url, broker_url, folder / f"{name}.log", worker=name, session_s=0))
        yield supervisor
