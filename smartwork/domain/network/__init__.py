"""Operators, centres, opening hours, places, devices."""
