"""Bank statements: what they list, which entries are one movement, and which documents and payouts they pay."""
