"""Agreements, visits to bill, documents, prepaid hours."""
