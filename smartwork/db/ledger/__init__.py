"""The ledger: what edges numbered against what is stored."""
