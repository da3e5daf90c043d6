"""Bank statements, their entries, and what was decided about each."""
