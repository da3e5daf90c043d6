"""Bank statements from files, and decisions about their entries."""
