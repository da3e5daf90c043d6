"""The audit of everything stored."""
