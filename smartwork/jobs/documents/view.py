"""What the page shows, as text in the reader's language: the template lays out and decides nothing."""

import math
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from itertools import groupby
from zoneinfo import ZoneInfo

import segno.helpers

from smartwork.domain.business import Language
from smartwork.domain.evidence import BatchRun
from smartwork.domain.invoice import Invoice, Line, Party, structured
from smartwork.jobs.documents import labels
from smartwork.jobs.documents.ubl import minutes

View = dict[str, object]
_AXIS_HOURS = (7, 19)
_RUNS_SHOWN = 2


def view(invoice: Invoice) -> View:
    """The invoice as the template wants it: JSON values, all figures formatted."""
    language = invoice.language
    say = labels.words(language)
    axis = _axis(invoice.lines)
    centres = [list(lines) for _, lines in groupby(invoice.lines, key=lambda line: line.centre)]
    return {
        "say": say,
        "language": language,
        "demo": say["demo"] if invoice.is_demo else None,
        "number": invoice.number,
        "month": labels.month(invoice.month, language),
        "seller": _party(invoice.seller),
        "buyer": _party(invoice.buyer),
        "facts": [
            [say["number"], invoice.number],
            [say["issued_on"], labels.day(invoice.issued_on, language)],
            [
                say["period"],
                f"{labels.day(invoice.starts_on, language)} – {labels.day(invoice.ends_on, language)}",
            ],
            [say["your_reference"], invoice.buyer_reference],
        ],
        "summary": [
            [lines[0].centre_name, str(len(lines)), _hours(lines, language), labels.euro(_net(lines), language)]
            for lines in centres
        ],
        "summary_total": [str(len(invoice.lines)), _hours(invoice.lines, language), labels.euro(invoice.net, language)],
        "vat": [
            [
                f"{say['vat']} {labels.number(total.rate, language, 0)} %",
                labels.euro(total.base, language),
                labels.euro(total.vat, language),
            ]
            for total in invoice.vat_totals
        ],
        "net_figure": labels.number(invoice.net, language),
        "gross": labels.euro(invoice.gross, language),
        "due_on": labels.day(invoice.due_on, language),
        "terms": say["terms"].format(days=invoice.payment_days, due=labels.day(invoice.due_on, language)),
        "iban": _fours(invoice.seller.iban or ""),
        "reference": structured(invoice.payment_reference),
        "qr": _qr(invoice),
        "centres": [_centre(lines, language) for lines in centres],
        "axis": {"from": axis[0], "to": axis[1]},
        "annex": [_proofs(lines, language, axis) for lines in centres],
        "doubtful": any(line.doubtful for line in invoice.lines),
    }


def _party(party: Party) -> View:
    number = party.enterprise_number
    return {
        "name": party.name,
        "street": party.street,
        "town": f"{party.country}-{party.postcode} {party.town}",
        "vat": f"{party.country} {number[:4]}.{number[4:7]}.{number[7:]}",
    }


def _centre(lines: list[Line], language: Language) -> View:
    say = labels.words(language)
    kinds = [(say[kind], list(found)) for kind, found in groupby(lines, key=lambda line: line.kind)]
    return {
        "name": lines[0].centre_name,
        "hours": _hours(lines, language),
        "net": labels.number(_net(lines), language),
        "kinds": [{"name": name, "rows": [_row(line, language) for line in found]} for name, found in kinds],
    }


def _row(line: Line, language: Language) -> list[str]:
    say = labels.words(language)
    verdict, basis = say[f"verdict_{line.verdict}"], say[f"basis_{line.basis}"]
    return [
        str(line.line),
        labels.short_day(line.day, language),
        line.resource_name,
        line.booking or line.check_in or "–",
        _times(line),
        verdict if line.verdict in ("used", "walk_in") and line.basis != "given_back" else f"{verdict}, {basis}",
        labels.number(line.hours, language, 2 if line.hours == line.hours.quantize(Decimal("0.01")) else 4),
        labels.price(line.per_hour, language),
        labels.number(line.net, language),
    ]


def _proofs(lines: list[Line], language: Language, axis: tuple[int, int]) -> View:
    return {"name": lines[0].centre_name, "rows": [_proof(line, language, axis) for line in lines]}


def _proof(line: Line, language: Language, axis: tuple[int, int]) -> View:
    say = labels.words(language)

    def at(moment: datetime) -> float:
        return round(_share(_clock(moment, line.day, line.timezone), axis), 4)

    booked = f" / {minutes(line.booked_s)}" if line.booked_s else ""
    unknown = f"{minutes(line.unknown_s)} min {say['unknown']}"
    return {
        "line": str(line.line),
        "day": labels.short_day(line.day, language),
        "place": line.resource_name,
        "named": line.booking or line.check_in or "–",
        "times": _times(line),
        "verdict": say[f"verdict_{line.verdict}"],
        "booked": [at(line.starts_at), at(line.ends_at)] if line.booked_s else None,
        "spans": [[at(s.start), at(s.end), "suspect" if s.suspect else s.state] for s in line.spans],
        "figures": f"{minutes(line.occupied_s + line.over_s)}{booked} min",
        "unknown": unknown if line.unknown_s else None,
        "coverage": f"{labels.number(line.coverage * 100, language, 0)} %",
        "ledger": _ledger(line.batches) or [say["no_readings"]],
    }


def _ledger(runs: tuple[BatchRun, ...]) -> list[str]:
    """One text for each outbox: its name, the first runs of numbers, and how many more there are."""
    texts = []
    for (edge, epoch), found in groupby(runs, key=lambda run: (run.edge, run.epoch)):
        numbers = [f"{run.first}–{run.last}" for run in found]
        more = f" +{len(numbers) - _RUNS_SHOWN}" if len(numbers) > _RUNS_SHOWN else ""
        texts.append(f"{edge}/{epoch[:6]} № {', '.join(numbers[:_RUNS_SHOWN])}{more}")
    return texts


def _axis(lines: Iterable[Line]) -> tuple[int, int]:
    """The hours that every timeline of the document spans, so that days compare: what was open, and more if used."""
    clocks = [
        _clock(moment, line.day, line.timezone)
        for line in lines
        for moment in (line.starts_at, line.ends_at, *(span.end for span in line.spans[-1:]))
    ]
    return min(_AXIS_HOURS[0], math.floor(min(clocks))), max(_AXIS_HOURS[1], math.ceil(max(clocks)))


def _clock(moment: datetime, day: date, timezone: str) -> float:
    """Hours on the wall clock since that day's midnight; past 24 on the next day."""
    local = moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return (local - datetime.combine(day, time())).total_seconds() / 3600


def _share(clock: float, axis: tuple[int, int]) -> float:
    return min(1.0, max(0.0, (clock - axis[0]) / (axis[1] - axis[0])))


def _times(line: Line) -> str:
    zone = ZoneInfo(line.timezone)
    return f"{line.starts_at.astimezone(zone):%H:%M}–{line.ends_at.astimezone(zone):%H:%M}"


def _hours(lines: Iterable[Line], language: Language) -> str:
    return labels.number(sum((line.hours for line in lines), Decimal(0)), language)


def _net(lines: Iterable[Line]) -> Decimal:
    return sum((line.net for line in lines), Decimal(0))


def _fours(iban: str) -> str:
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


def _qr(invoice: Invoice) -> str | None:
    """The EPC code that a banking app scans (SVG), or None where nothing is to be paid."""
    if not invoice.gross or invoice.seller.iban is None:
        return None
    code = segno.helpers.make_epc_qr(
        name=invoice.seller.name,
        iban=invoice.seller.iban,
        amount=invoice.gross,
        reference=invoice.payment_reference,
    )
    out = BytesIO()
    code.save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
