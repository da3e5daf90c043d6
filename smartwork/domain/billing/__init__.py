"""Parties, agreements, tariffs, rating, passes, prepaid hours, invoices, corrections, payments."""
