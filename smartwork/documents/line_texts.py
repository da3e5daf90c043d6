"""The texts of a line and of its evidence, in the reader's language: the same in the PDF, the XML and the CSV."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from smartwork.documents import line_explanations as explanations
from smartwork.documents.line_explanations import IndexedInvoice
from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.invoice import DocumentReference, Invoice, Line, SupplyTerms, Terms
from smartwork.domain.billing.parties import Language
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.time import days_of_month
from smartwork.translations import formats
from smartwork.translations.catalogue import texts

_PLAIN = ("used", "walk_in", "no_show")
_HUNDREDTH = Decimal("0.01")


def name(line: Line, language: Language) -> str:
    """What was supplied, without date and reference."""
    words = texts(language)
    kind = f" ({words[line.place_kind].lower()})" if line.place_kind and line.unit != "seat" else ""
    match line.kind:
        case "pass":
            return words[f"pass_{line.unit}"]
        case "credits_bought" | "overdraft":
            return words[line.kind] + kind
        case "item" | "subscription":
            return line.supply.description if line.supply else ""
        case "correction":
            return correction(line, language)
        case "settlement":
            return words[f"settlement_{line.unit}"] + kind
        case "occupancy" | "beyond_pass" | "no_show" | "cancelled_late":
            return ", ".join(dict.fromkeys(billed.visit.resource_name for billed in line.visits)) or words["beyond_pass"]


def title(line: Line, invoice: Invoice) -> str:
    """The name; a settlement item of an earlier month has that month with it."""
    named = name(line, invoice.language)
    if line.kind != "settlement" or line.starts_on >= invoice.starts_on:
        return named
    return f"{named}, {formats.month(line.starts_on, invoice.language)}"


def correction(line: Line, language: Language) -> str:
    """Which line of which document the line takes back; empty if it takes none back."""
    if line.corrects is None:
        return ""
    return texts(language)["correction"].format(line=line.corrects.line, number=line.corrects.number)


def verdict(line: Line, language: Language) -> str:
    """What came of the visit of a line and the rule that set its hours, or on how many visits the line rests."""
    words = texts(language)
    if line.kind == "no_show":
        return f"{words['verdict_no_show']}, {words['no_show_fee']}"
    if line.kind == "cancelled_late":
        return f"{words['verdict_cancelled_late']}, {words['cancellation_fee']}"
    if line.kind == "occupancy" and len(line.visits) == 1:
        return _verdict(line.visits[0], line.terms, language)
    return words.plural("visits_of_line", len(line.visits)) if line.visits else ""


def details(line: Line, document: IndexedInvoice) -> list[str]:
    """Sentences that explain a line: what was agreed for an item or a subscription, what a pass covers, which prepaid hours
    paid it, what it corrects and why, and what happened to its bookings.
    """
    return [
        *_supply(line, document.invoice.language),
        *explanations.pass_cover(line, document),
        *explanations.prepaid(line, document),
        *explanations.correction(line, document),
        *note(line, document.invoice.language),
    ]


def members(line: Line) -> list[str]:
    """The pseudonyms of the members whose visits a line is about, each once."""
    own = [billed.visit.member for billed in line.visits]
    corrected = [before.member for before in line.correction.visits] if line.correction else []
    return [member for member in dict.fromkeys([*own, *corrected]) if member]


def _supply(line: Line, language: Language) -> list[str]:
    if line.supply is None:
        return []
    if line.kind == "subscription":
        return [_days_of_month(line, line.supply, language)]
    return [line.supply.description] if line.kind == "correction" else []


def _days_of_month(line: Line, supply: SupplyTerms, language: Language) -> str:
    """The price of a month, with the share of its days where the line has not all of them."""
    words, price = texts(language), formats.price(supply.price, language)
    charged, days = (line.ends_on - line.starts_on).days + 1, len(days_of_month(line.starts_on))
    if charged == days:
        return words["per_month"].format(price=price)
    return words["days_of_month"].format(charged=charged, days=days, price=price)


def note(line: Line, language: Language) -> list[str]:
    """When bookings of the line were cancelled, what the network changed after they had begun and why, and which verdict
    late evidence replaced.
    """
    words = texts(language)
    parts: list[str] = []
    for billed in line.visits:
        cancelled_at, change = billed.visit.cancelled_at, billed.visit.change
        if cancelled_at is not None:
            notice = line.terms.cancellation_hours if line.terms else None
            parts.append(words["cancelled_at"].format(at=_moment(cancelled_at, billed, language), hours=notice or 0))
        if change is not None:
            at = _moment(change.at, billed, language)
            parts.append(words["changed_by_network"].format(at=at, by=change.by, reason=change.reason))
        if (earlier := billed.visit.earlier) is not None:
            at, before = _moment(earlier.replaced_at, billed, language), words[f"verdict_{earlier.verdict}"]
            parts.append(words["judged_again"].format(at=at, before=before))
    return list(dict.fromkeys(parts))


def _moment(at: datetime, billed: BilledVisit, language: Language) -> str:
    """Day and time on the clock of the visit's centre."""
    local = at.astimezone(ZoneInfo(billed.visit.timezone))
    return f"{formats.day(local.date(), language)} {local:%H:%M}"


def _verdict(billed: BilledVisit, terms: Terms | None, language: Language) -> str:
    words = texts(language)
    found = words[f"verdict_{billed.visit.verdict}"]
    if billed.basis in ("no_show", "cancelled_late") and terms is not None:
        share = terms.no_show_share if billed.basis == "no_show" else terms.cancellation_share or Decimal(0)
        return f"{found}, {words['share_of_booked'].format(share=share_text(share, language))}"
    if billed.basis == "given_back":
        left = max((span.end for span in billed.visit.spans if span.state == "occupied" and not span.suspect), default=None)
        if left is not None:
            zone = ZoneInfo(billed.visit.timezone)
            return (
                f"{found}, {words['until'].format(time=format(min(left, billed.visit.ends_at).astimezone(zone), '%H:%M:%S'))}"
            )
    if billed.visit.verdict in _PLAIN:
        return found
    return f"{found}, {words[f'by_{billed.basis}']}"


def share_text(share: Decimal, language: Language) -> str:
    """A share as a percentage, with as many decimals as it has, at most two."""
    percent = (share * 100).normalize()
    exponent = percent.as_tuple().exponent
    return formats.percent(percent, language, min(2, max(0, -exponent)) if isinstance(exponent, int) else 0)


def reference(line: Line) -> str:
    """The booking or check-in of a line with one visit, or the order, whole."""
    if len(line.visits) == 1:
        return named(line.visits[0])
    return (line.label or "") if line.kind in ("credits_bought", "item", "subscription") else ""


def named(billed: BilledVisit) -> str:
    """The booking of a visit, or its check-in if there is no booking."""
    return billed.visit.booking or billed.visit.check_in or "–"


def evidence(billed: BilledVisit, language: Language) -> str:
    """A visit's evidence in one sentence: verdict, rule, minutes, coverage, and the numbers of its readings."""
    words = texts(language)
    parts = [f"{words[f'verdict_{billed.visit.verdict}']}, {words[f'basis_{billed.basis}']}"]
    if billed.visit.booked_s:
        parts.append(f"{words['booked']} {formats.duration(billed.visit.booked_s)}")
    parts.append(f"{words['measured']} {formats.duration(billed.visit.occupied_s)}")
    if billed.visit.over_s:
        parts.append(words["past_the_end"].format(time=formats.duration(billed.visit.over_s)))
    if billed.visit.unknown_s:
        parts.append(f"{words['unknown']} {formats.duration(billed.visit.unknown_s)}")
    return "; ".join([*parts, *readings(billed, language)])


def readings(billed: BilledVisit, language: Language) -> list[str]:
    """The coverage of a visit, the numbers of its readings, and the ledger of its days."""
    words = texts(language)
    return [
        f"{words['coverage']} {formats.percent(billed.coverage * 100, language, 1)}",
        f"{words['ledger'].lower()} {'; '.join(ledger(billed.visit.batches)) or words['no_readings']}",
        *(ledger_day(day, language) for day in billed.visit.ledger or ()),
    ]


def ledger(runs: tuple[BatchRun, ...]) -> list[str]:
    """Runs of reading numbers, one text for each outbox."""
    return [
        f"{edge}/{epoch} {', '.join(f'{run.first}–{run.last}' for run in outbox_runs)}"
        for (edge, epoch), outbox_runs in groupby(runs, key=lambda run: (run.edge, run.epoch))
    ]


def ledger_day(day: LedgerDay, language: Language) -> str:
    """How many readings were numbered on a day and how many arrived; the rest is in an outbox or missing."""
    words = texts(language)
    text = words["ledger_day"].format(day=formats.day(day.day, language), arrived=day.arrived, numbered=day.numbered)
    waiting = [f"{count} {words[key]}" for key, count in (("waiting", day.in_outbox), ("missing", day.missing)) if count]
    return f"{text} ({', '.join(waiting)})" if waiting else text


def ledger_days(visits: Iterable[BilledVisit]) -> dict[tuple[str, str, date], LedgerDay]:
    """The ledger days of some visits, each day of a centre once, in order of the centre's name, slug and day."""
    days = {
        (billed.visit.centre_name, billed.visit.centre, day.day): day
        for billed in visits
        for day in billed.visit.ledger or ()
    }
    return dict(sorted(days.items()))


def quantity(line: Line, language: Language) -> str:
    """The quantity in figures; a share in percent."""
    value = line.quantity * 100 if line.unit == "share" else line.quantity
    places = 2 if value == value.quantize(_HUNDREDTH) else 4
    if line.unit != "hour" and value == value.to_integral_value():
        places = 0
    return formats.number(value, language, places)


def times(billed: BilledVisit) -> str:
    """Start and end of a visit in the local time of its centre: 09:00–12:30."""
    return explanations.clock_times(billed.visit.starts_at, billed.visit.ends_at, billed.visit.timezone)


def document(reference: DocumentReference, language: Language) -> str:
    """An earlier document with its date of issue."""
    return texts(language)["document_of"].format(number=reference.number, day=formats.day(reference.issued_on, language))
