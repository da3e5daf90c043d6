"""Reconcile a month: judge again the places whose bookings, check-ins or spans changed since the last run."""

import multiprocessing
import os
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from datetime import date, datetime

from smartwork.db.bookings import reconciliation as store
from smartwork.db.core.connection import Connection, connect, wrap_database_errors
from smartwork.db.presence import daily_figures as registry
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.domain.bookings.reconciliation import CONTEXT, Rules, is_unfinished, reconcile
from smartwork.domain.presence.closed_hours import is_outside_opening_hours, opening_intervals
from smartwork.domain.presence.spans import Span, clip_at
from smartwork.domain.time import Interval, local_month
from smartwork.progress import Progress

_STEP = "Reconciling desks and rooms"
_BATCH_SIZE = 100
"""Places of one transaction: at most a second of work, so that locks are short and a crash loses little."""
_MIN_FOR_PROCESSES = 2_000
"""Below this number of places, starting processes takes longer than judging in one."""


def reconcile_month(
    connection: Connection, month: date, now: datetime, progress: Progress, *, database_url: str | None = None
) -> dict[str, tuple[int, int, int]]:
    """Give each stay that begins in the local month, and each booking that has ended at `now`, a verdict.

    Returns by verdict: the count, the seconds booked and the seconds occupied.

    Only places whose bookings, check-ins or spans changed since their last verdict are judged, and those where a booking or
    a span had not ended at the last run. Verdicts that do not change keep their numbers. The next run finishes a run that
    was interrupted. With a `database_url`, a large run uses one process for each core.

    Raises ServiceUnavailable if the database connection is lost.
    """
    first = month.replace(day=1)
    with wrap_database_errors():
        work = store.take(connection, first)
        total = sum(work.values())
        progress(_STEP, 0, total)
        if database_url and total >= _MIN_FOR_PROCESSES and (os.cpu_count() or 1) > 1:
            _judge_in_processes(connection, database_url, first, now, total, progress)
        else:
            done = 0
            for zone in work:
                while judged := judge_some(connection, first, zone, now):
                    done += judged
                    progress(_STEP, done, total)
        progress("Reconciled", total, total)
        return store.counts(connection, first)


def reconcile_stale(connection: Connection, since: date, until: date, now: datetime, progress: Progress) -> None:
    """Reconcile the local months from `since` to `until` of which a booking, check-in or span changed.

    Raises ServiceUnavailable if the database connection is lost.
    """
    with wrap_database_errors():
        months = store.stale_months(connection, since, until)
    for month in months:
        reconcile_month(connection, month, now, progress)


def _judge_in_processes(
    connection: Connection, database_url: str, month: date, now: datetime, total: int, progress: Progress
) -> None:
    workers = os.cpu_count() or 1
    # Spawned, not forked: a forked process would share the caller's database connection.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(_judge_all, database_url, month, now) for _ in range(workers)}
        while running:
            done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            progress(_STEP, total - sum(store.waiting(connection, month).values()), total)


def _judge_all(database_url: str, month: date, now: datetime) -> None:
    with connect(database_url) as connection, wrap_database_errors():
        for zone in store.waiting(connection, month):
            while judge_some(connection, month, zone, now):
                pass


def judge_some(connection: Connection, month: date, timezone: str, now: datetime) -> int:
    """Judge the next taken places in one transaction, as of `now`. Returns how many, 0 if none is left."""
    window = local_month(month, timezone)
    around = Interval(window.start - 2 * CONTEXT, window.end + LONGEST_BOOKING + 2 * CONTEXT)
    with connection.transaction():
        resources = store.next_stale(connection, month, timezone, _BATCH_SIZE)
        if not resources:
            return 0
        centres = set(resources.values())
        hours = {
            c.centre_id: opening_intervals(c.hours, around) for c in registry.centres(connection) if c.centre_id in centres
        }
        stuck = []
        judgements = []
        unfinished = []
        for resource, facts in store.facts(connection, resources, window).items():
            # A span that goes on may still reach the opening hours, so the mark is not stored yet.
            going_on = {span.start for span in facts.spans if span.end > now}
            spans = []
            for span in clip_at(facts.spans, now):
                if span.state == "occupied" and not span.suspect and is_outside_opening_hours(span, hours[facts.centre_id]):
                    if span.start not in going_on:
                        stuck.append((resource, span.start))
                    spans.append(Span(span.start, span.end, span.state, suspect=True))
                else:
                    spans.append(span)
            of_resource = reconcile(facts.slots, facts.check_ins, spans, window, Rules(), now)
            judgements += [(resource, judgement) for judgement in of_resource]
            if is_unfinished(facts.slots, facts.spans, window, now):
                unfinished.append(resource)
        store.mark_suspect(connection, stuck)
        store.replace(connection, resources, window, judgements, now)
        store.finish(connection, month, resources)
        store.keep_stale(connection, month, unfinished)
    return len(resources)
