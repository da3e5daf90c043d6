"""What the audit proves of documents: as issued, computed from their evidence, numbered, and nothing billed twice."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from smartwork.domain.audit.stored import Stored, by_side
from smartwork.domain.billing.invoice import Line, Proof
from smartwork.domain.billing.recomputation import differences

_DIGESTS = re.compile("(?:[0-9a-f]{32}(?: [0-9a-f]{32}){0,2}|[0-9a-f]{64}(?: [0-9a-f]{64}){2})?")
"""Of verdicts, contracts and tariffs, in digest version 1 or 2; nothing where the company had no verdict."""
_MEASURED = ("measured", "walk_in", "given_back")


def documents(stored: Stored) -> Iterator[str]:
    for one in stored.documents:
        number = one.invoice.number
        if not one.is_intact:
            yield f"{number}: its digest does not fit what it says"
        if (one.net, one.vat, one.gross) != (one.invoice.net, one.invoice.vat, one.invoice.gross):
            yield f"{number}: its row says {one.net} + {one.vat} = {one.gross}, the document another"
    for number, what in stored.apart:
        yield f"{number}, {what}: the table differs from the document"


def figures(stored: Stored) -> Iterator[str]:
    for one in stored.documents:
        for found in differences(one.invoice):
            where = f", line {found.line}" if found.line else ""
            yield f"{one.invoice.number}{where}: {found.what} is {found.stated}, computed {found.computed}"


def numbers(stored: Stored) -> Iterator[str]:
    for one in stored.series:
        given = {int(number.removeprefix(f"{one.series}-")) for number in one.numbers}
        for missing in sorted(set(range(1, one.last + 1)) - given):
            yield f"{one.series}-{missing:05d} is missing"
        for beyond in sorted(given - set(range(1, one.last + 1))):
            yield f"{one.series}-{beyond:05d} is beyond the last number given, {one.last}"
    for number in stored.strangers:
        yield f"{number} belongs to no series"


def evidence(stored: Stored) -> Iterator[str]:
    lines = {(one.invoice.number, line.line): line for one in stored.documents for line in one.invoice.lines}
    for (number, at), line in lines.items():
        for fault in _unproven(lines, number, line):
            yield f"{number}, line {at}: {fault}"


def _unproven(lines: Mapping[tuple[str, int], Line], number: str, line: Line) -> Iterator[str]:
    if line.kind in ("occupancy", "pass", "no_show") and not line.proofs:
        yield f"a {line.kind} line without a proof"
    if line.kind == "beyond_pass" and line.corrects is None:
        head = lines.get((number, line.of_line or 0))
        if head is None or not head.proofs:
            yield "names no line with a proof"
    if line.kind == "correction" and line.corrects is None:
        yield "a correction of nothing"
    if line.corrects is not None and (line.corrects.number, line.corrects.line) not in lines:
        yield f"refers to {line.corrects.number}, line {line.corrects.line}, which does not exist"
    for proof in line.proofs:
        if proof.basis in _MEASURED and proof.hours and not proof.batches:
            yield f"{proof.booking or proof.check_in} was measured by no numbered reading"


def minutes(stored: Stored) -> Iterator[str]:
    held: dict[tuple[str, str], list[tuple[datetime, datetime, str]]] = defaultdict(list)
    bookings: Counter[str] = Counter()
    for number, line in _standing(stored):
        for proof in line.proofs:
            start, end = _held(proof)
            if start < end:
                held[proof.centre, proof.resource].append((start, end, f"{number}, line {line.line}"))
            if proof.booking:
                bookings[proof.booking] += 1
    yield from (f"booking {booking} stands on {times} lines" for booking, times in bookings.items() if times > 1)
    for (centre, resource), stays in held.items():
        latest, by = None, ""
        for start, end, where in sorted(stays):
            if latest is not None and start < latest:
                yield f"{centre} {resource}: {by} and {where} both hold it at {start.isoformat()}"
            if latest is None or end > latest:
                latest, by = end, where


def billed(stored: Stored) -> Iterator[str]:
    """Where what is kept of documents, so that nothing is billed twice and changes are found, is not what stands on them."""
    for number, what in stored.stays:
        yield f"{number}, {what}: what is kept as billed is not what stands there"
    monthly = [one for one in by_side(stored)[0] if one.reason is None]
    account = {one.number: one.account for one in monthly}
    months = {(one.account, one.month) for one in monthly}
    months |= {(account[number], line.starts_on.replace(day=1)) for number, line in _standing(stored)}
    for company, month in sorted(months - set(stored.billed)):
        yield f"{company} {month:%Y-%m}: what it was billed at is not kept"
    for (company, month), digest in stored.billed.items():
        if not _DIGESTS.fullmatch(digest):
            yield f"{company} {month:%Y-%m}: {digest!r} is kept as what it was billed at, which is no digest"


def _standing(stored: Stored) -> Iterator[tuple[str, Line]]:
    """Lines with proofs that no correction took back; what a dispute credited stands: it is not billed again."""
    monthly = [one for one in by_side(stored)[0] if one.reason is None]
    gone = {(line.corrects.number, line.corrects.line) for one in monthly for line in one.lines if line.corrects}
    for one in monthly:
        yield from ((one.number, line) for line in one.lines if line.proofs and (one.number, line.line) not in gone)


def _held(proof: Proof) -> tuple[datetime, datetime]:
    """The time that a proof holds its place: none for a no-show, to the last presence for who left early, never ceded."""
    if proof.verdict == "no_show":
        return proof.starts_at, proof.starts_at
    if proof.verdict == "left_early":
        seen = [min(span.end, proof.ends_at) for span in proof.spans if span.state == "occupied"]
        return proof.starts_at, max(seen, default=proof.starts_at)
    over = timedelta(seconds=max(proof.over_s - 1, 0))  # whole seconds: what begins in the last one does not meet it
    return proof.starts_at, proof.ceded_at or proof.ends_at + over
