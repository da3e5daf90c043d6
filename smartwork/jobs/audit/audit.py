"""Run the audit: read all that is stored and check it, to the cent."""

import time
from collections.abc import Collection
from dataclasses import dataclass

from smartwork.db.audit.audit_data import read_audit_data
from smartwork.db.core.connection import Connection
from smartwork.documents.sepa import parse_payment_file
from smartwork.domain.audit.audit import Check, audit
from smartwork.domain.audit.totals import Totals, totals
from smartwork.domain.billing.book_head import BookHead
from smartwork.progress import Progress


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The results of the checks in order, the sums, how many documents, lines and postings were read, the head of
    the books, and the duration.
    """

    checks: tuple[Check, ...]
    totals: Totals
    documents: int
    lines: int
    postings: int
    head: BookHead
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether every check passed."""
        return not any(check.mismatches for check in self.checks)


def run_audit(connection: Connection, progress: Progress, known: Collection[BookHead] = ()) -> AuditReport:
    """Run every check. Changes nothing. `known` are heads that were kept elsewhere: the books must contain them."""
    started = time.monotonic()
    progress("Reading documents and postings", 0, 2)
    data = read_audit_data(connection, parse_payment_file, known)
    progress("Checking", 1, 2)
    checks = tuple(audit(data))
    progress("Checked", 2, 2)
    lines = sum(len(stored.invoice.lines) for stored in data.documents)
    seconds = time.monotonic() - started
    return AuditReport(checks, totals(data), len(data.documents), lines, len(data.postings), data.books.head, seconds)
