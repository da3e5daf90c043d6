"""Which characters the documents' typeface can show, and what stands on the pages in the place of others.

PDF/A has no place for a character without a glyph, so one in a booking's name would keep a document from being drawn.
The snapshot and the XML keep the true text.
"""

import json
import re
import unicodedata

from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.statements import Statement

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
"""Latin, Greek, Cyrillic and signs: of what all cuts of Libertinus Serif, as typst embeds it, have in common, the characters
that stand for themselves. Marks that are put together with others are left out: a word never mixes two typefaces, and the
text of a page can be read back.
"""
_VARIATION_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"


def _bounds() -> list[tuple[int, int]]:
    ends = (part.partition("-")[::2] for part in _RANGES.split())
    return [(int(first, 16), int(last or first, 16)) for first, last in ends]


SHOWN = frozenset(chr(code) for first, last in _bounds() for code in range(first, last + 1))
"""All characters that can be shown."""
_OTHER = re.compile("[^" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _bounds()) + "]")
_SHOWN_ASCII = bytes(range(0x20, 0x7F))
_ESCAPE_IN_JSON = re.compile(r"\\[^\"\\]")
"""JSON writes control characters as escapes."""
_UNSEEN = re.compile(f"[{_VARIATION_SELECTORS}]")


def showable(text: str) -> str:
    """`text`, its accents put together with their letters, with `STAND_IN` for each character that cannot be shown; what
    nobody would see anyway is left out.
    """
    return _OTHER.sub(_in_its_place, unicodedata.normalize("NFC", text))


def showable_document(invoice: Invoice, canonical: str) -> Invoice:
    """`invoice`, whose `canonical` text this is, with all its texts made `showable`."""
    return invoice if _is_shown(canonical) else Invoice.parse(_all_showable(json.loads(canonical)))


def showable_statement(one: Statement, canonical: str) -> Statement:
    """As `showable_document`."""
    return one if _is_shown(canonical) else Statement.parse(_all_showable(json.loads(canonical)))


def _is_shown(canonical: str) -> bool:
    """Whether every character of a snapshot's text can be shown; most are plain ASCII, which falls away at once."""
    rest = canonical.encode().translate(None, _SHOWN_ASCII).decode()
    return not _OTHER.search(rest) and not ("\\" in canonical and _ESCAPE_IN_JSON.search(canonical))


def _all_showable(value: object) -> object:
    if isinstance(value, str):
        return showable(value)
    if isinstance(value, dict):
        return {key: _all_showable(one) for key, one in value.items()}
    return [_all_showable(one) for one in value] if isinstance(value, list) else value


def _in_its_place(found: re.Match[str]) -> str:
    unseen = unicodedata.category(found[0]) == "Cf" or _UNSEEN.match(found[0])
    return "" if unseen else STAND_IN
