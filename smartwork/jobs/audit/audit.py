"""Audit the books: read all that is stored, and prove to the cent that it fits together."""

import time
from dataclasses import dataclass

from smartwork.db.audit import stored as store
from smartwork.db.core.connection import Connection
from smartwork.documents.sepa import ordered
from smartwork.domain.audit.audit import Check, audit
from smartwork.domain.audit.books import Totals, totals
from smartwork.progress import Progress


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The checks in order, the sums they compare, how much was looked at, and how long it took in seconds."""

    checks: tuple[Check, ...]
    totals: Totals
    documents: int
    lines: int
    postings: int
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether every check holds."""
        return not any(check.faults for check in self.checks)


def audit_books(connection: Connection, progress: Progress) -> AuditReport:
    """Check everything that is in the books; changes nothing."""
    began = time.monotonic()
    progress("Reading the books", 0, 2)
    found = store.stored(connection, ordered)
    progress("Checking", 1, 2)
    checks = tuple(audit(found))
    progress("Checked", 2, 2)
    lines = sum(len(one.invoice.lines) for one in found.documents)
    seconds = time.monotonic() - began
    return AuditReport(checks, totals(found), len(found.documents), lines, len(found.postings), seconds)
