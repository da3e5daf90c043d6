"""Texts, numbers and dates in French, Dutch and English."""
