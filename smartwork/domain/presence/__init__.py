"""Readings to spans: occupied, vacant, unknown, suspect."""
