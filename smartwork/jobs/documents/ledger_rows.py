"""The annex of the ledger: by centre what was numbered on the days of the proofs, and what of it had arrived."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from smartwork.domain.business import Language
from smartwork.domain.evidence import Completeness
from smartwork.domain.invoice import Proof
from smartwork.jobs.documents import describe, labels
from smartwork.jobs.documents.measure import fit
from smartwork.jobs.documents.sheets import WIDTH, Group, Section, Sheet, Style

_FIGURES = (("numbered", 78.0), ("stored", 100.0), ("rejected", 120.0), ("waiting", 152.0), ("missing", WIDTH))
_WANTING = ("waiting", "missing")


@dataclass(frozen=True, slots=True)
class _Head:
    """The title over the columns."""

    say: dict[str, str]
    height: float = 14.8
    opens: bool = True

    def draw(self, sheet: Sheet, y: float) -> None:
        sheet.text("title", 0, y + 7, self.say["ledger_title"])
        sheet.text("head", 0, y + 13, self.say["centre"])
        for key, end in _FIGURES:
            sheet.text("head", end, y + 13, self.say[key], "right")
        sheet.rule("strong", y + 14.6)


@dataclass(frozen=True, slots=True)
class _Row:
    """A centre's days in sum, or one day of it that is not whole."""

    name: str
    days: Sequence[Completeness]
    language: Language
    style: Style
    indent: float = 0.0
    height: float = 4.6
    opens: bool = False

    def draw(self, sheet: Sheet, y: float) -> None:
        sheet.text(self.style, self.indent, y + 3.3, fit(self.name, 8.5, 56))
        for key, end in _FIGURES:
            figure = sum(getattr(day, key) for day in self.days)
            style: Style = "warn" if key in _WANTING and figure else "body"
            sheet.text(style, end, y + 3.3, labels.count(figure, self.language), "right")
        sheet.rule("hair", y + 4.6)


@dataclass(frozen=True, slots=True)
class _Note:
    """What the figures count."""

    text: str
    height: float = 5.0
    opens: bool = False

    def draw(self, sheet: Sheet, y: float) -> None:
        sheet.text("small", 0, y + 4, self.text)


def ledger_section(proofs: Iterable[Proof], language: Language) -> Section:
    """A row for each centre, and one for each of its days on which something had not arrived; empty without a ledger."""
    say = labels.words(language)
    days = describe.ledger_days(proofs)
    groups = [_centre([days[key] for key in keys], name, say, language) for (name, _), keys in groupby(days, _of_centre)]
    return Section(_Head(say), groups, [_Note(say["ledger_note"])] if groups else [])


def _of_centre(key: tuple[str, str, date]) -> tuple[str, str]:
    return key[:2]


def _centre(days: Sequence[Completeness], name: str, say: dict[str, str], language: Language) -> Group:
    count = f"{len(days)} {say['days' if len(days) > 1 else 'one_day']}"
    wanting = [_Row(labels.short_day(day.day, language), [day], language, "body", 4.0) for day in days if not day.is_whole]
    row = _Row(f"{name}, {count}", days, language, "bold", opens=bool(wanting))
    return Group(row, row, wanting)
