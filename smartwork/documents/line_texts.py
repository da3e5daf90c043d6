"""What a line is called, in the reader's language: the same words on the page, in the XML and in the CSV."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from smartwork.domain.billing.invoice import DocumentReference, Invoice, Line, Proof
from smartwork.domain.billing.parties import Language
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.translations import formats
from smartwork.translations.catalogue import Texts, texts

_PLAIN = ("used", "walk_in", "no_show")
_HUNDREDTH = Decimal("0.01")


def name(line: Line, language: Language) -> str:
    """What was supplied, without dates and references."""
    words = texts(language)
    kind = f" ({words[line.place_kind].lower()})" if line.place_kind and line.unit != "seat" else ""
    match line.kind:
        case "pass":
            return words[f"pass_{line.unit}"]
        case "credits_bought" | "overdraft":
            return words[line.kind] + kind
        case "correction":
            return correction(line, language)
        case "settlement":
            return words[f"settlement_{line.unit}"] + kind
        case "occupancy" | "beyond_pass" | "no_show":
            return ", ".join(dict.fromkeys(proof.resource_name for proof in line.proofs)) or words["beyond_pass"]


def title(line: Line, invoice: Invoice) -> str:
    """The name, with the month where what a centre is owed is about another than the document's."""
    named = name(line, invoice.language)
    if line.kind != "settlement" or line.starts_on >= invoice.starts_on:
        return named
    return f"{named}, {formats.month(line.starts_on, invoice.language)}"


def correction(line: Line, language: Language) -> str:
    """Which line of which document it gives back; empty where it gives nothing back."""
    if line.corrects is None:
        return ""
    return texts(language)["correction"].format(line=line.corrects.line, number=line.corrects.number)


def remark(line: Line, language: Language) -> str:
    """The verdict and the rule where they say more than the name, hours that credits paid, and what it gives back."""
    words = texts(language)
    parts = []
    if line.kind == "beyond_pass":
        parts.append(words["of_line"].format(line=line.of_line))
    elif line.kind == "no_show":
        parts.append(f"{words['verdict_no_show']}, {words['no_show_fee']}")
    elif line.kind == "occupancy" and len(line.proofs) == 1:
        proof = line.proofs[0]
        parts.append(words[f"verdict_{proof.verdict}"] if line.drawdowns else _verdict(proof, words))
    if line.drawdowns:
        spent = sum((draw.hours for draw in line.drawdowns), Decimal(0))
        parts.append(words["from_credits"].format(hours=formats.number(spent, language)))
    if line.corrects is not None and line.kind != "correction":
        parts.append(f"{line.corrects.number}, {words['of_line'].format(line=line.corrects.line)}")
    return " · ".join(parts)


def _verdict(proof: Proof, words: Texts) -> str:
    verdict = words[f"verdict_{proof.verdict}"]
    if proof.verdict in _PLAIN and proof.basis != "given_back":
        return verdict
    return f"{verdict}, {words[f'by_{proof.basis}']}"


def reference(line: Line, language: Language) -> str:
    """The booking or check-in of a line with one proof, how many visits of one with more, the order of a purchase."""
    if len(line.proofs) == 1:
        return named(line.proofs[0])
    if line.proofs:
        return texts(language).plural("visits_of_line", len(line.proofs))
    return (line.label or "") if line.kind == "credits_bought" else ""


def named(proof: Proof) -> str:
    """The booking, or the check-in where there was none."""
    return proof.booking or proof.check_in or "–"


def evidence(proof: Proof, language: Language) -> str:
    """A proof in one sentence: verdict, rule, minutes, coverage, and the ledger's numbers."""
    words = texts(language)
    parts = [f"{words[f'verdict_{proof.verdict}']}, {words[f'basis_{proof.basis}']}"]
    if proof.booked_s:
        parts.append(f"{words['booked']} {formats.minutes(proof.booked_s)} min")
    parts.append(f"{words['measured']} {formats.minutes(proof.occupied_s + proof.over_s)} min")
    if proof.unknown_s:
        parts.append(f"{words['unknown']} {formats.minutes(proof.unknown_s)} min")
    parts.append(f"{words['coverage']} {formats.percent(proof.coverage * 100, language, 1)}")
    parts.append(f"{words['ledger'].lower()} {'; '.join(ledger(proof.batches)) or words['no_readings']}")
    parts += [ledger_day(one, language) for one in proof.ledger or ()]
    return "; ".join(parts)


def ledger(runs: tuple[BatchRun, ...]) -> list[str]:
    """The ledger's runs of numbers, a text for each outbox."""
    return [
        f"{edge}/{epoch} {', '.join(f'{run.first}–{run.last}' for run in found)}"
        for (edge, epoch), found in groupby(runs, key=lambda run: (run.edge, run.epoch))
    ]


def ledger_day(one: LedgerDay, language: Language) -> str:
    """What the centre's edges numbered on a day and what of it arrived; what did not, where something did not."""
    words = texts(language)
    text = words["ledger_day"].format(day=formats.day(one.day, language), arrived=one.arrived, numbered=one.numbered)
    told = [f"{count} {words[key]}" for key, count in (("waiting", one.in_outbox), ("missing", one.missing)) if count]
    return f"{text} ({', '.join(told)})" if told else text


def ledger_days(proofs: Iterable[Proof]) -> dict[tuple[str, str, date], LedgerDay]:
    """The ledger under some proofs, each day of a centre once: by its name, slug and day, in order."""
    found = {(proof.centre_name, proof.centre, one.day): one for proof in proofs for one in proof.ledger or ()}
    return dict(sorted(found.items()))


def quantity(line: Line, language: Language) -> str:
    """The quantity in figures; a share in percent."""
    value = line.quantity * 100 if line.unit == "share" else line.quantity
    places = 2 if value == value.quantize(_HUNDREDTH) else 4
    if line.unit != "hour" and value == value.to_integral_value():
        places = 0
    return formats.number(value, language, places)


def times(proof: Proof) -> str:
    """When it began and ended, on the clock of its centre."""
    return _times(proof.starts_at, proof.ends_at, proof.timezone)


@lru_cache(maxsize=4096)
def _times(starts_at: datetime, ends_at: datetime, timezone: str) -> str:
    zone = ZoneInfo(timezone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return f"{start.hour:02}:{start.minute:02}–{end.hour:02}:{end.minute:02}"


def document(one: DocumentReference, language: Language) -> str:
    """An earlier document with its day."""
    return texts(language)["document_of"].format(number=one.number, day=formats.day(one.issued_on, language))
