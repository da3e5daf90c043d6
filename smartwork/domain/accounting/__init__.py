"""Postings in double entry."""
