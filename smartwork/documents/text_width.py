"""How wide a text is at most on a page, so that the typesetter need not measure rows whose texts surely stand on one line.

The template gives such rows a fixed height, which is laid out in half the time.
"""

from functools import lru_cache

BODY_SIZE, SMALL_SIZE = 8.5, 7.0
"""Sizes of type in points; styles.typ has the same."""
_MM_PER_POINT = 0.3528
_CLASSES = {
    "\u200b": 0.0,
    " ": 0.25,
    "'|,.:;lij!()ft/I-·’\xa0": 0.36,
    "0123456789ceasrzéèêëàâç": 0.49,
    "bdghknopquvxyFSJôöûüùñ–": 0.57,
    "LPERBYZ": 0.66,
    "wmACDGHKNOQTUVX&%…—": 0.81,
    "MW@№": 1.05,
}
"""Letters by the most that they are wide, regular or semibold, in units of the type size, with
room for pairs of letters with more space between them."""
_WIDEST = 1.3
_WIDTHS = {letter: most for letters, most in _CLASSES.items() for letter in letters}


@lru_cache(maxsize=8192)
def width(text: str, size: float) -> float:
    """The most mm that `text` is wide in type of `size` points, regular or semibold.

    Letters without a class count as the widest.
    """
    return sum([_WIDTHS.get(letter, _WIDEST) for letter in text]) * size * _MM_PER_POINT
