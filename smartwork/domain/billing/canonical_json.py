"""Canonical JSON text, and the digest of it: the same value gives the same text."""

import hashlib
import json


def canonical_text(document: object) -> str:
    """JSON values as the one text that digests are computed on."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(canonical: str) -> bytes:
    """SHA-256 of a snapshot's canonical text: 32 bytes."""
    return hashlib.sha256(canonical.encode()).digest()
