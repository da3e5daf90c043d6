"""How wide a text is in the documents' typeface (Libertinus Serif semibold, tabular figures), to the hundredth of an em."""

from functools import lru_cache

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
    room -= _EM["…"]
    for i, character in enumerate(text):
        room -= _EM[character]
        if room < 0:
            return text[:i].rstrip(" ·,;–-") + "…"
    return text


def fit_end(text: str, size_pt: float, room_mm: float) -> str:
    """`text`, or as much of its end as has room: references differ there."""
    fitted = fit(text[::-1], size_pt, room_mm)
    return fitted[::-1]
