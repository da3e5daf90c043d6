"""What a line of a document says beside its figures: what a pass covers, what prepaid hours paid, what it corrects."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.invoice import CorrectedVisit, Drawdown, Invoice, Line
from smartwork.domain.billing.occupancy import RecordKey, record_key
from smartwork.domain.billing.parties import Language
from smartwork.domain.billing.prepaid_hours import OVERDRAFT_PREFIX
from smartwork.translations import formats
from smartwork.translations.catalogue import texts


@dataclass(frozen=True, slots=True)
class IndexedInvoice:
    """A document with its lines by number, those that charge each booking or check-in, and those that sell overdrafts."""

    invoice: Invoice
    by_number: Mapping[int, Line]
    charged: Mapping[RecordKey, Sequence[tuple[Line, BilledVisit]]]
    overdrafts: Mapping[str | None, int]


def indexed(invoice: Invoice) -> IndexedInvoice:
    """A document with its lines in order of what explains them."""
    charged: dict[RecordKey, list[tuple[Line, BilledVisit]]] = defaultdict(list)
    if any(line.correction for line in invoice.lines):
        for line in invoice.lines:
            for billed in line.visits:
                charged[record_key(billed.visit)].append((line, billed))
    overdrafts = {line.label: line.line for line in reversed(invoice.lines) if line.kind == "overdraft"}
    return IndexedInvoice(invoice, {line.line: line for line in reversed(invoice.lines)}, dict(charged), overdrafts)


def pass_cover(line: Line, document: IndexedInvoice) -> list[str]:
    """The visits that a pass covers with their hours, or how many hours of the day are beyond it."""
    words, language = texts(document.invoice.language), document.invoice.language
    if line.kind == "pass":
        visits = "; ".join(
            f"{_reference(visit.booking, visit.check_in)} {clock_times(visit.starts_at, visit.ends_at, visit.timezone)} "
            f"{hours_text(billed.hours, language)}"
            for billed in line.visits
            for visit in (billed.visit,)
        )
        total = sum((billed.hours for billed in line.visits), Decimal(0))
        of_day = hours_text(total, language)
        return [words["pass_covers"].format(hours=hours_text(abs(line.hours), language), total=of_day, visits=visits)]
    if line.kind == "beyond_pass":
        head = document.by_number.get(line.of_line or 0)
        if head is None:
            return []
        total = sum((billed.hours for billed in head.visits), Decimal(0))
        figures = {"total": hours_text(total, language), "covered": hours_text(abs(head.hours), language)}
        return [words["beyond_of_line"].format(line=head.line, hours=hours_text(abs(line.hours), language), **figures)]
    return []


def prepaid(line: Line, document: IndexedInvoice) -> list[str]:
    """Which prepaid hours paid the line and what is left to pay, or which hours go back to their orders."""
    if not line.drawdowns:
        return []
    words, language = texts(document.invoice.language), document.invoice.language
    paid = sum((drawdown.hours for drawdown in line.drawdowns), Decimal(0))
    goes_back = line.kind == "correction" or (line.corrects is not None and document.invoice.reason is not None)
    lots = "; ".join(_lot(drawdown, document) for drawdown in line.drawdowns)
    if goes_back:
        return [words["prepaid_back"].format(hours=hours_text(abs(paid), language), lots=lots)]
    figures = {"hours": hours_text(abs(line.hours), language), "paid": hours_text(abs(paid), language), "lots": lots}
    if not line.quantity:
        return [words["prepaid_all"].format(**figures)]
    return [words["prepaid_part"].format(rest=hours_text(abs(line.quantity), language), **figures)]


def correction(line: Line, document: IndexedInvoice) -> list[str]:
    """What a line took back as it was before, what is charged now, and why; or the line that it credits."""
    words, language = texts(document.invoice.language), document.invoice.language
    if line.corrects is None:
        return []
    if line.kind != "correction":
        return [f"{line.corrects.number}, {words['of_line'].format(line=line.corrects.line)}"]
    of = words["document_of"].format(number=line.corrects.number, day=formats.day(line.corrects.issued_on, language))
    if line.correction is None:
        return [of]
    price = formats.price(line.price, language)
    before = "; ".join(
        f"{_corrected(visit, language)}, {hours_text(visit.hours, language)}" for visit in line.correction.visits
    )
    causes = ", ".join(words[f"cause_{cause}"] for cause in line.correction.causes)
    return [
        of,
        words["correction_before"].format(before=before or hours_text(abs(line.hours), language), price=price),
        words["correction_now"].format(now=_charged_now(line.correction.visits, document) or words["no_charge"]),
        words["correction_why"].format(causes=causes),
    ]


def _charged_now(before: Iterable[CorrectedVisit], document: IndexedInvoice) -> str:
    """The lines of this document that charge the visits now, with their hours and price."""
    names = [("booking", visit.booking) if visit.booking else ("check-in", visit.check_in or "") for visit in before]
    found = [each for name in dict.fromkeys(names) for each in document.charged.get(name, ())]
    return "; ".join(_now(line, billed, document.invoice.language) for line, billed in found)


def _now(line: Line, billed: BilledVisit, language: Language) -> str:
    words, visit = texts(language), billed.visit
    verdict = words[f"verdict_{visit.verdict}"]
    times = clock_times(visit.starts_at, visit.ends_at, visit.timezone)
    of_line = words["of_line"].format(line=line.line)
    price = f"{formats.price(line.price, language)} / {words[f'unit_{line.unit}']}"
    return f"{of_line}, {visit.resource_name} {times}, {verdict}, {hours_text(billed.hours, language)}, {price}"


def _corrected(visit: CorrectedVisit, language: Language) -> str:
    start = visit.starts_at.astimezone(ZoneInfo(visit.timezone)).date()
    times = clock_times(visit.starts_at, visit.ends_at, visit.timezone)
    reference = _reference(visit.booking, visit.check_in)
    return (
        f"{visit.resource_name} {formats.day(start, language)} {times}, {reference}, "
        + texts(language)[f"verdict_{visit.verdict}"]
    )


def _lot(drawdown: Drawdown, document: IndexedInvoice) -> str:
    """Hours of an order with the day on which it was bought; an overdraft has the line that sells it, if it is here."""
    words, language = texts(document.invoice.language), document.invoice.language
    hours, day = hours_text(abs(drawdown.hours), language), formats.day(drawdown.bought_on, language)
    if not drawdown.lot.startswith(OVERDRAFT_PREFIX):
        return words["of_order"].format(hours=hours, order=drawdown.lot, day=day)
    sold = document.overdrafts.get(drawdown.lot)
    where = words["of_line"].format(line=sold) if sold else day
    return words["of_overdraft"].format(hours=hours, where=where)


def hours_text(hours: Decimal, language: Language) -> str:
    """Hours with two decimals, or four where two do not tell all."""
    places = 2 if hours == round(hours, 2) else 4
    return f"{formats.number(hours, language, places)}\u00a0{texts(language)['unit_hour']}"


def _reference(booking: str | None, check_in: str | None) -> str:
    return booking or check_in or "–"


@lru_cache(maxsize=4096)
def clock_times(starts_at: datetime, ends_at: datetime, timezone: str) -> str:
    """Start and end on a centre's clock: 09:00–12:30."""
    zone = ZoneInfo(timezone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return f"{start.hour:02}:{start.minute:02}–{end.hour:02}:{end.minute:02}"
