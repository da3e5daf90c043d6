"""Verdicts kept in step with what they rest on: which are stale, what judging them needs, and only what changed written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.domain.bookings.reconciliation import CONTEXT, LONGEST_OVERSTAY, Claim, Finding, Signature
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval

Judged = tuple[int, Finding]
"""A resource and one finding there."""
_TYPES = (
    "int4", "int8", "int8", "int4", "text", "timestamptz", "timestamptz", "timestamptz", "timestamptz", "timestamptz",
    "int4", "int4", "int4", "int4", "int4",
)  # fmt: skip


@dataclass(slots=True)
class Facts:
    """What is known of one resource around a window."""

    centre_id: int
    claims: list[Claim]
    signatures: list[Signature]
    spans: list[Span]


def take(connection: Connection, month: date) -> dict[str, int]:
    """Make what is stale in `month` this run's work, with what an earlier run left; how many resources, by timezone."""
    connection.execute(sql("take_stale_verdicts"), {"month": month})
    return waiting(connection, month)


def waiting(connection: Connection, month: date) -> dict[str, int]:
    """How many resources of `month` are taken and not judged yet, by timezone."""
    return {str(zone): int(count) for zone, count in connection.execute(sql("untaken_work"), {"month": month})}


def next_stale(connection: Connection, month: date, timezone: str, most: int) -> dict[int, int]:
    """Up to `most` resources to judge now, with their centres, locked until the caller's transaction ends."""
    arguments = {"month": month, "timezone": timezone, "most": most}
    return dict(connection.execute(sql("next_stale_verdicts"), arguments).fetchall())


def finish(connection: Connection, month: date, resources: Iterable[int]) -> None:
    """Forget that these were stale; in the caller's transaction."""
    connection.execute(sql("finish_stale_verdicts"), {"month": month, "resource_ids": list(resources)})


def facts(connection: Connection, resources: dict[int, int], window: Interval) -> dict[int, Facts]:
    """What judging `window` needs of each resource, a day of context on both sides, and longer where a booking lasts on."""
    start, end = window.start - CONTEXT, window.end + CONTEXT
    found = {resource: Facts(centre, [], [], []) for resource, centre in resources.items()}
    ids = list(resources)
    bookings = {"resource_ids": ids, "start": start, "end": end, "earliest": start - LONGEST_BOOKING}
    last = end
    for resource, booking, company, begins, ends, cancelled in connection.execute(
        sql("bookings_to_judge"), bookings, binary=True
    ):
        found[resource].claims.append(Claim(booking, company, Interval(begins, ends), cancelled))
        last = max(last, ends)
    around = {"resource_ids": ids, "start": start, "end": last + LONGEST_OVERSTAY}
    for resource, check_in, company, at in connection.execute(sql("check_ins_to_judge"), around, binary=True):
        found[resource].signatures.append(Signature(check_in, company, at))
    for resource, begins, ends, state, suspect in connection.execute(sql("spans_to_judge"), around, binary=True):
        found[resource].spans.append(Span(begins, ends, state, suspect))
    return found


def mark_suspect(connection: Connection, marks: Sequence[tuple[int, datetime]]) -> None:
    """Mark spans, by resource and start, as a stuck sensor's."""
    if marks:
        connection.execute(sql("mark_suspect"), {"resource_ids": [r for r, _ in marks], "starts": [s for _, s in marks]})


def replace(connection: Connection, resources: Iterable[int], window: Interval, findings: Sequence[Judged]) -> None:
    """Make the verdicts of `resources` that begin in `window` be `findings`; what is the same already is not touched."""
    arguments = {"resource_ids": list(resources), "start": window.start, "end": window.end}
    there: dict[tuple[Any, ...], int] = {}
    doubled: list[int] = []
    for number, *stored in connection.execute(sql("verdicts_there"), arguments, binary=True):
        if tuple(stored) in there:
            doubled.append(number)
        else:
            there[tuple(stored)] = number
    fresh = [row for finding in findings if there.pop(row := _row(*finding), None) is None]
    gone = [*there.values(), *doubled]
    moved = [row[1] for row in fresh if row[1] is not None]
    connection.execute(sql("drop_verdicts"), {"verdict_ids": gone, "booking_ids": moved})
    with connection.cursor() as cursor, cursor.copy(sql("copy_verdicts")) as copy:
        copy.set_types(_TYPES)
        for row in fresh:
            copy.write_row(row)


def _row(resource: int, f: Finding) -> tuple[Any, ...]:
    return (
        resource, f.booking_id, f.check_in_id, f.company_id, f.verdict, f.period.start, f.period.end, f.ceded_at,
        f.first_seen, f.last_seen, f.booked_s, f.occupied_s, f.vacant_s, f.unknown_s, f.over_s,
    )  # fmt: skip


def counts(connection: Connection, month: date) -> dict[str, tuple[int, int, int]]:
    """Verdicts that begin in the local month: name to (count, seconds booked, seconds occupied)."""
    rows = connection.execute(sql("verdict_counts"), {"month": month})
    return {str(verdict): (count, booked, occupied) for verdict, count, booked, occupied in rows}
