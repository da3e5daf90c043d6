"""Outage: the time to store one day of the whole network that waited in the outboxes of its edges."""

import time
from collections.abc import Callable
from pathlib import Path

from smartwork.bench.reading_load import EDGE, ZONE, ReadingLoad, batches, centre_name, device_name
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.db.bench.throwaway import clear, readings
from smartwork.db.core.connection import Connection
from smartwork.devstack.errors import DevstackError
from smartwork.progress import no_progress
from smartwork.scenarios.outbox_replay import FilledOutbox, fill_outbox, replay_outboxes, wait_for_spans


def fill_day(load: ReadingLoad, folder: Path) -> list[FilledOutbox]:
    """The outboxes of all centres, filled with the readings of `load` and not yet sent."""
    per_centre: dict[int, list[Reading]] = {}
    for batch in batches(load):
        c = batch.columns
        rows = zip(c.at_ms.tolist(), c.device.tolist(), c.metric.tolist(), c.value.tolist(), strict=True)
        per_centre.setdefault(batch.centre, []).extend(
            Reading(at, device_name(device), Metric(metric), value) for at, device, metric, value in rows
        )
    boxes = []
    for centre, readings_of_centre in per_centre.items():
        path = folder / f"outage-{centre}.sqlite"
        fill_outbox(path, ZONE, readings_of_centre, f"{load.first}/{centre}")
        boxes.append(FilledOutbox(centre_name(centre), EDGE, path, ZONE))
    return boxes


def seconds_to_replay(
    connection: Connection, urls: tuple[str, str], boxes: list[FilledOutbox], expected: int, alive: Callable[[], None]
) -> float:
    """Seconds until every outbox is empty and every span is derived; `urls` are of the database and the broker.

    Raises SmartworkError if there is no progress or readings are missing.
    """
    database_url, broker_url = urls
    clear(connection)
    began = time.monotonic()
    replay_outboxes(broker_url, boxes, no_progress, alive)
    wait_for_spans(database_url, no_progress, alive)
    seconds = time.monotonic() - began
    if (stored := readings(connection)) != expected:
        raise DevstackError(f"After the outage {stored} of {expected} readings are stored.")
    return seconds
