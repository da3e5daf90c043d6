"""Batches of readings stored once, with their ledger rows."""
