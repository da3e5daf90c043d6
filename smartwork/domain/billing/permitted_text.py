"""Which text a document can hold."""

import unicodedata

_REFUSED = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories: control characters, surrogates, line and paragraph separators."""


def fault(text: str) -> str | None:
    """Why `text` cannot be printed on one line of a document or written to its XML; None if it can."""
    for character in text:
        if unicodedata.category(character) in _REFUSED:
            return f"it contains the control character U+{ord(character):04X}"
    return None if text.strip() else "it is blank"
