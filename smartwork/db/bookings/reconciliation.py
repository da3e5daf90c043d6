"""Stale verdicts, the data that judging them needs, and writing the verdicts that changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from psycopg.rows import dict_row

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.domain.bookings.reconciliation import (
    CONTEXT,
    EVIDENCE_IS_OPEN,
    LONGEST_OVERSTAY,
    BookedSlot,
    Judgement,
    RecordedCheckIn,
)
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval

_COLUMNS = {
    "resource_id": "int4",
    "booking_id": "int8",
    "check_in_id": "int8",
    "company_id": "int4",
    "verdict": "text",
    "starts_at": "timestamptz",
    "ends_at": "timestamptz",
    "reassigned_at": "timestamptz",
    "first_seen": "timestamptz",
    "last_seen": "timestamptz",
    "booked_s": "int4",
    "occupied_s": "int4",
    "vacant_s": "int4",
    "unknown_s": "int4",
    "over_s": "int4",
    "cancelled_at": "timestamptz",
}
"""The columns of `verdict` that reconciliation writes, in the order of the query `copy_verdicts`, and their types."""
_VALUES = attrgetter(*[name for name in _COLUMNS if name != "resource_id"])


@dataclass(slots=True)
class Facts:
    """The bookings, check-ins and spans of one place in a window and its context."""

    centre_id: int
    slots: list[BookedSlot]
    check_ins: list[RecordedCheckIn]
    spans: list[Span]


def take(connection: Connection, month: date) -> dict[str, int]:
    """Take the stale places of `month` for this run, in addition to those that an earlier run left. Returns their number by
    time zone.
    """
    connection.execute(sql("take_stale_verdicts"), {"month": month})
    return waiting(connection, month)


def stale_months(connection: Connection, since: date, until: date) -> list[date]:
    """The months from `since` to `until`, both included, of which places have to be judged again."""
    return [month for (month,) in connection.execute(sql("stale_months"), {"since": since, "until": until})]


def waiting(connection: Connection, month: date) -> dict[str, int]:
    """The number of places of `month` that are taken and not judged yet, by time zone."""
    return {str(zone): int(count) for zone, count in connection.execute(sql("unjudged_places"), {"month": month})}


def next_stale(connection: Connection, month: date, timezone: str, most: int) -> dict[int, int]:
    """Up to `most` places to judge, each with its centre; locked until the caller's transaction ends."""
    arguments = {"month": month, "timezone": timezone, "most": most}
    return dict(connection.execute(sql("next_stale_verdicts"), arguments).fetchall())


def finish(connection: Connection, month: date, resources: Iterable[int]) -> None:
    """Mark these places as judged, in the caller's transaction."""
    connection.execute(sql("finish_stale_verdicts"), {"month": month, "resource_ids": list(resources)})


def keep_stale(connection: Connection, month: date, resources: Sequence[int]) -> None:
    """Mark these places as stale for the next run, in the caller's transaction."""
    if resources:
        connection.execute(sql("keep_stale_verdicts"), {"month": month, "resource_ids": list(resources)})


def facts(connection: Connection, resources: dict[int, int], window: Interval) -> dict[int, Facts]:
    """The facts by place that judging `window` needs: CONTEXT on both sides, and more after it if a booking lasts longer."""
    start, end = window.start - CONTEXT, window.end + CONTEXT
    by_resource = {resource: Facts(centre, [], [], []) for resource, centre in resources.items()}
    ids = list(resources)
    bookings = {"resource_ids": ids, "start": start, "end": end, "earliest": start - LONGEST_BOOKING}
    last = end
    for resource, booking, company, begins, ends, *state in connection.execute(
        sql("bookings_to_judge"), bookings, binary=True
    ):
        by_resource[resource].slots.append(BookedSlot(booking, company, Interval(begins, ends), *state))
        last = max(last, ends)
    around = {"resource_ids": ids, "start": start, "end": last + LONGEST_OVERSTAY}
    for resource, check_in, company, at, recorded in connection.execute(sql("check_ins_to_judge"), around, binary=True):
        by_resource[resource].check_ins.append(RecordedCheckIn(check_in, company, at, recorded))
    for resource, begins, ends, state, suspect in connection.execute(sql("spans_to_judge"), around, binary=True):
        by_resource[resource].spans.append(Span(begins, ends, state, suspect))
    return by_resource


def mark_suspect(connection: Connection, marks: Sequence[tuple[int, datetime]]) -> None:
    """Mark spans, given by place and start, as suspect."""
    if marks:
        connection.execute(sql("mark_suspect"), {"resource_ids": [r for r, _ in marks], "starts": [s for _, s in marks]})


def replace(
    connection: Connection,
    resources: Iterable[int],
    window: Interval,
    judgements: Sequence[tuple[int, Judgement]],
    now: datetime,
) -> None:
    """Replace the verdicts of `resources` that begin in `window` by `judgements`, each given with its place, as of `now`.

    Rows that do not change keep their verdict_id. A row of a company whose evidence has closed goes to the history.
    """
    arguments = {"resource_ids": list(resources), "start": window.start, "end": window.end}
    stored: dict[tuple[Any, ...], int] = {}
    duplicates: list[int] = []
    with connection.cursor(binary=True, row_factory=dict_row) as cursor:
        for row in cursor.execute(sql("stored_verdicts"), arguments):
            values = tuple(row[column] for column in _COLUMNS)
            if values in stored:
                duplicates.append(row["verdict_id"])
            else:
                stored[values] = row["verdict_id"]
    new = [
        (judgement, values)
        for resource, judgement in judgements
        if stored.pop(values := (resource, *_VALUES(judgement)), None) is None
    ]
    obsolete = [*stored.values(), *duplicates]
    moved = [judgement.booking_id for judgement, _ in new if judgement.booking_id is not None]
    replaced = {"verdict_ids": obsolete, "booking_ids": moved, "now": now, "closed_before": now - EVIDENCE_IS_OPEN}
    connection.execute(sql("drop_verdicts"), replaced)
    with connection.cursor() as writer, writer.copy(sql("copy_verdicts")) as copy:
        copy.set_types(list(_COLUMNS.values()))
        for _, values in new:
            copy.write_row(values)


def counts(connection: Connection, month: date) -> dict[str, tuple[int, int, int]]:
    """Verdicts that begin in the local month: name to (count, seconds booked, seconds occupied)."""
    rows = connection.execute(sql("verdict_counts"), {"month": month})
    return {str(verdict): (count, booked, occupied) for verdict, count, booked, occupied in rows}
