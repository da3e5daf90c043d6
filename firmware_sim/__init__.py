"""Simulated devices: the demo network, live or a month at once, and recordings of real rooms."""
