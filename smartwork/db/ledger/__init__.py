"""Numbered against stored, by centre and day."""
