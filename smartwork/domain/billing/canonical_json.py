"""Canonical JSON: one text for one value, on which digests are computed."""

import hashlib
import json


def canonical_text(document: object) -> str:
    """JSON values as text: keys sorted, no blanks, no escapes of letters beyond ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(canonical: str) -> bytes:
    """SHA-256 of a canonical text, encoded in UTF-8: 32 bytes."""
    return hashlib.sha256(canonical.encode()).digest()
