"""How wide a text is on the pages: in its typeface's widest cut with tabular figures, and never less than that."""

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

from smartwork.jobs.documents.styles import LOOKS, Style

_MM_PER_PT = 0.352778
_CLASSES = {
    0.26: " ',.:;|·\u00a0\u2009\u202f",
    0.3: "!ijl¡ıł‘’‚",
    0.34: "()/It{}fľ",
    0.39: '"-[]J“”„•‹›ťḟ',
    0.44: "*?`crsz¿ç",
    0.5: "#$0123456789S_ae~£€",
    0.535: "^bdgkopqxµðøþ",
    0.56: "+<=>FLhuvy«»×÷ħď–−",
    0.6: "EPnßđ†□",
    0.635: "BRYZ¶",
    0.67: "%CTV¼½¾",
    0.72: "ADKUX©®æĐ",
    0.76: "&GHNOQØĦŊ—…",
    0.8: "mwœ™",
    0.86: "M",
    0.92: "ÆŒ‰",
    1.02: "@W№",
}
_WIDEST = 1.3


class _Widths(dict[str, float]):
    """Width of a character in em: a letter with an accent as the letter, one that is in no class as the widest."""

    def __missing__(self, character: str) -> float:
        self[character] = found = self.get(unicodedata.normalize("NFD", character)[0], _WIDEST)
        return found


_EM = _Widths({character: width for width, characters in _CLASSES.items() for character in characters})


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
