"""What a line is called, in the reader's language: the same words on the page, in the XML and in the CSV."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from smartwork.documents import labels
from smartwork.domain.billing.invoice import DocumentReference, Invoice, Line, Proof
from smartwork.domain.billing.parties import Language
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay

_PLAIN = ("used", "walk_in", "no_show")
_HUNDREDTH = Decimal("0.01")


def name(line: Line, language: Language) -> str:
    """What was supplied, without dates and references."""
    say = labels.words(language)
    kind = f" ({say[line.place_kind].lower()})" if line.place_kind and line.unit != "seat" else ""
    match line.kind:
        case "pass":
            return say[f"pass_{line.unit}"]
        case "credits_bought" | "overdraft":
            return say[line.kind] + kind
        case "correction":
            return correction(line, language)
        case "settlement":
            return say[f"settlement_{line.unit}"] + kind
        case "occupancy" | "beyond_pass" | "no_show":
            return ", ".join(dict.fromkeys(proof.resource_name for proof in line.proofs)) or say["beyond_pass"]


def title(line: Line, invoice: Invoice) -> str:
    """The name, with the month where what a centre is owed is about another than the document's."""
    named = name(line, invoice.language)
    if line.kind != "settlement" or line.starts_on >= invoice.starts_on:
        return named
    return f"{named}, {labels.month(line.starts_on, invoice.language)}"


def correction(line: Line, language: Language) -> str:
    """Which line of which document it gives back; empty where it gives nothing back."""
    if line.corrects is None:
        return ""
    return labels.words(language)["correction"].format(line=line.corrects.line, number=line.corrects.number)


def remark(line: Line, language: Language) -> str:
    """The verdict and the rule where they say more than the name, hours that credits paid, and what it gives back."""
    say = labels.words(language)
    parts = []
    if line.kind == "beyond_pass":
        parts.append(say["of_line"].format(line=line.of_line))
    elif line.kind == "no_show":
        parts.append(f"{say['verdict_no_show']}, {say['no_show_fee']}")
    elif line.kind == "occupancy" and len(line.proofs) == 1:
        proof = line.proofs[0]
        parts.append(say[f"verdict_{proof.verdict}"] if line.drawdowns else _verdict(proof, say))
    if line.drawdowns:
        spent = sum((draw.hours for draw in line.drawdowns), Decimal(0))
        parts.append(say["from_credits"].format(hours=labels.number(spent, language)))
    if line.corrects is not None and line.kind != "correction":
        parts.append(f"{line.corrects.number}, {say['of_line'].format(line=line.corrects.line)}")
    return " · ".join(parts)


def _verdict(proof: Proof, say: dict[str, str]) -> str:
    verdict = say[f"verdict_{proof.verdict}"]
    if proof.verdict in _PLAIN and proof.basis != "given_back":
        return verdict
    return f"{verdict}, {say[f'by_{proof.basis}']}"


def reference(line: Line, language: Language) -> str:
    """The booking or check-in of a line with one proof, how many visits of one with more, the order of a purchase."""
    if len(line.proofs) == 1:
        return named(line.proofs[0])
    if line.proofs:
        return f"{len(line.proofs)} {labels.words(language)['visits']}"
    return (line.label or "") if line.kind == "credits_bought" else ""


def named(proof: Proof) -> str:
    """The booking, or the check-in where there was none."""
    return proof.booking or proof.check_in or "–"


def evidence(proof: Proof, language: Language) -> str:
    """A proof in one sentence: verdict, rule, minutes, coverage, and the ledger's numbers."""
    say = labels.words(language)
    parts = [f"{say[f'verdict_{proof.verdict}']}, {say[f'basis_{proof.basis}']}"]
    if proof.booked_s:
        parts.append(f"{say['booked']} {labels.minutes(proof.booked_s)} min")
    parts.append(f"{say['measured']} {labels.minutes(proof.occupied_s + proof.over_s)} min")
    if proof.unknown_s:
        parts.append(f"{say['unknown']} {labels.minutes(proof.unknown_s)} min")
    parts.append(f"{say['coverage']} {labels.percent(proof.coverage * 100, language, 1)}")
    parts.append(f"{say['ledger'].lower()} {'; '.join(ledger(proof.batches)) or say['no_readings']}")
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
    say = labels.words(language)
    text = say["ledger_day"].format(day=labels.day(one.day, language), arrived=one.arrived, numbered=one.numbered)
    told = [f"{count} {say[key]}" for key, count in (("waiting", one.in_outbox), ("missing", one.missing)) if count]
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
    return labels.number(value, language, places)


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
    return labels.words(language)["document_of"].format(number=one.number, day=labels.day(one.issued_on, language))
