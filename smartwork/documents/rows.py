"""What stands on the pages of lines and proofs: rows of a document, each of a fixed height, in the reader's language."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from smartwork.documents import labels, line_texts
from smartwork.documents.ledger_rows import ledger_section
from smartwork.documents.measure import fit, fit_end, width
from smartwork.documents.page_layout import WIDTH, Fill, Group, Section, Sheet
from smartwork.documents.styles import Style
from smartwork.domain.billing.invoice import Invoice, Line, Proof, StatementRow
from smartwork.domain.billing.parties import Language
from smartwork.domain.ledger.ledger_day import BatchRun

_AXIS_HOURS = (7, 19)
FIRST_PAGE_ROWS = 12
"""What the first page's table has room for; the detail shows the others."""
_WHAT, _REFERENCE, _TIME, _REMARK = 22.0, 46.0, 68.5, 86.0
_REMARK_ROOM = 44.0
_TIMELINE, _TIMELINE_WIDTH = 52.0, 50.0
_PROOF = _TIMELINE + _TIMELINE_WIDTH + 4
_ROW, _PROOF_ROW = 4.3, 7.7
"""Heights of a line and of a proof; headings between them are a whole number of these, so that columns stay even."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A row whose drawing is a function of the page and its top."""

    height: float
    paint: Callable[[Sheet, float], None]
    opens: bool = False

    def draw(self, sheet: Sheet, y: float) -> None:
        """Draw it with its top at `y`."""
        self.paint(sheet, y)


def sections(invoice: Invoice) -> list[Section]:
    """The detail of the lines, a centre's statement, and the annex of proofs; those of them that the document has."""
    say = labels.words(invoice.language)
    by_centre = [list(lines) for _, lines in groupby(invoice.lines, key=lambda line: line.centre)]
    proven = [[(line, proof) for line in lines for proof in line.proofs] for lines in by_centre]
    axis = _axis(proof for pairs in proven for _, proof in pairs)
    detail = Section(
        _detail_head(say, labels.month(invoice.month, invoice.language)),
        [_detail(lines, invoice, say) for lines in by_centre],
        [_total(invoice, say)],
    )
    return [
        *([detail] if not lines_on_first_page(invoice) else []),
        place_section(invoice),
        Section(_annex_head(say, axis), [_annex(pairs, say, invoice.language, axis) for pairs in proven if pairs]),
        ledger_section((proof for pairs in proven for _, proof in pairs), invoice.language),
    ]


def place_section(invoice: Invoice) -> Section:
    """What each place of a centre brought in; empty for documents to companies."""
    say = labels.words(invoice.language)
    return Section(
        _statement_head(say),
        [_statement(list(rows), say, invoice.language) for _, rows in groupby(invoice.statement, lambda row: row.kind)],
        [_statement_total(invoice, say)] if invoice.statement else [],
    )


def lines_on_first_page(invoice: Invoice) -> bool:
    """Whether the first page shows every line already, as it does for self-billed documents, which have few."""
    return invoice.is_self_billed and len(invoice.lines) <= FIRST_PAGE_ROWS


def hours(lines: Iterable[Line], language: Language) -> str:
    """The lines' hours of use added up; hours that were only bought are none."""
    used = (line.hours for line in lines if line.kind not in ("credits_bought", "overdraft"))
    return labels.number(sum(used, Decimal(0)), language)


def net(lines: Iterable[Line]) -> Decimal:
    """The lines' amounts added up."""
    return sum((line.net for line in lines), Decimal(0))


# ── The lines ─────────────────────────────────────────────────────────────────


def _detail_head(say: dict[str, str], month: str) -> Drawn:
    def paint(sheet: Sheet, y: float) -> None:
        sheet.text("title", 0, y + 7, say["detail"])
        sheet.text("aside", WIDTH, y + 7, month, "right")
        for x, key in ((8, "date"), (_WHAT, "what"), (_REFERENCE, "reference"), (_TIME, "time"), (_REMARK, "verdict")):
            sheet.text("head", x, y + 13, say[key])
        for end, key in ((140.0, "quantity"), (159.0, "price"), (WIDTH, "amount")):
            sheet.text("head", end, y + 13, say[key], "right")
        sheet.rule("strong", y + 14.6)

    return Drawn(14.8, paint, opens=True)


def _detail(lines: Sequence[Line], invoice: Invoice, say: dict[str, str]) -> Group:
    language = invoice.language
    kinds = [(kind, list(found)) for kind, found in groupby(lines, key=lambda line: line.place_kind)]
    places = len({kind for kind, _ in kinds if kind})
    rated = len(invoice.vat_totals) > 1
    rows: list[Drawn] = []
    for kind, found in kinds:
        if kind is not None and places > 1:
            rows.append(_kind(say[kind]))
        rows += [_line(line, invoice, rated=rated) for line in found]
    name = lines[0].centre_name or say["network"]
    return Group(
        _centre(name, labels.number(net(lines), language)),
        _centre(f"{name} ({say['continued']})"),
        rows,
    )


def _centre(name: str, total: str = "", height: float = 2 * _ROW) -> Drawn:
    def paint(sheet: Sheet, y: float) -> None:
        base = y + height - 2
        sheet.text("centre", 0, base, fit(name, "centre", 145))
        sheet.text("bold", WIDTH, base, total, "right")
        sheet.rule("thin", y + height - 0.2)

    return Drawn(height, paint, opens=True)


def _kind(name: str) -> Drawn:
    return Drawn(_ROW, lambda sheet, y: sheet.text("kind", 0, y + 3.4, name), opens=True)


def _line(line: Line, invoice: Invoice, *, rated: bool) -> Drawn:
    language = invoice.language
    one = line.proofs[0] if len(line.proofs) == 1 else None
    name, reference, remark = (
        line_texts.title(line, invoice),
        line_texts.reference(line, language),
        line_texts.remark(line, language),
    )
    if one is None:
        remark = " · ".join(part for part in (reference, remark) if part)
    told: Style = "body" if width(remark, "body") <= _REMARK_ROOM else "fine"
    unit = labels.words(language)[f"unit_{line.unit}"]

    def paint(sheet: Sheet, y: float) -> None:
        base = y + 3.2
        sheet.text("faint", 6, base, str(line.line), "right")
        sheet.text("body", 8, base, _days(line, language))
        if one is None:
            sheet.text("body", _WHAT, base, fit(name, "body", _REMARK - _WHAT - 1.5))
        else:
            sheet.text("body", _WHAT, base, fit(name, "body", _REFERENCE - _WHAT - 1))
            sheet.text("body", _REFERENCE, base, fit_end(reference, "body", _TIME - _REFERENCE - 1))
            sheet.text("body", _TIME, base, line_texts.times(one))
        sheet.text(told, _REMARK, base, fit(remark, told, _REMARK_ROOM))
        sheet.text("body", 140, base, line_texts.quantity(line, language), "right")
        sheet.text("small", 140.8, base, unit)
        sheet.text("body", 159, base, labels.price(line.price, language), "right")
        sheet.text("small", 160, base, line.vat_category if rated else "")
        sheet.text("body", WIDTH, base, labels.number(line.net, language), "right")

    return Drawn(_ROW, paint)


def _days(line: Line, language: Language) -> str:
    """The day of a visit or visits, else the first and last day."""
    if line.proofs or line.starts_on == line.ends_on:
        return labels.short_day(line.starts_on, language)
    return f"{line.starts_on:%d}–{line.ends_on:%d/%m}"


def _total(invoice: Invoice, say: dict[str, str]) -> Drawn:
    def paint(sheet: Sheet, y: float) -> None:
        sheet.rule("strong", y + 0.8)
        sheet.text("bold", 0, y + 5.2, say["total_net"])
        sheet.text("bold", WIDTH, y + 5.2, labels.number(invoice.net, invoice.language), "right")

    return Drawn(7.0, paint)


# ── A centre's statement ──────────────────────────────────────────────────────


def _statement_head(say: dict[str, str]) -> Drawn:
    def paint(sheet: Sheet, y: float) -> None:
        sheet.text("title", 0, y + 7, say["statement"])
        sheet.text("head", 8, y + 13, say["place"])
        for end, key in ((92.0, "visits"), (115.0, "hours"), (145.0, "of_it_credits"), (WIDTH, "net")):
            sheet.text("head", end, y + 13, say[key][:1].upper() + say[key][1:], "right")
        sheet.rule("strong", y + 14.6)

    return Drawn(14.8, paint, opens=True)


def _statement(rows: Sequence[StatementRow], say: dict[str, str], language: Language) -> Group:
    name = say[rows[0].kind]
    total = sum((row.net for row in rows), Decimal(0))
    return Group(
        _centre(name, labels.number(total, language)),
        _centre(f"{name} ({say['continued']})"),
        [_place(row, say, language) for row in sorted(rows, key=lambda row: not row.resource_name)],
    )


def _place(row: StatementRow, say: dict[str, str], language: Language) -> Drawn:
    def paint(sheet: Sheet, y: float) -> None:
        base = y + 3.2
        sheet.text("body", 8, base, fit(row.resource_name or say["no_place"], "body", 66))
        sheet.text("body", 92, base, labels.count(row.visits, language), "right")
        sheet.text("body", 115, base, labels.number(row.hours, language), "right")
        sheet.text("body", 145, base, labels.number(row.prepaid_value, language), "right")
        sheet.text("body", WIDTH, base, labels.number(row.net, language), "right")

    return Drawn(_ROW, paint)


def _statement_total(invoice: Invoice, say: dict[str, str]) -> Drawn:
    rows = invoice.statement

    def paint(sheet: Sheet, y: float) -> None:
        sheet.rule("strong", y + 0.8)
        base = y + 5.2
        sheet.text("bold", 0, base, say["total_net"])
        sheet.text("bold", 92, base, labels.count(sum(row.visits for row in rows), invoice.language), "right")
        for end, values in (
            (115, [row.hours for row in rows]),
            (145, [row.prepaid_value for row in rows]),
            (WIDTH, [row.net for row in rows]),
        ):
            sheet.text("bold", end, base, labels.number(sum(values, Decimal(0)), invoice.language), "right")

    return Drawn(7.0, paint)


# ── The proofs ────────────────────────────────────────────────────────────────


def _annex_head(say: dict[str, str], axis: tuple[int, int]) -> Drawn:
    legend: tuple[Fill, ...] = ("booked", "occupied", "vacant", "unknown", "suspect")

    def paint(sheet: Sheet, y: float) -> None:
        sheet.text("title", 0, y + 7, say["annex"])
        x = WIDTH
        for fill in reversed(legend):
            x -= width(say[fill], "aside")
            sheet.text("aside", x, y + 7, say[fill])
            sheet.bar(fill, x - 5, y + 4.9, 4, 2.1)
            x -= 8
        sheet.text("head", 8, y + 13, f"{say['date']} · {say['place']}")
        for hour in _ticks(axis):
            sheet.text("head", _x(hour, axis), y + 13, str(hour % 24), "centred")
        sheet.text("head", _PROOF, y + 13, f"{say['verdict']} · {say['ledger']}")
        sheet.text("head", WIDTH, y + 13, f"{say['measured']} / {say['booked']}", "right")
        sheet.rule("strong", y + 14.6)

    return Drawn(14.8, paint, opens=True)


def _annex(pairs: Sequence[tuple[Line, Proof]], say: dict[str, str], language: Language, axis: tuple[int, int]) -> Group:
    name = pairs[0][1].centre_name
    rows = [_proof(line.line, proof, say, language, axis) for line, proof in pairs]
    again = _centre(f"{name} ({say['continued']})", height=_PROOF_ROW)
    return Group(_centre(name, height=_PROOF_ROW), again, rows)


def _proof(number: int, proof: Proof, say: dict[str, str], language: Language, axis: tuple[int, int]) -> Drawn:
    at = _placer(proof, axis)

    booked = f" / {labels.minutes(proof.booked_s)}" if proof.booked_s else ""
    figures = f"{labels.minutes(proof.occupied_s + proof.over_s)}{booked} min"
    unknown = f"{labels.minutes(proof.unknown_s)} min {say['unknown']}" if proof.unknown_s else ""
    coverage = f"{say['coverage']} {labels.percent(proof.coverage * 100, language)}"
    late = sum(day.numbered - day.arrived for day in proof.ledger or ())
    missing = f"{late} {say['not_arrived']}" if late else ""
    taken = width(coverage, "small") + 2 + (width(missing, "small") + 2 if missing else 0)
    ledger = _ledger(proof.batches, WIDTH - _PROOF - taken) or say["no_readings"]
    day = labels.short_day(proof.day, language)
    ticks = _ticks(axis)
    step = _x(ticks[1], axis) - _x(ticks[0], axis)
    named = line_texts.named(proof)
    when = f"{line_texts.times(proof)} · "

    def paint(sheet: Sheet, y: float) -> None:
        sheet.text("faint", 6, y + 3.3, str(number), "right")
        sheet.text("body", 8, y + 3.3, day)
        sheet.text("bold", 23, y + 3.3, fit(proof.resource_name, "bold", 29))
        sheet.text("small", 8, y + 6.4, when + fit_end(named, "small", _TIMELINE - 9 - width(when, "small")))
        sheet.ticks(_x(ticks[0], axis), y + 0.4, 7, step, len(ticks))
        if proof.booked_s:
            left = at(proof.starts_at)
            sheet.bar("booked", left, y + 1.2, at(proof.ends_at) - left, 1.3)
        for span in proof.spans:
            left = at(span.start)
            sheet.bar("suspect" if span.suspect else span.state, left, y + 3.1, at(span.end) - left, 3.2)
        sheet.text("body", _PROOF, y + 3.3, say[f"verdict_{proof.verdict}"])
        sheet.text("body", WIDTH, y + 3.3, figures, "right")
        sheet.text("warn", WIDTH - width(figures, "body") - 2, y + 3.3, unknown, "right")
        sheet.text("small", WIDTH, y + 6.4, coverage, "right")
        sheet.text("warn", WIDTH - width(coverage, "small") - 2, y + 6.4, missing, "right")
        sheet.text("small", _PROOF, y + 6.4, ledger)
        sheet.rule("hair", y + 7.7)

    return Drawn(_PROOF_ROW, paint)


def _ledger(runs: tuple[BatchRun, ...], room: float) -> str:
    """The outboxes and as many of their runs of numbers as have room, and how many more there are."""
    texts = []
    for (edge, epoch), found in groupby(runs, key=lambda run: (run.edge, run.epoch)):
        numbers = [f"{run.first}–{run.last}" for run in found]
        texts += [f"{edge}/{epoch[:6]} № {numbers[0]}", *numbers[1:]]
    for shown in range(len(texts), 0, -1):
        more = f" +{len(texts) - shown}" if shown < len(texts) else ""
        text = ", ".join(texts[:shown]) + more
        if width(text, "small") <= room:
            return text
    more = f" +{len(texts) - 1}" if len(texts) > 1 else ""
    return f"№ {runs[0].first}–{runs[0].last}{more}" if runs else ""


def _axis(proofs: Iterable[Proof]) -> tuple[int, int]:
    """The hours that every timeline of the document spans, so that days compare: what was open, and more if used."""
    clocks = [
        _clock(moment, proof.day, proof.timezone)
        for proof in proofs
        for moment in (proof.starts_at, proof.ends_at, *(span.end for span in proof.spans[-1:]))
    ]
    first, last = _AXIS_HOURS
    return min(first, math.floor(min(clocks, default=first))), max(last, math.ceil(max(clocks, default=last)))


def _ticks(axis: tuple[int, int]) -> range:
    every = 2 if axis[1] - axis[0] <= 14 else 4
    return range(-(-axis[0] // every) * every, axis[1] + 1, every)


def _x(clock: float, axis: tuple[int, int]) -> float:
    share = min(1.0, max(0.0, (clock - axis[0]) / (axis[1] - axis[0])))
    return _TIMELINE + _TIMELINE_WIDTH * share


def _placer(proof: Proof, axis: tuple[int, int]) -> Callable[[datetime], float]:
    """Where an instant stands on the timeline; on the days that clocks change it goes by the wall clock."""
    zone = ZoneInfo(proof.timezone)
    last = max(proof.ends_at, proof.spans[-1].end) if proof.spans else proof.ends_at
    begun = _clock(proof.starts_at, proof.day, proof.timezone)
    if proof.starts_at.astimezone(zone).utcoffset() != last.astimezone(zone).utcoffset():
        return lambda moment: _x(_clock(moment, proof.day, proof.timezone), axis)
    first, hours, start = axis[0], axis[1] - axis[0], proof.starts_at

    def place(moment: datetime) -> float:
        share = (begun + (moment - start).total_seconds() / 3600 - first) / hours
        return _TIMELINE + _TIMELINE_WIDTH * min(1.0, max(0.0, share))

    return place


def _clock(moment: datetime, day: date, timezone: str) -> float:
    """Hours on the wall clock since that day's midnight; past 24 on the next day."""
    local = moment.astimezone(ZoneInfo(timezone))
    hours = (local.toordinal() - day.toordinal()) * 24 + local.hour
    return (hours * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6) / 3600
