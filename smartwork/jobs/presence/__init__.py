"""Daily figures and retention."""
