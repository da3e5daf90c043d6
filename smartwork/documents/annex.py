"""The annex, as texts and fractions of a time axis: the evidence of every visit, and the ledger of the days it touches."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from smartwork.documents import line_texts
from smartwork.documents.character_set import for_column, shortened
from smartwork.documents.line_explanations import hours_text
from smartwork.documents.line_pages import CENTRE_NAME, PLACE_NAME
from smartwork.documents.text_width import BODY_SIZE, SMALL_SIZE, width
from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Language
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.translations import formats
from smartwork.translations.catalogue import Texts, texts

Axis = tuple[int, int]
"""First and last hour of the time axis, on the centre's clock; hours past 24 are of the next day."""

Stretch = tuple[float, float]
"""Start and end of a bar, as fractions of the axis."""

_AXIS: Axis = (7, 19)
_OUTBOX = 40
_EPOCH_DIGITS = 6
_LEDGER_FIGURES = ("numbered", "stored", "rejected", "waiting", "missing")
_NOT_ARRIVED = ("waiting", "missing")
_PLACE_ROOM, _REFERENCE_ROOM, _RIGHT_ROOM = 31.9, 46.9, 66.9
"""Room in mm for a place after the date, for a reference after the time, and for the texts at the right of the drawing."""
_GAP = 2.5
"""Room in mm between two texts of a line."""


def visits_section(invoice: Invoice) -> dict[str, Any] | None:
    """What was booked and measured for every visit, by centre; None if no line rests on a visit."""
    words = texts(invoice.language)
    by_centre = [
        [(line, billed) for line in lines for billed in line.visits]
        for _, lines in groupby(invoice.lines, lambda line: line.centre)
    ]
    groups = [pairs for pairs in by_centre if pairs]
    if not groups:
        return None
    axis = _axis(billed for pairs in groups for _, billed in pairs)
    return {
        "kind": "visits",
        "title": words["annex"],
        "legend": [[state, words[state]] for state in ("booked", "occupied", "vacant", "unknown", "suspect")],
        "heads": [
            f"{words['date']} · {words['place']}",
            f"{words['verdict']} · {words['ledger']}",
            f"{words['measured']} / {words['booked']} = {words['charged']}",
        ],
        "ticks": [[str(hour % 24), _fraction(hour, axis)] for hour in _ticks(axis)],
        "groups": [
            {
                "name": shortened(pairs[0][1].visit.centre_name, CENTRE_NAME),
                "rows": [_visit(line.line, billed, words, invoice.language, axis) for line, billed in pairs],
            }
            for pairs in groups
        ],
    }


def _visit(number: int, billed: BilledVisit, words: Texts, language: Language, axis: Axis) -> dict[str, Any]:
    """A visit; `booked` and, by state, `spans` are bars on the time axis."""
    fraction = _fractions(billed, axis)
    over = f" + {formats.clock_minutes(billed.visit.over_s)}" if billed.visit.over_s else ""
    booked = f" / {formats.clock_minutes(billed.visit.booked_s)}" if billed.visit.booked_s else ""
    measured = f"{formats.clock_minutes(billed.visit.occupied_s)}{over}{booked}"
    not_arrived = sum(day.numbered - day.arrived for day in billed.visit.ledger or ())
    spans: dict[str, list[Stretch]] = defaultdict(list)
    for span in billed.visit.spans:
        spans["suspect" if span.suspect else span.state].append((fraction(span.start), fraction(span.end)))
    row: dict[str, Any] = {
        "line": str(number),
        "date": formats.short_day(billed.day, language),
        "place": for_column(shortened(billed.visit.resource_name, PLACE_NAME)),
        "time": line_texts.times(billed),
        "reference": line_texts.named(billed),
        "verdict": words[f"verdict_{billed.visit.verdict}"],
        "measured": f"{measured} min = {hours_text(billed.hours, language)}",
        "unknown": f"{formats.clock_minutes(billed.visit.unknown_s)} min {words['unknown']}"
        if billed.visit.unknown_s
        else "",
        "coverage": f"{words['coverage']} {formats.percent(billed.coverage * 100, language)}",
        "missing": words.plural("readings_not_arrived", not_arrived) if not_arrived else "",
        **_runs(billed.visit.batches, words),
        "booked": _dashes([(fraction(billed.visit.starts_at), fraction(billed.visit.ends_at))])
        if billed.visit.booked_s
        else None,
        "spans": {state: _dashes(stretches) for state, stretches in spans.items()},
    }
    outbox, numbers = str(row.pop("outbox")), str(row["numbers"])
    verdict_width = width(str(row["verdict"]), BODY_SIZE) + width(str(row["measured"]), BODY_SIZE)
    upper = verdict_width + width(str(row["unknown"]), SMALL_SIZE) + 2 * _GAP
    lower = sum(width(str(row[key]), SMALL_SIZE) + _GAP for key in ("numbers", "missing", "coverage"))
    if lower + width(f"{outbox} ", SMALL_SIZE) <= _RIGHT_ROOM:
        row["numbers"] = f"{outbox} {numbers}"
    row["fits"] = (
        width(str(row["place"]), BODY_SIZE) <= _PLACE_ROOM
        and width(f"{row['time']} · {row['reference']}", SMALL_SIZE) <= _REFERENCE_ROOM
        and max(upper, lower) <= _RIGHT_ROOM
    )
    return row


def _dashes(stretches: Sequence[Stretch]) -> list[float]:
    """Where the first bar starts, then the lengths of bars and of the gaps between them, in turn."""
    dashes, at = [stretches[0][0]], stretches[0][0]
    for start, end in stretches:
        dashes += [round(start - at, 5), round(end - start, 5)] if len(dashes) > 1 else [round(end - start, 5)]
        at = end
    return dashes


def _runs(runs: Sequence[BatchRun], words: Texts) -> dict[str, str]:
    """The first run of numbers, its outbox, and how many more runs there are; the evidence file lists them all."""
    if not runs:
        return {"outbox": "", "numbers": words["no_readings"]}
    first = runs[0]
    more = f" +{len(runs) - 1}" if len(runs) > 1 else ""
    outbox = f"{shortened(first.edge, _OUTBOX)}/{first.epoch[:_EPOCH_DIGITS]}"
    return {"outbox": outbox, "numbers": f"№ {first.first}–{first.last}{more}"}


def _axis(visits: Iterable[BilledVisit]) -> Axis:
    """The hours that every drawing of the document shows, so that days compare: 7 to 19, and more if used."""
    clocks = [
        _clock(moment, billed.day, billed.visit.timezone)
        for billed in visits
        for moment in (billed.visit.starts_at, billed.visit.ends_at, *(span.end for span in billed.visit.spans[-1:]))
    ]
    first, last = _AXIS
    return min(first, math.floor(min(clocks, default=first))), max(last, math.ceil(max(clocks, default=last)))


def _ticks(axis: Axis) -> range:
    every = 2 if axis[1] - axis[0] <= 14 else 4
    return range(-(-axis[0] // every) * every, axis[1] + 1, every)


def _fraction(clock: float, axis: Axis) -> float:
    return round(min(1.0, max(0.0, (clock - axis[0]) / (axis[1] - axis[0]))), 5)


def _fractions(billed: BilledVisit, axis: Axis) -> Callable[[datetime], float]:
    """Where an instant lies on the axis. On days on which clocks change, the local clock counts."""
    zone = ZoneInfo(billed.visit.timezone)
    last = max(billed.visit.ends_at, billed.visit.spans[-1].end) if billed.visit.spans else billed.visit.ends_at
    if billed.visit.starts_at.astimezone(zone).utcoffset() != last.astimezone(zone).utcoffset():
        return lambda moment: _fraction(_clock(moment, billed.day, billed.visit.timezone), axis)
    # Without a change of clocks, one conversion a visit is enough.
    began, start = _clock(billed.visit.starts_at, billed.day, billed.visit.timezone), billed.visit.starts_at
    return lambda moment: _fraction(began + (moment - start).total_seconds() / 3600, axis)


def _clock(moment: datetime, day: date, timezone: str) -> float:
    """Hours on the local clock since that day's midnight; past 24 on the next day."""
    local = moment.astimezone(ZoneInfo(timezone))
    hours = (local.toordinal() - day.toordinal()) * 24 + local.hour
    return (hours * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6) / 3600


def ledger_section(invoice: Invoice) -> dict[str, Any] | None:
    """A row for each centre, then one for each of its days on which readings had not arrived; None without a ledger."""
    words = texts(invoice.language)
    days = line_texts.ledger_days(billed for line in invoice.lines for billed in line.visits)
    if not days:
        return None
    return {
        "kind": "ledger",
        "title": words["ledger_title"],
        "heads": [words[key] for key in ("centre", "days", *_LEDGER_FIGURES)],
        "groups": [
            _ledger_centre(name, [days[key] for key in keys], invoice.language)
            for (name, _), keys in groupby(days, lambda key: key[:2])
        ],
        "note": words["ledger_note"],
    }


def _ledger_centre(name: str, days: Sequence[LedgerDay], language: Language) -> dict[str, Any]:
    incomplete = [day for day in days if not day.is_complete]
    return {
        "centre": [shortened(name, PLACE_NAME), str(len(days)), *_ledger_figures(days, language)],
        "days": [[formats.short_day(day.day, language), "", *_ledger_figures([day], language)] for day in incomplete],
    }


def _ledger_figures(days: Sequence[LedgerDay], language: Language) -> list[Any]:
    """Readings by what became of them; a count of readings that had not arrived is marked."""
    cells: list[Any] = []
    for key in _LEDGER_FIGURES:
        figure = sum(day.in_outbox if key == "waiting" else getattr(day, key) for day in days)
        text = formats.count(figure, language)
        cells.append({"warn": text} if key in _NOT_ARRIVED and figure else text)
    return cells
