"""Simulated devices: a made-up network that lives for a month or goes on living, and replays of recorded rooms."""
