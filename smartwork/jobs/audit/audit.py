"""Run the audit: read all that is stored and check it, to the cent."""

import time
from dataclasses import dataclass

from smartwork.db.audit.audit_data import read_audit_data
from smartwork.db.core.connection import Connection
from smartwork.documents.sepa import parse_payment_file
from smartwork.domain.audit.audit import Check, audit
from smartwork.domain.audit.totals import Totals, totals
from smartwork.progress import Progress


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The results of the checks in order, the sums, how many documents, lines and postings were read, and the duration."""

    checks: tuple[Check, ...]
    totals: Totals
    documents: int
    lines: int
    postings: int
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether every check passed."""
        return not any(check.mismatches for check in self.checks)


def run_audit(connection: Connection, progress: Progress) -> AuditReport:
    """Run every check. Changes nothing."""
    started = time.monotonic()
    progress("Reading documents and postings", 0, 2)
    data = read_audit_data(connection, parse_payment_file)
    progress("Checking", 1, 2)
    checks = tuple(audit(data))
    progress("Checked", 2, 2)
    lines = sum(len(stored.invoice.lines) for stored in data.documents)
    seconds = time.monotonic() - started
    return AuditReport(checks, totals(data), len(data.documents), lines, len(data.postings), seconds)
