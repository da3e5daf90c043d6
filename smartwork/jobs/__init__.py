"""Load, apply the rules, store."""
