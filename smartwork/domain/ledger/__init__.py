"""The ledger of a centre's day."""
