"""Audit checks of documents: unchanged, computed from their evidence, numbered without gaps, nothing billed twice."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from smartwork.domain.audit.audit_data import AuditData
from smartwork.domain.billing.invoice import Line
from smartwork.domain.billing.occupancy import BilledOccupancy, freed_lines, held_by_document, periods_by_place
from smartwork.domain.billing.recomputation import differences
from smartwork.domain.billing.supplies import billed_more_than_once

_DIGESTS = {1: re.compile("[0-9a-f]{32}"), 2: re.compile("[0-9a-f]{64}"), 3: re.compile("[0-9a-f]{64}")}
"""The form of a digest of a billed month, by digest version."""
_MEASURED = ("measured", "walk_in", "given_back")


def documents_match_their_rows(data: AuditData) -> Iterator[str]:
    """Documents whose snapshot was changed, and rows that differ from the snapshot."""
    for stored in data.documents:
        document = stored.invoice
        if not stored.is_intact:
            yield f"{document.number}: its digest does not match its content"
        if (stored.net, stored.vat, stored.gross) != (document.net, document.vat, document.gross):
            yield (
                f"{document.number}: its row has {stored.net} + {stored.vat} = {stored.gross}, "
                f"the document {document.net} + {document.vat} = {document.gross}"
            )
    for number, what in data.table_mismatches:
        yield f"{number}, {what}: the table differs from the document"


def figures_follow_from_evidence(data: AuditData) -> Iterator[str]:
    """Figures of documents that differ from those computed from the evidence in the document."""
    for stored in data.documents:
        for difference in differences(stored.invoice):
            where = f", line {difference.line}" if difference.line else ""
            stated, computed = difference.stated, difference.computed
            yield f"{stored.invoice.number}{where}: {difference.what} is {stated}, computed {computed}"


def series_have_no_gaps(data: AuditData) -> Iterator[str]:
    """Numbers that are missing from a series, are beyond its last number, or belong to no series."""
    for series in data.series:
        taken = {int(number.removeprefix(f"{series.series}-")) for number in series.numbers}
        expected = set(range(1, series.last + 1))
        for missing in sorted(expected - taken):
            yield f"{series.series}-{missing:05d} is missing"
        for beyond in sorted(taken - expected):
            yield f"{series.series}-{beyond:05d} is beyond the last number of the series, {series.last}"
    for number in data.documents_without_series:
        yield f"{number} belongs to no series"


def lines_have_evidence(data: AuditData) -> Iterator[str]:
    """Lines without the evidence or the reference that their kind needs."""
    lines = {(stored.invoice.number, line.line): line for stored in data.documents for line in stored.invoice.lines}
    for (number, line_number), line in lines.items():
        for mismatch in _missing_evidence(lines, number, line):
            yield f"{number}, line {line_number}: {mismatch}"


def _missing_evidence(lines: Mapping[tuple[str, int], Line], number: str, line: Line) -> Iterator[str]:
    if line.kind in ("occupancy", "pass", "no_show", "cancelled_late") and not line.visits:
        yield f"a {line.kind} line without a visit"
    if line.kind == "beyond_pass" and line.corrects is None:
        head = lines.get((number, line.of_line or 0))
        if head is None or not head.visits:
            yield "names no line with a visit"
    if line.kind in ("item", "subscription") and (line.supply is None or not line.label):
        yield f"a {line.kind} line without an order"
    if line.kind == "correction" and line.corrects is None:
        yield "a correction of nothing"
    if line.corrects is not None and (line.corrects.number, line.corrects.line) not in lines:
        yield f"refers to {line.corrects.number}, line {line.corrects.line}, which does not exist"
    for billed in line.visits:
        if billed.basis in _MEASURED and billed.hours and not billed.visit.batches:
            yield f"{billed.visit.booking or billed.visit.check_in} was measured by no numbered reading"


def time_is_billed_once(data: AuditData) -> Iterator[str]:
    """Bookings on several lines, and lines that bill the same place at the same time."""
    company_of = {document.number: document.account for document in data.company_documents()}
    bookings: Counter[tuple[str, str]] = Counter()
    held = _held(data)
    for each in held:
        kind, external_id = each.record
        if kind == "booking":
            is_shared = external_id in data.shared_booking_ids  # an id is unique within its company
            bookings[company_of[each.number] if is_shared else "", external_id] += 1
    yield from (f"booking {booking} is on {times} lines" for (_, booking), times in bookings.items() if times > 1)
    for (centre, resource), periods in periods_by_place(held).items():
        latest_end, latest_line = None, ""
        for start, end, where in sorted((h.period.start, h.period.end, f"{h.number}, line {h.line}") for h in periods):
            if latest_end is not None and start < latest_end:
                yield f"{centre} {resource}: {latest_line} and {where} both bill it at {start.isoformat()}"
            if latest_end is None or end > latest_end:
                latest_end, latest_line = end, where


def orders_are_billed_once(data: AuditData) -> Iterator[str]:
    """Orders that two lines charge for the same day; lines that a correction takes back charge nothing."""
    documents = [document for document in data.company_documents() if document.reason is None]
    taken_back = {
        (line.corrects.number, line.corrects.line)
        for document in documents
        for line in document.lines
        if line.kind == "correction" and line.corrects
    }
    by_company: dict[str, list[tuple[str, Line]]] = {}
    for document in documents:
        by_company.setdefault(document.account, []).extend(
            (f"{document.number}, line {line.line}", line)
            for line in document.lines
            if line.supply is not None and (document.number, line.line) not in taken_back
        )
    for company, lines in by_company.items():
        orders = {name: line.label for name, line in lines}
        for again, first in billed_more_than_once(lines):
            yield f"order {orders[again]} of {company} is charged by {first} and again by {again}"


def billed_occupancy_matches_documents(data: AuditData) -> Iterator[str]:
    """Billed occupancy and digests of billed months that do not agree with the documents."""
    expected = {(held.number, held.line, held.proof): held.period for held in _held(data)}
    for number, line, proof in sorted(expected.keys() | data.billed_occupancy.keys()):
        key = (number, line, proof)
        if key not in expected or data.billed_occupancy.get(key) != expected[key]:
            yield f"{number}, line {line}, visit {proof}: billed occupancy differs from the document"
    monthly = [document for document in data.company_documents() if document.reason is None]
    company_of = {document.number: document.account for document in monthly}
    months = {(document.account, document.month) for document in monthly}
    taken_back = {(line.corrects.number, line.corrects.line) for d in monthly for line in d.lines if line.corrects}
    months |= {
        (company_of[document.number], line.starts_on.replace(day=1))
        for document in monthly
        for line in document.lines
        if line.visits and (document.number, line.line) not in taken_back
    }
    for company, month in sorted(months - {(billed.company, billed.month) for billed in data.billed_months}):
        yield f"{company} {month:%Y-%m}: the digest of what was billed is missing"
    for billed in data.billed_months:
        pattern = _DIGESTS.get(billed.digest_version)
        for digest in (billed.verdicts_digest, billed.contracts_digest, billed.tariffs_digest):
            if digest is not None and not (pattern and pattern.fullmatch(digest)):
                yield (
                    f"{billed.company} {billed.month:%Y-%m}: {digest!r} is stored as a digest of what was billed, and is no "
                    f"digest of version {billed.digest_version}"
                )


def _held(data: AuditData) -> list[BilledOccupancy]:
    """What the documents hold together: their visits, without lines that were taken back or credited in full."""
    documents = data.company_documents()
    freed = freed_lines(documents)
    return [held for document in documents for held in held_by_document(document) if held.key not in freed]
