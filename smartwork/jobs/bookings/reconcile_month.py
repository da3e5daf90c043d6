"""Reconcile a month: bookings meet spans; only what something touched since the last run is judged again."""

import multiprocessing
import os
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from datetime import date

from smartwork.db.bookings import reconciliation as store
from smartwork.db.core.connection import Connection, connect, wrap_database_errors
from smartwork.db.presence import daily_figures as registry
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.domain.bookings.reconciliation import CONTEXT, Rules, reconcile
from smartwork.domain.presence.closed_hours import is_outside_opening_hours, opening_intervals
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval, local_month
from smartwork.progress import Progress

_STEP = "Reconciling desks and rooms"
_AT_ONCE = 100
"""Resources of one transaction: a second's work at most, so that nobody waits for it and a crash loses little."""
_WORTH_A_PROCESS = 2_000
"""Resources below which starting processes takes longer than judging them."""


def reconcile_month(
    connection: Connection, month: date, progress: Progress, *, database_url: str | None = None
) -> dict[str, tuple[int, int, int]]:
    """Give every booking and stay that begins in the local month its verdict; returns verdict to (count, seconds booked,
    seconds occupied).

    Only resources whose bookings, check-ins or spans changed since their last verdict are judged; verdicts that come
    out the same keep their numbers. A run that was cut off is taken up by the next. With a `database_url` much work is
    shared out among processes, one a core. Raises ServiceUnavailable where the database is lost.
    """
    first = month.replace(day=1)
    with wrap_database_errors():
        work = store.take(connection, first)
        total = sum(work.values())
        progress(_STEP, 0, total)
        if database_url and total >= _WORTH_A_PROCESS and (os.cpu_count() or 1) > 1:
            _share(connection, database_url, first, total, progress)
        else:
            done = 0
            for zone in work:
                while judged := judge_some(connection, first, zone):
                    done += judged
                    progress(_STEP, done, total)
        progress("Reconciled", total, total)
        return store.counts(connection, first)


def _share(connection: Connection, database_url: str, month: date, total: int, progress: Progress) -> None:
    workers = os.cpu_count() or 1
    # Spawned, not forked: a fork would carry the caller's database connection along.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(_work, database_url, month) for _ in range(workers)}
        while running:
            done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            progress(_STEP, total - sum(store.waiting(connection, month).values()), total)


def _work(database_url: str, month: date) -> None:
    with connect(database_url) as connection, wrap_database_errors():
        for zone in store.waiting(connection, month):
            while judge_some(connection, month, zone):
                pass


def judge_some(connection: Connection, month: date, timezone: str) -> int:
    """Judge some of the resources that were taken, in one transaction; returns how many, 0 where none is left."""
    window = local_month(month, timezone)
    around = Interval(window.start - 2 * CONTEXT, window.end + LONGEST_BOOKING + 2 * CONTEXT)
    with connection.transaction():
        resources = store.next_stale(connection, month, timezone, _AT_ONCE)
        if not resources:
            return 0
        centres = set(resources.values())
        hours = {
            c.centre_id: opening_intervals(c.hours, around) for c in registry.centres(connection) if c.centre_id in centres
        }
        stuck = []
        judgements = []
        for resource, facts in store.facts(connection, resources, window).items():
            spans = []
            for span in facts.spans:
                if span.state == "occupied" and not span.suspect and is_outside_opening_hours(span, hours[facts.centre_id]):
                    stuck.append((resource, span.start))
                    spans.append(Span(span.start, span.end, span.state, suspect=True))
                else:
                    spans.append(span)
            found = reconcile(facts.slots, facts.check_ins, spans, window, Rules())
            judgements += [(resource, judgement) for judgement in found]
        store.mark_suspect(connection, stuck)
        store.replace(connection, resources, window, judgements)
        store.finish(connection, month, resources)
    return len(resources)
