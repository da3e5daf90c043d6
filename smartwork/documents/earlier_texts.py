"""The texts of an XML that was issued before snapshots stated a drawing version: whoever has one compares it with these."""

from decimal import Decimal

from smartwork.documents import line_texts
from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.invoice import Line
from smartwork.domain.billing.parties import Language
from smartwork.translations import formats
from smartwork.translations.catalogue import texts

_PLAIN = ("used", "walk_in", "no_show")


def description(line: Line, language: Language) -> str:
    """The booking or check-in, or the number of visits, and the members; the line's kind if there is none."""
    reference = line_texts.reference(line)
    if len(line.visits) > 1:
        reference = texts(language).plural("visits_of_line", len(line.visits))
    members = dict.fromkeys(billed.visit.member for billed in line.visits)
    return " · ".join(part for part in (reference, *members) if part) or line.kind


def note(line: Line, language: Language) -> str:
    """The verdict and the rule, the prepaid hours used, the line that is credited, and the evidence of each visit."""
    own = " · ".join(_own(line, language))
    return " | ".join(text for text in (own, *(_evidence(billed, language) for billed in line.visits)) if text)


def _own(line: Line, language: Language) -> list[str]:
    words = texts(language)
    parts = []
    if line.kind == "beyond_pass":
        parts.append(words["of_line"].format(line=line.of_line))
    elif line.kind == "no_show":
        parts.append(f"{words['verdict_no_show']}, {words['no_show_fee']}")
    elif line.kind == "occupancy" and len(line.visits) == 1:
        billed = line.visits[0]
        verdict = words[f"verdict_{billed.visit.verdict}"]
        is_plain = billed.visit.verdict in _PLAIN and billed.basis != "given_back"
        parts.append(verdict if line.drawdowns or is_plain else f"{verdict}, {words[f'by_{billed.basis}']}")
    if line.drawdowns:
        spent = sum((draw.hours for draw in line.drawdowns), Decimal(0))
        parts.append(words["from_credits"].format(hours=formats.number(spent, language)))
    if line.corrects is not None and line.kind != "correction":
        parts.append(f"{line.corrects.number}, {words['of_line'].format(line=line.corrects.line)}")
    return [*parts, *line_texts.note(line, language)]


def _evidence(billed: BilledVisit, language: Language) -> str:
    words, visit = texts(language), billed.visit
    parts = [f"{words[f'verdict_{visit.verdict}']}, {words[f'basis_{billed.basis}']}"]
    if visit.booked_s:
        parts.append(f"{words['booked']} {formats.minutes(visit.booked_s)} min")
    parts.append(f"{words['measured']} {formats.minutes(visit.occupied_s + visit.over_s)} min")
    if visit.unknown_s:
        parts.append(f"{words['unknown']} {formats.minutes(visit.unknown_s)} min")
    return "; ".join([*parts, *line_texts.readings(billed, language)])
