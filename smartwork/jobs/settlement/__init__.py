"""A month's self-billed documents and payouts."""
