"""How wide a text is on the pages: in its typeface's widest cut with tabular figures, and never less than that."""

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

from smartwork.documents.styles import LOOKS, Style

_MM_PER_PT = 0.352778
_HUNDREDTHS = {
    13: "\u2009",
    16: "\u202f",
    19: "·",
    22: "'|¦",
    24: ":;",
    25: " ,.\xa0",
    27: "°‘’",
    29: "!ijl¡ıł",
    30: "f",
    31: "{}ªſ",
    32: "()\\",
    33: "/tŧẛ",
    34: "I²³´¹ľḟ",
    35: "º•",
    36: "-",
    37: '"‹›',
    38: "[]ť“”„",
    40: "`s¨¯ŀ",
    41: "r",
    42: "J",
    44: "*?cz¿",
    47: "#$e¢£¤¥€",
    48: "~§",
    49: "0123456789S_a",
    51: "bg",
    52: "^qðø",
    53: "dkopµđŋ",
    54: "FLvx¸þĸĿŁ",
    55: "+<=>huy±×÷ħĳ–−",
    56: "«»",
    57: "Enďŉ",
    58: "Pß□",
    59: "Þ†",
    60: "¬Ŧ",
    61: "R¶",
    62: "B",
    63: "Z",
    64: "%Y",
    65: "T",
    66: "¼½¾Ĳ",
    67: "CV",
    70: "AK©®",
    71: "UX",
    72: "DÐæĐ",
    73: "&GŊ",
    74: "NOQØ",
    75: "HĦ—…",
    79: "w",
    80: "mœ™",
    86: "M",
    87: "Œ",
    91: "Æ",
    92: "‰",
    93: "№",
    99: "@",
    102: "W",
}
"""Hundredths of an em, and the characters that are as wide in the widest cut, as the typesetter says (see the tests)."""
_WIDEST = 1.3


class _Widths(dict[str, float]):
    """Width of a character in em: a letter with an accent as the letter, one that is in no class as the widest."""

    def __missing__(self, character: str) -> float:
        self[character] = found = self.get(unicodedata.normalize("NFD", character)[0], _WIDEST)
        return found


_EM = _Widths({one: hundredths / 100 for hundredths, characters in _HUNDREDTHS.items() for one in characters})


@lru_cache(maxsize=4096)
def width(text: str, style: Style) -> float:
    """Width of `text` in millimetres, never less than the typesetter finds."""
    return sum(map(_EM.__getitem__, text)) * _em(style)


def fit(text: str, style: Style, room_mm: float) -> str:
    """`text`, or as much of it as has room, with an ellipsis."""
    room = room_mm / _em(style)
    if len(text) * _WIDEST <= room or width(text, style) <= room_mm:
        return text
    ends = list(accumulate(map(_EM.__getitem__, text)))
    return text[: bisect_right(ends, room - _EM["…"])].rstrip(" ·,;–-") + "…"


def fit_end(text: str, style: Style, room_mm: float) -> str:
    """`text`, or as much of its end as has room: references differ there."""
    fitted = fit(text[::-1], style, room_mm)
    return fitted[::-1]


def wrap(text: str, style: Style, room_mm: float) -> list[str]:
    """`text` in as many lines as it needs, broken at blanks, and within a word too long for a line; nothing is lost."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}" if line else word
            if width(longer, style) <= room_mm:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _chopped(word, style, room_mm)
            lines += full
        lines.append(line)
    return lines


def _chopped(word: str, style: Style, room_mm: float) -> list[str]:
    pieces = []
    while width(word, style) > room_mm:
        at = bisect_right(list(accumulate(map(_EM.__getitem__, word))), room_mm / _em(style))
        pieces.append(word[: max(at, 1)])
        word = word[max(at, 1) :]
    return [*pieces, word]


def _em(style: Style) -> float:
    return LOOKS[style].size * _MM_PER_PT
