"""`smartwork audit`: the checks of the accounts."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from smartwork.cli.books import Head, known_heads
from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import euro
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import counted, titled_table
from smartwork.errors import SmartworkError

if TYPE_CHECKING:
    from smartwork.jobs.audit.audit import AuditReport

_MAX_MISMATCHES = 20
"""Mismatches listed on the terminal; `--json` lists all."""


class AuditFailed(SmartworkError):  # noqa: N818 - the outcome of an audit, not a fault of the program
    """The audit found a mismatch. The report has shown where."""


def audit_command(*, head: Head = None, as_json: AsJson = False) -> None:
    """Check documents, payments and postings against each other, to the cent, and the books against their hash chain.

    The exit status is 1 if anything does not match; the report shows where. Example: smartwork audit --head 120:5f3a…
    """
    from smartwork.jobs.audit.audit import run_audit

    known = known_heads(head)
    with progress_bar() as progress, open_database(progress) as connection:
        report = run_audit(connection, progress, known)
    if as_json:
        print(json.dumps(audit_json(report), indent=2))
    else:
        out.print(audit_tables(report))
    if not report.is_clean:
        failed = ", ".join(check.name for check in report.checks if check.mismatches)
        raise AuditFailed(f"The accounts do not match: {failed}.")


def audit_json(report: "AuditReport") -> dict[str, object]:
    """Whether all checks passed, the sums in EUR as text, and each check with its mismatches."""
    return {
        "clean": report.is_clean,
        "documents": report.documents,
        "lines": report.lines,
        "postings": report.postings,
        "head": asdict(report.head),
        "seconds": round(report.seconds, 3),
        "totals": {name: str(amount) for name, amount in asdict(report.totals).items()},
        "checks": [
            {"name": check.name, "statement": check.rule, "ok": not check.mismatches, "faults": list(check.mismatches)}
            for check in report.checks
        ],
    }


def audit_tables(report: "AuditReport") -> RenderableType:
    """The checks with their results, the mismatches, and the sums that must agree."""
    checks = titled_table("Audit", "Check", "")
    for check in report.checks:
        result = (
            f"[red]{counted(len(check.mismatches), 'mismatch', 'mismatches')}[/]" if check.mismatches else "[green]passed[/]"
        )
        checks.add_row(check.rule, result)
    mismatches = [f"{check.name}: {mismatch}" for check in report.checks for mismatch in check.mismatches]
    listed = mismatches[:_MAX_MISMATCHES]
    if len(mismatches) > _MAX_MISMATCHES:
        listed.append(f"… and {len(mismatches) - _MAX_MISMATCHES} more; --json lists all.")
    totals = report.totals
    sums = titled_table("Sums", "", "")
    sums.show_header = False
    for name, amount in (
        ("charged to companies for the centres", totals.charged),
        ("  credited to the centres", totals.centre_credits),
        ("  margin of the network", totals.margin),
        ("  not settled yet", totals.unsettled),
        ("VAT due", totals.vat_due),
        ("VAT to recover", totals.vat_recoverable),
        ("prepaid hours, not used", totals.pools),
        ("prepaid hours, expired", totals.expired),
    ):
        sums.add_row(name, euro(amount))
    head = f"Head of the books, to be kept elsewhere: {report.head}"
    extent = f"{report.documents} documents, {report.lines} lines, {report.postings} postings in {report.seconds:.1f} s"
    return Group(checks, *(Text(text, style="red") for text in listed), sums, Text(head), Text(extent))
