"""Cards and tables as HTML for any width; all texts are escaped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from dashboard.format import percent

Mood = Literal["", "good", "bad"]


@dataclass(frozen=True, slots=True)
class Card:
    """A figure with its name and a note."""

    label: str
    figure: str
    note: str = ""
    mood: Mood = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece of HTML that is already safe."""

    html: str


Cell = str | Raw


@dataclass(frozen=True, slots=True)
class HtmlColumn:
    """A column of a table; kind `n` aligns numbers right."""

    title: str
    kind: Literal["", "n", "name", "wrap", "n alarm"] = ""


def cards(figures: Iterable[Card]) -> str:
    """Cards in rows, as many in a row as fit."""
    shown = list(figures)
    return (
        f'<div class="sw-cards{" many" if len(shown) > 6 else ""}">'
        + "".join(
            f'<div class="sw-card {card.mood}"><b>{escape(card.label)}</b><strong>{escape(card.figure)}</strong>'
            f"<span>{escape(card.note)}</span></div>"
            for card in shown
        )
        + "</div>"
    )


def table(columns: Sequence[HtmlColumn], rows: Iterable[tuple[Mood, Sequence[Cell]]]) -> str:
    """A table that scrolls sideways if it is too wide; the mood of a row colours it."""
    head = "".join(f'<th class="{column.kind}">{escape(column.title)}</th>' for column in columns)
    body = "".join(
        f'<tr class="{mood}">'
        + "".join(
            f'<td class="{column.kind}">{cell.html if isinstance(cell, Raw) else escape(cell)}</td>'
            for column, cell in zip(columns, cells, strict=True)
        )
        + "</tr>"
        for mood, cells in rows
    )
    return f'<div class="sw-scroll"><table class="sw-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def bar(share: float | None) -> Raw:
    """A share of one as a bar with its figure."""
    wide = 100 * min(1.0, max(0.0, share or 0.0))
    return Raw(f'<span class="sw-bar"><i><u style="width:{wide:.0f}%"></u></i><em>{percent(share)}</em></span>')


def tag(text: str, mood: Mood = "") -> Raw:
    """A short word in a pill."""
    return Raw(f'<span class="sw-tag {mood}">{escape(text)}</span>')


def two_lines(text: str, below: str) -> Raw:
    """A text with a smaller one below."""
    return Raw(f"{escape(text)}<br><small>{escape(below)}</small>")
