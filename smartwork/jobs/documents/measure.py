"""How wide a text is in the documents' typeface (Libertinus Serif semibold, tabular figures), to the hundredth of an em."""

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

_MM_PER_PT = 0.352778
_CLASSES = {
    0.26: ".,:;'’|!· \u00a0\u202f",
    0.33: "ijlft/()Iïî",
    0.39: "-[]Jsr",
    0.44: "zcç",
    0.49: "aeàâéèêëS0123456789€#",
    0.55: "bcdghknopquvxyôöûüùñEFLP+<>–=−×½",
    0.63: "TRBZY%",
    0.7: "ACDKNUVXÉÈÀ",
    0.76: "GHOQw—…&æÖÜ",
}
_WIDEST = 1.0


class _Widths(dict[str, float]):
    """Width of a character in em; one that is in no class counts as the widest."""

    def __missing__(self, character: str) -> float:
        return _WIDEST


_EM = _Widths({character: width for width, characters in _CLASSES.items() for character in characters})


@lru_cache(maxsize=4096)
def width_mm(text: str, size_pt: float) -> float:
    """Width of `text` in millimetres at `size_pt` points, never less than the typesetter finds."""
    return sum(map(_EM.__getitem__, text)) * size_pt * _MM_PER_PT


def fit(text: str, size_pt: float, room_mm: float) -> str:
    """`text`, or as much of it as has room, with an ellipsis."""
    room = room_mm / (size_pt * _MM_PER_PT)
    if len(text) * _WIDEST <= room or width_mm(text, size_pt) <= room_mm:
        return text
    ends = list(accumulate(map(_EM.__getitem__, text)))
    return text[: bisect_right(ends, room - _EM["…"])].rstrip(" ·,;–-") + "…"


def fit_end(text: str, size_pt: float, room_mm: float) -> str:
    """`text`, or as much of its end as has room: references differ there."""
    fitted = fit(text[::-1], size_pt, room_mm)
    return fitted[::-1]


def wrap(text: str, size_pt: float, room_mm: float) -> list[str]:
    """`text` in as many lines as it needs, broken at blanks, and within a word too long for a line; nothing is lost."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}" if line else word
            if width_mm(longer, size_pt) <= room_mm:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _chopped(word, size_pt, room_mm)
            lines += full
        lines.append(line)
    return lines


def _chopped(word: str, size_pt: float, room_mm: float) -> list[str]:
    pieces = []
    while width_mm(word, size_pt) > room_mm:
        at = bisect_right(list(accumulate(map(_EM.__getitem__, word))), room_mm / (size_pt * _MM_PER_PT))
        pieces.append(word[: max(at, 1)])
        word = word[max(at, 1) :]
    return [*pieces, word]
