"""The ledger of a centre by local day."""
