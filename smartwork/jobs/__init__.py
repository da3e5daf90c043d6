"""Imperative shells: load, let the domain decide, store."""
