"""Postings in double entry, and how they are exported."""
