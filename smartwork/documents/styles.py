"""How texts look on the pages: size, colour and cut of each style, and the colours of what is drawn."""

from dataclasses import astuple, dataclass
from typing import Literal

INK, SOFT, ACCENT, WARN, WHITE = "#1d2a2f", "#5f6f73", "#0e5a5a", "#a8501a", "#ffffff"
MIDDLE, LIGHT, WASH, BLUSH = "#7aa4a4", "#b7cdcd", "#f1f6f5", "#f5ebe4"
"""Of the sign, of the box to pay by, and of what is made up."""
HAIR, THIN = "#dfe6e6", "#c9d3d3"

Style = Literal[
    # of the first page
    "display", "display-2", "display-3", "brand", "receiver", "month", "fact", "fact-bold", "fact-soft", "mention",
    "main", "main-bold", "note", "owed", "owed-amount", "column", "pool", "pool-bold", "payment", "pill",
    # of the others
    "title", "aside", "head", "centre", "kind", "body", "bold", "faint", "fine", "small", "warn",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """Size in points, colour, weight and slant, as the typesetter names them."""

    size: float
    colour: str = INK
    weight: Literal["regular", "semibold"] = "regular"
    slant: Literal["normal", "italic"] = "normal"


LOOKS: dict[Style, Look] = {
    "display": Look(27, ACCENT, "semibold"),
    "display-2": Look(24, ACCENT, "semibold"),
    "display-3": Look(17, ACCENT, "semibold"),
    "brand": Look(13, weight="semibold"),
    "receiver": Look(11.5, weight="semibold"),
    "month": Look(10.5, SOFT),
    "fact": Look(9.5),
    "fact-bold": Look(9.5, weight="semibold"),
    "fact-soft": Look(9.5, SOFT),
    "mention": Look(10),
    "main": Look(10),
    "main-bold": Look(10, weight="semibold"),
    "note": Look(8.5, SOFT, slant="italic"),
    "owed": Look(11, WHITE),
    "owed-amount": Look(16, WHITE, "semibold"),
    "column": Look(8, SOFT),
    "pool": Look(9),
    "pool-bold": Look(9, ACCENT, "semibold"),
    "payment": Look(12, ACCENT, "semibold"),
    "pill": Look(7.5, WARN, "semibold"),
    "title": Look(14, ACCENT, "semibold"),
    "aside": Look(8, SOFT),
    "head": Look(7.5, SOFT),
    "centre": Look(10, ACCENT, "semibold"),
    "kind": Look(8, SOFT, slant="italic"),
    "body": Look(8.5),
    "bold": Look(8.5, weight="semibold"),
    "faint": Look(8.5, SOFT),
    "fine": Look(7),
    "small": Look(7, SOFT),
    "warn": Look(7, WARN, "semibold"),
}


def looks() -> dict[str, list[object]]:
    """All of them as the template reads them."""
    return {name: list(astuple(look)) for name, look in LOOKS.items()}
