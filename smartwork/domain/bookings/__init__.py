"""Bookings, check-ins, reconciliation into verdicts, early release."""
