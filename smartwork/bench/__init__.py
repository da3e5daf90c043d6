"""Measures the way of a reading from edge to database against what the database alone can take, in one run."""
