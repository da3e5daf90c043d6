"""Reconcile a month: bookings meet spans, centre by centre; running it again gives the same verdicts."""

from collections.abc import Callable
from datetime import date

from smartwork.db import month as store
from smartwork.db.connection import Connection, explained
from smartwork.domain.evidence import Span
from smartwork.domain.network import local_month
from smartwork.domain.occupancy import outside_hours
from smartwork.domain.reconcile import Rules, reconcile

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


def reconcile_month(connection: Connection, month: date, progress: Progress) -> dict[str, tuple[int, int, int]]:
    """Give every booking and stay that begins in the local month its verdict; returns verdict to (count, seconds booked,
    seconds occupied). Each centre is one transaction. Raises ServiceAway where the database is lost.
    """
    with explained():
        centres = store.centres(connection)
        for done, centre in enumerate(centres):
            progress(f"Reconciling {centre.name}", done, len(centres))
            _reconcile_centre(connection, centre, month)
        progress("Reconciled", len(centres), len(centres))
        zone = centres[0].hours.timezone if centres else "UTC"
        return store.verdict_counts(connection, local_month(month, zone))


def _reconcile_centre(connection: Connection, centre: store.CentreHours, month: date) -> None:
    window = local_month(month, centre.hours.timezone)
    with connection.transaction():
        spans = store.spans(connection, centre.centre_id, window)
        stuck = [
            (resource, span.start)
            for resource, its in spans.items()
            for span in its
            if span.state == "occupied" and not span.suspect and outside_hours(span, centre.hours)
        ]
        store.mark_suspect(connection, stuck)
        marked = set(stuck)
        claims = store.claims(connection, centre.centre_id, window)
        signatures = store.signatures(connection, centre.centre_id, window)
        findings = []
        for resource in store.resources(connection, centre.centre_id):
            its = [Span(s.start, s.end, s.state, s.suspect or (resource, s.start) in marked) for s in spans.get(resource, [])]
            found = reconcile(claims.get(resource, []), signatures.get(resource, []), its, window, Rules())
            findings += [(resource, finding) for finding in found]
        store.replace_verdicts(connection, centre.centre_id, window, findings)
