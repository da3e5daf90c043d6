"""Policies published to the edges."""
