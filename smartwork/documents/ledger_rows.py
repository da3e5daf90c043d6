"""The annex of the ledger: by centre what was numbered on the days of the proofs, and what of it had arrived."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from smartwork.documents import labels, line_texts
from smartwork.documents.measure import fit
from smartwork.documents.page_layout import WIDTH, Group, Section
from smartwork.documents.page_table import Cell, Cells, Heads, Note
from smartwork.documents.styles import Style
from smartwork.domain.billing.invoice import Proof
from smartwork.domain.billing.parties import Language
from smartwork.domain.ledger.ledger_day import LedgerDay

_NAME, _DAYS = 66.0, 76.0
_FIGURES = (("numbered", 93.0), ("stored", 110.0), ("rejected", 125.0), ("waiting", 156.0), ("missing", WIDTH))
_WANTING = ("waiting", "missing")


def ledger_section(proofs: Iterable[Proof], language: Language) -> Section:
    """A row for each centre, and one for each of its days on which something had not arrived; empty without a ledger."""
    say = labels.words(language)
    days = line_texts.ledger_days(proofs)
    groups = [_centre([days[key] for key in keys], name, language) for (name, _), keys in groupby(days, _of_centre)]
    heads = Heads(
        say["ledger_title"],
        ((0, say["centre"], "left"), (_DAYS, say["days"], "right"), *((end, say[key], "right") for key, end in _FIGURES)),
    )
    return Section(heads, groups, [Note(say["ledger_note"])] if groups else [])


def _of_centre(key: tuple[str, str, date]) -> tuple[str, str]:
    return key[:2]


def _centre(days: Sequence[LedgerDay], name: str, language: Language) -> Group:
    wanting = [
        Cells((("body", 4, labels.short_day(day.day, language), "left"), *_figures([day], language)))
        for day in days
        if not day.is_complete
    ]
    named: Cell = ("bold", 0, fit(name, "bold", _NAME), "left")
    row = Cells((named, ("body", _DAYS, str(len(days)), "right"), *_figures(days, language)), opens=bool(wanting))
    return Group(row, row, wanting)


def _figures(days: Sequence[LedgerDay], language: Language) -> list[Cell]:
    found: list[Cell] = []
    for key, end in _FIGURES:
        figure = sum(day.in_outbox if key == "waiting" else getattr(day, key) for day in days)
        style: Style = "warn" if key in _WANTING and figure else "body"
        found.append((style, end, labels.count(figure, language), "right"))
    return found
