"""Which characters the documents' typeface can show, and what the pages show in place of others.

PDF/A forbids a character without a glyph, and the typesetter then refuses the document. So `□` is shown for each character
that the typeface lacks. The snapshot and the XML keep the true text.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

STAND_IN = "□"
_RANGES = """
20-7e a0-ac ae-17f 1dd 1e2-1e3 1fc-1fd 218-21b 226 228-229 22e 237 249 250 254 263 266 268 26f 279 27b 281 295
29c 386 388-38a 38c 38e-3a1 3a3-3ce 3d0-3d1 3d5 3f0 401 403-40c 40f-44f 451 453 455-458 45c 45e 4d4-4d5
1e00-1e9b 1e9e 1ea0-1ef9 2002-200a 2010-2027 202f-2037 2039-203e 2042 2044 2047-204b 204f 2070 2074-207e
2080-208e 20a2-20a4 20a7-20a8 20ab-20ac 20af 20b1 20bf 2100-2103 2105-2106 2109 210c-210f 2111 2113 2115-2116
2119 211c-211d 2120 2122 2124 2127 212e 2135-2137 2139 2153-2184 2190-219b 21a8 21ae 21bc-21bd 21c0-21c1
21cb-21d9 2202 2206-220d 220f-221c 221e-221f 2223-222b 2236 223c 2241 2245 2248-2249 2259 2260-2262 2264-2265
226a-226b 226e-2271 2282-2285 2295-2298 22c5 22ef 2302-2303 2310 2320-2321 23d3 25a0-25a1 25b2-25b3 25b6-25b7
25bc-25bd 25c0-25c1 25cb-25cc 25cf-25d7 2605 2619 261b 261e 2627 262f 2639-2653 2660 2663 2665-2666 2669-266c
2695 2698 26a2-26a4 2767
"""
"""Code points, in hex, that all cuts of Libertinus Serif in the typesetter have in common: Latin, Greek, Cyrillic and signs.
Combining marks are left out, so that the text of a page can be read back.
"""
_VARIATION_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"


def _bounds() -> list[tuple[int, int]]:
    ends = (part.partition("-")[::2] for part in _RANGES.split())
    return [(int(first, 16), int(last or first, 16)) for first, last in ends]


SHOWN = frozenset(chr(code) for first, last in _bounds() for code in range(first, last + 1))
"""All characters that can be shown."""
_OTHER = re.compile("[^" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _bounds()) + "]")
_UNSEEN = re.compile(f"[{_VARIATION_SELECTORS}]")
_LONGEST_WORD, _LONGEST_IN_COLUMN = 24, 12
_BREAK_EVERY = 6
BREAK_HERE = "\u200b"
"""Zero-width space: the typesetter may break a line there."""
_LONG_WORD = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}|[WM@%]{{{_BREAK_EVERY + 1},}}")
_LONG_IN_COLUMN = re.compile(rf"[^\s-]{{{_LONGEST_IN_COLUMN + 1},}}")


class Showable(str):  # noqa: SLOT000 - a mark, and nothing else
    """A text that is showable already, with its places to break a line."""


def showable(text: str) -> str:
    """`text` with `STAND_IN` for each character that cannot be shown.

    Combining accents are joined with their letters, and characters that are invisible anyway are left out.
    """
    return _OTHER.sub(_stand_in, unicodedata.normalize("NFC", text))


def shortened(text: str, most: int) -> str:
    """`text`, or its first characters and an ellipsis where it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip(' ·,;–-')}…"


def ending(text: str, most: int) -> str:
    """`text`, or an ellipsis and its last characters where it has more than `most`: references differ at their end."""
    return text if len(text) <= most else f"…{text[1 - most :].lstrip(' ·,;–-')}"


def for_column(text: str) -> str:
    """`text`, showable, with places to break a line within words that a narrow column has no room for."""
    return text if len(text) <= _LONGEST_IN_COLUMN else Showable(_LONG_IN_COLUMN.sub(_with_breaks, showable(text)))


def printable(value: Any) -> Any:  # noqa: ANN401 - JSON values
    """JSON values with all texts `showable`, and with places to break a line within words too long for one."""
    if isinstance(value, str):
        plain = len(value) <= _LONGEST_WORD and value.isascii() and value.isprintable()
        return value if plain or isinstance(value, Showable) else _printable(value)
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    return [printable(item) for item in value] if isinstance(value, list | tuple) else value


@lru_cache(maxsize=4096)
def _printable(text: str) -> str:
    return _LONG_WORD.sub(_with_breaks, showable(text))


def _with_breaks(word: re.Match[str]) -> str:
    letters = word[0]
    return BREAK_HERE.join(letters[i : i + _BREAK_EVERY] for i in range(0, len(letters), _BREAK_EVERY))


def _stand_in(match: re.Match[str]) -> str:
    unseen = unicodedata.category(match[0]) == "Cf" or _UNSEEN.match(match[0])
    return "" if unseen else STAND_IN
