"""Measurements of speed, with their load generators."""
