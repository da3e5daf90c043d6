"""Where the checkout and the shared data lie."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
"""Measurements and device payloads of others; absent where a user runs the tests."""
