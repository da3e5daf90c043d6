"""Spans, daily figures, retention."""
