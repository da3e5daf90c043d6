"""Bookings from files, and reconciliation of a month."""
