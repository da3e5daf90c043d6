"""Bookings from files and calendar feeds, and reconciliation of a month."""
