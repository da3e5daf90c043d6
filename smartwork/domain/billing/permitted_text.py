"""What text of people a document can hold."""

import unicodedata

_REFUSED = ("Cc", "Cs", "Zl", "Zp")
"""Control characters, halves of a pair, and breaks of lines and paragraphs."""


def fault(text: str) -> str | None:
    """Why `text` cannot stand on a document, on one line of it and in its XML, or None."""
    for character in text:
        if unicodedata.category(character) in _REFUSED:
            return f"it holds the control character U+{ord(character):04X}"
    return None if text.strip() else "it is blank"
