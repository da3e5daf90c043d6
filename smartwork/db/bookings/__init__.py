"""Bookings, check-ins, verdicts, early release."""
