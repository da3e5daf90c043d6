"""Settlements, statements and payouts of centres."""
